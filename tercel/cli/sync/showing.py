"""Syncs, their runs and their rows as lines for people and as JSON for programs. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC
from typing import Any, Final

from producers.warehouse.mapping import Attribute
from producers.warehouse.syncing.definition import SyncDefinition
from producers.warehouse.syncing.previewing import Previewed
from producers.warehouse.syncing.report import SyncCounts, SyncReport
from tercel.cli.console import clean
from tercel.cli.reporting import NOT_CLOSING, Line
from tercel.cli.sync.looking import Due, Held, Looked
from tercel.store import RunRecord, RunStatus

_LABEL: Final = 12  # characters of the column that says what a line is about
_STYLES: Final = {
    RunStatus.COMPLETED: "green",
    RunStatus.COMPLETED_WITH_ERRORS: "yellow",
    RunStatus.FAILED: "red",
}


def list_lines(found: Looked) -> Iterator[Line]:
    """Return one sync for the list."""
    if found.sync is None:
        code, sentence = found.problem or ("", "")
        yield Line(f"{found.name}", "bold")
        yield Line(f"  {code}: {clean(sentence)} (tercel explain {code})", "red")
        return
    sync = found.sync
    yield Line(f"{found.name}: {sync.mode.value} to {clean(sync.target)}", "bold")
    yield Line(f"  from {clean(sync.source)}", "dim")
    yield from _standing(found)


def show_lines(found: Looked, known: Held | None) -> Iterator[Line]:
    """Return everything about one sync."""
    sync = found.sync
    if sync is None:
        yield from list_lines(found)
        return
    yield Line(f"{sync.name}: {sync.mode.value} to {clean(sync.target)}", "bold")
    yield _labelled("source", sync.source)
    prefix = f", with {sync.mapping.id_prefix!r} before it" if sync.mapping.id_prefix else ""
    yield _labelled("id", f"column {sync.mapping.id}{prefix}")
    if sync.mapping.attributes is not None:
        yield from _fields(sync)
    if sync.mode.deletes_gone:
        yield _labelled("guard", _guard(sync))
    yield _labelled("schedule", "none: by hand" if found.due is None else _schedule(found.due))
    yield _labelled("delivered", _known(known))
    if known is not None and known.stale:
        changed = "the definition has changed since: the next run sends every row again"
        yield _labelled("", changed, "yellow")
    yield from _standing(found)


def sync_json(found: Looked, known: Held | None = None) -> dict[str, Any]:
    """Return a sync as a JSON object."""
    sync, paused = found.sync, found.paused
    said: dict[str, Any] = {"name": found.name, "problem": None, "advice": list(found.advice)}
    if found.problem is not None:
        said["problem"] = {"code": found.problem[0], "text": found.problem[1]}
    if sync is not None:
        attributes = sync.mapping.attributes
        said |= {
            "deployment": sync.deployment,
            "object": sync.settings.object,
            "mode": sync.mode.value,
            "audience_id": sync.audience_id,
            "audience_name": sync.audience_name,
            "source": sync.source,
            "id": sync.mapping.id,
            "id_prefix": sync.mapping.id_prefix,
            "fields": None if attributes is None else {name: _rule(sync, one) for name, one in attributes.items()},
        }
    if known is not None:
        said |= {"members": known.members, "definition_changed": known.stale}
    said["paused"] = (
        None if paused is None else {"since": paused.since.isoformat(), "by": paused.by, "reason": paused.reason}
    )
    due = found.due
    said["schedule"] = None if due is None else {"text": due.schedule.text, "time_zone": due.schedule.zone.key}
    said["next_run"] = None if due is None or paused is not None else due.at.isoformat()
    said["last_run"] = None if found.last is None else run_json(found.last)
    return said


def run_row(run: RunRecord) -> tuple[object, ...]:
    """Return a run as a row of the history."""
    counts = SyncCounts.of(run.counts)
    took = "" if run.finished_at is None else f"{(run.finished_at - run.started_at).total_seconds():.1f}"
    started = run.started_at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
    numbers = (counts.source_rows, counts.added, counts.changed, counts.gone, counts.succeeded, counts.rejected)
    return (run.id, started, took, run.trigger, run.status.value, *numbers, counts.invalid, run.error)


RUN_COLUMNS: Final = (
    "Run", "Started UTC", "Seconds", "Trigger", "Status", "Rows", "Added", "Changed", "Gone", "Delivered", "Rejected",
    "Invalid", "Error",
)  # fmt: skip


def run_json(run: RunRecord) -> dict[str, Any]:
    """Return a run as a JSON object."""
    return {
        "run": run.id,
        "sync": run.name,
        "deployment": run.deployment,
        "status": run.status.value,
        "trigger": run.trigger,
        "started_at": run.started_at.isoformat(),
        "finished_at": None if run.finished_at is None else run.finished_at.isoformat(),
        "counts": SyncCounts.of(run.counts).as_dict(),
        "error": run.error,
    }


def report_lines(report: SyncReport) -> Iterator[Line]:
    """Return how a run ended."""
    if report.former is not None:
        yield from report_lines(report.former)
        yield Line("")
    counts = report.counts
    yield Line(f"sync {report.sync}, run {report.run}: {report.status.value}", _STYLES.get(report.status, "yellow"))
    yield Line(
        f"  {counts.source_rows:,} rows read: {counts.added:,} added, {counts.changed:,} changed, "
        f"{counts.unchanged:,} unchanged, {counts.invalid:,} invalid, {counts.duplicates:,} duplicates; "
        f"{counts.gone:,} gone"
    )
    yield Line(
        f"  {counts.sent:,} sent: {counts.succeeded:,} delivered, {counts.rejected:,} rejected, "
        f"{counts.pending:,} not known"
    )
    if counts.given_up:
        yield Line(
            f"  {counts.given_up:,} rows left alone: refused too often, and the same since. When the cause is gone: "
            f"tercel sync run {report.sync} --retry",
            "yellow",
        )
    for note in report.notes:
        yield Line(f"  {clean(note)}")
    if report.error:
        code = f"{report.code}: " if report.code else ""
        more = f" (tercel explain {report.code})" if report.code else ""
        yield Line(f"  {code}{clean(report.error)}{more}", "red")
    if counts.rejected or counts.invalid:
        yield Line(f"  which ones, and why: tercel rejected list --run {report.run}; the next run tries them again")
    for complaint in report.complaints if report.status is not RunStatus.INTERRUPTED else ():
        yield Line(f"  {NOT_CLOSING}: {complaint} (tercel explain {NOT_CLOSING})", "bold red")


def report_json(report: SyncReport) -> dict[str, Any]:
    """Return how a run ended as a JSON object."""
    return {
        "run": report.run,
        "sync": report.sync,
        "status": report.status.value,
        "full": report.full,
        "counts": report.counts.as_dict(),
        "error": report.error,
        "code": report.code,
        "notes": list(report.notes),
        "complaints": report.complaints,
        "former": None if report.former is None else report_json(report.former),
    }


def preview_row(one: Previewed) -> tuple[object, ...]:
    """Return a row of the preview."""
    said = "" if one.attributes is None else json.dumps(one.attributes, ensure_ascii=False)
    problem = "" if one.problem is None else f"{one.problem.code}: {one.problem.text}"
    return (f"{one.place}:{one.number}", one.key, said, problem)


def preview_json(one: Previewed) -> dict[str, Any]:
    """Return a row of the preview as a JSON object."""
    return {
        "place": one.place,
        "row": one.number,
        "id": one.key or None,
        "record": None if one.record is None else {"kind": one.record.lane_kind.value, **one.record.data()},
        "problem": None if one.problem is None else {"code": one.problem.code, "text": one.problem.text},
    }


def _standing(found: Looked) -> Iterator[Line]:
    if found.paused is not None:
        why = f": {clean(found.paused.reason)}" if found.paused.reason else ""
        yield Line(f"  paused since {found.paused.since:%Y-%m-%d %H:%M} UTC by {clean(found.paused.by)}{why}", "yellow")
    if found.due is not None and found.paused is None:
        yield _next_run(found.due)
    if found.last is None:
        yield Line("  has not run yet", "dim")
    else:
        last, counts = found.last, SyncCounts.of(found.last.counts)
        text = (
            f"  last run {last.id}, {last.started_at:%Y-%m-%d %H:%M} UTC: {last.status.value}; {counts.succeeded:,} "
            f"delivered, {counts.rejected:,} rejected, {counts.unchanged:,} unchanged"
        )
        yield Line(text, _STYLES.get(last.status, ""))
        if last.error:
            yield Line(f"    {clean(last.error)}", "yellow")
    for sentence in found.advice:
        yield Line(f"  look at this: {clean(sentence)}", "yellow")


def _next_run(due: Due) -> Line:
    at = f"{due.at:%a %Y-%m-%d %H:%M} {due.schedule.zone.key}"
    when = f"was due {at}, and has not begun" if due.now else f"next run {at}"
    if due.kept:
        return Line(f"  {when}")
    return Line(f"  {when}; but nobody keeps the schedules just now: start `tercel beat`, or `tercel up`", "yellow")


def _schedule(due: Due) -> str:
    return f"{due.schedule.text} ({due.schedule.zone.key})"


def _fields(sync: SyncDefinition) -> Iterator[Line]:
    label = "fields"
    for name, rule in (sync.mapping.attributes or {}).items():
        if rule.column is None:
            said = f"{name} = {json.dumps(rule.constant, ensure_ascii=False)}"
        else:
            kind = f" as {rule.type}" if rule.type else ""
            given = ", where the source has it" if rule.optional else ""
            nulls = ", null is sent" if (rule.nulls or sync.mapping.nulls) == "send" else ""
            said = f"{name} from column {rule.column}{kind}{given}{nulls}"
        yield _labelled(label, said)
        label = ""


def _rule(sync: SyncDefinition, rule: Attribute) -> dict[str, Any]:
    if rule.column is None:
        return {"constant": rule.constant}
    return {"column": rule.column, "type": rule.type, "nulls": rule.nulls or sync.mapping.nulls}


def _guard(sync: SyncDefinition) -> str:
    if sync.allow_empty:
        return "off (allow_empty)"
    most = f", or more than {sync.limits.most_gone:,}" if sync.limits.most_gone is not None else ""
    return f"stops when more than {sync.limits.most_gone_share:.0%} of the known members are gone{most}"


def _known(known: Held | None) -> str:
    if known is None:
        return "nothing yet: the first run sends every row, and removes none"
    return f"{known.members:,} rows are known to be at the destination"


def _labelled(label: str, text: str, style: str = "") -> Line:
    return Line(f"  {label:<{_LABEL}}{clean(text)}", style)
