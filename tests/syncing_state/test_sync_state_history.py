"""Whatever happened in the runs before: one run that goes to its end leaves the destination equal to the source.

The destination of these tests applies what it is sent, refuses it, or is asked and never heard again, whether it
applied it or not. Runs end well, are given up, or are cut off, and rows come repeated and torn.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tercel.store.syncing import Comparison, Due, Mode, SyncState
from tests.syncing_state.staging import row

KEYS = st.sampled_from("abcdef")
SOURCES = st.lists(st.tuples(KEYS, st.sampled_from("123")), max_size=9)
FATES = st.sampled_from(["applied", "refused", "lost", "lost but applied", "unsent"])


@dataclass(frozen=True)
class Run:
    """What one run meets: its rows, the fate of each due row, and how it ends."""

    source: list[tuple[str, str]]
    fates: list[str]
    full: bool
    ending: str


RUNS = st.lists(
    st.builds(
        Run,
        SOURCES,
        st.lists(FATES, min_size=12, max_size=12),
        st.booleans(),
        st.sampled_from(["finished", "doubted", "cut off", "cut off while staging"]),
    ),
    max_size=5,
)


@dataclass
class Destination:
    """What the other side holds, by key."""

    holds: dict[str, bytes | None] = field(default_factory=dict)

    def apply(self, due: Due) -> None:
        if due.op == "delete":
            self.holds.pop(due.key, None)
        else:
            self.holds[due.key] = due.payload


@cache
def folder() -> TemporaryDirectory[str]:
    return TemporaryDirectory(prefix="tercel-states-")


@contextmanager
def empty_state(url: str) -> Iterator[SyncState]:
    with SyncState.open(url, "history", folder=Path(folder().name)) as state:
        state.reset()
        yield state


def compare(state: SyncState, mode: Mode, run: Run) -> Comparison:
    state.begin("run")
    state.stage([row(key, content) for key, content in run.source])
    found = state.compare(mode, full=run.full)
    assert found.source_rows == (
        found.added + found.changed + found.unchanged + found.duplicates + found.conflicting_rows
    )
    return found


def play(state: SyncState, mode: Mode, run: Run, destination: Destination) -> None:
    """Make a run that meets its fates. What follows an unsent row is unsent too: sending goes in order."""
    if run.ending == "cut off while staging":
        state.begin("run")
        state.stage([row(key, content) for key, content in run.source])
        return
    compare(state, mode, run)
    delivered, rejected, last = [], [], 0
    for due, fate in zip(state.due(0, 100), run.fates, strict=False):
        if fate == "unsent":
            break
        last = due.seq
        if "applied" in fate:
            destination.apply(due)
        if fate == "applied":
            delivered.append(due.seq)
        elif fate == "refused":
            rejected.append(due.seq)
    state.confirm(delivered, rejected)
    if run.ending == "doubted":
        state.doubt(last)
    if run.ending != "cut off":
        state.finish()


def torn(source: list[tuple[str, str]]) -> set[str]:
    """The keys that come with different contents."""
    return {key for key, content in source for other, another in source if key == other and content != another}


def good(state: SyncState, mode: Mode, source: list[tuple[str, str]], destination: Destination) -> list[Due]:
    """Make a run in which everything is delivered; return what was sent."""
    compare(state, mode, Run(source, [], full=False, ending="finished"))
    due = state.due(0, 100)
    for one in due:
        destination.apply(one)
    state.confirm([one.seq for one in due], [])
    state.finish()
    return due


def check_mirror(url: str, runs: list[Run], source: list[tuple[str, str]]) -> None:
    destination = Destination()
    with empty_state(url) as state:
        for run in runs:
            play(state, Mode.MIRROR, run, destination)
        good(state, Mode.MIRROR, source, destination)

        wanted = {key: content.encode() for key, content in source}
        unclear = torn(source)
        assert {key: held for key, held in destination.holds.items() if key not in unclear} == {
            key: content for key, content in wanted.items() if key not in unclear
        }
        assert good(state, Mode.MIRROR, source, destination) == []
        if not unclear:
            assert state.members() == len(wanted)


def check_upsert(url: str, runs: list[Run], source: list[tuple[str, str]]) -> None:
    destination = Destination()
    with empty_state(url) as state:
        for run in runs:
            play(state, Mode.UPSERT, run, destination)
        good(state, Mode.UPSERT, source, destination)

        unclear = torn(source)
        for key, content in source:
            assert key in unclear or destination.holds[key] == content.encode()
        assert good(state, Mode.UPSERT, source, destination) == []


@settings(max_examples=50)
@given(runs=RUNS, source=SOURCES)
def test_a_mirror_on_sqlite_ends_equal_to_its_source(runs: list[Run], source: list[tuple[str, str]]) -> None:
    check_mirror("sqlite:///unused", runs, source)


@settings(max_examples=25)
@given(runs=RUNS, source=SOURCES)
def test_upserts_on_sqlite_end_with_the_content_of_the_source(runs: list[Run], source: list[tuple[str, str]]) -> None:
    check_upsert("sqlite:///unused", runs, source)


@settings(max_examples=25)
@given(runs=RUNS, source=SOURCES)
def test_a_mirror_on_postgresql_ends_equal_to_its_source(
    shared_database: str, runs: list[Run], source: list[tuple[str, str]]
) -> None:
    check_mirror(shared_database, runs, source)


@settings(max_examples=15)
@given(runs=RUNS, source=SOURCES)
def test_upserts_on_postgresql_end_with_the_content_of_the_source(
    shared_database: str, runs: list[Run], source: list[tuple[str, str]]
) -> None:
    check_upsert(shared_database, runs, source)


@pytest.mark.parametrize("mode", [Mode.ADD, Mode.REMOVE])
def test_adding_and_removing_come_to_rest_too(state: SyncState, mode: Mode) -> None:
    destination = Destination()
    source = [("a", "1"), ("b", "1")]
    play(state, mode, Run(source, ["refused", "lost"], full=False, ending="cut off"), destination)

    assert [due.key for due in good(state, mode, source, destination)] == ["a", "b"]
    assert good(state, mode, source, destination) == []
