"""The guard of a mirror: a source that is suddenly empty, or much smaller, must not empty an audience.

Pure. Contract: warehouse sync, "Guard for mirror". First runs, and modes that delete nothing of themselves, have none.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

MOST_GONE_SHARE: Final = 0.3  # of the known members; more of them gone at once is likely a mistake in the source
EMPTY_SOURCE: Final = "T531"
TOO_MANY_GONE: Final = "T532"


@dataclass(frozen=True, slots=True)
class Limits:
    """What a mirror may delete without being asked: a share of its members (0 to 1), and a number (None: no limit)."""

    most_gone_share: float = MOST_GONE_SHARE
    most_gone: int | None = None


@dataclass(frozen=True, slots=True)
class Tripped:
    """Why nothing was sent: a code, and a sentence that ends with what to do."""

    code: str
    reason: str


def guard(*, sync: str, valid_rows: int, gone: int, members: int, limits: Limits) -> Tripped | None:
    """Judge a mirror's comparison before anything is sent. None: it may go on.

    ``valid_rows`` is what the source gave that can be sent, ``members`` what the destination is known to hold, ``gone``
    the members that the source no longer has.
    """
    if not members or not gone:
        return None
    how = f"If that is meant, confirm it for this one run: tercel sync run {sync} --allow-empty"
    if not valid_rows:
        return Tripped(
            EMPTY_SOURCE,
            f"The source gave no row that could be sent, and {members:,} members are known: all of them would be "
            f"removed. Nothing was sent. {how}",
        )
    share = gone / members
    if share > limits.most_gone_share:
        return Tripped(
            TOO_MANY_GONE,
            f"{gone:,} of {members:,} members ({share:.0%}) are no longer in the source, and would be removed; at most "
            f"{limits.most_gone_share:.0%} may go at once. Nothing was sent. {how}",
        )
    if limits.most_gone is not None and gone > limits.most_gone:
        return Tripped(
            TOO_MANY_GONE,
            f"{gone:,} members are no longer in the source, and would be removed; at most {limits.most_gone:,} may go "
            f"at once. Nothing was sent. {how}",
        )
    return None
