"""What should be looked at in definitions that can work, each for itself and side by side. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Final

from producers.warehouse.syncing.definition import SyncDefinition
from tercel.records import LaneKind
from tercel.store.syncing import Mode

_MAIL: Final = ("email", "mail", "emailaddress")


def advice(syncs: Collection[SyncDefinition]) -> Mapping[str, tuple[str, ...]]:
    """Return sentences for each sync by its name; none where nothing is to be said."""
    return {one.name: tuple(_advice(one, [other for other in syncs if other.name != one.name])) for one in syncs}


def _advice(one: SyncDefinition, others: Collection[SyncDefinition]) -> Iterator[str]:
    if one.mapping.id.casefold().replace("_", "").replace("-", "") in _MAIL:
        yield (
            f"the integration id is taken from the column {one.mapping.id}: a changed address makes a new profile "
            "instead of updating the old one; use a database id"
        )
    beside = [other for other in others if other.deployment == one.deployment]
    if one.kind is LaneKind.PROFILE:
        return
    same = [other.name for other in beside if other.kind is one.kind and other.target == one.target]
    if same:
        what = "a mirror removes what the others add" if _mirrored(one, beside, same) else "they may undo each other"
        yield f"sync {', '.join(same)} works on the same audience: {what}"
    prefixes = {other.mapping.id_prefix for other in beside if other.kind is LaneKind.PROFILE}
    if prefixes and one.mapping.id_prefix not in prefixes:
        wanted = " or ".join(repr(prefix) for prefix in sorted(prefixes))
        yield (
            f"its ids begin with {one.mapping.id_prefix!r}, those of the profile syncs of {one.deployment} with "
            f"{wanted}: ids that differ make Talon.One create empty profiles, without a word; set id_prefix alike"
        )


def _mirrored(one: SyncDefinition, beside: Collection[SyncDefinition], same: Collection[str]) -> bool:
    return one.mode is Mode.MIRROR or any(other.mode is Mode.MIRROR for other in beside if other.name in same)
