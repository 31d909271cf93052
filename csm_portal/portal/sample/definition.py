"""The definitions that go with the book, as the text of `definition.toml`."""

from __future__ import annotations

from typing import Final

DEFINITION: Final = """# Definitions for the invented sample book. Publish with: python3 manage.py define definition.toml
[activity]
effective_from = 2018-01-01
key_actions = { create_order = 1, approve = 1, publish_report = 1, sync_inventory = 1 }
login_actions = ["login"]
passive_actions = ["report_opened"]
excluded_email_domains = ["vendor.example"]
seat_base = "activated"
share = "0.6"
low_multiple = 2
high_multiple = 4
login_share = "0.6"
min_activation_rate = "0"
active_from = "low"
week_days = 3
month_days = 12

[[activity.scenarios]]
name = "Orders"
actions = ["create_order"]
expected_days_per_month = 12
expected_seat_share = "0.3"

[[activity.scenarios]]
name = "Approvals"
actions = ["start_approval", "approve"]
expected_days_per_month = 8
expected_seat_share = "0.3"
personas = ["advanced", "admin"]

[[activity.scenarios]]
name = "Stock"
actions = ["sync_inventory"]
expected_days_per_month = 6
expected_seat_share = "0.2"

[[activity.profiles]]
when = { stage = "onboarding" }
month_days = 8

[north_star]
effective_from = 2018-01-01
action = "create_order"
measure = "value"
threshold = 80000
within_days = 0

[health]
effective_from = 2018-01-01
min_coverage = "0.5"
weights = { activity = 40, ratings = 25, support = 10, invoices = 10, surveys = 5, growth = 5, outcome = 5 }
bands = { amber = 50, green = 75 }
caps = [{ when = "invoice_overdue_days >= 60", band = "amber" }]

[[health.profiles]]
when = { tier = "enterprise" }
weights = { activity = 30, ratings = 35, executive = 15, outcome = 20 }

[ratings]
effective_from = 2018-01-01

[[ratings.questions]]
key = "core_process"
text = { en = "Do the customer's main processes run in the product?", zh-hans = "客户的主要业务流程是否在产品中运行？" }
anchors.en = ["none", "one, on trial", "one", "most", "all"]
anchors.zh-hans = ["没有", "一个，试用中", "一个", "大部分", "全部"]
part = "ratings"
valid_days = 90

[[ratings.questions]]
key = "value_acknowledged"
text = { en = "Does the customer say that it pays off?", zh-hans = "客户是否认可产品带来的价值？" }
anchors.en = ["says it does not", "doubts it", "no opinion", "says so", "proves it with figures"]
anchors.zh-hans = ["明确不认可", "有疑虑", "没有表态", "口头认可", "用数据证明"]
part = "ratings"
valid_days = 90

[[ratings.questions]]
key = "sponsor"
text = { en = "Is there a sponsor who would defend us?", zh-hans = "客户内部是否有支持我们的关键决策人？" }
anchors.en = ["none", "lost, none new", "one, weak", "one, strong", "several"]
anchors.zh-hans = ["没有", "已离职且无接替", "有但影响力弱", "有且影响力强", "多位"]
part = "ratings"
valid_days = 90

[[ratings.questions]]
key = "fit"
text = { en = "Does the product fit the customer's business?", zh-hans = "产品是否适合客户的业务？" }
anchors.en = ["not at all", "hardly", "in part", "mostly", "fully"]
anchors.zh-hans = ["完全不适合", "不太适合", "部分适合", "基本适合", "完全适合"]
part = "ratings"
valid_days = 90

[[ratings.questions]]
key = "boss_uses_it"
text = { en = "Does the boss use it?", zh-hans = "老板自己在用吗？" }
anchors.en = ["never heard of it", "knows of it", "sees reports", "logs in at times", "uses it every week"]
anchors.zh-hans = ["没听说过", "知道", "看报表", "偶尔登录", "每周使用"]
part = "executive"
valid_days = 90

[states]
effective_from = 2018-01-01
busy_days = 15
busy_key_days = 9
quiet_days = 8
narrow_features = 4

[calendar]
effective_from = 2018-01-01
default_country = "CN"
default_timezone = "Asia/Shanghai"
week_starts = "monday"

[renewals]
effective_from = 2018-01-01
renewal_grace_days = 30
bridge_gap_days = 0
"""


def definition_from(first: str) -> str:
    """The text for a book that begins on that day: nothing was recorded before it, so no day before it is graded."""
    return DEFINITION.replace("[activity]\neffective_from = 2018-01-01", f"[activity]\neffective_from = {first}")
