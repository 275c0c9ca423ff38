"""From the source to what is due: rows are staged, compared with what was delivered, and held against the guard."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Final

from producers.warehouse import identity
from producers.warehouse.rows import BadRow
from producers.warehouse.syncing.guarding import Tripped, guard
from producers.warehouse.syncing.report import Phase
from producers.warehouse.syncing.run_reasons import DUPLICATE_KEY
from producers.warehouse.syncing.work import Work
from tercel.store import Rejection
from tercel.store.chunks import chunked

KEPT_INVALID: Final = 10_000  # invalid rows of a run whose reasons are kept one by one; the others are counted
AT_ONCE: Final = 500  # rejections written at once
_CONFLICTS: Final = -1  # their place among the files of a run's rejections


def read(work: Work, *, full: bool, retry: bool) -> Tripped | None:
    """Stage the whole source, compare, and judge. None: the due rows may be sent.

    ``retry``: rows that were refused too often are due all the same.

    A source that fails raises, and nothing was compared: a part of a source is never taken for the whole. Raises
    Stopped, CalledOff, and whatever the source raises.
    """
    work.phase = Phase.QUERYING
    _stage(work)
    work.phase, work.share = Phase.COMPARING, None
    work.tell()
    tools = work.tools
    members = tools.state.members()
    found = tools.state.compare(tools.sync.mode, full=full, most_tries=0 if retry else tools.sync.max_tries)
    bad = work.counts.invalid
    work.count(
        source_rows=found.source_rows + bad,
        added=found.added,
        changed=found.changed,
        unchanged=found.unchanged,
        invalid=bad + found.conflicting_rows,
        duplicates=found.duplicates,
        gone=found.gone,
        again=found.again,
        due=found.due,
        given_up=found.given_up,
    )
    if found.conflicting:
        _keep(work, _conflicts(work), known=bad)
    if not tools.sync.mode.deletes_gone:
        return None
    return guard(
        sync=tools.sync.name,
        valid_rows=found.source_rows - found.conflicting_rows,
        gone=found.gone,
        members=members,
        limits=tools.sync.limits,
    )


def _stage(work: Work) -> None:
    tools = work.tools
    tools.state.begin(work.run)
    batches = tools.sync.rows()
    with contextlib.ExitStack() as stack:
        if hasattr(batches, "close"):
            stack.callback(batches.close)
        for batch in batches:
            work.look_up()
            if batch.rows:
                tools.state.stage(batch.rows)
            if batch.bad:
                found = (_rejection(work, batch.file, bad, place=batch.place) for bad in batch.bad)
                _keep(work, found, known=work.counts.invalid)
            rows = work.counts.source_rows + len(batch.rows) + len(batch.bad)
            work.share = batch.share
            work.count(source_rows=rows, invalid=work.counts.invalid + len(batch.bad))
            work.tell()


def _conflicts(work: Work) -> Iterator[Rejection]:
    for number, key in enumerate(work.tools.state.conflicts(), start=1):
        bad = BadRow(number, DUPLICATE_KEY, "the id came more than once, and the rows do not say the same")
        yield _rejection(work, _CONFLICTS, bad, about=key)


def _keep(work: Work, rejections: Iterator[Rejection], *, known: int) -> None:
    """Write rejections into the store, as far as ``known`` earlier ones leave room: others are only counted."""
    room = KEPT_INVALID - known
    for some in chunked(rejections, AT_ONCE):
        if room <= 0:
            return
        kept = some[:room]
        work.patiently(lambda kept=kept: work.tools.store.add_rejections(kept))  # type: ignore[misc]
        room -= len(kept)


def _rejection(work: Work, file: int, bad: BadRow, *, place: str = "", about: str = "") -> Rejection:
    """``about`` is personal data, which only an answer may hold."""
    return Rejection(
        record_id=identity.rejection_id(work.run, file, bad.number),
        deployment=work.tools.sync.deployment,
        kind=work.tools.sync.kind.value,
        run=work.run,
        code=bad.code,
        reason=bad.text,
        answer=f"id {about}" if about else "",
        record=None,
        source=f"{place}:{bad.number}" if place else "",
        created_at=work.tools.now(),
    )
