"""Files as the source of a sync: every run reads all of them, anew, with the backfill's readers."""

from __future__ import annotations

import glob
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from producers.warehouse.mapping import ProfileMapping
from producers.warehouse.rows import ReadOptions
from producers.warehouse.sources import look_at
from producers.warehouse.syncing.mapped import MappedBatch, RowMapping, compile_rows, map_rows
from tercel.errors import InputError


@dataclass(frozen=True, slots=True)
class FileSource:
    """Files, named by paths and patterns (``*``, ``?``, ``**``), of one format and one meaning."""

    sync: str
    patterns: tuple[Path, ...]
    options: ReadOptions

    def __str__(self) -> str:
        return ", ".join(str(pattern) for pattern in self.patterns)

    def batches(self, mapping: RowMapping, rows: int) -> Iterator[MappedBatch]:
        """Read every file to its end, ``rows`` at a time.

        Raises InputError where there is no such file, one is damaged or was changed meanwhile; MappingError.
        """
        paths = [path for pattern in self.patterns for path in self._matching(pattern)]
        wanted = ProfileMapping(id=mapping.id, attributes=mapping.in_order)
        sources = look_at(dict.fromkeys(paths), wanted, self.options)
        compiled = [compile_rows(mapping, source.columns) for source in sources]
        total = sum(source.size for source in sources) or 1
        before = 0
        for number, (source, found) in enumerate(zip(sources, compiled, strict=True)):
            source.check_unchanged()
            reader = source.open()
            try:
                while batch := reader.read(rows):
                    good, numbers, bad = map_rows(found.map_row, batch.numbers, batch.rows, batch.bad)
                    share = (before + source.size * reader.share) / total
                    yield MappedBatch(good, numbers, bad, source.path.name, number, share)
            finally:
                reader.close()
            source.check_unchanged()
            before += source.size

    def _matching(self, pattern: Path) -> list[Path]:
        """Return the files that a pattern names now, in order; a plain path is itself."""
        text = str(pattern)
        if not glob.has_magic(text) or pattern.exists():
            return [pattern]
        found = sorted(path for path in map(Path, glob.glob(text, recursive=True)) if path.is_file())
        if not found:
            raise InputError(
                f"sync {self.sync}: no file is named like {pattern}. No file is not an empty file: nothing was changed"
            )
        return found
