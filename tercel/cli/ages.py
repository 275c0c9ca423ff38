"""How lengths of time are said to people."""

from __future__ import annotations

from typing import Final

MINUTE_S: Final = 60
HOUR_S: Final = 3_600
DAY_S: Final = 86_400


def age(seconds: float) -> str:
    """Return a length of time in the unit that says it best: ``0.3 s``, ``12 min``."""
    if seconds < MINUTE_S:
        return f"{max(0.0, seconds):.1f} s"
    if seconds < HOUR_S:
        return f"{seconds / MINUTE_S:.0f} min"
    return f"{seconds / HOUR_S:.1f} h" if seconds < DAY_S else f"{seconds / DAY_S:.1f} days"
