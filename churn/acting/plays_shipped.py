"""The plays that ship, as data: what is usually done about a trigger or a type of loss. They may be changed or switched off."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from churn.types import ChurnType


@dataclass(frozen=True, slots=True)
class Step:
    """One task of a play: what is to be done, in both languages, `days` after the play begins."""

    title: str
    title_zh: str
    days: int

    def as_json(self) -> Mapping[str, Any]:
        """As `Play.steps` keeps it."""
        return {"title": self.title, "title_zh": self.title_zh, "days": self.days}


@dataclass(frozen=True, slots=True)
class ShippedPlay:
    """A play as it ships. None begins by its rule until somebody switches that on."""

    key: str
    name: str
    name_zh: str
    steps: tuple[Step, ...]
    triggers: tuple[str, ...] = ()
    churn_types: tuple[str, ...] = ()


SHIPPED: Final = (
    ShippedPlay(
        "usage-drop",
        "Usage has dropped: find out why, this week",
        "使用量下滑：本周弄清原因",
        (
            Step("Call the champion: what has changed in their work?", "致电产品负责人：业务上有什么变化？", 1),
            Step("Check which seats and actions fell away, and since when", "查看哪些账号、哪些动作减少了，从何时开始", 2),
            Step("Agree on the next two steps with the customer in writing", "与客户书面约定接下来的两步", 5),
            Step("Look whether usage is back at its usual level", "确认使用量是否恢复到平时水平", 14),
        ),
        triggers=("usage_drop", "level_fell"),
    ),
    ShippedPlay(
        "renewal-90",
        "Renewal in 90 days",
        "续约前 90 天",
        (
            Step("Read the renewal pack and correct what is missing", "阅读续约材料，补齐缺失内容", 3),
            Step("Confirm with the customer who decides, and by when", "与客户确认谁来决定、何时决定", 10),
            Step("Share usage against seats and the outcomes reached", "向客户展示账号使用情况与已达成的成果", 25),
            Step("Hold the value review with the executives", "与客户高层进行价值回顾", 40),
            Step("Enter the forecast with its reason", "填写续约预测与理由", 60),
        ),
        triggers=("renewal_pack", "renewal_usage", "renewal_forecast"),
    ),
    ShippedPlay(
        "save-at-risk",
        "An account that may leave: a save plan",
        "客户可能流失：挽留计划",
        (
            Step("Call the sponsor: ask what would have to change", "致电关键决策人：询问需要改变什么", 2),
            Step(
                "Write down the cause: return, adoption, rival, feeling undervalued",
                "记录原因：回报不足、使用困难、竞争对手、不受重视",
                3,
            ),
            Step("Agree on a plan with dates and names on both sides", "双方约定计划，明确时间与负责人", 7),
            Step("Bring in an executive of ours", "请我方高层出面", 14),
            Step("Look at what the plan has brought", "回顾计划的成效", 30),
        ),
        triggers=("combination", "band_worse"),
        churn_types=(ChurnType.VOLUNTARY,),
    ),
    ShippedPlay(
        "champion-left",
        "The champion has left",
        "产品负责人离职",
        (
            Step("Ask who takes over, and congratulate the one who leaves", "询问由谁接手，并向离开的人致意", 2),
            Step("Introduce ourselves to the successor: goals, results so far", "向接任者介绍：目标与已有成果", 7),
            Step("Train the successor on the scenarios they need", "就其需要的使用场景培训接任者", 14),
            Step("Reach the sponsor as well, so that two people know us", "同时联系关键决策人，确保有两位熟悉我们", 21),
        ),
        triggers=("champion_left", "boss_silent"),
    ),
    ShippedPlay(
        "onboarding-stalled",
        "Onboarding is stuck",
        "开通上线停滞",
        (
            Step("Ask what keeps the open milestone from being done", "询问是什么阻碍了未完成的里程碑", 1),
            Step("Set a new date for each open milestone with the customer", "与客户为每个未完成的里程碑重新定期", 3),
            Step("Train the seats that have not begun", "培训尚未开始使用的账号", 10),
            Step("Look whether key actions have begun", "确认关键动作是否已经开始", 21),
        ),
        triggers=("onboarding_stalled",),
    ),
    ShippedPlay(
        "unhappy-answer",
        "An unhappy answer or many tickets",
        "客户不满或工单集中",
        (
            Step("Answer the person who wrote, the same day", "当天回复提出意见的人", 0),
            Step("Bring the open tickets to support, with a date", "与支持团队确认未解决工单的期限", 2),
            Step("Tell the customer what came of it", "告知客户处理结果", 7),
        ),
        triggers=("bad_answer", "ticket_burst", "feedback_unanswered"),
    ),
    ShippedPlay(
        "value-gap",
        "Busy, but the outcome is not reached",
        "使用频繁但成果未达成",
        (
            Step("Ask what they measure, and what is missing", "询问客户如何衡量、还缺什么", 3),
            Step("Show two scenarios that lead there", "展示两个能达成成果的使用场景", 10),
            Step("Set the outcome's next stage and its day", "约定成果的下一阶段与日期", 14),
        ),
        triggers=("outcome_overdue", "scenario_gap"),
    ),
    ShippedPlay(
        "expansion",
        "Room to grow",
        "增购机会",
        (
            Step("Ask which outlets or teams are not in yet", "询问还有哪些门店或团队尚未使用", 3),
            Step("Show the results to whoever decides on seats", "向决定账号数量的人展示成果", 10),
            Step("Make an offer", "提出方案", 20),
        ),
        triggers=("seats_full", "sustained_high", "star_crossed"),
    ),
    ShippedPlay(
        "win-back",
        "Win back: they chose to leave",
        "召回：主动流失客户",
        (
            Step("Hold the exit interview: why, and what would have changed your mind", "流失回访：为什么离开，什么能改变决定", 7),
            Step("Tell product about the cause", "把原因反馈给产品团队", 14),
            Step("Write when what they missed is there", "缺失的功能上线后告知客户", 90),
        ),
        churn_types=(ChurnType.VOLUNTARY, ChurnType.UNKNOWN),
    ),
    ShippedPlay(
        "payment",
        "Payment lapsed: make it easy to pay",
        "付款中断：让付款更容易",
        (
            Step("Call the billing contact by their preferred channel", "按偏好的方式联系账单联系人", 1),
            Step("Offer an easier way to pay", "提供更方便的付款方式", 3),
            Step("Check that the payment has arrived", "确认款项到账", 10),
        ),
        triggers=("invoice_late", "card_expiring"),
        churn_types=(ChurnType.INVOLUNTARY,),
    ),
    ShippedPlay(
        "content-leaver",
        "Left content: stay in touch",
        "满意离开：保持联系",
        (
            Step("Thank them, and ask for a reference", "致谢并请求推荐", 5),
            Step("Ask whether a new need has come up", "询问是否有新的需求", 90),
        ),
        churn_types=(ChurnType.SATISFIED,),
    ),
)
