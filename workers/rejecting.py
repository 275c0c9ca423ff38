"""Writes rejections to the store, before their records leave Redis: so a crash between the two loses nothing.

A rejection is keyed by its record's id, so writing it twice changes nothing. It keeps no secret: a session's callback
is kept without its key, so where the session is replayed, its answer is posted without one.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

from tercel import messages
from tercel.lanes import Claim
from tercel.store import Rejection, Store
from workers.call import Contents
from workers.outcomes import Reason

# Where a session's callback begins in a message that cannot be read: it is the last of the record, and holds a key.
_CALLBACK: Final = re.compile(r'"callback\\*"\s*:.*', re.DOTALL)
_LEFT_OUT: Final = "(a callback, left out: it may hold a key)"


class Rejector:
    """Keeps the rejections of one call."""

    def __init__(self, store: Store, claim: Claim) -> None:
        self._store = store
        self._claim = claim

    def keep(self, contents: Contents, refused: Mapping[int, Reason]) -> None:
        """Store records that will not be delivered: their index in ``contents``, and why."""
        self._store.add_rejections(
            [
                Rejection(
                    record_id=contents.record_id(i),
                    deployment=self._claim.deployment,
                    kind=self._claim.kind.value,
                    run=contents.run(i),
                    code=reason.code,
                    reason=reason.text,
                    answer=reason.answer,
                    record=without_secrets(contents.data[i]),
                    source=_source(contents.record_id(i), contents.run(i)),
                )
                for i, reason in refused.items()
            ]
        )

    def keep_unreadable(self, found: Sequence[bytes]) -> dict[tuple[str, str], int]:
        """Store messages that cannot be read, as they are. Return how many there are, by run."""
        self._store.add_rejections(
            [
                Rejection(
                    record_id=f"{self._claim.call_id}-{message[messages.KEY].decode('ascii', 'replace')}-{i}",
                    deployment=self._claim.deployment,
                    kind=self._claim.kind.value,
                    run=_run(message),
                    code="T320",
                    reason="the message on the lane cannot be read: it was changed by hand, or by another version",
                    answer="",
                    record={"message": _CALLBACK.sub(_LEFT_OUT, message.decode("utf-8", "replace"))},
                )
                for i, message in enumerate(found)
            ]
        )
        return {(run, "rejected"): n for run, n in Counter(map(_run, found)).items()}


def without_secrets(data: dict[str, Any]) -> dict[str, Any]:
    """Return a record's data as it may be kept: itself, but for the key of a session's callback."""
    callback = data.get("callback")
    if not isinstance(callback, Mapping) or "key" not in callback:
        return data
    return {**data, "callback": {name: value for name, value in callback.items() if name != "key"}}


def _source(record_id: str, run: str) -> str:
    """Say which row of its run's input a record came from; "" for a record of no run."""
    row = messages.row_of(record_id, run)
    if row is None:
        return ""
    file, number = row
    return f"row {number}" if file == 0 else f"row {number} of file {file + 1}"


def _run(message: bytes) -> str:
    return message[messages.RUN].decode("ascii", "replace")
