"""The lines of a text file, packed or not, with bounded memory: each at most as long as a row may be."""

from __future__ import annotations

import gzip
import io
import os
import zlib
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final, NamedTuple

from producers.warehouse.rows import Place
from producers.warehouse.sniffing import UTF8_BOM
from tercel.errors import InputError

BUFFER_BYTES: Final = 262_144  # a read of this size costs little beside the parsing of its lines
_NEWLINE: Final = 10  # "\n", as the number that a byte is


class LineTooLong(Exception):
    """The next line is longer than the limit. It was skipped; ``size`` is its length in bytes, newline included."""

    def __init__(self, size: int) -> None:
        super().__init__(size)
        self.size = size


class Line(NamedTuple):
    """A line given back: its bytes (None where it was too long) and its length in bytes."""

    raw: bytes | None
    size: int


class Lines:
    """Hands out the lines of a file one by one, as bytes with their line end, and knows where it is.

    ``offset`` and ``line`` count the bytes and lines handed out so far. Lines can be given back.
    """

    def __init__(self, path: Path, *, packed: bool, limit: int) -> None:
        self.path = path
        self._limit = limit
        self._returned: deque[Line] = deque()
        try:
            raw = path.open("rb", buffering=BUFFER_BYTES)
        except OSError as error:
            raise InputError(f"{path} cannot be read: {error.strerror or error}") from error
        self._raw = raw
        self._size = os.fstat(raw.fileno()).st_size
        # GzipFile's own readline is slow Python; a buffer in front of it makes it as quick as a plain file's.
        self._file: IO[bytes] = io.BufferedReader(gzip.GzipFile(fileobj=raw), BUFFER_BYTES) if packed else raw
        self.offset = 0
        self.line = 0

    def seek(self, place: Place) -> None:
        """Go on from a place. In a packed file everything before it is unpacked again, and skipped."""
        with _naming(self.path):
            self._file.seek(place.offset)
        self._returned.clear()
        self.offset, self.line = place

    def take(self) -> bytes:
        """Return the next line, ``b""`` at the end. A byte order mark at the start of the file is left out.

        Raises :class:`LineTooLong` for a line over the limit (it counts as handed out), :class:`InputError` when the
        file is damaged.
        """
        if self._returned:
            raw, size = self._returned.popleft()
            self.offset += size
            self.line += 1
            if raw is None:
                raise LineTooLong(size)
            return raw
        try:
            raw = self._file.readline(self._limit + 1)
        except (EOFError, OSError, zlib.error) as error:
            raise InputError(f"{self.path} cannot be read beyond line {self.line}: {error}") from error
        if not raw:
            return raw
        size = len(raw)
        if size > self._limit and raw[-1] != _NEWLINE:
            size += self._skip_line()
        first = self.offset == 0
        self.offset += size
        self.line += 1
        if size > self._limit:
            raise LineTooLong(size)
        return raw.removeprefix(UTF8_BOM) or b"\n" if first else raw

    def give_back(self, lines: Iterable[Line]) -> None:
        """Give back the lines handed out last, in their order: they will be handed out again."""
        given = list(lines)
        self._returned.extendleft(reversed(given))
        self.offset -= sum(line.size for line in given)
        self.line -= len(given)

    @property
    def share(self) -> float:
        """Return how much of the file (as it lies on disk) has been read, from 0 to 1."""
        return self._raw.tell() / self._size if self._size else 1.0

    def close(self) -> None:
        """Close the file."""
        self._file.close()
        self._raw.close()

    def _skip_line(self) -> int:
        skipped = 0
        with _naming(self.path):
            while part := self._file.readline(BUFFER_BYTES):
                skipped += len(part)
                if part[-1] == _NEWLINE:
                    break
        return skipped


@contextmanager
def _naming(path: Path) -> Iterator[None]:
    """Turn a read error into an :class:`InputError` that names the file."""
    try:
        yield
    except (EOFError, OSError, zlib.error) as error:
        raise InputError(f"{path} cannot be read: {error}") from error
