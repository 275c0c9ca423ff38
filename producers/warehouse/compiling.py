"""A mapping and a file's columns, compiled once into a function that turns a row into a record.

The rules of the record models are checked on the way from row to record, so bulk records are put together without
validating them once more (:func:`assemble`); a property test holds the two ways against each other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import orjson
from xxhash import xxh3_128_hexdigest

from producers.warehouse.attributes import Fill, attribute_of_every_column, filler, filler_of_every_key
from producers.warehouse.fields import Fields
from producers.warehouse.mapping import AnyMapping, EventMapping, MembershipMapping, ProfileMapping
from producers.warehouse.rows import Columns, Format, Row
from producers.warehouse.texts import actions, audience_ids, profile_ids, texts
from tercel.records import Event, Membership, Profile, Record

RecordT = TypeVar("RecordT", bound=Record)
Make = Callable[[Row, int], Record]

_PROFILE_GIVEN: Final = frozenset(("profile_id", "attributes"))


@dataclass(frozen=True, slots=True)
class RowMapper:
    """A compiled mapping. ``make(row, number)`` returns the record or raises :class:`RowRefused`.

    ``columns`` are the ones it uses; rows of a Parquet file hold just these, in this order.
    """

    make: Make
    columns: tuple[str, ...]


def compile_mapping(mapping: AnyMapping, columns: Columns) -> RowMapper:
    """Compile a mapping for a file.

    Raises :class:`MappingError` when a column is unknown (naming the nearest one and the file) or there twice, when a
    column without a mapping cannot be an attribute's name, or when the id column holds floating-point numbers.
    """
    fields = Fields(columns, mapping.types)
    is_json = columns.format is Format.JSONL
    if isinstance(mapping, ProfileMapping):
        if is_json and mapping.attributes is None:
            return _every_key(fields, mapping)
        make = _profiles(fields, mapping)
    elif isinstance(mapping, MembershipMapping):
        make = _memberships(fields, mapping)
    else:
        make = _events(fields, mapping)
    used = tuple(fields.used)
    return RowMapper(_of_objects(make, used) if is_json else make, used)


def assemble(model: type[RecordT], fields: dict[str, Any], given: frozenset[str]) -> RecordT:
    """Make a record of fields that are known to be valid, as ``model(**fields)`` would, in a fifth of the time.

    ``fields`` has to hold every field of the model, in the model's order; ``given`` names those not left to default.
    """
    record = model.__new__(model)
    put = object.__setattr__  # records are frozen
    put(record, "__dict__", fields)
    put(record, "__pydantic_fields_set__", set(given))
    put(record, "__pydantic_extra__", None)
    put(record, "__pydantic_private__", None)
    return record


def derived_event_id(file_name: str, number: int, profile_id: str, kind: str, attributes: Mapping[str, Any]) -> str:
    """Return an event's id (32 hex digits) made of where the row stands and of what it says.

    The same row of the same file gives the same id, so sending it again is harmless where the API takes ids; two equal
    rows are two events.
    """
    said = orjson.dumps([file_name, number, profile_id, kind, attributes], option=orjson.OPT_SORT_KEYS)
    return xxh3_128_hexdigest(said)


def _of_objects(make: Make, keys: tuple[str, ...]) -> Make:
    """Let ``make``, which takes fields by their place, take the objects of JSON Lines."""
    return lambda row, number: make(list(map(row.get, keys)), number)


def _profiles(fields: Fields, mapping: ProfileMapping) -> Make:
    profile_id = profile_ids(fields, mapping.id, mapping.id_prefix)
    attributes = mapping.attributes
    if attributes is None:
        attributes = attribute_of_every_column(fields, mapping.id)
    return _profile_maker(profile_id, filler(fields, attributes, mapping.nulls))


def _every_key(fields: Fields, mapping: ProfileMapping) -> RowMapper:
    id_of = profile_ids(fields, mapping.id, mapping.id_prefix)
    fill = filler_of_every_key(fields, mapping.id, mapping.nulls)
    return RowMapper(_profile_maker(lambda row: id_of((row.get(mapping.id),)), fill), ())


def _profile_maker(profile_id: Callable[[Row], str], fill: Fill) -> Make:
    def make(row: Row, number: int) -> Record:
        fields = {
            "profile_id": profile_id(row),
            "person": None,
            "attributes": fill(row),
            "run_rules": False,
            "audiences_add": (),
            "audiences_delete": (),
            "identities": None,
            "skip_unknown": None,
        }
        return assemble(Profile, fields, _PROFILE_GIVEN)

    return make


def _memberships(fields: Fields, mapping: MembershipMapping) -> Make:
    profile_id = profile_ids(fields, mapping.id, mapping.id_prefix)
    action = actions(fields, mapping.action)
    name_of: Callable[[Row], str | None] = _nothing
    id_of: Callable[[Row], int | None] = _nothing
    if mapping.audience_name is not None:
        name_of = texts(fields, mapping.audience_name, "the audience's name")
        given = frozenset(("profile_id", "action", "audience_name"))
    elif mapping.audience_id is not None:
        id_of = audience_ids(fields, mapping.audience_id)
        given = frozenset(("profile_id", "action", "audience_id"))

    def make(row: Row, number: int) -> Record:
        parts = {
            "profile_id": profile_id(row),
            "person": None,
            "action": action(row),
            "audience_id": id_of(row),
            "audience_external_id": None,
            "audience_name": name_of(row),
        }
        return assemble(Membership, parts, given)

    return make


def _nothing(row: Row) -> None:
    return None


def _events(fields: Fields, mapping: EventMapping) -> Make:
    profile_id = profile_ids(fields, mapping.id, mapping.id_prefix)
    event_type = texts(fields, mapping.event_type, "the event's type")
    event_id = texts(fields, mapping.event_id, "the event's id") if mapping.event_id else None
    fill = filler(fields, mapping.attributes, mapping.nulls)
    file_name = fields.columns.file.name

    def make(row: Row, number: int) -> Record:
        profile, kind, attributes = profile_id(row), event_type(row), fill(row)
        unique = event_id(row) if event_id else derived_event_id(file_name, number, profile, kind, attributes)
        return Event(profile_id=profile, type=kind, event_id=unique, attributes=attributes)

    return make
