"""Long lists in pieces that one statement can carry."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

T = TypeVar("T")

IDS_PER_STATEMENT = 500  # well under every database's limit of parameters


def chunked(items: Iterable[T], size: int = IDS_PER_STATEMENT) -> Iterator[list[T]]:
    """Yield lists of up to ``size`` items, reading no further ahead than that."""
    iterator = iter(items)
    while chunk := list(islice(iterator, size)):
        yield chunk
