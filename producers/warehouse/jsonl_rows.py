"""JSON Lines files: one object a line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson

from producers.warehouse import reasons
from producers.warehouse.lines import Lines, LineTooLong
from producers.warehouse.rows import (
    AS_USUAL,
    SAMPLE_ROWS,
    START,
    BadRow,
    Columns,
    Format,
    Place,
    ReadOptions,
    RowBatch,
)
from producers.warehouse.sniffing import UTF8_BOM, sniff
from tercel.errors import InputError


class JsonLinesReader:
    """Reads the lines of a JSON Lines file as dicts."""

    def __init__(self, file: Path, options: ReadOptions = AS_USUAL, place: Place = START) -> None:
        """Open the file, learn its keys from its first rows, then go to ``place``.

        Raises :class:`InputError` when the file cannot be read, holds one JSON document instead of lines, or begins
        without a single object.
        """
        facts = sniff(file)
        _refuse_documents(file, facts.sample)
        self._limit = options.max_row_bytes
        self._batch_bytes = options.max_batch_bytes
        self._lines = Lines(file, packed=facts.gzip, limit=self._limit)
        try:
            names: dict[str, None] = {}
            sample = self.read(SAMPLE_ROWS)
            if sample.bad and not sample.rows:
                first = sample.bad[0]
                raise InputError(
                    f"{file} is not JSON Lines: not one of its first {len(sample):,} lines is an object "
                    f"(line {first.number}: {first.text})"
                )
            for row in sample.rows:
                names.update(dict.fromkeys(row))
            self._lines.seek(place)
        except BaseException:
            self.close()
            raise
        self.columns = Columns(file, Format.JSONL, tuple(names))

    def read(self, rows: int) -> RowBatch:
        """Return the next rows, at most ``rows`` with the bad ones counted in; an empty batch at the end."""
        lines = self._lines
        most_bytes = lines.offset + self._batch_bytes
        numbers: list[int] = []
        good: list[dict[str, Any]] = []
        bad: list[BadRow] = []
        while (count := len(good) + len(bad)) < rows and (
            count == 0 or lines.offset < most_bytes  # an empty batch would mean the end
        ):
            try:
                raw = lines.take()
                if not raw:
                    break
                row = orjson.loads(raw)
            except LineTooLong as error:
                text = f"the line has {error.size:,} bytes; the limit is {self._limit:,}"
                bad.append(BadRow(lines.line, reasons.TOO_LARGE, text))
            except orjson.JSONDecodeError as error:
                if raw.strip():  # a blank line is no row
                    bad.append(BadRow(lines.line, *_what_is_wrong(raw, error)))
            else:
                if isinstance(row, dict):
                    good.append(row)
                    numbers.append(lines.line)
                else:
                    bad.append(BadRow(lines.line, reasons.NOT_AN_OBJECT, f"{_json_name(row)}, not an object"))
        return RowBatch(numbers, good, bad, Place(lines.offset, lines.line))

    @property
    def share(self) -> float:
        """Return how much of the file has been read, from 0 to 1."""
        return self._lines.share

    def close(self) -> None:
        """Close the file."""
        self._lines.close()


def _refuse_documents(file: Path, sample: bytes) -> None:
    start = sample.removeprefix(UTF8_BOM).lstrip()
    first_line = start.split(b"\n", 1)[0].strip()
    if first_line in (b"{", b"["):
        raise InputError(f"{file} is one JSON document, not one object a line; convert it: `jq -c '.[]'`")
    if start.startswith(b"[{"):
        raise InputError(f"{file} is a JSON array, not one object a line; convert it: `jq -c '.[]'`")


def _what_is_wrong(raw: bytes, error: orjson.JSONDecodeError) -> tuple[str, str]:
    """Say in a code and a sentence why a line could not be parsed."""
    if b"\0" in raw:
        return reasons.NUL_CHARACTER, "a NUL character"
    try:
        raw.decode()
    except UnicodeDecodeError as wrong:
        return reasons.NOT_UTF8, f"byte 0x{raw[wrong.start]:02x} is not UTF-8"
    return reasons.BAD_JSON, f"not JSON at character {error.colno}: {error.msg}"


def _json_name(value: object) -> str:
    names = {list: "a list", str: "a text", bool: "true or false", type(None): "null"}
    return names.get(type(value), "a number")
