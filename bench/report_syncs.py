"""What the report says of warehouse syncs: their sources, their memory, mirrors and how these grow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bench.spread import number
from bench.tables import table

Figures = Mapping[str, Any]


def syncs(figures: Mapping[str, Figures]) -> list[str]:
    """Return the sections, as far as they were measured."""
    parts = []
    if "syncing" in figures:
        parts += _sources(figures["syncing"])
    if "mirror" in figures:
        parts += _mirrors(figures["mirror"])
    return parts


def _sources(found: Figures) -> list[str]:
    rows = [
        (
            one["source"],
            f"{one['rows']:,}",
            *(number(one[part]) for part in ("read_us", "compare_us", "enqueue_us")),
            number(one["mapped_per_s"]),
            f"**{number(one['per_s'])}**",
            f"{one['peak_mib']:.0f}",
        )
        for one in found["by_source"]
    ]
    first = found["first_run"]
    return [
        "## Syncs: what a row costs from its source to the lane",
        "Profiles with four attributes, one of them a number and one a time; the state is in SQLite. Microseconds of "
        "CPU of the one process that runs the sync, so that other work on the machine counts little; rows a second are "
        "what one core does by that: read, mapped and staged; and all the way to the lane.",
        table(("source", "rows", "read", "compare", "enqueue", "mapped /s", "queued /s", "peak MiB"), rows),
        f"Memory, ids of a CSV file: {found['memory_mib']:.0f} MiB at {found['memory_rows']:,} rows, "
        f"{found['memory_mib_of_a_tenth']:.0f} MiB at a tenth of them.",
        f"A mirror's first run, {first['members']:,} members against {first['rate']:g} requests a second: "
        f"{first['share']:.1%} of the limit used from the first request to the last ({first['sending_s']:g} s).",
    ]


def _mirrors(found: Figures) -> list[str]:
    rows = [
        (
            one["database"],
            f"{one['members']:,}",
            *(f"{one[part]:.1f} s" for part in ("total_s", "stage_s", "compare_s", "confirm_s", "first_total_s")),
            f"{one['peak_mib']:.0f} MiB",
        )
        for one in found["by_size"]
    ]
    return [
        f"## A mirror of {found['members']:,} members, 1% of them changed",
        "From the first row staged to the last outcome in the state; delivery itself is not in it. PostgreSQL with the "
        "tests' settings (16 MB of shared buffers, no waiting for the disk).",
        table(("database", "members", "in all", "stage", "compare", "confirm", "first run", "peak memory"), rows),
        _growth(found),
    ]


def _growth(found: Figures) -> str:
    """Say how the time grows from the smallest size to the largest."""
    said = []
    for database in dict.fromkeys(one["database"] for one in found["by_size"]):
        sizes = sorted((one["members"], one["total_s"]) for one in found["by_size"] if one["database"] == database)
        (few, few_s), (many, many_s) = sizes[0], sizes[-1]
        said.append(f"{database} {many_s / few_s:.0f} times as long for {many / few:.0f} times the members")
    return f"From the smallest to the largest: {'; '.join(said)}."
