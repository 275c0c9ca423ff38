"""What a translation is made with, and what it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from producers.intake import Refusal
from producers.third_party import reasons
from producers.third_party.callbacks import CallbackPolicy
from producers.third_party.calls import Call
from producers.third_party.problems import BadCall
from tercel.records import MAX_CHANGES, MAX_ID_LENGTH, Record


class Context(NamedTuple):
    """What the translation of a call depends on beside the call; see :func:`translation.translate`."""

    split_large: bool
    new_event_id: Callable[[], str]
    callbacks: CallbackPolicy


class Translation(NamedTuple):
    """What a call became: ``records`` in order, the items ``refused``, and ``notes`` (see :mod:`notes`)."""

    records: tuple[Record, ...] = ()
    refused: tuple[Refusal, ...] = ()
    notes: tuple[str, ...] = ()

    def noting(self, note: str) -> Translation:
        """Return the same with one note more."""
        return self._replace(notes=(*self.notes, note))


def path_id(call: Call, field: str) -> str:
    """Return the id in the path of a call, which ``field`` names. Raises BadCall for an empty or too long one."""
    length = len(call.path_id)
    if length == 0:
        raise BadCall([Refusal(reasons.WRONG_LENGTH, field, "must not be empty")])
    if length > MAX_ID_LENGTH:
        raise BadCall([Refusal(reasons.WRONG_LENGTH, field, f"must have at most {MAX_ID_LENGTH:,} characters")])
    return call.path_id


def skips(call: Call) -> bool | None:
    """Return a record's ``skip_unknown``: what the call says, or else what the deployment says."""
    return True if call.skip_unknown else None


def is_large(changes: int, where: str, context: Context) -> bool:
    """Return whether a request holds more changes than the API takes. Raises BadCall where it may not."""
    if changes <= MAX_CHANGES:
        return False
    if not context.split_large:
        text = f"holds {changes:,} changes; one request may hold at most {MAX_CHANGES:,}"
        raise BadCall([Refusal(reasons.TOO_MANY_CHANGES, where, text)])
    return True
