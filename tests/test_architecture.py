"""The rooms of the house and the arrows between them (ARCHITECTURE.md): a test, so that they stay as they are drawn."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
ROOMS = ("producers", "workers", "tercel", "sandbox")
MOST_LINES = 350
KEY_WORDS = (":turn", ":wait:", ":freed:", ":ready:", ":later:", ":call:", "tercel:batch:", "tercel:calls:")


def modules(*folders: str) -> list[Path]:
    found = [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]
    return [path for path in found if "migrations/versions" not in path.as_posix()]


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def imported(path: Path) -> Iterator[str]:
    """The absolute names that a module imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def breaches(paths: list[Path], forbidden: tuple[str, ...], *, but: tuple[str, ...] = ()) -> list[str]:
    """Where one of the modules imports something forbidden; ``but`` are prefixes of what is allowed all the same."""
    return sorted(
        f"{name_of(path)} imports {name}"
        for path in paths
        for name in imported(path)
        if any(name == one or name.startswith(f"{one}.") for one in forbidden) and not name.startswith(but or ("\0",))
    )


def test_the_rooms_are_where_this_test_looks() -> None:
    assert all(modules(room) for room in ROOMS)


def test_producers_know_nothing_of_workers() -> None:
    assert breaches(modules("producers"), ("workers", "sandbox")) == []


def test_workers_know_nothing_of_producers() -> None:
    assert breaches(modules("workers"), ("producers", "sandbox")) == []


def test_what_both_sides_share_knows_neither() -> None:
    shared = [path for path in modules("tercel") if not name_of(path).startswith("tercel/cli/")]
    shared = [path for path in shared if path.name != "__main__.py"]

    assert breaches(shared, ("producers", "workers", "sandbox", "tercel.cli")) == []


@pytest.mark.parametrize("room", ["producers", "workers", "sandbox"])
def test_nothing_imports_the_command_line(room: str) -> None:
    assert breaches(modules(room), ("tercel.cli",)) == []


def test_a_destination_is_a_pure_translation() -> None:
    forbidden = (
        "redis",
        "celery",
        "kombu",
        "sqlalchemy",
        "httpx",
        "tercel.lanes",
        "tercel.store",
        "tercel.connections",
    )

    assert breaches(modules("workers/destinations"), forbidden) == []


def test_the_stand_in_shares_nothing_with_what_it_tests() -> None:
    shared = ("producers", "workers", "tercel")

    assert breaches(modules("sandbox"), shared, but=("tercel.errors",)) == []


def test_only_lanes_name_the_keys_of_lanes() -> None:
    found = [
        f"{name_of(path)}:{node.lineno}"
        for path in modules("producers", "workers", "tercel")
        if not name_of(path).startswith("tercel/lanes/")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and "\n" not in node.value
        if any(word in node.value for word in KEY_WORDS)
    ]

    assert found == []


def test_only_the_limiter_names_the_keys_of_the_limiter() -> None:
    found = [
        name_of(path) for path in modules("producers", "workers", "tercel") if "tercel:limiter:" in path.read_text()
    ]

    assert found == ["workers/limiter.py"]


def test_nothing_is_pickled() -> None:
    assert breaches(modules(*ROOMS), ("pickle", "cPickle", "dill", "cloudpickle", "shelve", "marshal")) == []


@pytest.mark.parametrize("room", [*ROOMS, "bench", "ops"])
def test_a_module_has_one_subject_and_is_no_longer_than_a_reader_can_bear(room: str) -> None:
    lengths = {name_of(path): len(path.read_text(encoding="utf-8").splitlines()) for path in modules(room)}

    assert {name: n for name, n in lengths.items() if n > MOST_LINES} == {}


def test_every_lua_script_says_what_it_does_and_is_loaded() -> None:
    scripts = sorted((ROOT / "tercel/lanes/lua").glob("*.lua"))
    loaded = (ROOT / "tercel/lanes/scripts.py").read_text()

    assert all(path.read_text().startswith("-- ") for path in scripts)
    assert [path.stem for path in scripts if path.stem != "common" and f'"{path.stem}"' not in loaded] == []
