"""Emptying an audience before a mirror's first run: the members from before are unknown, and would stay for good."""

from __future__ import annotations

from typing import Final

from producers.warehouse.syncing.guarding import EMPTY_SOURCE
from producers.warehouse.syncing.ports import State, Sync
from producers.warehouse.syncing.work import GivenUp, Work
from tercel.errors import UsageError

EMPTIED: Final = "The audience was emptied first: who was in it before and is not in the source is no longer."


def check_first(sync: Sync, state: State) -> None:
    """Raise UsageError unless this is a mirror that knows no members: a later run removes those itself."""
    if not sync.mode.deletes_gone:
        raise UsageError(f"sync {sync.name} is no mirror: only the first run of a mirror may empty its audience.")
    members = state.members()
    if members:
        raise UsageError(
            f"sync {sync.name} has run before and knows {members:,} members: it removes those that leave the source. "
            f"To empty the audience all the same, forget them first: tercel sync reset {sync.name}"
        )


def refuse_nothing(work: Work, *, sure: bool) -> None:
    """Give up where the source has nobody to put in place of those who would be removed, unless somebody is sure."""
    if not work.counts.due and not sure:
        raise GivenUp(
            EMPTY_SOURCE,
            "The source gave no row that could be sent, so the audience would stay empty. It was not emptied, and "
            "nothing was sent. If that is meant, add --allow-empty.",
        )
