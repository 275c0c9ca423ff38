"""RESULTS.md: the figures of all benchmarks of one run, the machine, and what stands between them and the target.

Only the part between two markers is written; what others keep in the file stays.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from bench.children import ROOT
from bench.design_note import design_note
from bench.machine import Machine, describe
from bench.report_syncs import syncs
from bench.spread import Spread, number
from bench.tables import table
from bench.targets import verdicts

PATH: Final = ROOT / "bench" / "RESULTS.md"
BEGIN: Final = "<!-- bench: written by `python -m bench report`; changes up to the end mark are lost -->"
END: Final = "<!-- bench: end -->"
TITLE: Final = "# Results\n"
FSYNCS: Final = ("everysec", "always")

Figures = Mapping[str, Any]


def write(figures: Mapping[str, Figures], *, quick: bool, path: Path = PATH) -> Path:
    """Write the report of ``figures`` (by benchmark) into its part of the file, and return the path."""
    text = render(figures, describe(), quick=quick, day=datetime.now(UTC).date().isoformat())
    path.write_text(placed(text, path.read_text() if path.exists() else TITLE))
    return path


def placed(text: str, file: str) -> str:
    """Return the file with the text between the markers; they are added at the end where they are missing."""
    before, begin, rest = file.partition(BEGIN)
    if not begin:
        return f"{file.rstrip()}\n\n{BEGIN}\n{text}\n{END}\n"
    after = rest.partition(END)[2]
    return f"{before}{BEGIN}\n{text}\n{END}{after}"


def render(figures: Mapping[str, Figures], machine: Machine, *, quick: bool, day: str) -> str:
    """Return the report as Markdown."""
    through, limited, late = figures["throughput"], figures["limiter"], figures["latency"]
    received = figures["receiver"]
    parts = [
        "## The machine",
        _machine(machine, day, quick=quick, loads=[one["load_before"] for one in figures.values()]),
        "## Wanted and measured",
        table(("figure", "wanted", "measured", ""), verdicts(figures)),
        "## Throughput: profile records a second, limiter off",
        "Tercel and the textbook application (one task a record, `celery-batches`, `bench/textbook/`) in turn in one "
        "run: the same Redis binary and settings, each time a new server, the same sink, two worker processes, one "
        "producer. Median, and smallest to largest where it was measured more than once. End to end is from the first "
        "enqueue to the last record at the sink, where every record is counted. Tercel gets a whole number of calls; "
        "the textbook's clock stops at 90% of its records, so that the last, incomplete batches, which wait for their "
        "flush interval, do not count against it.",
        _throughput(through),
        _others(through),
        f"A queued record takes {number(through['bytes_per_record'])} bytes of Redis memory{_textbook_bytes(through)}.",
        "### What a record costs by the length of the lane",
        _backlogs(through["backlogs"]),
        "### What stands between this and 60,000 records a second",
        design_note(through, machine.cores),
        "## Limiter: a strict 60 requests in any second",
        "Profile calls, small enough (linger 0) for this machine to want more than 60 of them a second; where a call "
        "has about 1,000 records, a full backlog, as fast as this machine carries it. With always, Redis answers "
        "nobody while the disk syncs; slots that pass meanwhile are gone. The stand-in's own count; "
        "`tightest` is the shortest time in which 61 requests came, and must not be below "
        "1,000 ms.",
        _limited(limited),
        "## Latency of live records",
        "From just before the enqueue to the stand-in's answer, 200 records a second wanted, enqueued one by one.",
        _latency(late),
        "## The receiver: messages taken in on one core",
        "Segment's webhook: signature, deduplication, and three mappings that all apply, so that a message becomes "
        f"three records. The receiver has a core to itself{_shared(received)}; Redis and the sender share another, and "
        "nothing is delivered meanwhile. Batches are of 1,000 messages.",
        _received(received),
        "From the moment at which an identify should have been sent, 500 a second, to the stand-in's answer that holds "
        "its profile, everything on this machine:",
        table(
            ("", "measured", "p50 ms", "p99 ms", "max ms"), [_spread_row("identifies", received["arrival_to_answer"])]
        ),
        *syncs(figures),
    ]
    return "\n\n".join(parts)


def _machine(machine: Machine, day: str, *, quick: bool, loads: Sequence[float]) -> str:
    libraries = ", ".join(f"{name} {version}" for name, version in machine.libraries.items())
    kept = " **A quick run: shorter and less exact than a full one.**" if quick else ""
    return (
        f"{machine.processor}, {machine.cores} cores, {machine.memory_gib:g} GiB, {machine.kernel}; {machine.python}, "
        f"{machine.redis}; {libraries}. {day}. Everything runs on this one machine: producer, Redis, workers, "
        f"destination. Its load before each benchmark: {', '.join(map(str, loads))}.{kept}"
    )


def _throughput(figures: Figures) -> str:
    rows = []
    for fsync in FSYNCS:
        ours, theirs = figures["alone"].get(f"Tercel {fsync}"), figures["alone"].get(f"textbook {fsync}")
        for name, part in (("enqueue alone", "enqueued"), ("deliver alone", "delivered")):
            if ours is not None:
                mine, other = ours[part]["per_s"], theirs[part]["per_s"] if theirs else None
                ratio = f"{mine / other:.1f}" if other else "-"
                rows.append((name, fsync, number(mine), number(other) if other else "-", ratio))
        rates, ratio = figures["rates"], figures["ratios"].get(fsync)
        other = rates.get(f"textbook {fsync}")
        rows.append(
            (
                "**end to end**",
                fsync,
                f"**{Spread(**rates[f'Tercel {fsync}'])}**",
                str(Spread(**other)) if other else "-",
                f"**{Spread(**ratio)}**" if ratio else "-",
            )
        )
    return table(("", "appendfsync", "Tercel", "textbook", "ratio"), rows)


def _others(figures: Figures) -> str:
    shares = [
        passage["others"]
        for passages in figures["end_to_end"].values()
        for passage in passages
        if passage["others"] is not None
    ]
    if not shares:
        return "How much CPU time other processes took meanwhile cannot be told on this system."
    return f"Of the CPU time used meanwhile, processes that are not part of this took up to {max(shares):.0%}."


def _textbook_bytes(figures: Figures) -> str:
    theirs = figures["alone"].get("textbook everysec")
    return f" (textbook: {number(theirs['enqueued']['bytes_per_record'])})" if theirs else ""


def _backlogs(backlogs: Iterable[Figures]) -> str:
    rows = [
        (
            f"{one['records']:,}",
            number(one["enqueue_per_s"]),
            number(one["enqueue_redis_us"]),
            number(one["deliver_per_s"]),
            number(one["deliver_redis_us"]),
            number(one["bytes_per_record"]),
        )
        for one in backlogs
    ]
    head = ("records waiting", "enqueue /s", "Redis us/record", "deliver /s", "Redis us/record", "bytes/record")
    return table(head, rows)


def _limited(figures: Figures) -> str:
    measured = [*figures["by_processes"], *([figures["full_calls"]] if "full_calls" in figures else [])]
    rows = [
        (
            one["fsync"],
            str(one["processes"]),
            number(one["records_per_call"]),
            f"{one['utilisation']:.1%}",
            str(one["answers_429"]),
            str(one["max_in_any_second"]),
            "-" if one["tightest_ms"] is None else f"{one['tightest_ms']:,.0f} ms",
        )
        for one in measured
    ]
    return table(
        ("appendfsync", "processes", "records a call", "limit used", "429s", "most in any second", "tightest"), rows
    )


def _latency(figures: Figures) -> str:
    full = figures.get("under_full_calls", {})
    named = [
        ("alone", figures["alone"]),
        (f"backfill at {figures['utilisation_under_bulk']:.0%} of the limit, all", figures["under_bulk"]["all"]),
        ("- profiles that are in the backfill too", figures["under_bulk"]["shared"]),
        ("- other profiles", figures["under_bulk"]["disjoint"]),
    ]
    if full:
        share = figures["utilisation_under_full_calls"]
        named.append((f"backfill in calls of 1,000 ({share:.0%} of the limit: the CPU is used up)", full["all"]))
    rows = [_spread_row(name, one) for name, one in named]
    return table(("live records", "measured", "p50 ms", "p99 ms", "max ms"), rows)


def _received(figures: Figures) -> str:
    rows = [
        (
            fsync,
            number(figures[f"single_per_s_{fsync}"]),
            number(figures[f"single_p50_ms_{fsync}"]),
            number(figures[f"single_p99_ms_{fsync}"]),
            number(figures[f"batch_messages_per_s_{fsync}"]),
            number(figures[f"batch_records_per_s_{fsync}"]),
        )
        for fsync in FSYNCS
    ]
    head = ("appendfsync", "single messages /s", "p50 ms", "p99 ms", "in batches: messages /s", "records /s")
    return table(head, rows)


def _shared(figures: Figures) -> str:
    return "" if figures["cores"] == "own" else " where there are enough of them, which is not so here"


def _spread_row(name: str, one: Figures) -> Sequence[str]:
    return (name, f"{one['records']:,}", number(one["p50_ms"]), number(one["p99_ms"]), number(one["max_ms"]))
