"""The lanes: the only code that touches their keys in Redis. Each method is one script, or one command.

redis-py sends a command again when its answer was lost, so every script is harmless when repeated; ``common.lua`` names
every key. The rules of order ("the key's turn") are written down in ARCHITECTURE.md and, as a model, in
``tests/lanes/model.py``.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from redis import Redis
from redis.client import Pipeline

from tercel import messages
from tercel.lanes.cancelling import Cancelling
from tercel.lanes.enqueuing import LETTERS, NO_CHECKPOINT, arguments, enqueued, redis_full
from tercel.lanes.memory import MemoryGuard
from tercel.lanes.receipts import Receipting, Written
from tercel.lanes.values import Change, Claim, Enqueued, Lane, Parcel, Survey, halted_of
from tercel.records import LANE_KIND_OF_LETTER, LaneKind, Record, Urgency

BATCH_ID_TTL_S: Final = 900.0  # seconds a batch id is remembered: far longer than redis-py goes on resending
WAKE_S: Final = 10.0  # seconds after which an unanswered wake-up of a call is taken for lost
WAKE_AT_ONCE: Final = 200  # calls a script wakes: it must not hold Redis up

_URGENCY: Final = {"l": Urgency.LIVE, "b": Urgency.BULK}


class Lanes(Receipting, Cancelling):
    """The lanes of every deployment on one Redis.

    ``prefix`` goes before every key, as Celery's ``global_keyprefix`` does. ``wake_s`` and ``batch_id_ttl_s`` are
    seconds; ``clock`` gives seconds since the epoch and stamps the records.
    """

    def __init__(
        self,
        redis: Redis,
        *,
        prefix: str = "",
        wake_s: float = WAKE_S,
        batch_id_ttl_s: float = BATCH_ID_TTL_S,
        clock: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(redis, prefix, clock)
        self._wake_ms = int(wake_s * 1000)
        self._batch_ttl_ms = int(batch_id_ttl_s * 1000)
        self._memory = MemoryGuard(redis)

    # -- producers ------------------------------------------------------------------------------------------------

    def enqueue(
        self,
        deployment: str,
        urgency: Urgency,
        records: Sequence[Record | messages.Prepared],
        *,
        run: str = messages.STREAM_RUN,
        batch_id: str | None = None,
        checkpoint: tuple[str, str] | None = None,
        high_water: int | None = None,
        tally: Mapping[str, int] | None = None,
        record_ids: Sequence[str] | None = None,
        parcels: Sequence[Parcel] = (),
        window_s: float = 0.0,
    ) -> Enqueued:
        """Put records on the lanes, all of them or none, in order.

        A repeat with the same ``batch_id`` changes nothing. ``checkpoint`` is (where the run should be, where it is to
        go) and moves in the same step. ``tally`` counts input that became no record (``{"rejected": 3}``).
        ``high_water`` is in records a lane, waiting ones included. ``parcels`` say which records came from one input,
        in order and all of them; an input seen within the last ``window_s`` seconds (to a quarter of that more) is left
        out and counted as duplicate.

        Raises LaneFull, which says of what kind the full lane is, and CheckpointMoved; both mean that nothing was
        changed.
        """
        if high_water and self._memory.is_full():
            raise redis_full()
        ids = record_ids if record_ids is not None else messages.new_record_ids(len(records))
        encoded = messages.encode(deployment, urgency, records, run=run, at_ms=int(self._clock() * 1000), ids=ids)
        given = arguments(
            LETTERS[urgency],
            encoded,
            run=run,
            batch_id=batch_id,
            batch_ttl_ms=self._batch_ttl_ms,
            high_water=high_water or 0,
            checkpoint=checkpoint or NO_CHECKPOINT,
            tally=tally,
            parcels=parcels,
            window_s=window_s,
        )
        answer = self._scripts.run("enqueue", self._keys(deployment), given)
        return enqueued(answer, prefix=self.prefix, high_water=high_water or 0, run=run)

    def checkpoint(self, run: str) -> str:
        """Return how far a run has come, as its producer wrote it; "" at the start."""
        value: bytes | None = self.redis.hget(f"{self._shared}run:{run}", "checkpoint")  # type: ignore[assignment]
        return value.decode() if value else ""

    # -- workers --------------------------------------------------------------------------------------------------

    def survey(self, deployment: str) -> Survey:
        """Look at a deployment's lanes and calls without changing anything."""
        now, halted, calls, *lanes = self._scripts.run("survey", self._keys(deployment), [])
        return Survey(
            now_ms=now,
            halted=bool(halted),
            lanes=tuple(
                Lane(
                    LANE_KIND_OF_LETTER[letter.decode()],
                    _URGENCY[u.decode()],
                    length,
                    waiting,
                    freed,
                    int(at) if at else None,
                )
                for letter, u, length, waiting, freed, at in lanes
            ),
            ready={Urgency.LIVE: calls[0], Urgency.BULK: calls[1]},
            later={Urgency.LIVE: calls[2], Urgency.BULK: calls[3]},
            next_due_ms=None if calls[4] < 0 else calls[4],
        )

    def cut(
        self,
        deployment: str,
        kind: LaneKind,
        urgency: Urgency,
        *,
        size: int,
        window: int,
        cap: int,
        people: int = 0,
        least: int = 0,
        call_id: str | None = None,
    ) -> int:
        """Make a call of up to ``size`` records and wake a worker for it. Return the number of records taken.

        ``people`` is the most keys whose records a live call may hold, 0 for as many as there are records. Nothing is
        taken from a lane that does not hold ``least`` records, those apart that wait for their turn.
        Nothing is taken from a halted deployment, nor while it has ``window`` calls of this urgency in flight or due,
        or ``cap`` calls, those in backoff included.
        """
        taken: int = self._scripts.run(
            "cut",
            self._keys(deployment),
            [
                LETTERS[urgency],
                kind.letter,
                size,
                call_id or messages.new_call_id(),
                self._wake_ms,
                messages.delivery_template(deployment, urgency),
                self._queue(urgency),
                self.prefix + messages.PLAIN_QUEUE,
                window,
                cap,
                people,
                least,
            ],
        )
        return taken

    def wake(self, deployment: str, urgency: Urgency) -> tuple[int, int]:
        """Wake workers for every call whose time has come. Return (woken, those whose worker let the lease run out)."""
        woken, expired = self._scripts.run(
            "wake",
            self._keys(deployment),
            [
                LETTERS[urgency],
                self._wake_ms,
                messages.delivery_template(deployment, urgency),
                self._queue(urgency),
                WAKE_AT_ONCE,
                self._queue(Urgency.LIVE),
            ],
        )
        return woken, expired

    def claim(self, deployment: str, call_id: str, *, lease_s: float) -> Claim | None:
        """Take a call in hand for ``lease_s`` seconds. None: it is settled, in other hands, or not due yet."""
        base = self._base(deployment)

        def and_read(pipe: Pipeline) -> None:
            pipe.lrange(f"{base}call:{call_id}:r", 0, -1)
            pipe.hgetall(f"{base}state")

        args = [call_id, int(lease_s * 1000), secrets.token_hex(8)]
        answer, records, state = self._scripts.run_before("claim", self._keys(deployment), args, and_read)
        if answer[0] != b"ok":
            return None
        _, fence, letter, u, attempts, claims, created, run, asking, ticket = answer
        return Claim(
            call_id=call_id,
            fence=fence,
            deployment=deployment,
            kind=LANE_KIND_OF_LETTER[letter.decode()],
            urgency=_URGENCY[u.decode()],
            attempts=attempts,
            claims=claims,
            created_ms=created,
            run=run.decode(),
            messages=tuple(records),
            receipts=frozenset(map(bytes.decode, asking)),
            ticket=ticket.decode(),
            halted=halted_of(state),
        )

    def urgency_of(self, deployment: str, call_id: str) -> Urgency | None:
        """Return a call's urgency without touching it; None where the call has ended."""
        u: bytes | None = self.redis.hget(f"{self._base(deployment)}call:{call_id}", "u")  # type: ignore[assignment]
        return None if u is None else _URGENCY[u.decode()]

    def put_off(self, deployment: str, call_id: str, urgency: Urgency, *, delay_s: float) -> None:
        """Have a call that nobody has claimed woken again in ``delay_s`` seconds. Its records are not read."""
        self._scripts.run("put_off", self._keys(deployment), [call_id, LETTERS[urgency], int(delay_s * 1000)])

    def renew(self, deployment: str, held: Sequence[tuple[str, int]], *, lease_s: float) -> list[Change]:
        """Prolong the leases of calls in hand, given as (call id, fence)."""
        flat = [part for pair in held for part in pair]
        answers = self._scripts.run("renew", self._keys(deployment), [int(lease_s * 1000), *flat])
        return [Change(answer.decode()) for answer in answers]

    def settle(
        self,
        claim: Claim,
        *,
        counts: Mapping[tuple[str, str], int],
        kind_counts: Mapping[str, int] | None = None,
        leaving: Sequence[int] = (),
        receipts: Sequence[Written] = (),
    ) -> Change:
        """End a call, or take the records at positions ``leaving`` out of it; their keys' turns pass on.

        ``counts`` maps (run, field) to the number of records that ended so; together they are as many as leave.
        ``kind_counts`` are added to the deployment's totals, e.g. ``{"profile.delivered": 998}``. ``receipts`` are
        those of the records that leave, for the runs in ``claim.receipts``.
        """
        triples = [part for (run, field), n in counts.items() for part in (run, field, n)]
        pairs = [part for field, n in (kind_counts or {}).items() for part in (field, n)]
        return Change(
            self._scripts.run(
                "settle",
                self._keys(claim.deployment),
                [
                    claim.call_id,
                    claim.fence,
                    secrets.token_hex(8),
                    len(counts),
                    len(kind_counts or {}),
                    len(receipts),
                    *triples,
                    *pairs,
                    *(part for one in receipts for part in one),
                    *leaving,
                ],
            ).decode()
        )

    def postpone(
        self, claim: Claim, *, delay_s: float, answered: bool, counted: bool = True, ticket: str | None = None
    ) -> Change:
        """Give a call back, due again in ``delay_s`` seconds.

        ``answered``: the destination is why (an answer, an open breaker, a halt), so the call waits among the retrying
        and leaves the window; with ``counted`` that was an attempt. ``ticket``: what the next to claim it is to know;
        None leaves what is there.
        """
        kept = [] if ticket is None else [ticket]
        return Change(
            self._scripts.run(
                "postpone",
                self._keys(claim.deployment),
                [claim.call_id, claim.fence, int(delay_s * 1000), int(answered), int(answered and counted), *kept],
            ).decode()
        )

    def split(self, claim: Claim, first: Sequence[int], *, back: bool = False) -> Change:
        """Split a call in two by key: the records at positions ``first``, and the others.

        No key may be in both. With ``back`` there is one new call, and the others go back to the front of their keys'
        lists, to wait until the first ones are settled; each of their keys has an older record among the first.
        """
        return Change(
            self._scripts.run(
                "split",
                self._keys(claim.deployment),
                [
                    claim.call_id,
                    claim.fence,
                    messages.new_call_id(),
                    "" if back else messages.new_call_id(),
                    self._wake_ms,
                    messages.delivery_template(claim.deployment, claim.urgency),
                    self._queue(claim.urgency),
                    *first,
                ],
            ).decode()
        )
