"""What the store must know before an input is answered: parts that became no record, and audiences to come."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, Protocol

import orjson
from xxhash import xxh3_128_hexdigest

from producers.intake import Refusal, Taken
from tercel.messages import STREAM_RUN
from tercel.records import Audience
from tercel.store import Rejection

KIND: Final = "message"  # of a rejection whose input became no record
ID_DIGITS: Final = 20  # of a record id
_CALLBACK_KEY: Final = re.compile(rb'("(?:callback_?api_?key|x-callback-api-key)":)"(?:[^"\\]|\\.)*"', re.IGNORECASE)
MOST_KEPT: Final = 2_000  # characters of an input, as of a destination's answer


class Keeps(Protocol):
    """The methods of :class:`tercel.store.Store` that are used here."""

    def add_rejections(self, rejections: Iterable[Rejection]) -> int:
        """Add rejections; those that are known stay as they are."""
        ...

    def announce_audience(self, deployment: str, *, name: str, external_id: str) -> None:
        """Note the name of an audience that is about to be created."""
        ...


class Input(NamedTuple):
    """One input as a door hands it on: what it became, and what it was.

    ``identity`` is what it is known by when it comes again (a message id), "" where it carries nothing of the kind.
    ``target`` tells apart the several things that one input may become (a Segment destination). ``data`` is the input
    itself, for a person who looks at its rejection.
    """

    taken: Taken
    sender: str
    target: str = ""
    identity: str = ""
    seen_id: bytes = b""
    data: Any = None


@dataclass(frozen=True, slots=True)
class Keepsake:
    """What is to be written to the store for some inputs."""

    rejections: tuple[Rejection, ...]
    announced: tuple[tuple[str, str, str], ...]  # deployment, name, external id

    def __bool__(self) -> bool:
        return bool(self.rejections or self.announced)


NOTHING: Final = Keepsake((), ())


def keepsake_of(inputs: Sequence[Input]) -> Keepsake:
    """Return what the store must know of these inputs before they are enqueued."""
    rejections: list[Rejection] = []
    announced: list[tuple[str, str, str]] = []
    for one in inputs:
        taken = one.taken
        if taken.refused:
            rejections += _rejections(one)
        for record in taken.records:
            if type(record) is Audience and record.action == "create" and record.name and record.external_id:
                announced.append((taken.deployment, record.name, record.external_id))
    return Keepsake(tuple(rejections), tuple(announced)) if rejections or announced else NOTHING


def keep(store: Keeps, keepsake: Keepsake) -> None:
    """Write it down; a repeat changes nothing. Raises StoreUnavailable."""
    if keepsake.rejections:
        store.add_rejections(keepsake.rejections)
    for deployment, name, external_id in keepsake.announced:
        store.announce_audience(deployment, name=name, external_id=external_id)


def _rejections(one: Input) -> list[Rejection]:
    identity = one.identity or secrets.token_hex(16)
    text = _text(one.data)
    return [
        Rejection(
            record_id=_record_id(one.sender, one.target, identity, str(position)),
            deployment=one.taken.deployment,
            kind=KIND,
            run=STREAM_RUN,
            code=refusal.code,
            reason=str(refusal),
            answer=text,
            record=None,
            source=f"sender {one.sender}" + (f", {one.target}" if one.target else ""),
        )
        for position, refusal in enumerate(one.taken.refused)
    ]


def _record_id(*parts: str) -> str:
    """Return the id under which a refused part of an input is kept, the same each time it comes."""
    return xxh3_128_hexdigest("\x00".join(parts).encode("utf-8", "surrogatepass"))[:ID_DIGITS]


def _text(data: Any) -> str:
    """Return an input as text, cut off where it is long, without the key of a session's callback."""
    if data is None:
        return ""
    return _CALLBACK_KEY.sub(rb'\1"(left out)"', orjson.dumps(data))[: 4 * MOST_KEPT].decode("utf-8", "ignore")[
        :MOST_KEPT
    ]


def refused(deployment: str, code: str, where: str, reason: str) -> Taken:
    """Return what an input becomes of which nothing can be used."""
    return Taken(deployment, refused=(Refusal(code, where, reason),))
