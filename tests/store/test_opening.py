"""Opening a database: which ones, in what state, and what is said when it cannot be."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

from tercel.errors import SettingsError, StoreUnavailable
from tercel.store import Store
from tercel.store.migrating import MIGRATIONS
from tercel.store.migrations import HEAD
from tercel.store.models import Base
from tercel.store.urls import parse_url
from tests.support.postgres import PASSWORD, PostgresServer


def test_an_upgraded_empty_database_is_what_the_models_say(empty_url: str) -> None:
    Store.upgrade(empty_url)

    engine = create_engine(parse_url(empty_url))
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        differences = compare_metadata(context, Base.metadata)
    engine.dispose()
    assert differences == []


def test_the_newest_migration_is_the_one_that_opening_asks_for() -> None:
    assert ScriptDirectory(str(MIGRATIONS)).get_heads() == [HEAD]


def test_an_upgrade_says_what_it_changed(empty_url: str) -> None:
    first, second = Store.upgrade(empty_url), Store.upgrade(empty_url)

    assert (first.before, first.after, first.changed) == (None, HEAD, True)
    assert (second.before, second.after, second.changed) == (HEAD, HEAD, False)


def test_sqlite_is_migrated_on_opening(tmp_path: Path) -> None:
    with Store.open(f"sqlite:///{tmp_path}/new/tercel.db") as store:
        assert store.list_runs() == []


def test_sqlite_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    Store.open(f"sqlite:///{tmp_path}/new/tercel.db").close()

    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "new" / "tercel.db").stat().st_mode) == 0o600


def test_a_path_may_have_any_character(tmp_path: Path) -> None:
    Store.open(f"sqlite:///{tmp_path}/a%20?b#c.db").close()

    assert (tmp_path / "a%20?b#c.db").exists()


def test_a_postgresql_database_without_tables_is_refused(postgres: PostgresServer) -> None:
    with pytest.raises(StoreUnavailable, match=r"has no Tercel tables yet: run `tercel db upgrade`\."):
        Store.open(postgres.new_database())


def test_sqlite_without_tables_is_refused_where_migrating_is_forbidden(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable, match=r"^The SQLite file .*tercel\.db has no Tercel tables yet"):
        Store.open(f"sqlite:///{tmp_path}/tercel.db", migrate=False)


@pytest.mark.parametrize(
    ("revision", "complaint"),
    [("0000", r"tables of an older Tercel .*run `tercel db upgrade`"), ("9999", r"newer Tercel .*update this Tercel")],
)
def test_tables_of_another_version_are_refused(tmp_path: Path, revision: str, complaint: str) -> None:
    url = f"sqlite:///{tmp_path}/tercel.db"
    Store.open(url).close()
    with sqlite3.connect(tmp_path / "tercel.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = ?", (revision,))
    connection.close()

    with pytest.raises(StoreUnavailable, match=complaint):
        Store.open(url, migrate=False)


def test_a_newer_database_is_not_touched_by_an_upgrade(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/tercel.db"
    Store.open(url).close()
    with sqlite3.connect(tmp_path / "tercel.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()

    with pytest.raises(StoreUnavailable, match="newer Tercel"):
        Store.upgrade(url)


@pytest.mark.parametrize(
    ("url", "complaint"),
    [
        ("mysql://me:hunter2@host/db", "must begin with postgresql:// or sqlite:///"),
        ("hunter2", "must begin with postgresql:// or sqlite:///"),
        ("sqlite://", "must begin with postgresql:// or sqlite:///"),
        ("sqlite:///", "the store needs a file"),
        ("sqlite:///:memory:", "the store needs a file"),
        ("postgresql://me:hunter2@host:port/db", "cannot be read as"),
    ],
)
def test_a_url_that_cannot_work_is_a_settings_error(url: str, complaint: str) -> None:
    with pytest.raises(SettingsError) as refused:
        Store.open(url)

    assert complaint in str(refused.value)
    assert PASSWORD not in str(refused.value)


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg"])
def test_every_spelling_of_postgresql_works(postgres: PostgresServer, scheme: str) -> None:
    url = postgres.new_database().replace("postgresql", scheme, 1)

    with Store.open(url, migrate=True) as store:
        assert store.list_runs() == []


@pytest.mark.parametrize(
    "options", ["", "&password=hunter2", "&connect_timeout=1", "&hunter2=hunter2", "&sslmode=hunter2"]
)
def test_a_server_that_does_not_answer_is_named_without_its_password(tmp_path: Path, options: str) -> None:
    with pytest.raises(StoreUnavailable) as refused:
        Store.open(f"postgresql://me:{PASSWORD}@/orders?host={tmp_path}{options}")

    assert str(refused.value).startswith("The store cannot use PostgreSQL at ")
    assert "database orders" in str(refused.value)
    assert PASSWORD not in _with_its_causes(refused.value)


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    (tmp_path / "tercel.db").write_text("This is not a database, but it is long enough to be looked at as one." * 20)

    with pytest.raises(StoreUnavailable, match=r"The store cannot use the SQLite file .*: file is not a database\."):
        Store.open(f"sqlite:///{tmp_path}/tercel.db")


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(StoreUnavailable, match=r"The store cannot use the SQLite file .*/file/tercel\.db: "):
        Store.open(f"sqlite:///{tmp_path}/file/tercel.db")


def test_a_missing_driver_is_told_with_the_extra_that_brings_it() -> None:
    program = (
        "import sys; sys.modules['psycopg'] = None\n"
        "from tercel.store import Store\n"
        "from tercel.errors import StoreUnavailable\n"
        "try: Store.open('postgresql://me:hunter2@host/db')\n"
        "except StoreUnavailable as error: print(error)\n"
    )

    printed = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout

    assert printed == (
        "PostgreSQL needs the package psycopg, which is not installed: pip install 'tercel[postgresql]'.\n"
    )


def test_the_repr_names_no_user_and_no_password(postgres: PostgresServer) -> None:
    with Store.open(postgres.new_database(), migrate=True) as store:
        assert PASSWORD not in repr(store)
        assert "tercel:" not in repr(store)


def test_a_store_goes_on_after_the_server_cut_its_connections(postgres: PostgresServer) -> None:
    with Store.open(postgres.new_database(), migrate=True) as store:
        store.list_runs()

        postgres.cut_connections()

        assert store.list_runs() == []


def test_a_forked_child_uses_connections_of_its_own(store: Store) -> None:
    store.list_runs()

    child = os.fork()
    if child == 0:
        os._exit(0 if store.list_runs() == [] else 1)
    _, status = os.waitpid(child, 0)

    assert os.waitstatus_to_exitcode(status) == 0
    assert store.list_runs() == []


def _with_its_causes(error: BaseException | None) -> str:
    """Return what a traceback would print of the messages."""
    if error is None:
        return ""
    return str(error) + _with_its_causes(error.__cause__ or (None if error.__suppress_context__ else error.__context__))
