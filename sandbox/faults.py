"""Faults on demand, as data: which request is hit by what. Doing it to the connection is :mod:`misbehaviour`'s part.

Rules hit requests by path, method, share, number or time. Scripts are a list of answers for one profile, taken one by
one as requests that contain the profile arrive.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from sandbox.window import SECOND_NS

Step = (
    Annotated[int, Field(ge=200, le=599)]
    | Literal["reset", "reset_applied", "hang", "hang_applied", "hang_unapplied", "drip", "malformed"]
)


class _Rule(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    path: str = Field("", description="hits paths, as sent, that begin with this; empty hits all")
    method: str | None = None
    share: float = Field(1.0, ge=0, le=1, description="the share of matching requests that is hit")
    times: int | None = Field(None, ge=1, description="ends after so many hits")
    for_s: float | None = Field(None, gt=0, description="ends so many seconds after it was set")


class Latency(_Rule):
    """The request takes ``delay_s`` plus up to ``jitter_s`` more, before it is applied."""

    fault: Literal["latency"] = "latency"
    delay_s: float = Field(0.0, ge=0)
    jitter_s: float = Field(0.0, ge=0)


class Status(_Rule):
    """The answer is ``status``: a share of 503, or with 429 a storm. Without a ``body`` it looks like the API's."""

    fault: Literal["status"] = "status"
    status: int = Field(503, ge=200, le=599)
    apply: bool = Field(False, description="whether the request is applied all the same")
    retry_after: str | None = Field(None, pattern=r"^[\x20-\x7e]*$", description="a Retry-After header, as it stands")
    body: str | None = Field(None, description="a body of one's own")
    content_type: str = Field("text/html", pattern=r"^[\x20-\x7e]+$", description="of a body of one's own")


class Reset(_Rule):
    """The connection is reset (TCP RST), before or after the request was applied."""

    fault: Literal["reset"] = "reset"
    apply: bool = False


class Hang(_Rule):
    """No answer until it is released, ``hang_s`` have passed or the client leaves."""

    fault: Literal["hang"] = "hang"
    apply: bool | None = Field(None, description="whether it is applied, at once; None leaves it to the configuration")
    hang_s: float | None = Field(None, gt=0)


class Drip(_Rule):
    """The request is applied; its answer comes one byte at a time, then the connection is closed."""

    fault: Literal["drip"] = "drip"
    interval_s: float = Field(0.05, ge=0)


class Malformed(_Rule):
    """The request is applied; what comes back is no proper answer, then the connection is closed."""

    fault: Literal["malformed"] = "malformed"
    form: Literal["not_http", "bad_status", "not_json", "cut_short"] = "not_json"


Outright = Status | Reset | Hang | Drip | Malformed
Fault = Annotated[Latency | Outright, Field(discriminator="fault")]
FAULTS: TypeAdapter[tuple[Latency | Outright, ...]] = TypeAdapter(tuple[Fault, ...])
SCRIPTS: TypeAdapter[dict[str, tuple[Step, ...]]] = TypeAdapter(dict[str, tuple[Step, ...]])

_BAD_REQUEST = 400
_NAMED_STEPS: dict[str, Outright] = {
    "hang": Hang(),
    "hang_applied": Hang(apply=True),
    "hang_unapplied": Hang(apply=False),
    "reset": Reset(),
    "reset_applied": Reset(apply=True),
    "malformed": Malformed(),
    "drip": Drip(),
}
_SEVERITY = tuple(_NAMED_STEPS)  # the worst first; then statuses, the highest first


@dataclass(frozen=True, slots=True)
class Hit:
    """What is to go wrong with one request: it takes ``delay_s``, and ``outright``, if given, is its end."""

    delay_s: float = 0.0
    outright: Outright | None = None


UNHARMED = Hit()


@dataclass(frozen=True, slots=True)
class Scripted:
    """What the scripts say about one request: how it ends, and which profiles' items are bad (a scripted 400)."""

    outright: Outright | None = None
    bad: frozenset[str] = frozenset()


NOT_SCRIPTED = Scripted()


@dataclass(slots=True)
class _Armed:
    rule: Latency | Outright
    ends_ns: int | None
    left: int | None
    hits: int = 0


@dataclass
class FaultPlan:
    """The rules and scripts in force. ``clock`` gives monotonic nanoseconds, ``chance`` numbers in [0, 1)."""

    clock: Callable[[], int]
    chance: Callable[[], float] = random.random
    _armed: list[_Armed] = field(default_factory=list)
    _scripts: dict[str, list[Step]] = field(default_factory=dict)

    def set(self, rules: Iterable[Latency | Outright]) -> None:
        """Put ``rules`` in the place of those in force. Their time starts now."""
        now_ns = self.clock()
        self._armed = [
            _Armed(rule, None if rule.for_s is None else now_ns + round(rule.for_s * SECOND_NS), rule.times)
            for rule in rules
        ]

    def write_scripts(self, scripts: Mapping[str, Iterable[Step]]) -> None:
        """Give profiles a script; one that a profile already has is replaced."""
        self._scripts.update({profile: list(steps) for profile, steps in scripts.items() if steps})

    def clear(self) -> None:
        """Forget all rules and scripts."""
        self._armed = []
        self._scripts = {}

    def report(self) -> list[dict[str, object]]:
        """The rules in force, each with the number of requests it hit."""
        return [armed.rule.model_dump(exclude_none=True) | {"hits": armed.hits} for armed in self._armed]

    def scripts_left(self) -> dict[str, list[Step]]:
        """The steps not taken yet, by profile."""
        return {profile: list(steps) for profile, steps in self._scripts.items()}

    def strike(self, method: str, path: str) -> Hit:
        """Choose what happens to a request: delays add up, the first rule that hits outright decides the rest."""
        if not self._armed:
            return UNHARMED
        delay_s, outright, now_ns = 0.0, None, self.clock()
        self._armed = [armed for armed in self._armed if armed.left != 0 and not _over(armed, now_ns)]
        for armed in self._armed:
            rule = armed.rule
            if outright is not None and not isinstance(rule, Latency):
                continue
            if not path.startswith(rule.path) or rule.method not in (None, method) or self.chance() >= rule.share:
                continue
            armed.hits += 1
            armed.left = None if armed.left is None else armed.left - 1
            if isinstance(rule, Latency):
                delay_s += rule.delay_s + self.chance() * rule.jitter_s
            else:
                outright = rule
        return Hit(delay_s, outright)

    def take_steps(self, profiles: Iterable[str]) -> Scripted:
        """Take the next step of every scripted profile in a request; where several go wrong the worst one counts."""
        if not self._scripts:
            return NOT_SCRIPTED
        taken: dict[str, Step] = {}
        for profile in dict.fromkeys(profiles):
            steps = self._scripts.get(profile)
            if steps:
                taken[profile] = steps.pop(0)
                if not steps:
                    del self._scripts[profile]
        bad = frozenset(profile for profile, step in taken.items() if step == _BAD_REQUEST)
        return Scripted(_worst(step for step in taken.values() if step != _BAD_REQUEST), bad)


def _over(armed: _Armed, now_ns: int) -> bool:
    return armed.ends_ns is not None and now_ns >= armed.ends_ns


def _worst(steps: Iterable[Step]) -> Outright | None:
    seen = set(steps)
    for name in _SEVERITY:
        if name in seen:
            return _NAMED_STEPS[name]
    status = max((step for step in seen if isinstance(step, int)), default=0)
    return Status(status=status) if status >= 300 else None
