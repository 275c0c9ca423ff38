"""One stand-in as a whole: its configuration and everything it remembers. It knows nothing of HTTP."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from email.utils import formatdate

from sandbox.faults import FaultPlan
from sandbox.hanging import Hanging
from sandbox.overlap import Overlap
from sandbox.sailthru.config import Config
from sandbox.sailthru.jobs import Jobs
from sandbox.sailthru.traffic import Traffic
from sandbox.sailthru.world import NATURAL, World


class Account:
    """A Sailthru account that is not one. ``clock`` gives monotonic ns, ``now`` epoch seconds."""

    def __init__(
        self,
        config: Config,
        *,
        clock: Callable[[], int] = time.monotonic_ns,
        now: Callable[[], float] = time.time,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._clock, self._now = clock, now
        self.config = config
        self.faults = FaultPlan(clock, chance)
        self.traffic = Traffic(config, clock, now)
        self.hanging = Hanging()
        self.in_hand = 0
        self._forget()

    def configure(self, config: Config) -> None:
        """Obey another configuration from now on. What is held stays; lists it names newly are added."""
        self.config = config
        self.traffic.configure(config)
        self._obey()

    def reset(self) -> None:
        """Forget everything but the configuration, and let go of hung requests."""
        self.faults.clear()
        self.traffic.clear(self.config)
        self.hanging.release()
        self._forget()

    def catch_up(self) -> None:
        """Do what has become due in the meantime: jobs. Called before anything is looked at."""
        self.jobs.catch_up(self.config.job_delay_s, self.config.job_ends)

    def _forget(self) -> None:
        self.world = World(self._text_now, self._clock, journal_entries=self.config.journal_entries)
        self.jobs = Jobs(self._clock, self._text_now)
        self.overlap = Overlap()
        self._obey()

    def _obey(self) -> None:
        self.world.views.delay_s = self.config.read_delay_s
        for name in self.config.lists:
            if self.world.list_named(name) is None:
                self.world.add_list(name, NATURAL, {})

    def _text_now(self) -> str:
        return formatdate(self._now())
