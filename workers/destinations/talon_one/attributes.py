"""Attributes the deployment does not know: leaving them out of what is sent.

A record says whether they are, or leaves that to the deployment's setting ``skip_unknown_attributes``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

PROFILE: Final = "profile"
EVENT: Final = "event"
SESSION: Final = "session"
CART_ITEM: Final = "cart_item"

NO_ATTRIBUTES: Final[dict[str, Any]] = {}  # shared, never changed
Unknown = frozenset[tuple[str, str]]  # (entity, attribute) pairs, as in Knowledge.unknown_attributes


def skips(record: Mapping[str, Any], default: bool) -> bool:
    """Say whether a record's unknown attributes are left out; ``default`` is what the deployment says."""
    said = record.get("skip_unknown")
    return default if said is None else bool(said)


def item_skips(records: Sequence[Mapping[str, Any]], item: Iterable[int], default: bool) -> bool:
    """Say whether an item's unknown attributes are left out: only where all records merged into it say so."""
    return all(skips(records[position], default) for position in item)


def unknown_names(unknown: Unknown, entity: str) -> frozenset[str]:
    """Return the names of an entity's attributes that are to be left out."""
    return frozenset(name for of, name in unknown if of == entity) if unknown else frozenset()


def without(attributes: Mapping[str, Any], names: frozenset[str]) -> Mapping[str, Any]:
    """Return ``attributes`` without ``names``: itself where it holds none of them."""
    if names.isdisjoint(attributes):
        return attributes
    return {name: value for name, value in attributes.items() if name not in names}
