"""Every event that is logged, declared once: its name is its class's in snake case, its meaning the class's docstring.

The fields of an event are all that a line about it can hold. None of them is personal data: no profile id, no record,
no answer of a destination; ``reason`` is a :class:`workers.outcomes.Reason`'s text, which promises the same.
``python -m workers.watching.events`` prints the table of the documentation.
"""

from __future__ import annotations

import dataclasses
import inspect
import logging
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final

LOGGER: Final = "tercel"
FIELDS: Final = "tercel_event"  # the attribute of a logging.LogRecord that carries the Event

_logger = logging.getLogger(LOGGER)


@dataclass(frozen=True)
class Event:
    """Base of every event. ``level`` is logging's."""

    level: ClassVar[int] = logging.INFO

    @classmethod
    def event_name(cls) -> str:
        """Return e.g. ``call_delivered``."""
        return re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()

    def fields(self) -> Mapping[str, Any]:
        """Return the fields by name, in order of declaration; those that are None left out."""
        named = ((field.name, getattr(self, field.name)) for field in dataclasses.fields(self))
        return {name: value for name, value in named if value is not None}


def emit(event: Event) -> None:
    """Log an event. Nothing is rendered unless its level is logged."""
    _logger.log(event.level, "%s", event.event_name(), extra={FIELDS: event})


@dataclass(frozen=True)
class CallDelivered(Event):
    """The destination took a call. At DEBUG, because there are as many as the rate allows."""

    level: ClassVar[int] = logging.DEBUG
    deployment: str
    kind: str
    call: str
    records: int
    seconds: float


@dataclass(frozen=True)
class CallRetry(Event):
    """A call did not go through and is tried again."""

    deployment: str
    kind: str
    call: str
    records: int
    attempts: int
    delay_s: float
    code: str
    reason: str


@dataclass(frozen=True)
class CallSplit(Event):
    """A call was split in two, to find the record that the destination does not take."""

    deployment: str
    kind: str
    call: str
    records: int
    code: str
    reason: str


@dataclass(frozen=True)
class CallGivenUp(Event):
    """A call failed for longer than `delivery.give_up_after_s`: its records are rejections now."""

    level: ClassVar[int] = logging.ERROR
    deployment: str
    kind: str
    call: str
    records: int
    attempts: int
    code: str


@dataclass(frozen=True)
class CallRevoked(Event):
    """Somebody revoked a call in Flower: its records are rejections now."""

    level: ClassVar[int] = logging.WARNING
    deployment: str
    kind: str
    call: str
    records: int


@dataclass(frozen=True)
class RecordsRejected(Event):
    """Records will not be delivered; they are kept with their reason (`tercel rejected list`)."""

    level: ClassVar[int] = logging.WARNING
    deployment: str
    kind: str
    call: str
    records: int
    code: str
    reason: str


@dataclass(frozen=True)
class AttributesSkipped(Event):
    """The destination does not know some attributes: they are left out for a while, as the deployment asks."""

    level: ClassVar[int] = logging.WARNING
    deployment: str
    kind: str
    attributes: int


@dataclass(frozen=True)
class AudienceHeld(Event):
    """An audience's records wait until somebody tells its id (`tercel audiences bind`)."""

    level: ClassVar[int] = logging.WARNING
    deployment: str
    records: int
    code: str


@dataclass(frozen=True)
class CallbackFailed(Event):
    """A session was delivered, and its answer could not be posted to its callback; it is not tried again."""

    level: ClassVar[int] = logging.WARNING
    deployment: str
    call: str
    code: str
    reason: str


@dataclass(frozen=True)
class DeploymentHalted(Event):
    """A deployment takes nothing: everything waits, nothing is rejected."""

    level: ClassVar[int] = logging.ERROR
    deployment: str
    code: str
    reason: str
    by_hand: bool = False


@dataclass(frozen=True)
class DeploymentResumed(Event):
    """A halt has ended: delivery goes on."""

    deployment: str
    by_hand: bool = False


@dataclass(frozen=True)
class DeploymentSlowed(Event):
    """The destination asked for less (429): every worker slows down for this deployment."""

    level: ClassVar[int] = logging.WARNING
    deployment: str
    rate_allowed: float
    pause_s: float | None = None


@dataclass(frozen=True)
class BreakerOpened(Event):
    """A deployment keeps failing: requests pause, and calls wait."""

    level: ClassVar[int] = logging.WARNING
    deployment: str
    failures: int
    open_s: float
    code: str | None = None


@dataclass(frozen=True)
class BreakerClosed(Event):
    """A deployment answers again: requests go on."""

    deployment: str


@dataclass(frozen=True)
class LeaseLost(Event):
    """A call was taken over by another worker while this one had it in hand; what this one did changes nothing."""

    level: ClassVar[int] = logging.WARNING
    deployment: str
    call: str


@dataclass(frozen=True)
class WakeLost(Event):
    """Workers died with calls in hand, or the broker lost their messages: the calls were woken again."""

    level: ClassVar[int] = logging.WARNING
    deployment: str
    urgency: str
    calls: int


@dataclass(frozen=True)
class MessageUnreadable(Event):
    """A lane or a call held a message that is no record of ours."""

    level: ClassVar[int] = logging.ERROR
    deployment: str
    code: str
    messages: int


@dataclass(frozen=True)
class RedisAway(Event):
    """Redis does not answer: nothing is lost, everything waits."""

    level: ClassVar[int] = logging.ERROR
    error: str


@dataclass(frozen=True)
class RedisBack(Event):
    """Redis answers again."""

    away_s: float


@dataclass(frozen=True)
class WorkerStarted(Event):
    """A worker process is ready to deliver."""

    deployments: int
    threads: int


@dataclass(frozen=True)
class WorkerStopping(Event):
    """A worker process takes nothing new, gives waiting calls back and ends its requests."""

    calls: int


@dataclass(frozen=True)
class MetricsServed(Event):
    """The metrics can be scraped."""

    address: str
    port: int


@dataclass(frozen=True)
class ScrapeFailed(Event):
    """Somebody asked for metrics and a source did not answer: its figures are missing, the others are served."""

    level: ClassVar[int] = logging.WARNING
    source: str
    error: str


@dataclass(frozen=True)
class HeartbeatFailed(Event):
    """The heartbeat file cannot be written: whoever watches it will think that the worker is dead."""

    level: ClassVar[int] = logging.ERROR
    path: str
    error: str


def events() -> tuple[type[Event], ...]:
    """Return every kind of event, in order of declaration."""
    return tuple(Event.__subclasses__())


def markdown() -> str:
    """Return the table of every event, for the documentation."""
    return "\n".join([*_rows(), ""])


def _rows() -> Iterator[str]:
    yield "| Event | Level | Fields | Meaning |"
    yield "|---|---|---|---|"
    for event in events():
        fields = ", ".join(f"`{field.name}`" for field in dataclasses.fields(event))
        level = logging.getLevelName(event.level)
        yield f"| `{event.event_name()}` | {level} | {fields} | {inspect.getdoc(event)} |"


if __name__ == "__main__":
    sys.stdout.write(markdown())
