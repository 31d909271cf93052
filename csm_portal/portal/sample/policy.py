"""Every constant of the invented book: markets, industries, plans, shares and strengths. No logic."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

DEFAULT_ACCOUNTS: Final = 200
DEFAULT_MONTHS: Final = 18
DEFAULT_SEED: Final = 20261031
DEFAULT_AS_OF: Final = date(2026, 10, 31)
MAX_ACCOUNTS: Final = 10_000
MIN_MONTHS: Final = 6
MAX_MONTHS: Final = 60

# The first accounts follow the full mix of sizes; later ones are mostly small, so that a big book stays below about ten million events.
FULL_MIX_ACCOUNTS: Final = 500
LATER_SEATS: Final = 0.8


@dataclass(frozen=True, slots=True)
class Market:
    """A country the vendor sells to: its team, clock, currency and the share of accounts that live there."""

    country: str
    region: str
    team: str
    share: float
    currency: str
    timezones: tuple[str, ...]
    language: str
    works_six_days: float  # share of accounts outside retail that open on Saturdays too


MARKETS: Final = (
    Market("CN", "Greater China", "Greater China/East", 0.24, "CNY", ("Asia/Shanghai",), "zh-hans", 0.20),
    Market("CN", "Greater China", "Greater China/South", 0.20, "CNY", ("Asia/Shanghai",), "zh-hans", 0.20),
    Market("US", "Americas", "Americas/United States/East Coast", 0.12, "USD", ("America/New_York", "America/Chicago"), "en", 0.03),
    Market("US", "Americas", "Americas/United States/West Coast", 0.10, "USD", ("America/Los_Angeles", "America/Denver"), "en", 0.03),
    Market("DE", "EMEA", "EMEA/DACH", 0.11, "EUR", ("Europe/Berlin",), "de", 0.05),
    Market("FR", "EMEA", "EMEA/France", 0.05, "EUR", ("Europe/Paris",), "fr", 0.05),
    Market("GB", "EMEA", "EMEA/UK & Ireland", 0.09, "USD", ("Europe/London",), "en", 0.03),
    Market("SG", "APAC", "APAC/Southeast Asia", 0.06, "USD", ("Asia/Singapore",), "en", 0.10),
    Market("AU", "APAC", "APAC/Oceania", 0.03, "USD", ("Australia/Sydney",), "en", 0.03),
)
MANAGED_TEAMS: Final = ("Greater China", "Americas", "EMEA", "APAC")
ACCOUNTS_PER_CSM: Final = 29

# One unit of the reporting currency's rival: price of one US dollar in each currency when the book was priced.
PRICE_FACTOR: Final = {"USD": 1.0, "CNY": 7.1, "EUR": 0.92}


@dataclass(frozen=True, slots=True)
class Industry:
    """A trade: its names, its share, how it opens, and which key actions it leans on (same order as `KEY_ACTIONS`)."""

    key: str
    suffixes: tuple[str, ...]
    suffixes_zh: tuple[str, ...]
    share: float
    work_week: str
    action_mix: tuple[float, float, float, float]
    order_value: float  # median value of one order, US dollars
    has_outlets: bool = False
    shutdown: str = ""  # "summer", "school", "new_year": a yearly quiet season


INDUSTRIES: Final = (
    Industry(
        "retail", ("Stores", "Outfitters", "Home"), ("百货", "商贸", "家居"), 0.22, "7", (0.45, 0.10, 0.10, 0.35), 70, has_outlets=True
    ),
    Industry(
        "food_service",
        ("Kitchens", "Coffee", "Noodles"),
        ("餐饮", "咖啡", "食品"),
        0.15,
        "7",
        (0.55, 0.10, 0.05, 0.30),
        45,
        has_outlets=True,
    ),
    Industry(
        "manufacturing",
        ("Works", "Machines", "Castings"),
        ("制造", "机械", "精工"),
        0.18,
        "6",
        (0.35, 0.30, 0.10, 0.25),
        210,
        shutdown="summer",
    ),
    Industry("logistics", ("Freight", "Cargo", "Haulage"), ("物流", "货运", "供应链"), 0.12, "6", (0.45, 0.20, 0.10, 0.25), 130),
    Industry(
        "education",
        ("Academy", "Learning", "Schools"),
        ("教育", "书院", "培训"),
        0.10,
        "5",
        (0.30, 0.35, 0.30, 0.05),
        120,
        shutdown="school",
    ),
    Industry("health_care", ("Clinics", "Dental", "Care"), ("医疗", "口腔", "康养"), 0.08, "6", (0.35, 0.35, 0.15, 0.15), 140),
    Industry(
        "professional_services",
        ("Advisory", "Partners", "Studio"),
        ("咨询", "设计", "服务"),
        0.15,
        "5",
        (0.25, 0.45, 0.28, 0.02),
        260,
        shutdown="new_year",
    ),
)

KEY_ACTIONS: Final = ("create_order", "approve", "publish_report", "sync_inventory")
ACTIONS: Final = (*KEY_ACTIONS, "start_approval", "login", "view_dashboard", "report_opened", "watch_training")
VENDOR_DOMAIN: Final = "vendor.example"


@dataclass(frozen=True, slots=True)
class Tier:
    """A size of customer; shares for the first `FULL_MIX_ACCOUNTS` accounts and for those after them."""

    key: str
    share: float
    share_after: float
    seats_median: float
    seats_spread: float
    seats_low: int
    seats_high: int
    plan_shares: tuple[float, float, float]  # of PLANS
    term_shares: tuple[float, float, float, float]  # of TERM_MONTHS
    rated_share: float  # accounts whose CSM keeps ratings at all
    touch_days: int  # usual days between two touchpoints
    headcount_per_seat: float


PLANS: Final = ("basic", "pro", "scale")
PLAN_PRICE: Final = {"basic": 38, "pro": 59, "scale": 84}  # US dollars a seat and month
PLAN_FEATURES: Final = {"basic": "orders", "pro": "orders;approvals;inventory", "scale": "orders;approvals;inventory;sso;api"}
TERM_MONTHS: Final = (12, 3, 1, 0)  # 0 = open-ended
CORE_PRODUCT: Final = "orders"
SECOND_PRODUCT: Final = "insights"

TIERS: Final = (
    Tier("enterprise", 0.16, 0.01, 20, 0.35, 12, 44, (0.0, 0.3, 0.7), (0.97, 0.03, 0.0, 0.0), 1.0, 16, 22.0),
    Tier("mid", 0.36, 0.08, 8, 0.40, 4, 18, (0.2, 0.6, 0.2), (0.92, 0.06, 0.0, 0.02), 0.92, 30, 9.0),
    Tier("small", 0.48, 0.91, 3, 0.45, 1, 7, (0.7, 0.3, 0.0), (0.80, 0.14, 0.03, 0.03), 0.72, 55, 5.0),
)
WAREHOUSE_SHARE: Final = 0.22  # of enterprises: their daily counts come from a warehouse as usage_daily, without single events
WAREHOUSE_SEAT_FACTOR: Final = 4

# Kinds of account and their shares. "steady" is what is left.
KINDS: Final = {"trial_only": 0.03, "busy": 0.07, "quiet": 0.06, "fading": 0.10, "rising": 0.08}
BRAND_SHARE: Final = 0.26  # of enterprise and mid accounts in a trade with outlets
FRANCHISE_SHARE: Final = 0.35  # of outlets that sign a contract of their own

# The latent value: what the customer gets, on a scale with a spread of about one. Nobody sees it; each signal shows a part.
BASE_SPREAD: Final = 0.80
WANDER_SPREAD: Final = 0.50
WANDER_DAYS: Final = 190
KIND_SHIFT: Final = {"steady": 0.0, "trial_only": -0.3, "busy": -1.0, "quiet": 0.9, "fading": 0.1, "rising": -0.2}
KIND_SLOPE: Final = {"fading": -1.3, "rising": 1.0}  # over the whole book
FIT_SHIFT: Final = {"good": 0.15, "unknown": 0.0, "poor": -0.7}
CHAMPION_LOSS: Final = (0.20, -0.9, 220)  # share of accounts, size, days until it has faded to a third
CRISIS: Final = (0.16, -0.8, 60)
RENEWAL_SLOPE: Final = 2.25
RENEWAL_LEVEL: Final = {12: 2.15, 3: 3.5, 1: 4.8}  # longer terms are lost more often per due date
ONE_OFF_PENALTY: Final = 1.2
PRICE_RISE: Final = 0.07
PRICE_RISE_PENALTY: Final = 0.25
CARD_LOSS: Final = 0.045  # paid by card: a renewal lost to a card that lapsed, whatever the value
PRICE_RISE_MONTHS_BEFORE_END: Final = 9

# How much of the value shows in usage, and how much is the account's own habit.
USAGE_OF_VALUE: Final = 0.72
USAGE_OF_HABIT: Final = 0.62
RATING_OF_VALUE: Final = 0.72
RATING_OF_IMPRESSION: Final = 0.50
RATER_BIAS_SPREAD: Final = 0.45
