"""Rows as a mapping would make them, and runs in one line."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from xxhash import xxh3_128_digest

from tercel.store.syncing import Comparison, Due, Mode, StagedRow, SyncState


def row(key: str, content: str = "") -> StagedRow:
    """A row whose payload is its content."""
    return key, xxh3_128_digest(content.encode()), content.encode() or None


def rows(source: Mapping[str, str] | Iterable[str]) -> list[StagedRow]:
    """Rows of keys and contents, or of keys alone."""
    if isinstance(source, Mapping):
        return [row(key, content) for key, content in source.items()]
    return [row(key) for key in source]


def compared(
    state: SyncState, source: Mapping[str, str] | Iterable[str], mode: Mode = Mode.MIRROR, *, full: bool = False
) -> Comparison:
    """Begin a run and go as far as SENDING."""
    state.begin("run")
    state.stage(rows(source))
    return state.compare(mode, full=full)


def all_due(state: SyncState) -> list[Due]:
    return state.due(0, 1_000)


def sent(state: SyncState) -> list[tuple[str, str]]:
    """What is due, as (op, key)."""
    return [(due.op, due.key) for due in all_due(state)]


def delivered(
    state: SyncState, source: Mapping[str, str] | Iterable[str], mode: Mode = Mode.MIRROR, *, reject: Iterable[str] = ()
) -> Comparison:
    """Make a whole run in which everything is delivered, but the keys to reject."""
    comparison = compared(state, source, mode)
    refused = set(reject)
    due = all_due(state)
    state.confirm([one.seq for one in due if one.key not in refused], [one.seq for one in due if one.key in refused])
    state.finish()
    return comparison
