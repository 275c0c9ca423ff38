"""A PostgreSQL of our own for tests: a temporary cluster, reached by a Unix socket, gone when the tests are.

Where PostgreSQL is not installed, the tests that need it fail and say how to get it. ``TERCEL_TEST_NO_POSTGRESQL=1``
leaves them out instead, and pytest's summary then counts them as deselected. A ``conftest.py`` that wants it::

    from tests.support.postgres import leave_out_where_unwanted, running_postgres

    @pytest.fixture(scope="session")
    def postgres() -> Iterator[PostgresServer]:
        with running_postgres() as server:
            yield server

    def pytest_collection_modifyitems(config, items):
        leave_out_where_unwanted(config, items)
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import psycopg
import pytest

from tercel.embedded.process import ChildProcess
from tests.support.waiting import eventually

USER = "tercel"
PASSWORD = "hunter2"  # the server trusts everybody who reaches its socket; tests look for this word in messages
UNWANTED = "TERCEL_TEST_NO_POSTGRESQL"
FIXTURE = "postgres"  # tests that use it need PostgreSQL,
PARAMETER = "postgresql"  # and so do those run with this parameter
SUPER_USER_IS_REFUSED = ("postgres", "nobody")  # whom to run it as, where we are root
STOP_TIMEOUT_S = 20.0
HOW_TO_INSTALL = (
    "PostgreSQL is not installed, and these tests need a real one (initdb and postgres, on PATH or in "
    "/usr/lib/postgresql/*/bin). Install it (Debian, Ubuntu: apt-get install postgresql; macOS: brew install "
    f"postgresql), or set {UNWANTED}=1 to leave these tests out."
)

# Speed before safety: the data is gone after the tests anyway.
_OPTIONS = {
    "listen_addresses": "",
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "shared_buffers": "16MB",
    "max_connections": "100",
    "autovacuum": "off",
}


class PostgresServer:
    """A running PostgreSQL with databases to be made at will."""

    def __init__(self, socket_folder: Path) -> None:
        self.socket_folder = socket_folder
        self._names = (f"test_{number}" for number in count(1))

    def url(self, database: str) -> str:
        """Return the URL of a database."""
        return f"postgresql://{USER}:{PASSWORD}@/{database}?host={self.socket_folder}"

    def new_database(self) -> str:
        """Make an empty database and return its URL."""
        name = next(self._names)
        self._execute(f"CREATE DATABASE {name}")
        return self.url(name)

    def answers(self) -> bool:
        """Whether it takes connections."""
        self._execute("SELECT 1")
        return True

    def cut_connections(self) -> None:
        """End every connection, as a restart would."""
        self._execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")

    def execute_in(self, url: str, statement: str) -> None:
        """Run one statement in a database, past the code under test."""
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(statement.encode())

    def _execute(self, statement: str) -> None:
        self.execute_in(self.url("postgres"), statement)


@contextmanager
def running_postgres() -> Iterator[PostgresServer]:
    """Make a cluster in a temporary folder, start it, and stop it by its process id. Fails where none is installed."""
    binaries = _binaries()
    # Not pytest's own folder: that one is closed to the user PostgreSQL runs as. /tmp keeps the socket's path short.
    folder = Path(tempfile.mkdtemp(prefix="tercel-postgres-", dir="/tmp"))
    output = Path(f"{folder}.log")
    server: ChildProcess | None = None
    try:
        become = _become_unprivileged(folder)
        data = folder / "data"
        _run([*become, binaries / "initdb", "-D", data, "-U", USER, "-A", "trust", "-E", "UTF8", "--locale=C", "-N"])
        options = [part for name, value in _OPTIONS.items() for part in ("-c", f"{name}={value}")]
        server = ChildProcess(
            [*become, binaries / "postgres", "-D", data, "-k", folder, *options],
            output=output,
            last_signal=signal.SIGQUIT,
            cwd=folder,
        )
        postgres = PostgresServer(folder)
        eventually(postgres.answers, 60, lambda: f"PostgreSQL to answer; it said: {output.read_text()[-2_000:]}")
        yield postgres
    finally:
        if server is not None:
            _stop(server)
        shutil.rmtree(folder, ignore_errors=True)
        output.unlink(missing_ok=True)


def leave_out_where_unwanted(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect the tests that need PostgreSQL, where the environment asks for it."""
    if os.environ.get(UNWANTED) != "1":
        return
    unwanted = [item for item in items if _needs_postgresql(item)]
    if unwanted:
        config.hook.pytest_deselected(items=unwanted)
        items[:] = [item for item in items if item not in unwanted]


def _needs_postgresql(item: pytest.Item) -> bool:
    parameters = getattr(item, "callspec", None)
    asked_for = parameters is not None and PARAMETER in parameters.params.values()
    return asked_for or FIXTURE in getattr(item, "fixturenames", ())


def _binaries() -> Path:
    """Return the folder of initdb and postgres."""
    on_path = shutil.which("initdb")
    folders = [Path(on_path).resolve().parent] if on_path else []
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    for folder in folders:
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return folder
    pytest.fail(HOW_TO_INSTALL, pytrace=False)


def _become_unprivileged(folder: Path) -> list[str | Path]:
    """Return what to put before a command, because PostgreSQL refuses root; and give that user the folder."""
    if os.geteuid() != 0:
        return []
    for name in SUPER_USER_IS_REFUSED:
        try:
            user = pwd.getpwnam(name)
        except KeyError:
            continue
        os.chown(folder, user.pw_uid, user.pw_gid)
        setpriv = shutil.which("setpriv") or pytest.fail("root needs setpriv (package util-linux) to start PostgreSQL")
        ids = [f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
        return [setpriv, *ids, "--pdeathsig=QUIT"]  # changing the user forgets the death signal set before
    pytest.fail(f"PostgreSQL refuses to run as root, and there is no user {' or '.join(SUPER_USER_IS_REFUSED)}")


def _run(command: list[str | Path]) -> None:
    done = subprocess.run(command, cwd="/", capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.fail(f"initdb failed: {done.stderr[-2_000:]}", pytrace=False)


def _stop(server: ChildProcess) -> None:
    server.send(signal.SIGINT)  # "fast": ends connections, then itself
    if server.wait(STOP_TIMEOUT_S) is None:
        server.send(signal.SIGQUIT)
        server.wait(STOP_TIMEOUT_S)
