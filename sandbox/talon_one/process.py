"""A stand-in as a child process: what tests, the demo and benchmarks start."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass

from sandbox.child import START_S
from sandbox.process import configured
from sandbox.talon_one.client import Admin
from sandbox.talon_one.config import Config


@dataclass(frozen=True, slots=True)
class StandIn:
    """A running stand-in: its base ``url``, its ``pid``, and ``admin`` to talk to it behind the API's back."""

    url: str
    pid: int
    admin: Admin


@contextlib.contextmanager
def start(config: Config | None = None, *, start_s: float = START_S) -> Iterator[StandIn]:
    """Run a stand-in on a free loopback port while the context lasts; it answers when the context is entered.

    Raises:
        StartError: it did not come up within ``start_s`` seconds.
    """
    with (
        configured("sandbox.talon_one", config or Config(), start_s=start_s) as child,
        Admin(child.url) as admin,
    ):
        admin.ready()
        yield StandIn(child.url, child.pid, admin)
