"""Write keys of sources."""

import pytest

from accounts.keys import PREFIX_LENGTH, digest_of, new_write_key
from accounts.models import Source

pytestmark = pytest.mark.django_db


def test_the_key_is_stored_as_prefix_and_hash_alone() -> None:
    made = new_write_key("shop")
    source = Source.objects.get(name="shop")
    assert source.key_sha256 == digest_of(made.key)
    assert source.key_prefix == made.key[:PREFIX_LENGTH]
    assert made.key not in str(vars(source))
    assert len(made.key) >= 43  # 256 bits in base 64
    assert not made.replaced


def test_a_second_key_replaces_the_first() -> None:
    first, second = new_write_key("shop"), new_write_key(" shop ")
    assert second.replaced
    assert first.key != second.key
    assert Source.objects.get().key_sha256 == digest_of(second.key)
