"""The state of a sync on each of its databases."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import count
from pathlib import Path

import pytest

from tercel.store.syncing import SyncState
from tests.support.postgres import PostgresServer, leave_out_where_unwanted, running_postgres

_numbers = count(1)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    leave_out_where_unwanted(config, items)


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    with running_postgres() as server:
        yield server


@pytest.fixture(scope="session")
def shared_database(postgres: PostgresServer) -> str:
    """A PostgreSQL database in which tests have syncs of different names."""
    return postgres.new_database()


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The store's URL."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/tercel.db"
    shared: str = request.getfixturevalue("shared_database")
    return shared


@pytest.fixture
def opened(url: str, tmp_path: Path) -> Iterator[Callable[[], SyncState]]:
    """Open the state of one sync, as each process that works on it would. The first time it is empty."""
    name = f"sync{next(_numbers)}"
    with ExitStack() as stack:
        yield lambda: stack.enter_context(SyncState.open(url, name, folder=tmp_path / "syncs"))


@pytest.fixture
def state(opened: Callable[[], SyncState]) -> SyncState:
    """The empty state of one sync."""
    return opened()
