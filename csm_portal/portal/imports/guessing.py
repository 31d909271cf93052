"""Which table a file is for, and which column feeds which field: guessed by names, and by what the first values look like."""

from __future__ import annotations

import re
from collections.abc import Mapping

from accounts.loading.peek import Head
from accounts.loading.registry import Column, Kind, Target
from accounts.loading.sheets import stem

# What other systems call a field; compared without case, spaces and marks.
ALSO = {
    "external_id": ("id", "uuid", "key", "recordid", "objectid", "编号", "客户编号", "合同编号"),
    "account_external_id": (
        "account", "accountid", "accountno", "customer", "customerid", "company", "companyid", "organization", "organizationid", "orgid",
        "客户编号", "客户id", "所属客户",
    ),
    "name": ("title", "fullname", "displayname", "companyname", "accountname", "customername", "名称", "客户名称", "姓名"),
    "email": ("mail", "emailaddress", "邮箱", "电子邮件"),
    "csm_email": ("csm", "owner", "owneremail", "accountowner", "客户成功经理", "负责人"),
    "co_owner_email": ("coowner",),
    "parent_external_id": ("parent", "parentid", "parentaccount"),
    "starts_on": ("startdate", "start", "startsat", "begindate", "validfrom", "开始日期", "合同开始"),
    "ends_on": ("enddate", "end", "endsat", "expirydate", "expires", "validto", "结束日期", "到期日期"),
    "mrr": ("mrramount", "monthlyamount", "monthlyrecurringrevenue", "月费"),
    "amount": ("total", "value", "price", "contractvalue", "金额", "合同金额"),
    "seats": ("licenses", "licences", "quantity", "users", "账号数"),
    "plan": ("plantier", "planname", "edition", "套餐"),
    "country": ("countrycode", "国家"),
    "industry": ("sector", "行业"),
    "region": ("area", "区域", "地区"),
    "employees": ("employeecount", "headcount", "companysize", "员工数"),
    "message_id": ("id", "eventid", "uuid"),
    "seat_external_id": ("user", "userid", "seat", "seatid", "actor", "用户", "账号"),
    "action": ("event", "eventname", "eventtype", "feature", "featurename", "操作", "事件"),
    "occurred_at": ("timestamp", "time", "eventtime", "datetime", "createdat", "时间"),
    "day": ("date", "usagedate", "日期"),
    "quantity": ("count", "usagecount", "times", "数量"),
    "opened_at": ("createdat", "submittedat", "created", "openedat"),
    "closed_at": ("resolvedat", "solvedat", "closed"),
    "subject": ("title", "summary"),
    "issued_on": ("invoicedate", "date", "created", "issuedat"),
    "due_on": ("duedate",),
    "paid_on": ("paidat", "paymentdate"),
    "score": ("rating", "npsscore", "points"),
    "responded_at": ("submittedat", "createdat", "answeredat"),
    "churned_on": ("churndate", "canceldate", "lostdate", "date"),
    "happened_at": ("date", "time", "createdat"),
    "note": ("notes", "comment", "description"),
    "phone": ("telephone", "mobile", "电话"),
    "role": ("position", "title"),
    "currency": ("currencycode", "币种"),
    "from": ("start", "startdate"),
    "to": ("end", "enddate"),
}  # fmt: skip
# What an account, which others call a customer or a company, is told by in a file of its own.
OF_ACCOUNTS = {
    "external_id": ("customerid", "accountid", "companyid", "clientid", "organizationid", "客户id"),
    "name": ("customer", "company", "account", "client", "organization", "公司", "公司名称"),
}
FILES_OF_ACCOUNTS = ("customer", "client", "compan", "organization", "客户")
DATE = re.compile(r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{4}")
LOOKS: Mapping[Kind, re.Pattern[str]] = {
    Kind.DATE: re.compile(rf"({DATE.pattern})([T ].*)?"),
    Kind.INSTANT: re.compile(rf"({DATE.pattern})([T ].*)?"),
    Kind.MONTH: re.compile(r"\d{4}-\d{2}(-01)?"),
    Kind.NUMBER: re.compile(r"[-+]?[\d.]+([eE]-?\d+)?"),
    Kind.MONEY: re.compile(r"[-+]?[\d.]+"),
    Kind.WHOLE: re.compile(r"\d+(\.0+)?"),
    Kind.BOOL: re.compile(r"true|false|t|f|yes|no|y|n|0|1", re.IGNORECASE),
    Kind.EMAIL: re.compile(r"[^@\s]+@[^@\s]+"),
    Kind.CURRENCY: re.compile(r"[A-Za-z]{3}"),
    Kind.COUNTRY: re.compile(r"[A-Za-z]{2}"),
    Kind.JSON: re.compile(r"\{.*\}", re.DOTALL),
}
# Fields that take a text, and whose values can still be told from others.
MAILS = {"email", "csm_email", "co_owner_email", "by_email", "rated_by_email"}
WORDS_IN_NAME = 3


def plain(name: str) -> str:
    """A name without case, spaces and marks."""
    return re.sub(r"[\W_]+", "", name.lower())


def guess_target(file: str, head: Head, targets: Mapping[str, Target]) -> str:
    """The table a file is for: by its name, else the one of which it fills the most required fields, and all; empty where none fits."""
    own = plain(stem(file))
    for name in targets:
        if own == plain(name):
            return name
    named = [name for name in targets if plain(name) in own or plain(name).rstrip("s") in own]
    if named:
        return max(named, key=len)
    if "accounts" in targets and any(word in own for word in FILES_OF_ACCOUNTS) and _serves(head, targets["accounts"]):
        return "accounts"
    best, most = "", 0
    for name, target in targets.items():
        fields = len(guess_columns(head, target))
        if fields > most and _serves(head, target):
            best, most = name, fields
    return best


def _serves(head: Head, target: Target) -> bool:
    """Whether every required field finds a column."""
    return set(target.required) <= set(guess_columns(head, target).values())


def guess_columns(head: Head, target: Target) -> dict[str, str]:
    """Column of the file → field of the target; each field once, the surest first."""
    scored = [
        (_score(title, head.samples(place, 20), target, column), -number, title, column.name)
        for place, title in enumerate(head.header)
        if title
        for number, column in enumerate(target.columns)
    ]
    found: dict[str, str] = {}
    for score, _number, title, field in sorted(scored, reverse=True):
        if score and title not in found and field not in found.values():
            found[title] = field
    return {title: found[title] for title in head.header if title in found}


def _score(title: str, samples: list[str], target: Target, column: Column) -> int:
    own, field = plain(title), plain(column.name)
    if own == field:
        return 100
    if not _fits(samples, column):
        return 0
    also = (*(OF_ACCOUNTS.get(column.name, ()) if target.name == "accounts" else ()), *ALSO.get(column.name, ()))
    if own in also:
        return 90 - also.index(own)
    singular = plain(target.name).rstrip("s")
    if column.name in {"external_id", "name"} and own in {singular + "id", singular + "name", singular + "externalid"}:
        return 95
    if len(field) > WORDS_IN_NAME and own.startswith(field):
        return 60
    if column.name in MAILS and samples and all(LOOKS[Kind.EMAIL].fullmatch(one) for one in samples):
        return 40
    return 0


def _fits(samples: list[str], column: Column) -> bool:
    """Whether most of the first values look like the field's kind; a column without values fits anything."""
    shape = LOOKS.get(Kind.EMAIL if column.name in MAILS else column.kind)
    if column.choices:
        words = {choice.lower() for choice in column.choices}
        return not samples or sum(one.lower() in words for one in samples) * 2 >= len(samples)
    return shape is None or not samples or sum(bool(shape.fullmatch(one)) for one in samples) * 2 >= len(samples)
