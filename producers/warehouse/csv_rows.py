"""CSV files, row by row: line numbers that count quoted line breaks, and byte offsets at the rows' boundaries.

Python's ``csv`` does the parsing, in strict mode: broken quotes are an error instead of a guess. When a row cannot be
parsed, reading goes on at the line after the one it starts on, because a quote that is never closed would otherwise
swallow every row behind it.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from producers.warehouse import reasons
from producers.warehouse.lines import Line, Lines, LineTooLong
from producers.warehouse.rows import (
    AS_USUAL,
    START,
    BadRow,
    Columns,
    Format,
    Place,
    ReadOptions,
    RowBatch,
)
from producers.warehouse.sniffing import sniff
from tercel.errors import InputError

_OTHER_DELIMITERS: Final = {";": "';'", "\t": "a tab", "|": "'|'"}


class _RowTooLong(Exception):
    """A row of several lines is longer than the limit."""


class CsvReader:
    """Reads the rows of a CSV file as lists of text, one for each column of the header."""

    def __init__(self, file: Path, options: ReadOptions = AS_USUAL, place: Place = START) -> None:
        """Open the file and read its header, then go to ``place``.

        Raises :class:`InputError` when the file cannot be read, has no header line, or is not UTF-8.
        """
        self._lines = Lines(file, packed=sniff(file).gzip, limit=options.max_row_bytes)
        self._limit = options.max_row_bytes
        self._batch_bytes = options.max_batch_bytes
        self._delimiter = options.delimiter or ("\t" if file.name.removesuffix(".gz").endswith(".tsv") else ",")
        # The limit is the process's, not the reader's: it is only ever raised, and a row's own limit is checked here.
        csv.field_size_limit(max(csv.field_size_limit(), options.max_row_bytes))
        self._pending: list[bytes] = []  # the lines of the row being parsed
        self._pending_bytes = 0
        self._flaw: tuple[str, str] | None = None
        self._start = 1  # the line that the row being parsed starts on
        self._parser: Iterator[list[str]] = iter(())  # made by _restart_parser, over the lines
        try:
            self._restart_parser()
            names = options.columns or tuple(self._header(file))
            if place != START:
                self._lines.seek(place)
                self._restart_parser()
        except BaseException:
            self.close()
            raise
        self.columns = Columns(file, Format.CSV, names)

    def read(self, rows: int) -> RowBatch:
        """Return the next rows, at most ``rows`` with the bad ones counted in; an empty batch at the end."""
        width = len(self.columns.names)
        lines = self._lines
        most_bytes = lines.offset + self._batch_bytes
        numbers: list[int] = []
        good: list[list[str]] = []
        bad: list[BadRow] = []
        left = rows
        while left > 0 and (left == rows or lines.offset < most_bytes):  # an empty batch would mean the end
            try:
                fields = next(self._parser, None)
            except (csv.Error, LineTooLong, _RowTooLong) as error:
                bad.append(self._recover(error))
                left -= 1
                continue
            if fields is None:
                break
            number = self._next_row()
            if self._flaw is not None:
                bad.append(BadRow(number, *self._flaw))
                self._flaw = None
            elif len(fields) == width:
                good.append(fields)
                numbers.append(number)
            elif fields:
                bad.append(BadRow(number, reasons.FIELD_COUNT, f"{len(fields)} fields where the header has {width}"))
            else:
                continue  # a blank line is no row
            left -= 1
        return RowBatch(numbers, good, bad, Place(lines.offset, lines.line))

    @property
    def share(self) -> float:
        """Return how much of the file has been read, from 0 to 1."""
        return self._lines.share

    def close(self) -> None:
        """Close the file."""
        self._lines.close()

    def _header(self, file: Path) -> list[str]:
        try:
            for names in self._parser:
                self._next_row()
                if self._flaw is not None:
                    raise InputError(f"{file}: the header line cannot be read: {self._flaw[1]}")
                if names:  # blank lines before the header are no header
                    return names
        except (csv.Error, LineTooLong, _RowTooLong) as error:
            text = _what_is_wrong(error, limit=self._limit, lines=len(self._pending))[1]
            raise InputError(f"{file}: the header line cannot be read: {text}") from error
        raise InputError(f"{file} is empty; its first line must be a header that names the columns")

    def _next_row(self) -> int:
        """Be ready for the lines of the next row; return the line that the one just parsed started on."""
        number = self._start
        self._start = self._lines.line + 1
        self._pending.clear()
        self._pending_bytes = 0
        return number

    def _restart_parser(self) -> None:
        self._next_row()
        self._flaw = None
        self._parser = csv.reader(self._feed(), delimiter=self._delimiter, strict=True)

    def _feed(self) -> Iterator[str]:
        """Hand the parser line after line, keeping those of the row it is at."""
        take, pending = self._lines.take, self._pending
        while raw := take():
            pending.append(raw)
            self._pending_bytes += len(raw)
            if self._pending_bytes > self._limit and len(pending) > 1:
                raise _RowTooLong
            if b"\0" in raw:
                self._flaw = (reasons.NUL_CHARACTER, "a NUL character")
            try:
                text = raw.decode()
            except UnicodeDecodeError as error:
                self._flaw = (reasons.NOT_UTF8, f"byte 0x{raw[error.start]:02x} is not UTF-8")
                text = raw.decode(errors="replace")
            yield text

    def _recover(self, error: Exception) -> BadRow:
        """Make a bad row of the line that the row starts on, and go on at the line after it."""
        number, pending = self._start, list(self._pending)
        code, text = _what_is_wrong(error, limit=self._limit, lines=len(pending))
        behind = [Line(raw, len(raw)) for raw in pending[1:]]
        if isinstance(error, LineTooLong) and pending:
            behind.append(Line(None, error.size))
        self._lines.give_back(behind)
        self._restart_parser()
        return BadRow(number, code, text)


def _what_is_wrong(error: Exception, *, limit: int, lines: int) -> tuple[str, str]:
    """Say in a code and a sentence why a row could not be parsed."""
    if isinstance(error, LineTooLong) and lines == 0:
        return reasons.TOO_LARGE, f"the line has {error.size:,} bytes; the limit is {limit:,}"
    if isinstance(error, (LineTooLong, _RowTooLong)):
        return reasons.TOO_LARGE, f"a quote opens on this line and is not closed within {limit:,} bytes"
    said = str(error)
    if said.startswith("unexpected end"):
        return reasons.BAD_QUOTES, "a quote opens on this line and is never closed"
    if "field limit" in said:
        return reasons.TOO_LARGE, f"a value is longer than {limit:,} characters"
    if "new-line" in said:
        return reasons.BAD_QUOTES, "a bare carriage return outside quotes"
    where = "a quote opens on this line, and text follows the next one" if lines > 1 else "text follows a closing quote"
    return reasons.BAD_QUOTES, f"{where}; a quote inside a quoted value has to be doubled"


def other_delimiter(columns: Columns) -> str:
    """Return the delimiter that a header of one column seems to be written with, or an empty string."""
    if columns.format is not Format.CSV or len(columns.names) != 1:
        return ""
    return next((name for mark, name in _OTHER_DELIMITERS.items() if mark in columns.names[0]), "")
