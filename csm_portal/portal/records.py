"""Wording of the rating questions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import get_language

from health.models import QuestionSet

if TYPE_CHECKING:
    from accounts.models import User


def question_texts(user: User) -> dict[str, str]:
    """Wording of the rating questions by key, in the language in force where they have it, else in English."""
    latest = QuestionSet.objects.visible_to(user).order_by("-version").first()
    questions = latest.body.get("questions", []) if latest else []
    language = get_language() or "en"
    worded = {question["key"]: question.get("text") or {} for question in questions}
    return {key: text.get(language) or text.get("en") or key for key, text in worded.items()}
