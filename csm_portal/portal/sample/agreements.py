"""What some customers agreed to use of a scenario, in place of what the definition expects of everybody."""

from __future__ import annotations

from typing import Final

from numpy.random import Generator

from csm_portal.portal.sample.customer import Customer
from csm_portal.portal.sample.window import iso

AGREED_SHARE: Final = {"quiet": 0.8, "trial_only": 0.0}
OTHERS_SHARE: Final = 0.3
REVISED_SHARE: Final = 0.35
# Scenario, days a month and share of the seats that are agreed on, and why; an empty value leaves the definition's.
TERMS: Final = (
    ("Orders", (4, 15), "0.15", ("Orders come in on market days only", "只在集市日下单")),
    ("Approvals", (3, 7), "", ("Approvals are signed once or twice a week", "每周集中审批一两次")),
    ("Stock", (0, 0), "0", ("Stock is kept in another system", "库存由其他系统管理")),
    ("Orders", (14, 20), "0.5", ("Every site orders in the product", "所有门店都在线下单")),
)
QUIET_TERMS: Final = ("Orders", (2, 5), "0.1", ("Reports by e-mail do most of the work", "主要通过邮件报表使用"))
SOFTER: Final = ("Agreed anew at the renewal", "续约时重新约定")


def agreement_rows(customer: Customer, rng: Generator) -> list[tuple[object, ...]]:
    """Rows of `scenario_agreements`: signed some weeks after the first paid day, some of them revised with the latest renewal."""
    slot, last = customer.slot, customer.window.last
    agrees = rng.random() < AGREED_SHARE.get(slot.kind, OTHERS_SHARE)
    scenario, (least, most), share, reasons = QUIET_TERMS if slot.kind == "quiet" else TERMS[int(rng.integers(0, len(TERMS)))]
    days = int(rng.integers(least, most + 1))
    paid_from = customer.paid_from()
    signed = None if paid_from is None else paid_from + int(rng.integers(7, 40))
    revised = rng.random() < REVISED_SHARE
    if not agrees or signed is None or signed > last:
        return []
    told = 1 if slot.chinese else 0
    rows: list[tuple[object, ...]] = [(slot.external_id, scenario, iso(signed), days, share, reasons[told])]
    renewals = [term.starts_on for term in customer.journey.core if signed < term.starts_on <= last]
    if revised and renewals and days:
        rows.append((slot.external_id, scenario, iso(renewals[-1]), max(1, days - 2), share, SOFTER[told]))
    return rows
