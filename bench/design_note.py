"""What stands between the measured rate and 60,000 records a second: where the CPU time of a record goes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from bench.spread import number

WANTED_PER_S: Final = 60_000  # records a second that a deployment's limit allows
MICRO: Final = 1_000_000


def design_note(figures: Mapping[str, Any], cores: int) -> str:
    """Return the note as Markdown, from the figures of the throughput benchmark."""
    used: dict[str, float] = figures["cpu_us_per_record"]
    total = sum(used.values())
    budget = cores * MICRO / WANTED_PER_S
    measured = figures["end_to_end_per_s"]
    lines = ["| process | CPU us a record | share | records/s that one core of it carries |", "|---|---|---|---|"]
    for name, us in sorted(used.items(), key=lambda item: -item[1]):
        alone = number(MICRO / us) if us else "-"
        lines.append(f"| {name} | {number(us)} | {us / total:.0%} | {alone} |")
    lines.append(f"| **all** | **{number(total)}** | | |")
    carried = cores * MICRO / total
    text = (
        f"{cores} cores have {number(budget)} us of CPU time for each record at {WANTED_PER_S:,} a second; a record "
        f"costs {number(total)} us from producer to sink, so these cores carry at most {number(carried)} a second if "
        f"nothing ever waits. Measured: {number(measured)}, {measured / carried:.0%} of that."
    )
    return "\n".join([*lines, "", text, "", _what_next(used, total, budget)])


def _what_next(used: Mapping[str, float], total: float, budget: float) -> str:
    single = max(used.items(), key=lambda item: item[1])[0]
    redis_us = used["Redis"]
    redis = (
        f"Redis is one thread: at {number(redis_us)} us a record it ends at {number(MICRO / redis_us)} a second, "
        f"{'above' if MICRO / redis_us > WANTED_PER_S else 'below'} the {WANTED_PER_S:,} that are wanted."
    )
    if total <= budget:
        return f"{redis} The CPU time is there; what is missing is lost in waiting."
    cores = total * WANTED_PER_S / MICRO
    return (
        f"{redis} The largest part is used by: {single}. Producers and workers are separate processes and spread over "
        f"more cores, or hosts: {cores:.1f} cores in all would do."
    )
