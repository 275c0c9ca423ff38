"""What the figures must reach, and whether they do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from bench.spread import number


@dataclass(frozen=True, slots=True)
class Target:
    """One wanted figure: which benchmark and name, what is wanted in words, and the test of it."""

    benchmark: str
    figure: str
    wanted: str
    reached: Callable[[float], bool]
    text: Callable[[float], str] = number


TARGETS: Final = (
    Target("throughput", "end_to_end_per_s", "at least 40,000", lambda value: value >= 40_000),
    Target("throughput", "ratio", "at least 30", lambda value: value >= 30),
    Target("throughput", "bytes_per_record", "at most 600", lambda value: value <= 600),
    Target("limiter", "utilisation", "at least 97%", lambda value: value >= 0.97, "{:.1%}".format),
    Target("limiter", "answers_429", "none", lambda value: value == 0, "{:.0f}".format),
    Target("limiter", "max_in_any_second", "at most 60", lambda value: value <= 60, "{:.0f}".format),
    Target("latency", "live_p99_ms_under_bulk", "under 500", lambda value: value < 500),
    Target("receiver", "single_per_s_always", "at least 3,000", lambda value: value >= 3_000),
    Target("receiver", "single_p99_ms_always", "under 50", lambda value: value < 50),
    Target("receiver", "single_per_s_everysec", "at least 5,000", lambda value: value >= 5_000),
    Target("receiver", "batch_records_per_s_always", "at least 20,000", lambda value: value >= 20_000),
    Target("receiver", "arrival_to_answer_p99_ms", "under 750", lambda value: value < 750),
    Target("mirror", "sqlite_s", "under 90 for 5 million members", lambda value: value < 90),
    Target("mirror", "postgresql_s", "under 90 for 5 million members", lambda value: value < 90),
    Target("mirror", "peak_mib", "under 300", lambda value: value < 300),
    Target("syncing", "csv_per_s", "at least 60,000", lambda value: value >= 60_000),
    Target("syncing", "parquet_per_s", "at least 60,000", lambda value: value >= 60_000),
    Target("syncing", "postgresql_per_s", "at least 40,000", lambda value: value >= 40_000),
    Target("syncing", "memory_mib", "under 300 at 10 million rows", lambda value: value < 300),
    Target("syncing", "first_run_share", "at least 80% of the limit", lambda value: value >= 0.8, "{:.1%}".format),
)


def verdicts(figures: Mapping[str, Mapping[str, Any]]) -> list[tuple[str, str, str, str]]:
    """Return a row for each target that was measured: figure, wanted, measured, and whether it was reached."""
    rows = []
    for target in TARGETS:
        if target.benchmark not in figures:
            continue
        value = figures[target.benchmark][target.figure]
        verdict = "reached" if target.reached(value) else "**missed**"
        rows.append((f"`{target.figure}`", target.wanted, target.text(value), verdict))
    return rows
