"""What every test may use: see the modules in ``tests/support``."""

from __future__ import annotations

pytest_plugins = [
    "tests.support.redis_server",
    "tests.support.processes",
    "tests.support.properties",
    "tests.support.cutting_proxy",
    "tests.support.house",
]
