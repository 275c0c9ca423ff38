"""What the commands of ``tercel rejected`` share: choosing rejections, and writing them down."""

from __future__ import annotations

import csv
import json
import os
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from tercel.cli.catalogue import explanation
from tercel.cli.console import clean
from tercel.cli.opening import check_deployment, load_settings, open_store
from tercel.errors import UsageError
from tercel.messages import STREAM_RUN
from tercel.settings import Settings
from tercel.store import RejectionState, Store, StoredRejection

ANY = "any"
COLUMNS = (
    "record_id",
    "deployment",
    "kind",
    "run",
    "code",
    "reason",
    "answer",
    "source",
    "state",
    "created_at",
    "closed_at",
    "record",
)
_RUN = re.compile(r"[0-9a-f]{8}")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which rejections a command is about. ``state`` None means every state."""

    deployment: str | None
    run: str | None
    code: str | None
    record_ids: tuple[str, ...] | None
    state: RejectionState | None

    def filters(self) -> dict[str, Any]:
        """Return it as arguments of ``Store.rejections``."""
        return {
            "deployment": self.deployment,
            "run": self.run,
            "code": self.code,
            "record_ids": self.record_ids,
            "state": self.state,
        }

    @property
    def narrowed(self) -> bool:
        """Whether anything was said about which ones."""
        return any((self.deployment, self.run, self.code, self.record_ids))


def wanted_of(
    settings: Settings,
    *,
    deployment: str | None,
    run: str | None,
    code: str | None,
    record_ids: Sequence[str] | None,
    state: str,
) -> Wanted:
    """Check what was said and return it. Raises UsageError, SettingsError."""
    check_deployment(settings, deployment)
    if run is not None and _RUN.fullmatch(run.lower()) is None:
        raise UsageError(f"--run {run}: a run's id is 8 hex digits, as `tercel status` shows it.")
    if code is not None:
        explanation(code)
        code = code.strip().upper()
    return Wanted(
        deployment,
        run.lower() if run else None,
        code,
        tuple(record_ids) if record_ids else None,
        None if state == ANY else RejectionState(state),
    )


@contextmanager
def chosen(
    *,
    deployment: str | None = None,
    run: str | None = None,
    code: str | None = None,
    record_ids: Sequence[str] | None = None,
    state: str = RejectionState.OPEN.value,
) -> Iterator[tuple[Store, Wanted]]:
    """Give the store and what was asked for. Raises UsageError, SettingsError, StoreUnavailable."""
    settings = load_settings()
    wanted = wanted_of(settings, deployment=deployment, run=run, code=code, record_ids=record_ids, state=state)
    with open_store(settings) as store:
        yield store, wanted


def as_json(one: StoredRejection) -> dict[str, Any]:
    """Return a rejection as a JSON object, record and answer included."""
    values = {name: getattr(one, name) for name in COLUMNS}
    values["state"] = one.state.value
    values["created_at"] = one.created_at.isoformat()
    values["closed_at"] = None if one.closed_at is None else one.closed_at.isoformat()
    return values


def run_of(one: StoredRejection) -> str:
    """Return the run of a rejection as a person is shown it: empty where the record was streamed."""
    return "" if one.run == STREAM_RUN else one.run


def as_text(one: StoredRejection, cure: str) -> str:
    """Return a rejection for a person to read, with what to do about it."""
    closed = f" since {one.closed_at:%Y-%m-%d %H:%M:%S} UTC" if one.closed_at else ""
    record = "(the row could not become a record)" if one.record is None else json.dumps(one.record, indent=2)
    lines = [
        f"Rejection   {one.record_id} ({one.state.value}{closed})",
        f"Code        {one.code}: {clean(one.reason)}",
        f"Record      {one.kind} for {one.deployment}, {f'run {run}' if (run := run_of(one)) else 'streamed'}",
        f"Rejected    {one.created_at:%Y-%m-%d %H:%M:%S} UTC",
    ]
    if one.source:
        lines.append(f"From        {clean(one.source)}")
    if one.answer:
        lines.append(f"Answer      {clean(one.answer)}")
    if cure:
        lines.append(f"What to do  {cure}")
    return "\n".join([*lines, "", record])


def write_export(found: Iterable[StoredRejection], form: str, output: Path | None) -> int:
    """Write rejections to a file (for its owner's eyes only) or to stdout; return how many. Raises UsageError."""
    if output is None:
        return _write(found, form, sys.stdout)
    try:
        handle = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            return _write(found, form, file)
    except OSError as error:
        raise UsageError(f"{output} cannot be written: {error.strerror}.") from error


def _write(found: Iterable[StoredRejection], form: str, file: TextIO) -> int:
    count = 0
    table = csv.writer(file, lineterminator="\n") if form == "csv" else None
    if table is not None:
        table.writerow(COLUMNS)
    for count, one in enumerate(found, start=1):  # noqa: B007 - the last one is the number of them
        values = as_json(one)
        if table is None:
            file.write(json.dumps(values, ensure_ascii=False) + "\n")
        else:
            values["record"] = "" if one.record is None else json.dumps(one.record, ensure_ascii=False)
            table.writerow(["" if value is None else value for value in values.values()])
    return count
