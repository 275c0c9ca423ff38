"""The mapping of a sync's columns to attributes, as it is written under ``fields``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from producers.warehouse.mapping import Attribute, Attributes
from tercel.errors import MappingError
from tercel.settings.nearest import suggestion

# The destination's default fields, which need no mapping (contract: warehouse sync, row Z9).
DEFAULT_FIELDS: Final[Mapping[str, Attribute]] = {
    "email": Attribute(column="email", optional=True),
    "name": Attribute(column="name", optional=True),
    "phone": Attribute(column="phone", optional=True),
    "signup_date": Attribute(column="signup_date", type="time", optional=True),
}
_IDS: Final = ("integration_id", "integrationId", "profile_id", "profileId")
_ADAPTER: Final[TypeAdapter[dict[str, Attribute]]] = TypeAdapter(Attributes)


def attributes_of(sync: str, fields: Mapping[str, Any] | None) -> Mapping[str, Attribute]:
    """Return where each attribute comes from; the default fields where nothing was said.

    Raises MappingError that names each place where something is wrong, in the words of the settings file.
    """
    if fields is None:
        return DEFAULT_FIELDS
    place = f"syncs.{sync}.fields"
    for name in _IDS:
        if name in fields:
            raise MappingError(
                f"{place}.{name}: the id is no attribute; name its column with `id` in [syncs.{sync}] instead"
            )
    try:
        return _ADAPTER.validate_python(dict(fields))
    except ValidationError as error:
        problems = [_sentence(place, found) for found in error.errors(include_input=False, include_url=False)]
        raise MappingError("; ".join(dict.fromkeys(problems))) from None


def _sentence(place: str, found: Any) -> str:
    path = [str(part) for part in found["loc"] if part != "[key]"]
    where = ".".join([place, *path])
    if found["type"] == "extra_forbidden":
        known = list(Attribute.model_fields)
        return f"{where} is not a key{suggestion(path[-1], known)} (known: {', '.join(known)})"
    if found["type"] in ("model_type", "model_attributes_type"):
        return f"{where} must be a column's name, or a table such as {{ column = 'total', type = 'number' }}"
    return f"{where}: {found['msg'].removeprefix('Value error, ')}"
