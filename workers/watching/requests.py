"""A Celery request that shows nobody what is in a task: not Flower, not ``celery inspect``, not the log."""

from __future__ import annotations

import re
from collections.abc import Sized
from typing import Any, Final

from celery.exceptions import InvalidTaskError
from celery.worker.request import Request

from tercel.messages import deliver_task_name

OURS: Final = deliver_task_name("")  # our deliveries carry an argsrepr for people, and ids alone as arguments
_TYPE_NAME: Final = re.compile(r"[A-Za-z_][\w.]{0,79}(?=\()")


class QuietRequest(Request):  # type: ignore[misc]
    """Set as ``Task.Request``. Deliveries show what their header says; every other task only how much it was given.

    Other tasks are those that enqueue a record, whose arguments are personal data, and whatever else comes by; their
    ``shadow`` name, which a stranger may choose, is left out too. A failed task's exception is shown by its type.

    Raises InvalidTaskError for a message that is no task at all: Celery drops it then, while the plain class's
    ValueError would end the worker's consumer.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        try:
            super().__init__(*args, **kwargs)
        except (ValueError, TypeError, KeyError) as error:
            raise InvalidTaskError(f"not a task: {type(error).__name__}") from None
        if self._type.startswith(OURS):
            return
        self._argsrepr = counted(_size(self._args), "argument")
        self._kwargsrepr = counted(_size(self._kwargs), "named argument") if self._kwargs else ""
        self.name = self._type
        # The task's own context: Celery's log lines are made from it.
        self._request_dict.update(argsrepr=self._argsrepr, kwargsrepr=self._kwargsrepr, shadow=None)

    def info(self, safe: bool = False) -> dict[str, Any]:
        """Return what ``inspect active`` shows: always the harmless texts, asked for or not."""
        described: dict[str, Any] = super().info(safe=True)
        return described

    def send_event(self, type: str, **fields: Any) -> None:
        """Send an event to Flower; a failure without the exception's words and its traceback.

        The retry of a delivery keeps its words: they are the reason and the next time.
        """
        if type == "task-failed" or (type == "task-retried" and not self._type.startswith(OURS)):
            found = _TYPE_NAME.match(str(fields.get("exception", "")))
            fields |= {"exception": found[0] if found else "Exception", "traceback": "See the worker's log."}
        super().send_event(type, **fields)


def counted(n: int, noun: str) -> str:
    """Return e.g. ``(3 arguments)``."""
    return f"({n} {noun}{'' if n == 1 else 's'})"


def _size(given: object) -> int:
    return len(given) if isinstance(given, Sized) else 1
