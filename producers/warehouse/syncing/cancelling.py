"""Asking a run to end from another process: a word in Redis that names the run, so that it never ends a later one."""

from __future__ import annotations

from typing import Final

from redis import Redis

KEPT_S: Final = 86_400  # seconds a request is kept: a process that hangs for longer is not going to read it


class CancelRequests:
    """The requests to cancel runs of one sync, on the Redis of its lanes. redis-py's errors are not translated."""

    def __init__(self, redis: Redis, sync: str, *, prefix: str = "") -> None:
        self._redis = redis
        self._key = f"{prefix}tercel:sync:{sync}:cancel"

    def ask(self, run: str) -> None:
        """Ask for the run to be cancelled by the process that has it in hand."""
        self._redis.set(self._key, run, ex=KEPT_S)

    def asked(self, run: str) -> bool:
        """Whether somebody has asked for the run to be cancelled."""
        return self._redis.get(self._key) == run.encode()

    def forget(self) -> None:
        """Drop the request: it was obeyed, or its run has ended."""
        self._redis.delete(self._key)
