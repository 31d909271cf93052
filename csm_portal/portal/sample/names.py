"""Invented names of companies, outlets and people. Syllables, so that no real enterprise is meant; the same index gives the same name."""

from __future__ import annotations

from typing import Final

from csm_portal.portal.sample.policy import Industry

HEADS: Final = (
    "Bra", "Cor", "Del", "Dru", "Fal", "Fen", "Gal", "Hel", "Jor", "Kel", "Lum", "Mar", "Nel", "Nor", "Ost", "Pel",
    "Quo", "Ral", "Sel", "Sor", "Tam", "Tel", "Ulm", "Van", "Vel", "Wex", "Yar", "Zan", "Zem", "Ard", "Bel", "Cal",
)  # fmt: skip
MIDDLES: Final = ("a", "e", "i", "o", "u", "ava", "eli", "ino", "ora", "uma", "ado", "ebi", "iko", "olo", "una", "avi")
TAILS: Final = (
    "bent", "cora", "dane", "dova", "fex", "gard", "hult", "jex", "kano", "lond", "mint", "nix", "pont", "quil", "rix", "sted",
    "tano", "vane", "wick", "xara", "zell", "bury", "dell", "forn", "gate", "holm", "lune", "mere", "norn", "rand", "sorn", "thal",
)  # fmt: skip
HAN_HEADS: Final = "岚砚澜禾杉屿棠煦霁澄珩栖沐朔蘅芷槿筠苒岑澹璟昕翎弈曜骁黎韫湛"
HAN_TAILS: Final = "舟麓汀桉笙谷芽陌川渡泽茗帆溪岭桥风木石松月海原庭青楠枫林江云"
HAN_ENDS: Final = "达润汇拓盈启通博联优新诚和胜隆"
GIVEN: Final = (
    "Ada", "Bela", "Cleo", "Dario", "Edda", "Finn", "Greta", "Hugo", "Ines", "Jonas", "Kira", "Levi", "Mila", "Nico", "Olga", "Paul",
    "Rhea", "Sven", "Tara", "Uma", "Vera", "Wim", "Yara", "Zeno", "Asha", "Boris", "Carla", "Dean",
)  # fmt: skip
HAN_SURNAMES: Final = "王李张刘陈杨赵黄周吴徐孙朱马胡郭何高林罗"
HAN_GIVEN: Final = "子安雨涵思远佳宁晨曦一鸣若彤浩然欣怡明哲语桐"
PLACES: Final = ("Harbour", "Old Town", "Station", "Riverside", "Market", "Hilltop", "Airport", "West Gate", "Garden", "Lakeside")
PLACES_ZH: Final = ("滨江店", "老城店", "车站店", "河畔店", "集市店", "山顶店", "机场店", "西门店", "花园店", "湖滨店")
_ENGLISH_NAMES: Final = len(HEADS) * len(MIDDLES) * len(TAILS)
_HAN_NAMES: Final = len(HAN_HEADS) * len(HAN_TAILS) * len(HAN_ENDS)
_STEP: Final = 7_919  # a prime that shares no factor with the numbers of names: walking by it meets each name once


def company(index: int, industry: Industry, *, chinese: bool) -> str:
    """A company name; two indexes below 13,500 never share one."""
    if chinese:
        n = index * _STEP % _HAN_NAMES
        head, rest = n % len(HAN_HEADS), n // len(HAN_HEADS)
        stem = HAN_HEADS[head] + HAN_TAILS[rest % len(HAN_TAILS)] + HAN_ENDS[rest // len(HAN_TAILS)]
        return stem + industry.suffixes_zh[index % len(industry.suffixes_zh)]
    n = index * _STEP % _ENGLISH_NAMES
    head, rest = n % len(HEADS), n // len(HEADS)
    stem = HEADS[head] + MIDDLES[rest % len(MIDDLES)] + TAILS[rest // len(MIDDLES)]
    return f"{stem} {industry.suffixes[index % len(industry.suffixes)]}"


def outlet(brand: str, number: int, *, chinese: bool) -> str:
    """An outlet's name inside its brand, `number` from 1."""
    return brand + PLACES_ZH[number % len(PLACES_ZH)] if chinese else f"{brand}, {PLACES[number % len(PLACES)]}"


def person(number: int, *, chinese: bool) -> str:
    """A person's name from any whole number; names repeat, as they do in life."""
    if chinese:
        pairs = len(HAN_GIVEN) // 2
        pick = number // len(HAN_SURNAMES) % pairs
        return HAN_SURNAMES[number % len(HAN_SURNAMES)] + HAN_GIVEN[2 * pick : 2 * pick + 2]
    family = HEADS[number // len(GIVEN) % len(HEADS)] + TAILS[number // (len(GIVEN) * len(HEADS)) % len(TAILS)]
    return f"{GIVEN[number % len(GIVEN)]} {family}"
