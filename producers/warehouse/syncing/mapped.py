"""From a row of the source to what is compared and sent: its key, its fingerprint, its content.

The content is canonical JSON: keys sorted, whole numbers without a fraction, times as RFC 3339 in UTC. The fingerprint
is a hash of it, so it stays the same for as long as the mapped row says the same, whatever wrote it (contract:
warehouse sync, "Difference and fingerprint").
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson
from xxhash import xxh3_128_digest

from producers.warehouse import reasons
from producers.warehouse.attributes import filler
from producers.warehouse.fields import Fields
from producers.warehouse.mapping import Attribute
from producers.warehouse.rows import BadRow, Columns, Format, Row, ValueType
from producers.warehouse.texts import profile_ids
from producers.warehouse.values import EXACT_FLOATS_BELOW, Converter, RowRefused
from tercel.store.syncing import StagedRow

MapRow = Callable[[Row], StagedRow]

MEMBER: Final = xxh3_128_digest(b"null")  # the fingerprint of every row of which only the key is used


@dataclass(frozen=True, slots=True)
class RowMapping:
    """What the columns of a source mean. ``attributes`` None: only the id is used, for memberships."""

    id: str
    id_prefix: str
    nulls: str
    attributes: Mapping[str, Attribute] | None

    @property
    def in_order(self) -> dict[str, Attribute]:
        """The attributes by name, as the canonical JSON has them. Sources give their columns in this order."""
        return dict(sorted((self.attributes or {}).items()))


@dataclass(frozen=True, slots=True)
class CompiledRows:
    """A mapping compiled for a source. ``columns`` are the ones it uses, in the order that ``map_row`` wants them.

    Rows of CSV it wants whole, lines of JSON as objects.
    """

    map_row: MapRow
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MappedBatch:
    """Rows of a source, mapped: ``rows`` as (key, fingerprint, payload) with their ``numbers``, and the bad ones.

    ``place`` names the source to a person (a file's name, or "query"), ``file`` is its position among the files, and
    ``share`` of the whole source (0 to 1) is behind this batch: None where that cannot be known.
    """

    rows: Sequence[StagedRow]
    numbers: Sequence[int]
    bad: Sequence[BadRow]
    place: str
    file: int = 0
    share: float | None = None


def compile_rows(mapping: RowMapping, columns: Columns) -> CompiledRows:
    """Compile a mapping for a source. Raises MappingError for a column that is not there, or cannot be the id."""
    fields = _CanonicalFields(columns, {})
    key_of = profile_ids(fields, mapping.id, mapping.id_prefix)
    map_row = _members(key_of) if mapping.attributes is None else _profiles(key_of, fields, mapping)
    used = tuple(fields.used)
    return CompiledRows(_of_objects(map_row, used) if columns.format is Format.JSONL else map_row, used)


def map_rows(
    map_row: MapRow, numbers: Sequence[int], rows: Sequence[Row], bad: Sequence[BadRow] = ()
) -> tuple[list[StagedRow], list[int], list[BadRow]]:
    """Map rows; return those that can be sent, their numbers, and the bad ones: given, and found on the way."""
    good: list[StagedRow] = []
    good_numbers: list[int] = []
    refused = list(bad)
    for number, row in zip(numbers, rows, strict=True):
        try:
            good.append(map_row(row))
        except RowRefused as refusal:
            refused.append(BadRow(number, refusal.code, refusal.text))
        else:
            good_numbers.append(number)
    return good, good_numbers, refused


class _CanonicalFields(Fields):
    """Fields whose numbers have one form: what a CSV file calls 12, a database 12.00 and Parquet 12.0 is 12."""

    def converter(self, column: str, stated: ValueType | None = None) -> Converter | None:
        convert = super().converter(column, stated)
        if convert is None or self.is_text or (stated or self.columns.types.get(column)) not in (None, "number"):
            return convert
        plain = convert  # for mypy: not None in the function below
        return lambda value: _canonical(plain(value))


def _canonical(value: Any) -> Any:
    kind = type(value)
    if kind is float:
        return int(value) if value.is_integer() and abs(value) < EXACT_FLOATS_BELOW else value
    if kind is list:
        return [_canonical(item) for item in value]
    if kind is dict:
        return {name: _canonical(item) for name, item in sorted(value.items())}
    return value


def _members(key_of: Callable[[Row], str]) -> MapRow:
    return lambda row: (key_of(row), MEMBER, None)


def _profiles(key_of: Callable[[Row], str], fields: Fields, mapping: RowMapping) -> MapRow:
    attributes = mapping.in_order
    fill = filler(fields, attributes, mapping.nulls)
    dumps, digest = orjson.dumps, xxh3_128_digest
    # Columns are filled in in their attributes' order, and what they hold is in order: sorting once more would cost
    # as much as the rest of the JSON. Constants come first, and are as they were written.
    in_order = orjson.OPT_SORT_KEYS if any(one.column is None for one in attributes.values()) else None

    def profile(row: Row) -> StagedRow:
        key = key_of(row)
        try:
            payload = dumps(fill(row), None, in_order)
        except orjson.JSONEncodeError:
            raise RowRefused(reasons.BAD_VALUE, "a value that JSON cannot carry") from None
        return key, digest(payload), payload

    return profile


def _of_objects(map_row: MapRow, keys: tuple[str, ...]) -> MapRow:
    """Let ``map_row``, which takes values by their place, take the objects of JSON Lines."""
    return lambda row: map_row(list(map(row.get, keys)))
