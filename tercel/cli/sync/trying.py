"""What ``tercel sync test`` does: one row of the source, sent at once, past the lanes; the sync's state is not touched.

It is the fastest way to each of the mistakes that a new sync has: a key of the wrong kind, an audience id that is none,
an attribute that does not exist or is spelt otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from producers.warehouse.syncing.definition import SyncDefinition, load_sync
from producers.warehouse.syncing.previewing import Previewed, find_row
from tercel.cli.catalogue import cure_of
from tercel.cli.console import clean
from tercel.cli.opening import load_settings
from tercel.cli.reporting import Line
from tercel.cli.segment.showing import tried_json, tried_lines
from tercel.cli.segment.trying import Tried, trial
from tercel.cli.sync.showing import preview_json
from tercel.errors import InputError, UsageError
from tercel.records import LaneKind

SEEN_LATER = {
    LaneKind.PROFILE: "A profile shows in an Application of Talon.One after a session or a profile update there.",
    LaneKind.MEMBERSHIP: "Campaign rules see the change at the profile's next session update; nothing is retroactive.",
}


@dataclass(frozen=True, slots=True)
class Tested:
    """One row, and how its record fared."""

    sync: SyncDefinition
    row: Previewed
    tried: Tried


def try_row(name: str, wanted: str | None) -> Tested:
    """Send the row with an id, or the first that can be sent.

    Raises UsageError, InputError, and what reading and sending raise.
    """
    settings = load_settings()
    sync = load_sync(settings, name)
    row = find_row(sync, wanted)
    if row is None or row.record is None:
        if wanted is not None:
            raise UsageError(f"The source of sync {name} has no row with that id that could be sent.")
        raise InputError(
            f"The source of sync {name} has no row that could be sent: tercel sync preview {name} shows why."
        )
    with trial(settings, sync.deployment) as sending:
        return Tested(sync, row, sending.send(row.record))


def tested_lines(found: Tested) -> Iterator[Line]:
    """Return what was sent and answered, for people."""
    row, tried = found.row, found.tried
    yield Line(f"{found.sync.name}: {clean(row.place)}, row {row.number:,} -> {clean(found.sync.target)}", "bold")
    yield from tried_lines(tried)
    if cure := cure_of(tried.code):
        yield Line(f"     what to do: {cure}")
    if tried.ok:
        yield Line(f"     {SEEN_LATER[found.sync.kind]}", "dim")
    yield Line(
        "     The state of the sync is as it was: its next run sends this row as if it had not been tried.", "dim"
    )


def tested_json(found: Tested) -> dict[str, Any]:
    """Return the same as a JSON object."""
    sent = {**tried_json(found.tried), "cure": cure_of(found.tried.code)}
    return {"sync": found.sync.name, **preview_json(found.row), "sent": sent}
