"""Where in a sent body an error's JSON pointer points: at which items, at which attribute (contract, section 8, A2).

The pointer is the only part of an error that is trusted, and only as far as it leads to something that was sent: the
details text may name another entity.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from tercel.records import LaneKind
from workers.destinations.base import Request
from workers.destinations.talon_one.attributes import CART_ITEM, EVENT, PROFILE, SESSION

BULK_ARRAYS: Final[Mapping[LaneKind, str]] = {LaneKind.PROFILE: "customerProfiles", LaneKind.MEMBERSHIP: "data"}
ATTRIBUTES: Final = "attributes"
_INDEX = re.compile(r"0|[1-9]\d{0,5}", re.ASCII)
_NAME = re.compile(r"[A-Za-z]\w{0,99}", re.ASCII)  # contract, section 9; anything else might be personal data

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Holder:
    """An object of attributes in the sent body, the item it belongs to, and the kind of entity it describes."""

    item: int
    entity: str
    attributes: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Spot:
    """What a pointer leads to.

    ``items`` are the items concerned, several where an attribute is named without an index. ``attribute`` is set where
    the pointer names one, ``entities`` then says of what; ``whole`` is False where it leads into the attribute's value.
    ``field`` is the path without indexes, for people.
    """

    items: tuple[int, ...]
    field: str
    attribute: str = ""
    entities: frozenset[str] = frozenset()
    whole: bool = True


@dataclass(frozen=True, slots=True)
class SentBody:
    """A request's body as it was sent: what pointers are resolved against."""

    kind: LaneKind
    items: Sequence[Mapping[str, Any]]
    holders: Mapping[Path, Holder] = field(default_factory=dict)

    @classmethod
    def of(cls, kind: LaneKind, request: Request) -> SentBody:
        """Read a request that ``render`` made. One without a body (a delete, a probe) has no fields to point at."""
        body = orjson.loads(request.body) if request.body else {}
        array = BULK_ARRAYS.get(kind)
        items = [body] if array is None else body.get(array, [])
        return cls(kind, items, _holders(kind, items))

    def spot(self, pointer: str) -> Spot | None:
        """Resolve a JSON pointer, or return None where it leads to nothing that was sent."""
        path = _path(pointer)
        if not path:
            return None
        named = self._attribute_spot(path)
        if named is not None:
            return named
        array = BULK_ARRAYS.get(self.kind)
        if array is None:
            return Spot((0,), _shown(path))
        if path[0] != array or len(path) == 1 or not _INDEX.fullmatch(path[1]) or int(path[1]) >= len(self.items):
            return None
        if len(path) > 3 and path[2] == ATTRIBUTES:  # an attribute this item does not carry: the index is not ours
            return None
        return Spot((int(path[1]),), _shown(path[2:]))

    def _attribute_spot(self, path: Path) -> Spot | None:
        if ATTRIBUTES not in path[:-1]:
            return None
        at = path.index(ATTRIBUTES) + 1
        name = path[at]
        if path[:at] in self.holders:
            found = [self.holders[path[:at]]]
        else:
            found = list(self.holders.values()) if at == 1 else []
        carriers = [holder for holder in found if name in holder.attributes]
        if not carriers:
            return None
        return Spot(
            items=tuple(dict.fromkeys(holder.item for holder in carriers)),
            field=_shown(path),
            attribute=name,
            entities=frozenset(holder.entity for holder in carriers),
            whole=len(path) == at + 1,
        )


def shown_name(name: str) -> str:
    """Return a name for people, in quotes, unless it does not look like one: then it might be personal data."""
    return f"'{name}'" if _NAME.fullmatch(name) else "(with an unusual name)"


def _path(pointer: str) -> Path:
    if not pointer.startswith("/"):
        return ()
    return tuple(part.replace("~1", "/").replace("~0", "~") for part in pointer[1:].split("/"))


def _shown(path: Path) -> str:
    return ".".join(part for part in path if _NAME.fullmatch(part))


def _holders(kind: LaneKind, items: Sequence[Mapping[str, Any]]) -> dict[Path, Holder]:
    """Find every object of attributes in a sent body, by its path."""
    found: dict[Path, Holder] = {}

    def add(path: Path, item: int, entity: str, owner: object) -> None:
        attributes = owner.get(ATTRIBUTES) if isinstance(owner, Mapping) else None
        if isinstance(attributes, Mapping):
            found[(*path, ATTRIBUTES)] = Holder(item, entity, attributes)

    if kind is LaneKind.PROFILE:
        for index, profile in enumerate(items):
            add((BULK_ARRAYS[kind], str(index)), index, PROFILE, profile)
    elif kind is LaneKind.RULES:
        add((), 0, PROFILE, items[0])
    elif kind is LaneKind.EVENT:
        add((), 0, EVENT, items[0])
    elif kind is LaneKind.SESSION:
        session = items[0].get("customerSession", {})
        add(("customerSession",), 0, SESSION, session)
        cart = session.get("cartItems")
        for index, cart_item in enumerate(cart if isinstance(cart, list) else []):
            add(("customerSession", "cartItems", str(index)), 0, CART_ITEM, cart_item)
    return found
