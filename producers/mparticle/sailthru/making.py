"""Records from values that strangers sent: a record, or why it cannot be one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from pydantic import ValidationError

from producers.intake import Refusal
from producers.mparticle.sailthru import reasons
from tercel.records import Record

_FIELD: Final[Mapping[str, str]] = {  # of a record: as it is called where it comes from
    "profile_id": "user_identities.email",
    "person": "mpid",
    "attributes": "attributes",
    "identities": "user_identities",
    "type": "name",
    "event_id": "id",
    "name": "audience_name",
    "audience_name": "audience_name",
    "audiences_add": "audience_name",
    "audiences_delete": "audience_name",
    "external_id": "audience_id",
    "audience_external_id": "audience_id",
}


def make(kind: type[Record], where: str, **fields: Any) -> Record | Refusal:
    """Return the record, or a refusal that names the field and repeats no value. ``where`` is the part it comes from.

    Names of attributes are chosen by people and may be personal, so they are not repeated either.
    """
    try:
        return kind(**fields)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)[0]
        field = _FIELD.get(str(found["loc"][0]) if found["loc"] else "", "")
        place = ".".join(part for part in (where, field) if part)
        return Refusal(reasons.BAD_VALUE, place, f"cannot be sent to Sailthru: {found['msg']}")
