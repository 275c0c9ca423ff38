"""The one row that says how a sync's state stands: which run holds it, and how far that run has come."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any, Final, Self

import orjson

from tercel.store.syncing.values import Comparison, Mode, Outcomes, Phase

LAYOUT: Final = 2  # of the tables; a state of a newer one is refused, one of an older one brought up to date


@dataclass(frozen=True, slots=True)
class Standing:
    """The row, column by column.

    Attributes:
        layout: which tables this state has.
        generation: counted up by every run that begins; who still works on an older one is refused.
        run: the run that holds the staging, or None.
        phase: how far it has come.
        mode: its mode.
        keeps: what a row of the state means (see Mode.keeps).
        everything: whether the run sends unchanged rows too.
        mapping: the fingerprint of the definition that the rows were sent by.
        handed: due rows up to this number may have been sent.
        last_put: due rows up to this number are in the source; those behind it have left it.
        due: how many due rows there are.
        delivered, rejected, unknown: how many of them ended how.
        members: rows of the state that are known to be, or may be, at the destination, before this run.
        comparison: the run's comparison, as JSON.
    """

    layout: int = LAYOUT
    generation: int = 0
    run: str | None = None
    phase: Phase = Phase.IDLE
    mode: Mode = Mode.UPSERT
    keeps: str = "present"
    everything: bool = False
    mapping: str | None = None
    handed: int = 0
    last_put: int = 0
    due: int = 0
    delivered: int = 0
    rejected: int = 0
    unknown: int = 0
    members: int = 0
    comparison: str | None = None

    @classmethod
    def read(cls, row: tuple[Any, ...]) -> Self:
        """Make one of a row of COLUMNS."""
        values = dict(zip(COLUMNS, row, strict=True))
        values.update(phase=Phase(values["phase"]), mode=Mode(values["mode"]), everything=bool(values["everything"]))
        return cls(**values)

    @property
    def outcomes(self) -> Outcomes:
        """The due rows by outcome."""
        pending = self.due - self.delivered - self.rejected - self.unknown
        return Outcomes(self.delivered, self.rejected, self.unknown, pending)

    @property
    def compared(self) -> Comparison | None:
        """The run's comparison, once there is one."""
        return None if self.comparison is None else Comparison(**orjson.loads(self.comparison))


COLUMNS: Final = tuple(field.name for field in fields(Standing))

# What a run that begins, or ends, finds again.
BLANK: Final[dict[str, Any]] = {
    "run": None,
    "everything": False,
    "handed": 0,
    "last_put": 0,
    "due": 0,
    "delivered": 0,
    "rejected": 0,
    "unknown": 0,
    "comparison": None,
}


def comparison_json(comparison: Comparison) -> str:
    """Return a comparison as it is kept."""
    return orjson.dumps(asdict(comparison)).decode()
