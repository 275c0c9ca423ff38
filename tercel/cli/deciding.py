"""Replaying and discarding rejections, so that the balance closes at every moment, a crash in between included.

A replay is the same record once more. One script of the lanes takes it out of ``rejected`` and ``received`` and enters
it anew (``received``, ``waiting``): the run goes on to say how many records came in, not how often they were tried. The
store is told afterwards; the batch id makes the script harmless if that failed and the command is given again soon.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import islice

from pydantic import ValidationError

from tercel.cli import console
from tercel.cli.opening import OpenRedis, Start, load_settings, open_redis, open_store
from tercel.cli.rejections import Wanted, wanted_of
from tercel.errors import LaneFull, UsageError
from tercel.lanes import STREAM_RUN
from tercel.records import RECORD_OF_LANE, LaneKind, Record, Urgency
from tercel.settings import Settings
from tercel.store import RejectionState, Store, StoredRejection

BATCH = 500  # rejections moved in one step
WARNING = (
    "Replayed records are sent as they were then: they overwrite what newer records of the same profiles have brought "
    "since."
)


@dataclass(slots=True)
class Tally:
    """What a replay did: ``skipped`` were never records, or cannot be read as one any more."""

    done: int = 0
    skipped: int = 0


def replay_chosen(
    *,
    deployment: str | None,
    run: str | None,
    code: str | None,
    record_ids: Sequence[str] | None,
    everything: bool,
    yes: bool,
) -> int:
    """Ask, replay, report. Return the exit status: 1 where some could not be replayed."""
    settings = load_settings()
    wanted = _wanted(settings, deployment, run, code, record_ids, everything)
    with open_store(settings) as store:
        total = _count(store, wanted)
        if not total:
            console.note("There is none to replay.")
            return _missing(wanted, 0)
        console.note(WARNING)
        if not console.confirm(f"Replay {total:,} rejections?", yes=yes):
            console.note("Nothing was replayed.")
            return 1
        tally = Tally()
        with open_redis(settings, start=Start.ALWAYS) as redis:
            try:
                for batch in _batches(store.rejections(**wanted.filters())):
                    replay(batch, redis, store, settings, tally)
            except LaneFull as full:
                raise LaneFull(f"{tally.done:,} were replayed, then: {full}", full.kind) from full
    console.out(f"{tally.done:,} replayed: they are on their lanes again.")
    if tally.skipped:
        console.note(
            f"{tally.skipped:,} cannot be replayed: these rows never became records. "
            "Mend the input and send it again, then discard them."
        )
    return 1 if tally.skipped else _missing(wanted, tally.done)


def discard_chosen(
    *,
    deployment: str | None,
    run: str | None,
    code: str | None,
    record_ids: Sequence[str] | None,
    everything: bool,
    yes: bool,
) -> int:
    """Ask, discard, report. Return the exit status."""
    settings = load_settings()
    wanted = _wanted(settings, deployment, run, code, record_ids, everything)
    with open_store(settings) as store:
        total = _count(store, wanted)
        if not total:
            console.note("There is none to discard.")
            return _missing(wanted, 0)
        if not console.confirm(f"Discard {total:,} rejections for good?", yes=yes):
            console.note("Nothing was discarded.")
            return 1
        done = 0
        with open_redis(settings, start=Start.ALWAYS) as redis:
            for batch in _batches(store.rejections(**wanted.filters())):
                done += discard(batch, redis, store)
    console.out(f"{done:,} discarded.")
    return _missing(wanted, done)


def replay(batch: Sequence[StoredRejection], redis: OpenRedis, store: Store, settings: Settings, tally: Tally) -> None:
    """Put a batch of one deployment and run on its lanes again. Raises LaneFull, RedisUnavailable, StoreUnavailable."""
    first = batch[0]
    readable = [(one.record_id, record) for one in batch if (record := record_of(one)) is not None]
    tally.skipped += len(batch) - len(readable)
    if not readable:
        return
    ids = [record_id for record_id, _ in readable]
    with redis.guard():
        counted = min(len(ids), max(0, redis.lanes.run_counts(first.run)["rejected"]))
        redis.lanes.enqueue(
            first.deployment,
            Urgency.LIVE if first.run == STREAM_RUN else Urgency.BULK,
            [record for _, record in readable],
            run=first.run,
            batch_id=sha256("\n".join(["replay", *ids]).encode()).hexdigest()[:32],
            high_water=settings.lanes.high_water,
            tally={"rejected": -counted} if counted else None,  # counts against received too: see above
        )
    tally.done += store.mark_replayed(ids)


def discard(batch: Sequence[StoredRejection], redis: OpenRedis, store: Store) -> int:
    """Close a batch of one deployment and run, and move its counters. Return how many were closed."""
    first = batch[0]
    with redis.guard():
        rejected = max(0, redis.lanes.run_counts(first.run)["rejected"])
    closed = store.discard([one.record_id for one in batch])
    moved = min(closed, rejected)  # less where Redis has lost its counters
    if moved:
        with redis.guard():
            redis.lanes.add_counts(first.deployment, first.run, {"rejected": -moved, "discarded": moved})
    return closed


def record_of(one: StoredRejection) -> Record | None:
    """Return a rejection's record, None where there is none that could be sent."""
    if one.record is None:
        return None
    try:
        return RECORD_OF_LANE[LaneKind(one.kind)].model_validate(one.record)
    except (ValueError, ValidationError, KeyError):
        return None


def _batches(found: Iterable[StoredRejection]) -> Iterator[list[StoredRejection]]:
    """Yield neighbours of one deployment and run, some at a time."""
    source = iter(found)
    while page := list(islice(source, BATCH)):
        groups: dict[tuple[str, str], list[StoredRejection]] = {}
        for one in page:
            groups.setdefault((one.deployment, one.run), []).append(one)
        yield from groups.values()


def _wanted(  # noqa: PLR0917 - each is one option of the command
    settings: Settings,
    deployment: str | None,
    run: str | None,
    code: str | None,
    record_ids: Sequence[str] | None,
    everything: bool,
) -> Wanted:
    wanted = wanted_of(
        settings,
        deployment=deployment,
        run=run,
        code=code,
        record_ids=record_ids,
        state=RejectionState.OPEN.value,
    )
    if not wanted.narrowed and not everything:
        raise UsageError("Which ones? Give their ids, or --run, --code or --deployment; or --all for all of them.")
    if wanted.narrowed and everything:
        raise UsageError("--all means all of them: leave it away, or leave the others away.")
    return wanted


def _count(store: Store, wanted: Wanted) -> int:
    if wanted.record_ids is not None:
        return sum(1 for _ in store.rejections(**wanted.filters()))
    counts = store.rejection_counts(deployment=wanted.deployment, run=wanted.run, state=wanted.state)
    return sum(one.count for one in counts if wanted.code in (None, one.code))


def _missing(wanted: Wanted, done: int) -> int:
    """Say how many of the ids given are no open rejections. Return the exit status."""
    missing = len(set(wanted.record_ids or ())) - done
    if missing > 0:
        console.note(f"{missing:,} of the ids are no open rejections: `tercel rejected list` shows those there are.")
        return 1
    return 0
