"""The report: what is written where, and that a missed target is called missed."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest

from bench.design_note import design_note
from bench.machine import Machine
from bench.report import BEGIN, END, placed, render
from bench.targets import verdicts

MACHINE = Machine("A processor", 2, 24.0, "Linux 6", "CPython 3.11", "Redis 7.0.15", {"celery": "5.7.0"})
SPREAD = {"smallest": 39_000.0, "median": 41_000.0, "largest": 42_000.0, "runs": 3}
LATENCY = {"records": 2_000, "p50_ms": 60.0, "p99_ms": 120.0, "max_ms": 150.0}
LIMITED = {
    "processes": 2,
    "fsync": "everysec",
    "utilisation": 0.985,
    "answers_429": 0,
    "max_in_any_second": 60,
    "tightest_ms": 1_004.0,
    "records_per_call": 100.0,
    "requests": 1_300,
}
MIRRORED = {"stage_s": 0.2, "compare_s": 0.2, "confirm_s": 0.1, "first_total_s": 1.0, "peak_mib": 150.0}
FIGURES: dict[str, dict[str, Any]] = {
    "throughput": {
        "end_to_end_per_s": 41_000,
        "textbook_per_s": 1_300,
        "ratio": 31.5,
        "bytes_per_record": 551.0,
        "cpu_us_per_record": {"producer": 13.0, "Redis": 11.0, "workers": 20.0, "sink": 0.4},
        "rates": {"Tercel everysec": SPREAD, "Tercel always": SPREAD, "textbook everysec": SPREAD},
        "ratios": {"everysec": SPREAD},
        "alone": {},
        "end_to_end": {
            "Tercel everysec": [{"others": 0.02}, {"others": 0.134}],
            "textbook everysec": [{"others": None}],
        },
        "backlogs": [
            {
                "records": 10_000,
                "enqueue_per_s": 60_000.0,
                "enqueue_redis_us": 4.0,
                "deliver_per_s": 45_000.0,
                "deliver_redis_us": 7.0,
                "bytes_per_record": 551.0,
            }
        ],
        "load_before": 0.1,
    },
    "limiter": {
        "utilisation": 0.985,
        "answers_429": 0,
        "max_in_any_second": 60,
        "by_processes": [LIMITED],
        "load_before": 0.2,
    },
    "latency": {
        "live_p99_ms": 120.0,
        "live_p99_ms_under_bulk": 480.0,
        "utilisation_under_bulk": 0.98,
        "alone": LATENCY,
        "under_bulk": {"all": LATENCY, "shared": LATENCY, "disjoint": LATENCY},
        "load_before": 0.3,
    },
    "receiver": {
        **{f"single_per_s_{fsync}": 6_000 for fsync in ("always", "everysec")},
        **{f"single_p50_ms_{fsync}": 9.0 for fsync in ("always", "everysec")},
        **{f"single_p99_ms_{fsync}": 20.0 for fsync in ("always", "everysec")},
        **{f"batch_messages_per_s_{fsync}": 9_000 for fsync in ("always", "everysec")},
        **{f"batch_records_per_s_{fsync}": 27_000 for fsync in ("always", "everysec")},
        "arrival_to_answer": LATENCY,
        "arrival_to_answer_p99_ms": 120.0,
        "cores": "own",
        "load_before": 0.4,
    },
    "mirror": {
        "members": 5_000_000,
        "sqlite_s": 50.0,
        "postgresql_s": 50.0,
        "peak_mib": 150.0,
        "by_size": [
            {"database": "sqlite", "members": members, "total_s": total_s, **MIRRORED}
            for members, total_s in ((50_000, 0.5), (5_000_000, 50.0))
        ],
        "load_before": 0.5,
    },
    "syncing": {
        "csv_per_s": 61_000,
        "parquet_per_s": 61_000,
        "postgresql_per_s": 41_000,
        "memory_rows": 10_000_000,
        "memory_mib": 120.0,
        "memory_mib_of_a_tenth": 118.0,
        "first_run_share": 0.97,
        "by_source": [
            {
                "source": "csv",
                "rows": 1_000_000,
                "read_us": 12.0,
                "compare_us": 3.0,
                "enqueue_us": 6.0,
                "per_s": 47_600.0,
                "mapped_per_s": 83_000.0,
                "peak_mib": 110.0,
            }
        ],
        "first_run": {"members": 2_000_000, "rate": 60.0, "share": 0.97, "sending_s": 34.0},
        "load_before": 0.6,
    },
}


def with_figure(benchmark: str, figure: str, value: float) -> dict[str, dict[str, Any]]:
    figures = copy.deepcopy(FIGURES)
    figures[benchmark][figure] = value
    return figures


def test_figures_that_reach_their_targets_are_called_reached() -> None:
    assert {verdict for *_, verdict in verdicts(FIGURES)} == {"reached"}


@pytest.mark.parametrize(
    ("benchmark", "figure", "value"),
    [
        ("throughput", "end_to_end_per_s", 39_999),
        ("throughput", "ratio", 29.9),
        ("throughput", "bytes_per_record", 600.1),
        ("limiter", "utilisation", 0.969),
        ("limiter", "answers_429", 1),
        ("limiter", "max_in_any_second", 61),
        ("latency", "live_p99_ms_under_bulk", 500.0),
        ("receiver", "single_per_s_always", 2_999),
        ("receiver", "single_p99_ms_always", 50.0),
        ("receiver", "single_per_s_everysec", 4_999),
        ("receiver", "batch_records_per_s_always", 19_999),
        ("receiver", "arrival_to_answer_p99_ms", 750.0),
        ("mirror", "sqlite_s", 90.0),
        ("mirror", "postgresql_s", 90.0),
        ("mirror", "peak_mib", 300.0),
        ("syncing", "csv_per_s", 59_999),
        ("syncing", "parquet_per_s", 59_999),
        ("syncing", "postgresql_per_s", 39_999),
        ("syncing", "memory_mib", 300.0),
        ("syncing", "first_run_share", 0.799),
    ],
)
def test_a_figure_that_misses_its_target_is_called_missed(benchmark: str, figure: str, value: float) -> None:
    rows = {row[0]: row[3] for row in verdicts(with_figure(benchmark, figure, value))}

    assert rows[f"`{figure}`"] == "**missed**"


def test_the_report_names_the_machine() -> None:
    text = render(FIGURES, MACHINE, quick=False, day="2026-01-01")

    assert "A processor, 2 cores, 24 GiB, Linux 6; CPython 3.11, Redis 7.0.15; celery 5.7.0. 2026-01-01." in text


def test_a_quick_run_says_that_it_is_one() -> None:
    assert "quick run" in render(FIGURES, MACHINE, quick=True, day="2026-01-01")


def test_the_report_says_how_much_of_the_machine_others_took() -> None:
    assert "took up to 13%" in render(FIGURES, MACHINE, quick=False, day="2026-01-01")


def test_the_design_note_says_what_the_cores_could_carry_at_most() -> None:
    note = design_note(FIGURES["throughput"], cores=2)

    assert "33.3 us of CPU time for each record" in note
    assert "carry at most 45,045 a second" in note
    assert "2.7 cores in all would do" in note


def test_writing_again_replaces_only_what_stands_between_the_marks() -> None:
    first = placed("old figures", "# Results\n\nBy hand.\n")
    second = placed("new figures", first + "\n## Kills\n")

    assert "old figures" not in second
    assert second.startswith("# Results\n\nBy hand.\n")
    assert second.endswith("## Kills\n")
    assert second.count(BEGIN) == second.count(END) == 1


def test_the_results_in_the_repository_have_one_generated_part() -> None:
    path = Path(__file__).resolve().parents[2] / "bench" / "RESULTS.md"

    assert not path.exists() or path.read_text().count(BEGIN) == 1


def test_the_report_says_how_mirrors_grow() -> None:
    text = render(FIGURES, MACHINE, quick=False, day="2026-11-22")

    assert "sqlite 100 times as long for 100 times the members" in text


def test_what_was_not_measured_is_left_out() -> None:
    some = {name: figures for name, figures in FIGURES.items() if name not in ("mirror", "syncing")}

    text = render(some, MACHINE, quick=True, day="2026-11-22")

    assert "mirror" not in text
    assert len(verdicts(some)) < len(verdicts(FIGURES))
