"""A folder of files, and its load."""

from __future__ import annotations

import hashlib
from datetime import date
from pathlib import Path

from django.db import connection

from accounts.loading.load import load_folder
from accounts.loading.report import FileReport, LoadReport

ON = date(2024, 6, 30)
# What a load fills, in the order of a dump; surrogate ids, runs and clocks are no part of a book.
BOOK = {
    "accounts": "SELECT a.external_id, a.name, p.external_id, c.external_id, o.email, t.path, a.country, a.plan, a.tags,"
    " a.timezone, a.recorded_at"
    " FROM accounts_account a LEFT JOIN accounts_account p ON p.id = a.parent_id LEFT JOIN accounts_account c ON c.id = a.counts_for_id"
    " LEFT JOIN accounts_user o ON o.id = a.owner_id LEFT JOIN accounts_team t ON t.id = a.team_id",
    "contracts": "SELECT c.external_id, a.external_id, starts_on, ends_on, product, c.plan, seats, mrr, amount, c.currency,"
    " auto_renew, c.recorded_at"
    " FROM accounts_contract c JOIN accounts_account a ON a.id = c.account_id",
    "seats": "SELECT a.external_id, s.external_id, s.name, s.kind, s.persona, s.activated_on, s.first_event_on, u.name"
    " FROM accounts_seat s JOIN accounts_account a ON a.id = s.account_id LEFT JOIN accounts_unit u ON u.id = s.unit_id",
    "events": "SELECT e.message_id, a.external_id, s.external_id, c.name, e.product, occurred_at, e.recorded_at, day, quantity,"
    " value, properties FROM event e"
    " JOIN accounts_account a ON a.id = e.account_id JOIN accounts_action c ON c.id = e.action_id LEFT JOIN accounts_seat s ON s.id"
    " = e.seat_id",
    "usage": "SELECT a.external_id, s.external_id, day, c.name, product, quantity, distinct_seats FROM accounts_usagedaily u"
    " JOIN accounts_account a ON a.id = u.account_id JOIN accounts_action c ON c.id = u.action_id LEFT JOIN accounts_seat s ON s.id"
    " = u.seat_id",
    "tickets": "SELECT external_id, opened_at, closed_at, first_response_at, priority, satisfaction, scale, escalated FROM accounts_ticket",
    "contacts": "SELECT c.external_id, c.name, c.role, s.external_id FROM accounts_contact c LEFT JOIN accounts_seat s ON s.id = c.seat_id",
    "interactions": "SELECT i.external_id, i.kind, c.external_id FROM accounts_interaction i LEFT JOIN accounts_contact c ON c.id ="
    " i.contact_id",
    "churns": "SELECT external_id, churned_on, type, cause, cause_source, note FROM churn_churnrecord",
    "owners": "SELECT a.external_id, u.email, o.role, o.starts_on, o.ends_on FROM accounts_ownership o JOIN accounts_user u ON u.id"
    " = o.user_id"
    " JOIN accounts_account a ON a.id = o.account_id",
    "dirty": "SELECT a.external_id, d.day, d.events FROM accounts_dirtyday d JOIN accounts_account a ON a.id = d.account_id",
}


def load(folder: Path, *, mapping: str | None = None, dry_run: bool = False, source: str = "files", on: date = ON) -> LoadReport:
    """Load the folder; rejects go beside it."""
    path = None
    if mapping is not None:
        path = folder.parent / f"{folder.name}.toml"
        path.write_text(mapping, encoding="utf-8")
    return load_folder(folder, mapping=path, rejects=folder.parent / f"{folder.name}-rejects", dry_run=dry_run, source=source, on=on)


def write(folder: Path, **files: str | bytes) -> Path:
    """Files by name, the type being csv; text is dedented by line."""
    folder.mkdir(exist_ok=True)
    for name, content in files.items():
        body = content if isinstance(content, bytes) else "\n".join(line.strip() for line in content.strip().splitlines()).encode() + b"\n"
        (folder / f"{name}.csv").write_bytes(body)
    return folder


def report_of(report: LoadReport, target: str) -> FileReport:
    """The report of the one file that fed the target."""
    (found,) = [file for file in report.files if file.target == target]
    return found


def counts(report: LoadReport, target: str) -> tuple[int, int, int, int, int, int]:
    """read, created, updated, unchanged, flagged, rejected."""
    file = report_of(report, target)
    return file.read, file.created, file.updated, file.unchanged, file.flagged, file.rejected


def rejected(target_file: str = "") -> list[tuple[str, int, str, str, str]]:
    """file, line, column, code, value of what was refused or flagged in the latest run, in order."""
    with connection.cursor() as cursor:
        cursor.execute(
            'SELECT file, line, "column", code, value FROM accounts_rejectedrow WHERE run_id = (SELECT max(run_id) FROM'
            " accounts_rejectedrow)"
            " AND (%s = '' OR file = %s) ORDER BY file, line, id",
            [target_file, target_file],
        )
        return [tuple(row) for row in cursor.fetchall()]


def codes(target_file: str = "") -> list[str]:
    """Codes of the latest run's refused and flagged rows, in order of lines."""
    return [row[3] for row in rejected(target_file)]


def book(*, without: tuple[str, ...] = ()) -> dict[str, str]:
    """A digest per table of what the book says."""
    digests = {}
    with connection.cursor() as cursor:
        for name, query in BOOK.items():
            if name not in without:
                cursor.execute(query)
                rows = sorted(repr(row) for row in cursor.fetchall())
                digests[name] = f"{len(rows)} {hashlib.sha256(chr(10).join(rows).encode()).hexdigest()[:16]}"
    return digests
