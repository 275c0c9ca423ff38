"""Syncs declared in a settings file of the test's own, and a PostgreSQL to read from."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from producers.warehouse.syncing.definition import SyncDefinition, load_sync
from tercel.settings import Settings
from tests.support.postgres import PostgresServer, leave_out_where_unwanted, running_postgres

Declare = Callable[..., SyncDefinition]


@pytest.fixture
def settings_with(tmp_path: Path) -> Callable[..., Settings]:
    """Load settings that hold the deployment prod and the syncs given by name."""

    def load(**syncs: dict[str, Any]) -> Settings:
        file = tmp_path / "tercel.toml"
        file.write_text("")
        deployments = {"prod": {"url": "shop.talon.one", "key": "hunter2-key"}}
        return Settings.load(file, environ={}, deployments=deployments, syncs=syncs)

    return load


@pytest.fixture
def declare(settings_with: Callable[..., Settings]) -> Declare:
    """Declare the profile sync ``customers`` of the deployment prod, with whatever else is given."""

    def make(**given: Any) -> SyncDefinition:
        return load_sync(settings_with(customers={"deployment": "prod", "object": "profiles", **given}), "customers")

    return make


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    with running_postgres() as server:
        yield server


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    leave_out_where_unwanted(config, items)
