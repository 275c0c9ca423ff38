"""Records from values that strangers sent: a record, or why it cannot be one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from pydantic import ValidationError

from producers.intake import Refusal
from producers.mparticle import reasons
from tercel.records import Record

_FIELDS: Final[Mapping[str, str]] = {  # of a record: as they are called where they come from
    "profile_id": "user_identities",
    "type": "name",
    "event_id": "id",
    "name": "audience_name",
    "external_id": "audience_id",
    "audience_external_id": "audience_id",
    "audiences_add": "audience_id",
    "audiences_delete": "audience_id",
}


def make(kind: type[Record], where: str, **fields: Any) -> Record | Refusal:
    """Return the record, or a refusal that names its field and no value. ``where`` is the part it comes from."""
    try:
        return kind(**fields)
    except ValidationError as error:
        wrong = error.errors(include_url=False, include_context=False, include_input=False)[0]
        field = str(wrong["loc"][0]) if wrong["loc"] else ""
        place = ".".join(part for part in (where, _FIELDS.get(field, field)) if part)
        return Refusal(reasons.BAD_VALUE, place, f"cannot be sent to Talon.One: {wrong['msg']}")
