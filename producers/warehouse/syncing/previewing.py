"""The first rows of a source as they would be sent, and one of them to try. Nothing is sent, and no state is looked at.

Only as much of a query or file is read as is shown.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final, cast

import orjson

from producers.warehouse.rows import BadRow
from producers.warehouse.syncing.definition import SyncDefinition
from producers.warehouse.syncing.mapped import MappedBatch
from tercel.records import LaneKind, Record
from tercel.store.syncing import Due, StagedRow

PREVIEW_ROWS: Final = 10  # what one product shows, and what people expect (contract: warehouse sync, "Model")


@dataclass(frozen=True, slots=True)
class Previewed:
    """One row of the source: where it stands, and what becomes of it: ``problem`` says why nothing does.

    ``key`` is the integration id with its prefix; ``attributes`` is None for a membership. ``record`` is what would be
    sent if the row were new.
    """

    place: str
    number: int
    key: str = ""
    attributes: dict[str, Any] | None = None
    record: Record | None = None
    problem: BadRow | None = None


def preview(sync: SyncDefinition, rows: int = PREVIEW_ROWS) -> list[Previewed]:
    """Return the first rows of the source. Raises what :meth:`SyncDefinition.rows` raises."""
    with _batches(sync, rows) as batches:
        found = (one for batch in batches for one in _previewed(sync, batch))
        return list(islice(found, rows))


def find_row(sync: SyncDefinition, wanted: str | None) -> Previewed | None:
    """Return the row with an id (with or without the sync's prefix), or the first that can be sent; None without any.

    A row that cannot be sent is found by no id. Raises what :meth:`SyncDefinition.rows` raises.
    """
    if wanted is None:
        with _batches(sync, PREVIEW_ROWS) as batches:
            found = (one for batch in batches for one in _previewed(sync, batch) if one.problem is None)
            return next(found, None)
    keys = {wanted, f"{sync.mapping.id_prefix}{wanted}"}
    with _batches(sync, None) as batches:
        for batch in batches:
            for number, row in zip(batch.numbers, batch.rows, strict=True):
                if row[0] in keys:
                    return _good(sync, batch.place, number, row)
    return None


@contextmanager
def _batches(sync: SyncDefinition, rows: int | None) -> Iterator[Iterator[MappedBatch]]:
    """Give the batches of a source, and close it afterwards, however little of it was read."""
    batches = sync.rows() if rows is None else sync.rows(rows)
    try:
        yield batches
    finally:
        cast("Generator[MappedBatch, None, None]", batches).close()


def _previewed(sync: SyncDefinition, batch: MappedBatch) -> list[Previewed]:
    """Return the rows of a batch in the order of the source, good and bad."""
    good = [_good(sync, batch.place, number, row) for number, row in zip(batch.numbers, batch.rows, strict=True)]
    bad = [Previewed(batch.place, one.number, problem=one) for one in batch.bad]
    return sorted([*good, *bad], key=lambda one: one.number)


def _good(sync: SyncDefinition, place: str, number: int, row: StagedRow) -> Previewed:
    key, _, payload = row
    record = sync.record(Due(number, sync.mode.put, key, payload))
    attributes = None if sync.kind is LaneKind.MEMBERSHIP else orjson.loads(payload or b"{}")
    return Previewed(place, number, key, attributes, record)
