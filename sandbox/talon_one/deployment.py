"""One stand-in as a whole: its configuration and everything it remembers. It knows nothing of HTTP."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from datetime import UTC, datetime

from sandbox.faults import FaultPlan
from sandbox.hanging import Hanging
from sandbox.overlap import Overlap
from sandbox.talon_one.calls.base import Rules
from sandbox.talon_one.config import Config
from sandbox.talon_one.idempotency import StoredAnswers
from sandbox.talon_one.traffic import Traffic
from sandbox.talon_one.turns import Turns
from sandbox.talon_one.world import World


def rfc3339_now() -> str:
    """The time of day, in UTC."""
    return datetime.now(UTC).isoformat().replace("+00:00", "Z")


class Deployment:
    """A Talon.One deployment that is not one. ``clock`` gives monotonic ns, ``chance`` numbers in [0, 1)."""

    def __init__(
        self,
        config: Config,
        *,
        clock: Callable[[], int] = time.monotonic_ns,
        now: Callable[[], str] = rfc3339_now,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._clock = clock
        self._now = now
        self.config = config
        self.rules = Rules(config)
        self.faults = FaultPlan(clock, chance)
        self.traffic = Traffic(config, clock)
        self.turns = Turns()
        self.in_hand = 0
        self.hanging = Hanging()
        self._forget()

    def configure(self, config: Config) -> None:
        """Obey another configuration from now on. What is held stays; audiences it names newly are added."""
        self.config = config
        self.rules = Rules(config)
        self.traffic.configure(config)
        self._add_audiences()

    def reset(self) -> None:
        """Forget everything but the configuration, and let go of hung requests."""
        self.faults.clear()
        self.traffic.clear(self.config)
        self.hanging.release()
        self._forget()

    def _forget(self) -> None:
        self.world = World(self._now, journal_entries=self.config.journal_entries)
        self.answers = StoredAnswers(self._clock)
        self.overlap = Overlap()
        self._add_audiences()

    def _add_audiences(self) -> None:
        held = {(audience.fields["name"], audience.fields["id"]) for audience in self.world.audiences.values()}
        names = {name for name, _ in held}
        for audience in self.config.audiences:
            known = audience.name in names if audience.id is None else audience.id in self.world.audiences
            if not known:
                fields = audience.model_dump(exclude={"id"}, exclude_none=True)
                self.world.add_audience(fields, audience.id)
