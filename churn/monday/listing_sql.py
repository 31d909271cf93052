"""The statements that read a Monday's list: its entries, their sums, and the Mondays before. The book is the viewer's."""

from __future__ import annotations

from churn.monday.policy import HORIZON_DAYS, MONDAYS_SHOWN

# What became of an entry as of the latest night: of a term of 90 days or more the decision of that due, of a shorter one whether the
# account lost a due within the days it is followed. `left`, `renewed` or `open`.
THEN = f"""
LEFT JOIN churn_renewalcase c ON c.account_id = e.account_id AND c.product = e.evidence ->> 'product'
    AND c.ends_on = (e.evidence ->> 'due_on')::date
CROSS JOIN LATERAL (SELECT CASE
    WHEN NOT coalesce((e.evidence ->> 'short')::boolean, false)
        THEN CASE c.state WHEN 'lost' THEN 'left' WHEN 'renewed' THEN 'renewed' ELSE 'open' END
    WHEN EXISTS (
        SELECT FROM churn_renewalcase g WHERE g.account_id = e.account_id AND g.state = 'lost'
        AND g.ends_on > r.as_of AND g.ends_on <= r.as_of + {HORIZON_DAYS}) THEN 'left'
    WHEN %(closed_before)s::date > r.as_of + {HORIZON_DAYS} THEN 'renewed'
    ELSE 'open' END AS outcome) AS then_
"""  # noqa: S608 - constants enter
CALL = """
LEFT JOIN LATERAL (
    SELECT k.id, k.result, k.note, k.author_id, k.called_at FROM churn_campaigncall k
    WHERE k.at_risk_id = e.id AND k.withdrawn_at IS NULL ORDER BY k.called_at DESC, k.id DESC LIMIT 1
) AS call ON true
"""
BOOK = "WITH book (id) AS MATERIALIZED ({book})"
ENTRY = "FROM churn_atrisk e JOIN churn_mondayreport r ON r.monday = e.report_id"
IN_BOOK = "e.account_id IN (SELECT id FROM book)"

# Of which Mondays the viewer has a list, with its sums by proof and outcome; the Mondays themselves are everybody's.
MONDAYS = f"""{BOOK}, latest AS MATERIALIZED (
    SELECT monday, as_of, body FROM churn_mondayreport
    WHERE monday <= coalesce(%(monday)s::date, 'infinity') ORDER BY monday DESC LIMIT {MONDAYS_SHOWN}
)
SELECT l.monday, l.as_of, l.body, s.matched, s.lost, s.outcome, coalesce(s.n, 0)
FROM latest l
LEFT JOIN (
    SELECT e.report_id, e.matched, e.lost, then_.outcome, count(*) AS n
    {ENTRY} {THEN}
    WHERE e.report_id IN (SELECT monday FROM latest) AND {IN_BOOK} GROUP BY 1, 2, 3, 4
) AS s ON s.report_id = l.monday
ORDER BY l.monday DESC, s.matched, s.lost
"""  # noqa: S608 - constants enter
# One Monday by owner, result of the call, outcome and proof.
SUMS = f"""{BOOK}
SELECT coalesce(o.email, ''), coalesce(nullif(o.name, ''), o.email, ''), coalesce(call.result, ''), then_.outcome, e.matched, e.lost,
       count(*), sum(e.amount), sum(e.amount * e.expected), count(*) FILTER (WHERE e.amount IS NULL)
{ENTRY} LEFT JOIN accounts_user o ON o.id = e.owner_id {CALL} {THEN}
WHERE e.report_id = %(monday)s AND {IN_BOOK}
GROUP BY 1, 2, 3, 4, 5, 6
"""
# By the money that is expected to go: a call changes no place. `before`: the latest call of the account from an earlier list.
ENTRIES = f"""{BOOK}, chosen AS MATERIALIZED (
    SELECT e.id, e.account_id, e.rule_id, e.owner_id, e.amount, e.expected, e.matched, e.lost, e.evidence, r.as_of, then_.outcome,
           call.id AS call_id, call.result, call.note, call.author_id, call.called_at,
           row_number() OVER (ORDER BY e.amount * e.expected DESC NULLS LAST, e.expected DESC, e.id) AS place,
           count(*) OVER () AS n
    {ENTRY} LEFT JOIN accounts_user o ON o.id = e.owner_id {CALL} {THEN}
    WHERE e.report_id = %(monday)s AND {IN_BOOK}
      AND (%(owner)s::text IS NULL OR coalesce(o.email, '') = %(owner)s)
      AND (%(result)s::text IS NULL OR coalesce(call.result, '') = %(result)s)
    ORDER BY place LIMIT %(limit)s OFFSET %(start)s
)
SELECT c.id, c.account_id, a.external_id, a.name, c.rule_id, c.amount, c.expected, c.matched, c.lost, c.evidence, c.as_of, c.outcome,
       c.call_id, c.result, c.note, c.called_at, coalesce(nullif(w.name, ''), w.email), w.email,
       coalesce(o.email, ''), coalesce(nullif(o.name, ''), o.email, ''), earlier.result, earlier.called_at, c.n, c.author_id
FROM chosen c
JOIN accounts_account a ON a.id = c.account_id
LEFT JOIN accounts_user o ON o.id = c.owner_id
LEFT JOIN accounts_user w ON w.id = c.author_id
LEFT JOIN LATERAL (
    SELECT k.result, k.called_at FROM churn_campaigncall k
    WHERE k.account_id = c.account_id AND k.at_risk_id <> c.id AND k.withdrawn_at IS NULL ORDER BY k.called_at DESC, k.id DESC LIMIT 1
) AS earlier ON c.result IS NULL
ORDER BY c.place
"""  # noqa: S608 - constants enter
