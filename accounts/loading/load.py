# ruff: noqa: S608 - statements are composed of names from the registry and of quoted literals
"""Loading a folder: the one way in for files, from the command line and from the upload page."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, connection, transaction

from accounts.loading import apply_events, ledger, rejects
from accounts.loading.apply_people import ensure_teams
from accounts.loading.binding import Binder, Bound, Lookups, bind_by_name, cell_text
from accounts.loading.checks import FUNCTIONS
from accounts.loading.chunks import Chunk, fill_typed, spans, write_chunks
from accounts.loading.dates import settle_order
from accounts.loading.formats import Refused
from accounts.loading.fresh_months import open_gathering
from accounts.loading.job import Job, rows, run, value
from accounts.loading.mapping import Mapping, parse_mapping
from accounts.loading.plan import Plan, Step, make_plan
from accounts.loading.quoting import array
from accounts.loading.recording import record_as
from accounts.loading.registry import conditioned_actions, targets
from accounts.loading.report import FileReport, LoadReport
from accounts.loading.settling import settle, settle_leftovers
from accounts.loading.staging import Staged, drop_shared, stage
from accounts.loading.turns import Turn
from accounts.loading.typing_rows import Setting
from accounts.loading.upsert import mark_repeats, upsert
from accounts.loading.zones import home_zone
from accounts.models import ImportFile, ImportRun, Source
from accounts.types import JobState

CHUNK_ROWS = 100_000
LOCK = "csm_portal load"
Say = Callable[[str], None]


@dataclass
class _File:
    """A file of the folder while it is needed: staged and bound, or refused."""

    staged: Staged | None = None
    bounds: dict[tuple[str, str], Bound] = field(default_factory=dict)
    faults: dict[tuple[str, str], Refused] = field(default_factory=dict)
    refused: Refused | None = None
    note: str = ""


def load_folder(
    folder: Path,
    *,
    mapping: Path | None = None,
    rejects: Path,
    dry_run: bool = False,
    source: str,
    on: date,
    say: Say = lambda _: None,
    by: int | None = None,
    recorded: bool = False,
) -> LoadReport:
    """Load every known file of the folder; what could not be taken is in the report, its rows in files below `rejects`.

    `{run}` in `rejects` stands for the number of the run; `on` is the portal's today, from which changed ownership counts; `by` is the
    person who asked for it. A recorded load can be undone (`undo.py`), which costs a copy of every row that it changes.
    Raises BadUse or MappingError when there is nothing to start with. A dry run does all of it and keeps nothing.
    """
    text = mapping.read_text(encoding="utf-8-sig") if mapping else ""
    known = targets()
    mapped = parse_mapping(text, {name: {column.name for column in target.columns} for name, target in known.items()}) if mapping else None
    plan = make_plan(folder, mapped, known)
    with alone(say), transaction.atomic() if dry_run else nullcontext():
        report = _Loader(plan, mapped, source, on, say, dry_run=dry_run).load(folder.name, rejects, by, recorded=recorded and not dry_run)
        if dry_run:
            transaction.set_rollback(True)
    return report


@contextmanager
def alone(say: Say) -> Iterator[None]:
    """One load, or one undo of a load, at a time: a second one waits."""
    if not value(f"SELECT pg_try_advisory_lock(hashtext('{LOCK}'))"):
        say("another load is running; waiting for it")
        rows(f"SELECT pg_advisory_lock(hashtext('{LOCK}'))")
    try:
        settle_leftovers()
        yield
    finally:
        if not connection.needs_rollback:
            rows(f"SELECT pg_advisory_unlock(hashtext('{LOCK}'))")


class _Loader:
    """One load: opens files when they are first needed, drops them after their last target."""

    def __init__(self, plan: Plan, mapping: Mapping | None, source: str, on: date, say: Say, *, dry_run: bool) -> None:
        self.plan, self.mapping, self.on, self.say, self.dry_run = plan, mapping, on, say, dry_run
        self.source = Source.objects.get_or_create(name=source)[0]
        self.files: dict[str, _File] = {}
        self.lookups: dict[tuple[str, str, str], str] = {}
        self.lookup_faults: dict[tuple[str, str, str], Refused] = {}
        self.setting = Setting(self.source.pk, home_zone(), settings.REPORTING_CURRENCY, f"{on.isoformat()}T00:00:00+00:00")
        self.recorded: int | None = None

    def load(self, folder: str, rejects_folder: Path, by: int | None, *, recorded: bool) -> LoadReport:
        mapping_text = self.mapping.text if self.mapping else ""
        digest = ledger.digest_of(mapping_text, self.source.name, self.plan.files.values())
        run_row, resumed = ledger.open_run(self.source, folder, mapping_text, digest, dry_run=self.dry_run, by=by, recorded=recorded)
        self.recorded = run_row.pk if run_row.recorded else None
        report = LoadReport(run_row.pk, self.dry_run, resumed, ignored_files=list(self.plan.ignored))
        drop_shared()
        try:
            self._prepare()
            for step in self.plan.steps:
                report.files.append(self._step(step, run_row))
        finally:
            record_as(None)
            run("SET synchronous_commit TO DEFAULT")
        ledger.close_run(run_row, error="; ".join(f"{file.file}: {file.refused}" for file in report.files if file.refused))
        target_folder = Path(str(rejects_folder).replace("{run}", str(run_row.pk)))
        if rejects.write_files(run_row.pk, target_folder, self.plan.files):
            report.rejects = target_folder
        return report

    def _prepare(self) -> None:
        """Functions and small tables of the session, and whose changes it makes."""
        record_as(self.recorded)
        # Compiling these wide expressions costs more than it saves; sorts of one chunk should stay in memory.
        # Nobody is told of a load before it is through, and the last commit makes all before it last; a crash loses whole steps and chunks
        # from the end, which are done again.
        run("SET synchronous_commit = off")
        run("SET jit = off; SET work_mem = '64MB'; SET default_statistics_target = 10")
        # A chunk's table stays in memory; a session that has had temporary tables before keeps the size it has.
        run("DO $$ BEGIN PERFORM set_config('temp_buffers', '64MB', false); EXCEPTION WHEN invalid_parameter_value THEN NULL; END $$")
        run(FUNCTIONS)
        run("DROP TABLE IF EXISTS load_zone; CREATE TEMP TABLE load_zone AS SELECT name FROM pg_timezone_names")
        actions = array(sorted(conditioned_actions()))
        run(f"DROP TABLE IF EXISTS load_conditioned; CREATE TEMP TABLE load_conditioned AS SELECT unnest({actions}) AS name")
        self._prepare_accounts()

    def _prepare_accounts(self) -> None:
        run("DROP TABLE IF EXISTS load_account")
        run(
            "CREATE TEMP TABLE load_account AS SELECT external_id, id, nullif(timezone, '') AS zone, nullif(currency, '') AS"
            " currency FROM accounts_account;"
            " CREATE UNIQUE INDEX ON load_account (external_id); ANALYZE load_account"
        )

    def _step(self, step: Step, run_row: ImportRun) -> FileReport:
        """Load one file into one target, unless the ledger says that it is through."""
        row = ledger.open_file(run_row, step.label, step.target.name)
        if row.state in {JobState.SUCCEEDED, JobState.FAILED}:
            self._release(step)
            return ledger.restore(row)
        resumed = row.notes.get("done_through", 0) if row.notes else 0
        report = ledger.restore(row) if resumed else FileReport(step.label, step.target.name)
        try:
            opened = self._open(step.file)
            if fault := opened.refused or opened.faults.get(step.key):
                raise fault
            assert opened.staged is not None  # noqa: S101 — neither refused nor staged cannot be
            job = Job(opened.bounds[step.key], opened.staged, self.setting, run_row.pk, row.pk, self.on, report, resumed)
            self.say(f"{step.label} → {step.target.name}: {opened.staged.records} rows")
            self._load(step, job, row, opened)
        except Refused as refusal:
            report.refused = f"{refusal.code}: {refusal.reason}"
            ledger.save_file(row, report, JobState.FAILED)
        except DatabaseError as error:
            if connection.in_atomic_block and connection.needs_rollback:
                raise
            report.refused = f"database: {str(error).strip().splitlines()[0]}"
            ledger.save_file(row, report, JobState.FAILED)
        self._release(step)
        return report

    def _load(self, step: Step, job: Job, row: ImportFile, opened: _File) -> None:
        if step.target.name == "events" and not job.bound.distinct:
            self._load_chunks(step, job, row, opened)
            return
        with transaction.atomic():
            self._begin(step, job, opened)
            fill_typed(job.bound, self.setting, "true")
            if step.target.name not in {"events", "usage_daily"}:
                mark_repeats(job)
            (step.target.apply or upsert)(job)
            self._finish_part(job, "true")
            self._finish(step, job)
            ledger.save_file(row, job.report, JobState.SUCCEEDED)
        if step.target.name == "accounts":
            self._prepare_accounts()

    def _load_chunks(self, step: Step, job: Job, row: ImportFile, opened: _File) -> None:
        """Long files: each chunk is a transaction, and the ledger knows how far it came."""

        def write(chunk: Chunk, turn: Turn) -> None:
            over = chunk.last >= job.staged.records
            fill_typed(job.bound, self.setting, chunk.more)
            found = apply_events.survey(gather=gather)
            with transaction.atomic():
                if chunk.first == 1:
                    self._begin(step, job, opened)
                if apply_events.apply(job, turn, found):
                    self._finish_part(job, chunk.more)
                else:
                    job.add_marks(found.marks)
                if over:
                    settle()
                    self._finish(step, job)
                ledger.save_file(row, job.report, JobState.SUCCEEDED if over else JobState.RUNNING, chunk.last)

        # Tables of lookups, and all that a dry run makes, are seen by this connection alone.
        shared = job.staged.shared and not job.bound.joins and not connection.in_atomic_block
        chunks = spans(job.done_through, job.staged.records, CHUNK_ROWS)
        gather = len(chunks) > 1 and not connection.in_atomic_block
        if gather:
            open_gathering()
        try:
            write_chunks(chunks, write, self._prepare if shared else None)
        except BaseException:
            # The chunks before the one that failed are kept, so they are to be seen.
            settle()
            raise

    def _begin(self, step: Step, job: Job, opened: _File) -> None:
        """What is said and counted once per file and target."""
        job.report.read = job.staged.records
        job.report.rejected += job.staged.faulty
        job.report.notes += [*job.staged.notes, *([opened.note] if opened.note else [])]
        if job.bound.ignored:
            job.report.notes.append(f"columns not used: {', '.join(job.bound.ignored)}")
        if step == self.plan.of_file(step.file)[0] and job.staged.faulty:
            rejects.record_faults(job.staged, job.run_id)
        if job.staged.faulty:
            for code, count in rejects.fault_codes(job.staged).items():
                job.report.codes[code] = job.report.codes.get(code, 0) + count
        ensure_teams(job.bound)

    def _finish_part(self, job: Job, more: str) -> None:
        job.add_marks(rejects.record_problems(job, more))

    def _finish(self, step: Step, job: Job) -> None:
        report, said = job.report, MARK_NOTES
        report.left_out = report.read - report.created - report.updated - report.unchanged - report.rejected
        if report.left_out:
            report.notes.append(f"{report.left_out} rows left out by where or distinct")
        report.notes += [said[mark].format(count=count, zone=self.setting.home_zone) for mark, count in job.marks.items() if count]

    # --- files ---------------------------------------------------------------------------------------------------------------

    def _open(self, file: str) -> _File:
        """Stage and bind a file on first use."""
        if file in self.files:
            return self.files[file]
        opened = self.files[file] = _File()
        try:
            if file not in self.plan.files:
                raise Refused("missing_file", f"the mapping names {file}; the folder has no such file")
            opened.staged = stage(self.plan.files[file], len(self.files))
        except Refused as refusal:
            opened.refused = refusal
            return opened
        self._make_lookups(opened.staged)
        for step in self.plan.of_file(file):
            try:
                opened.bounds[step.key] = self._bind(step, opened.staged)
            except Refused as refusal:
                opened.faults[step.key] = refusal
        try:
            opened.note = settle_order(list(opened.bounds.values()))
        except Refused as refusal:
            opened.refused = refusal
        return opened

    def _bind(self, step: Step, staged: Staged) -> Bound:
        if step.mapped is None:
            return bind_by_name(step.target, staged.table, staged.header, padded=staged.padded)
        for lookup in step.mapped.lookups.values():
            self._open(lookup.file)
            if fault := self.files[lookup.file].refused or self.lookup_faults.get(lookup.asked):
                raise fault
        return Binder(step.target, step.mapped, staged.table, staged.header, Lookups(self.lookups), padded=staged.padded).bind()

    def _make_lookups(self, staged: Staged) -> None:
        """Tables of answers for all lookups into the file, made while it is staged."""
        wanted = {
            lookup.asked
            for mapped in (self.mapping.targets if self.mapping else ())
            for lookup in mapped.lookups.values()
            if lookup.file == staged.file
        }
        for file, key, take in sorted(wanted):
            missing = [column for column in (key, take) if column not in staged.header]
            if missing:
                self.lookup_faults[file, key, take] = Refused(
                    "missing_column", f"the mapping looks up {', '.join(missing)} in {file}, which has {', '.join(staged.header)}"
                )
                continue
            table = f"load_lookup_{len(self.lookups)}"
            asked, answer = (cell_text(staged.header.index(column) + 1, padded=staged.padded) for column in (key, take))
            run(f"DROP TABLE IF EXISTS {table}")
            run(
                f"CREATE TEMP TABLE {table} AS SELECT {asked} AS key, min({answer}) AS take, count(DISTINCT {answer}) > 1 AS many"
                f" FROM {staged.table} r"
                f" WHERE {asked} IS NOT NULL GROUP BY 1; ANALYZE {table}"
            )
            self.lookups[file, key, take] = table

    def _release(self, step: Step) -> None:
        """Drop the staged file after its last target."""
        opened = self.files.get(step.file)
        if opened and opened.staged and step == self.plan.of_file(step.file)[-1]:
            run(f"DROP TABLE IF EXISTS {opened.staged.table}")


MARK_NOTES = {
    "zoneless": "{count} rows with an instant without offset, taken as UTC",
    "dateless": "{count} rows with a date alone for an instant, taken as the account's local midnight",
    "timed": "{count} rows with a time of day in a date column: the day as written, or in {zone} where an offset was given",
}
