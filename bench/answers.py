"""When the stand-in answered each stamped record, from its request log and its list of applied updates."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from bench.errors import BenchError
from bench.producing import STAMP
from bench.stand_in import MS
from sandbox.talon_one import Applied

REFUSED: Final = "429"  # outcome of a request that was turned away at the door: it applied nothing
TAKEN: Final = ("200", "204")


def latencies_ms(applied: Iterable[Applied], requests: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """Return ms from stamp to answer, by profile id, of every stamped update. Raises BenchError as :func:`answers`."""
    return {
        update.profile: (answered_ns - update.content[STAMP]) / MS
        for update, answered_ns in answers(applied, requests)
        if STAMP in update.content
    }


def answers(applied: Iterable[Applied], requests: Sequence[Mapping[str, Any]]) -> Iterator[tuple[Applied, int]]:
    """Yield every applied update with the monotonic ns at which the request it came in was answered.

    ``applied`` numbers the requests in the order in which they were applied, from 1; ``requests`` is the log, in the
    order in which they were answered. Both are the same order, because the stand-in applies and answers in one step;
    the number of items of each request is compared, to be sure. ``applied`` was read first; what was logged since is
    left out.

    Raises BenchError where the two do not fit together, where a request failed, or a stamped profile comes twice.
    """
    answered = [request for request in requests if request["outcome"] != REFUSED]
    failed = next((request for request in answered if request["outcome"] not in TAKEN), None)
    if failed is not None:
        raise BenchError(f"{failed['call']} ended with {failed['outcome']}: times mean nothing when requests fail")
    stamped: set[str] = set()
    updates = [0] * len(answered)
    for update in applied:
        if not 1 <= update.request <= len(answered):
            raise BenchError("the stand-in's request log does not go back far enough")
        updates[update.request - 1] += 1
        if STAMP in update.content:
            if update.profile in stamped:
                raise BenchError("a live record's profile came twice: one of the two times would hide the other")
            stamped.add(update.profile)
        request = answered[update.request - 1]
        yield update, request["at_ns"] + request["took_ns"]
    known = max((place for place, n in enumerate(updates, 1) if n), default=0)
    if updates[:known] != [request["items"] for request in answered[:known]]:
        raise BenchError("the stand-in's request log and its applied updates do not fit together")
