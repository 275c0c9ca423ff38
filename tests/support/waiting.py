"""Wait for a condition instead of for a time."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

Value = TypeVar("Value")

POLL_S = 0.01  # seconds between two looks, at first
POLL_CAP_S = 0.1  # seconds between two looks, after a while
TIMEOUT_S = 60.0  # seconds; generous: it costs nothing where all is well, and machines are slow and busy at times


def eventually(
    predicate: Callable[[], Value], timeout_s: float = TIMEOUT_S, describe: str | Callable[[], object] = "it"
) -> Value:
    """Call ``predicate`` until it returns something true, and return that.

    An exception counts as "not yet". ``describe`` says what is waited for (or returns what there is instead), for the
    ``AssertionError`` that is raised after ``timeout_s`` seconds.
    """
    deadline = time.monotonic() + timeout_s
    pause_s, failure, value = POLL_S, None, None
    while True:
        try:
            value, failure = predicate(), None
        except Exception as error:
            failure = error
        if failure is None and value:
            return value
        if time.monotonic() > deadline:
            what = describe() if callable(describe) else describe
            last = f"it raised {failure!r}" if failure is not None else f"it was {value!r}"
            raise AssertionError(f"waited {timeout_s:g} s for {what}; at the last look {last}") from failure
        time.sleep(pause_s)
        pause_s = min(POLL_CAP_S, pause_s * 1.5)
