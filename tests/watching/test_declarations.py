"""Metrics and log events are declared once, and the documentation's tables come from there."""

from __future__ import annotations

import dataclasses
import inspect
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tercel import metrics
from tercel.metrics import METRICS, Metric, MetricType, Scope
from workers.watching import events
from workers.watching.events import Event

ROOT = Path(__file__).resolve().parents[2]
HISTOGRAMS = [metric for metric in METRICS if metric.type is MetricType.HISTOGRAM]
NEVER_A_LABEL = {"pid", "process", "worker", "profile", "customer", "record", "run", "call", "hostname"}


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_a_metric_has_a_prometheus_name_with_our_prefix(metric: Metric) -> None:
    assert re.fullmatch(r"tercel_[a-z]+(_[a-z]+)*", metric.name)
    assert metric.name.endswith("_total") == (metric.type is MetricType.COUNTER)


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_a_metric_says_what_it_means_and_labels_no_customer_and_no_process(metric: Metric) -> None:
    assert metric.meaning.endswith(".")
    assert metric.unit
    assert not NEVER_A_LABEL & set(metric.labels)


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_a_metric_in_seconds_says_so_in_its_name(metric: Metric) -> None:
    assert metric.name.endswith("_seconds") == metric.unit.startswith("seconds")


@pytest.mark.parametrize("metric", HISTOGRAMS, ids=lambda metric: metric.name)
def test_a_histograms_buckets_rise(metric: Metric) -> None:
    assert list(metric.buckets) == sorted(set(metric.buckets))
    assert metric.buckets


def test_no_two_metrics_share_a_name() -> None:
    assert len({metric.name for metric in METRICS}) == len(METRICS)


def test_the_table_says_how_several_exporters_become_one_figure() -> None:
    printed = subprocess.run(
        [sys.executable, "-m", "tercel.metrics"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout

    assert printed == metrics.markdown()
    assert "| `tercel_lane_ready_records` | gauge | `deployment`, `kind`, `urgency` | records | `max` |" in printed
    assert "| `tercel_requests_total` | counter | `deployment`, `kind`, `status` | requests | `sum` |" in printed


def test_every_metric_but_the_exporters_own_is_on_the_dashboard() -> None:
    dashboard = json.loads((ROOT / "ops/grafana/dashboards/tercel.json").read_text())
    text = " ".join(target["expr"] for panel in dashboard["panels"] for target in panel.get("targets", []))

    missing = {metric.name for metric in METRICS if metric.name not in text}

    assert missing == {metrics.UP.name}


def test_what_workers_count_themselves_is_no_gauge_but_for_signs_of_life() -> None:
    own = {metric.name for metric in METRICS if metric.scope is Scope.HOST and metric.type is MetricType.GAUGE}

    assert own == {metrics.UP.name, metrics.WORKER_HEARTBEAT_TIMESTAMP_SECONDS.name}


@pytest.mark.parametrize("event", events.events(), ids=lambda event: event.event_name())
def test_an_event_says_what_it_means(event: type[Event]) -> None:
    assert event.__doc__
    assert (inspect.getdoc(event) or "").endswith(".")


@pytest.mark.parametrize("event", events.events(), ids=lambda event: event.event_name())
def test_an_events_fields_do_not_hide_what_every_line_has(event: type[Event]) -> None:
    assert not {field.name for field in dataclasses.fields(event)} & {"time", "level", "logger", "event", "message"}


def test_the_events_table_can_be_printed() -> None:
    printed = subprocess.run(
        [sys.executable, "-m", "workers.watching.events"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout

    assert printed == events.markdown()
    assert printed.count("| `breaker_opened` | WARNING | `deployment`, `failures`, `open_s`, `code` |") == 1
