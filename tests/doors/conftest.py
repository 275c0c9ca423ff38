"""One whole house for all tests that kill nothing, and houses of their own for those that do."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.doors.whole_house import WholeHouse, open_whole_house
from tests.support.house import PATIENT
from tests.support.processes import Processes

OpenHouse = Callable[..., WholeHouse]


@pytest.fixture(scope="session")
def _session_house() -> Iterator[WholeHouse]:
    with tempfile.TemporaryDirectory(prefix="tercel-doors-") as folder:
        processes = Processes(Path(folder))
        try:
            with open_whole_house(processes, **PATIENT) as whole:
                yield whole
        finally:
            processes.end_all()


@pytest.fixture
def whole(_session_house: WholeHouse) -> WholeHouse:
    """A house in which nothing is under way. The stand-in still holds what earlier tests left: use ids of your own."""
    _session_house.house.comes_to_rest()
    return _session_house


@pytest.fixture
def open_house_of_my_own(processes: Processes) -> Iterator[OpenHouse]:
    """Open a house in which things may be killed; it takes the options of ``open_whole_house``."""
    with contextlib.ExitStack() as stack:
        yield lambda **options: stack.enter_context(open_whole_house(processes, **options))
