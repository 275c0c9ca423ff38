"""Identities as both protocols spell them, under one spelling. (Contract: mparticle, sections 2 and 5.)

Tercel's spelling is the Events API's: ``customer_id``, ``email``, ``other``, ``other_id_2`` and so on.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

from producers.mparticle.normal import Identity, Person

CUSTOMER_ID: Final = "customer_id"
EMAIL: Final = "email"

_SPELLINGS: Final = {
    "customer": CUSTOMER_ID,
    "customerid": CUSTOMER_ID,
    "customer_id": CUSTOMER_ID,
    "email": EMAIL,
    "email_address": EMAIL,
}
_OTHER: Final = re.compile(r"other(?:_id_)?([2-9]|10)")
_RAW: Final = "raw"


def kind_of(spelling: str) -> str:
    """Return an identity's kind under Tercel's spelling; one that is not known stays as it is, in lower case."""
    lower = spelling.strip().lower()
    other = _OTHER.fullmatch(lower)
    return f"other_id_{other[1]}" if other else _SPELLINGS.get(lower, lower)


def id_text(value: Any) -> str | None:
    """Return an id as text; whole numbers are written out. None for what is no id, an empty text among them."""
    if isinstance(value, str):
        return value if value.strip() else None
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return None


def identity(item: Any) -> Identity | None:
    """Return a Firehose identity (``type``, ``encoding``, ``value``); None for what is none, or has no value.

    Any encoding but ``raw`` is a hash. One that names none is taken for raw.
    """
    if not isinstance(item, dict) or not isinstance(item.get("type"), str):
        return None
    value = id_text(item.get("value"))
    if value is None:
        return None
    encoding = item.get("encoding", _RAW)
    is_raw = encoding is None or (isinstance(encoding, str) and encoding.strip().lower() in (_RAW, ""))
    return Identity(kind_of(item["type"]), value if is_raw else None)


def identities_in(items: Any) -> tuple[Identity, ...]:
    """Return the identities in a Firehose list; what is none is passed over."""
    if not isinstance(items, list):
        return ()
    return tuple(found for found in map(identity, items) if found is not None)


def person_of(mpid: Any, identities: Iterable[Identity]) -> Person:
    """Return who has these identities. Of several of one kind the first raw one counts."""
    raw: dict[str, str] = {}
    hashed = set()
    for one in identities:
        if one.value is None:
            hashed.add(one.kind)
        else:
            raw.setdefault(one.kind, one.value)
    return Person(id_text(mpid), raw, frozenset(hashed - raw.keys()))
