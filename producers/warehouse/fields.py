"""Where a row's values stand: the columns a mapping names, found in the file or refused with the nearest one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from producers.warehouse.csv_rows import other_delimiter
from producers.warehouse.rows import SAMPLE_ROWS, Columns, Format, ValueType
from producers.warehouse.values import OF_TEXT, OF_VALUES, Converter
from tercel.errors import MappingError
from tercel.settings.nearest import suggestion

_COLUMNS_SHOWN: Final = 20  # names a message lists before it says how many more there are


class Fields:
    """The fields of a file's rows, found by column. It remembers which ones were asked for, in that order: ``used``.

    In rows of CSV every column has its place; rows of the other formats hold the used ones only.
    """

    def __init__(self, columns: Columns, types: Mapping[str, ValueType]) -> None:
        """Raises :class:`MappingError` when ``types`` names a column that is not there."""
        self.columns = columns
        self.is_text = columns.format is Format.CSV
        self.used: list[str] = []
        self._types = types
        for column in types:
            self._check(column)

    def index(self, column: str, *, optional: bool = False) -> int | None:
        """Return where in a row a column's value stands; None where the file lacks it, which only ``optional`` allows.

        An optional key of JSON Lines always has its place: later rows may have it. Raises :class:`MappingError` when
        the column is unknown, or there more than once.
        """
        names = self.columns.names
        if not optional:
            self._check(column)
        elif column not in names and self.columns.format is not Format.JSONL:
            return None
        if (count := names.count(column)) > 1:
            raise MappingError(f"{self.columns.file} has {count} columns named '{column}'; rename all but one")
        if column not in self.used:
            self.used.append(column)
        return (names if self.is_text else self.used).index(column)

    def place(self, column: str) -> int:
        """Return where in a row the value of a column stands that every row needs. Raises :class:`MappingError`."""
        found = self.index(column)
        assert found is not None  # noqa: S101  # only an optional one may be missing
        return found

    def converter(self, column: str, stated: ValueType | None = None) -> Converter | None:
        """Return what makes a column's values fit its type: the stated one, the mapping's, or the file's own."""
        kind = stated or self._types.get(column) or self.columns.types.get(column)
        return (OF_TEXT if self.is_text else OF_VALUES)[kind]

    def _check(self, column: str) -> None:
        names = self.columns.names
        # An empty JSON Lines file says nothing of its keys.
        if column not in names and (names or self.columns.format is not Format.JSONL):
            raise MappingError(self._unknown(column))

    def _unknown(self, column: str) -> str:
        columns, names = self.columns, self.columns.names
        alike = [name for name in names if name.strip().casefold() == column.strip().casefold()]
        near = f"; did you mean {alike[0]}" if alike else suggestion(column, names)
        what = f"{columns.file} has no column '{column}'"
        if columns.format is Format.JSONL:
            what = f"no row among the first {SAMPLE_ROWS:,} of {columns.file} has a key '{column}'"
        if mark := other_delimiter(columns):
            return f"{what}: its only column looks like several, with {mark} between them; set the delimiter to {mark}"
        shown = ", ".join(names[:_COLUMNS_SHOWN])
        more = f" and {len(names) - _COLUMNS_SHOWN} more" if len(names) > _COLUMNS_SHOWN else ""
        return f"{what}{near} (it has: {shown}{more})"
