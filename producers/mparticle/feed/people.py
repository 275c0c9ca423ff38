"""Who a batch is about. (Contract: mparticle, sections 4 and 5.)"""

from __future__ import annotations

from typing import Any, Final

from producers.mparticle.feed.fields import BadBatch, Json, a_list, a_name, a_text, an_id, needed
from producers.mparticle.feed.notes import UNKNOWN_IDENTITIES
from producers.mparticle.identities import kind_of
from producers.mparticle.normal import Identity, Note, Person

_OTHERS: Final = tuple(f"other_id_{number}" for number in range(2, 11))
KINDS: Final = frozenset(
    {
        "customer_id",
        "email",
        "other",
        *_OTHERS,
        "facebook",
        "twitter",
        "google",
        "microsoft",
        "yahoo",
        "alias",
        "facebook_custom_audience_id",
        "mobile_number",
        "phone_number_2",
        "phone_number_3",
    }
)
_RAW: Final = ("", "raw")
_IDENTITIES: Final = "user_identities"


def person(batch: Json) -> tuple[Person, tuple[Note, ...]]:
    """Return who a batch is about, and the kinds of identity that were passed over. Raises BadBatch.

    ``user_identities`` is an object, or, as mParticle's webhook output writes it, a list. A spelling of its own
    (``email_address``, ``other5``) never overrides the documented one.
    """
    told = batch.get(_IDENTITIES)
    found: list[tuple[str, Identity]] = []
    unknown: list[Note] = []
    if isinstance(told, dict):
        pairs = [(spelling, value, f"{_IDENTITIES}.{_shown(spelling)}") for spelling, value in told.items()]
        for spelling, value, where in pairs:
            text = a_text(value, where)
            if kind_of(spelling) not in KINDS:
                unknown.append(Note(UNKNOWN_IDENTITIES))
            elif text is not None and text.strip():
                found.append((spelling, Identity(kind_of(spelling), text)))
    elif told is not None and not isinstance(told, list):
        raise BadBatch(_IDENTITIES, "must be an object, or a list of identities")
    else:
        for number, item in enumerate(a_list(told, _IDENTITIES)):
            where = f"{_IDENTITIES}[{number}]"
            one = identity(item, where)
            if one is None:
                continue
            if one.kind not in KINDS:
                unknown.append(Note(UNKNOWN_IDENTITIES))
            else:
                found.append((item["identity_type"], one))
    found.sort(key=lambda pair: pair[0] != pair[1].kind)  # documented spellings first; the order stays otherwise
    raw: dict[str, str] = {}
    for _, one in found:
        if one.value is not None:
            raw.setdefault(one.kind, one.value)
    hashed = frozenset(one.kind for _, one in found if one.value is None) - raw.keys()
    return Person(an_id(batch.get("mpid"), "mpid"), raw, hashed), tuple(unknown)


def identity(item: Any, where: str) -> Identity | None:
    """Return one of a list's identities, or a side of an identity change. None where it has no value.

    Raises BadBatch.
    """
    if item is None:
        return None
    if not isinstance(item, dict):
        raise BadBatch(where, "must be an object with identity_type and identity")
    kind = kind_of(a_name(needed(item, "identity_type", where), f"{where}.identity_type"))
    value = a_text(needed(item, "identity", where), f"{where}.identity")
    if value is None or not value.strip():
        return None
    encoding = a_text(item.get("encoding"), f"{where}.encoding") or ""
    return Identity(kind, value if encoding.strip().lower() in _RAW else None)


def _shown(spelling: str) -> str:
    """Return a kind as it may be shown: one that is not known could be anything, personal data too."""
    return spelling if kind_of(spelling) in KINDS else "*"
