"""What Prometheus gets: the counters of all worker processes, the figures of Redis and the store, and no surprise."""

from __future__ import annotations

import http.client
import os
import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tercel.errors import SettingsError
from tercel.lanes import Lanes
from tercel.records import LaneKind, Profile, Urgency
from tercel.settings import Settings
from tercel.store import Rejection, RejectionCount, RejectionState, Store
from tests.support.processes import Processes
from tests.support.redis_server import DurableRedis
from workers.limiter import Limiter
from workers.watching.collector import StoreCollector
from workers.watching.exporter import Exporter
from workers.watching.folder import FolderCollector, MetricsFolder
from workers.watching.serving import metrics_served, serves_itself

Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def get(port: int, path: str = "/metrics", address: str = "127.0.0.1") -> tuple[int, str]:
    connection = http.client.HTTPConnection(address, port, timeout=60)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def scraped(exporter: Exporter | None) -> Samples:
    """Scrape, and parse as Prometheus would. A sample that is there twice is an error."""
    assert exporter is not None
    status, text = get(exporter.port)
    assert status == 200
    found: Samples = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            key = (sample.name, tuple(sorted(sample.labels.items())))
            assert key not in found, key
            found[key] = sample.value
    return found


def value(samples: Samples, name: str, **labels: str) -> float | None:
    return samples.get((f"tercel_{name}", tuple(sorted(labels.items()))))


def settings_for(folder: Path, redis_url: str, prefix: str = "", port: int | None = 0) -> Settings:
    return Settings.load(
        Path(os.devnull),
        environ={},
        home=str(folder),
        redis_url=redis_url,
        redis_prefix=prefix,
        deployments={"prod": {"url": "https://my.europe-west1.talon.one", "key": "0" * 16, "rate": 50}},
        worker={} if port is None else {"metrics_port": port},
    )


def profiles(n: int) -> list[Profile]:
    return [Profile(profile_id=f"customer-{i}", attributes={"Name": "Ada"}) for i in range(n)]


@pytest.fixture
def exporter(durable_redis: DurableRedis, tmp_path: Path, prefix: str) -> Iterator[Exporter]:
    with metrics_served(settings_for(tmp_path, durable_redis.url, prefix)) as served:
        assert served is not None
        yield served


def test_lanes_calls_and_totals_are_served_as_they_are_in_redis(
    durable_redis: DurableRedis, exporter: Exporter, prefix: str
) -> None:
    with durable_redis.client() as client:
        lanes = Lanes(client, prefix=prefix, clock=lambda: client.time()[0] - 60)
        lanes.enqueue("prod", Urgency.LIVE, profiles(30))
        lanes.enqueue("prod", Urgency.LIVE, profiles(5))
        lanes.cut("prod", LaneKind.PROFILE, Urgency.LIVE, size=10, window=8, cap=8, call_id="1" * 16)
        claim = lanes.claim("prod", "1" * 16, lease_s=60)
        assert claim is not None
        n = len(claim.messages)
        lanes.settle(claim, counts={(claim.run, "delivered"): n}, kind_counts={"profile.delivered": n})
        lanes.cut("prod", LaneKind.PROFILE, Urgency.LIVE, size=8, window=8, cap=8)

        survey, totals = lanes.survey("prod"), lanes.totals("prod")

    found = scraped(exporter)

    lane = {"deployment": "prod", "kind": "profile", "urgency": "live"}
    [there] = survey.lanes
    assert value(found, "lane_ready_records", **lane) == there.length
    assert value(found, "lane_turn_records", **lane) == there.waiting
    assert 59 <= (value(found, "lane_oldest_age_seconds", **lane) or 0) < 3600
    assert value(found, "calls", deployment="prod", urgency="live", state="ready") == 1
    assert value(found, "calls", deployment="prod", urgency="live", state="retrying") == 0
    assert value(found, "due_calls") == 1
    assert value(found, "in_flight_records", deployment="prod") == totals["in_flight"] > 0
    assert value(found, "records_total", deployment="prod", kind="profile", outcome="delivered") == n
    assert value(found, "up", source="redis") == 1


def test_an_empty_lane_is_served_as_zero(exporter: Exporter) -> None:
    found = scraped(exporter)

    for kind in LaneKind:
        for urgency in Urgency:
            labels = {"deployment": "prod", "kind": kind.value, "urgency": urgency.value}
            assert value(found, "lane_ready_records", **labels) == 0
            assert value(found, "lane_oldest_age_seconds", **labels) == 0


def test_a_halt_is_served_and_its_calls_are_not_due(
    durable_redis: DurableRedis, exporter: Exporter, prefix: str
) -> None:
    with durable_redis.client() as client:
        lanes = Lanes(client, prefix=prefix)
        lanes.enqueue("prod", Urgency.BULK, profiles(3))
        lanes.cut("prod", LaneKind.PROFILE, Urgency.BULK, size=3, window=8, cap=8)
        lanes.halt("prod", code="T410", reason="the key is not accepted")

    found = scraped(exporter)

    assert value(found, "deployment_halted", deployment="prod") == 1
    assert value(found, "due_calls") == 0


def test_the_limiters_rates_are_served(durable_redis: DurableRedis, exporter: Exporter, prefix: str) -> None:
    with durable_redis.client() as client:
        Limiter(client, prefix=prefix).set_limit("prod", 20)

    found = scraped(exporter)

    assert value(found, "limiter_rate_limit", deployment="prod") == 20
    assert value(found, "limiter_rate_allowed", deployment="prod") == 20
    assert value(found, "breaker_open", deployment="prod") == 0


def test_without_redis_the_counters_and_the_store_are_still_served(
    durable_redis: DurableRedis, exporter: Exporter
) -> None:
    durable_redis.kill9()

    gone = scraped(exporter)
    durable_redis.restart()
    back = scraped(exporter)

    assert (value(gone, "up", source="redis"), value(gone, "up", source="store")) == (0, 1)
    assert value(gone, "due_calls") is None
    assert (value(back, "up", source="redis"), value(back, "due_calls")) == (1, 0)


def test_only_metrics_are_served(exporter: Exporter) -> None:
    assert get(exporter.port, "/")[0] == 404
    assert get(exporter.port, "/metrics/../etc/passwd")[0] == 404


def test_an_address_of_the_sixth_version_is_served_too() -> None:
    with Exporter([], "::1", 0) as exporter:
        assert get(exporter.port, address="::1")[0] == 200


def test_a_port_that_is_taken_is_told_in_a_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(SettingsError, match=rf"port {port} \(Address already in use\): set worker.metrics_address"):
            Exporter([], "127.0.0.1", port).start()


def test_an_address_that_is_none_is_told_in_a_sentence() -> None:
    with pytest.raises(SettingsError, match=r"cannot be served on nowhere\.invalid"):
        Exporter([], "nowhere.invalid", 0).start()


def test_nothing_is_served_without_a_port(tmp_path: Path) -> None:
    with metrics_served(settings_for(tmp_path, "redis://127.0.0.1:1", port=None)) as exporter:
        assert exporter is None


def test_a_process_with_a_supervisor_serves_nothing_itself(tmp_path: Path) -> None:
    with MetricsFolder.make(tmp_path) as folder:
        assert not serves_itself(folder.environment())
    assert serves_itself({})


COUNT = """
import sys
from workers.watching import instruments
from workers.watching.heartbeat import Heartbeat
for _ in range(int(sys.argv[1])):
    instruments.request_done("prod", "profile", 204, 0.04)
    instruments.limiter_waited("prod", "bulk", 0.015)
instruments.request_done("prod", "profile", "timeout", 31.0)
instruments.slowed("prod")
Heartbeat(None, clock=lambda: float(sys.argv[2])).beat()
print("counted", flush=True)
sys.stdin.read() if sys.argv[3] == "stay" else None
"""


def test_the_counters_of_all_processes_are_added_up_dead_ones_included(processes: Processes, tmp_path: Path) -> None:
    with MetricsFolder.make(tmp_path) as folder, Exporter([FolderCollector(folder.path)], "127.0.0.1", 0) as exporter:
        for n, at_s in ((3, 1000), (4, 2000), (5, 1500)):
            process = processes.python("-c", COUNT, str(n), str(at_s), "go", env=folder.environment())
            assert process.wait() == 0, process.describe()

        found = scraped(exporter)

    prod = {"deployment": "prod"}
    assert value(found, "requests_total", **prod, kind="profile", status="204") == 12
    assert value(found, "requests_total", **prod, kind="profile", status="timeout") == 3
    assert value(found, "request_seconds_bucket", **prod, kind="profile", le="0.05") == 12
    assert value(found, "request_seconds_count", **prod, kind="profile") == 15
    assert value(found, "limiter_slots_total", **prod) == 12
    assert value(found, "limiter_wait_seconds_count", **prod, urgency="bulk") == 12
    assert value(found, "limiter_slowed_total", **prod) == 3
    assert value(found, "worker_heartbeat_timestamp_seconds") == 2000


def test_a_file_that_a_process_has_only_begun_hides_no_other(processes: Processes, tmp_path: Path) -> None:
    with MetricsFolder.make(tmp_path) as folder, Exporter([FolderCollector(folder.path)], "127.0.0.1", 0) as exporter:
        assert processes.python("-c", COUNT, "3", "0", "go", env=folder.environment()).wait() == 0
        (folder.path / "counter_1.db").touch()
        (folder.path / "histogram_1.db").write_bytes(b"\x40\0\0\0\0\0\0\0\xff\xff\0\0garbage")

        found = scraped(exporter)

    assert value(found, "limiter_slots_total", deployment="prod") == 3


def test_a_supervisors_folder_is_gone_after_it_and_a_crashed_ones_after_the_next(tmp_path: Path) -> None:
    crashed = tmp_path / "metrics" / "left-by-a-crash"
    crashed.mkdir(parents=True)
    (crashed / "counter_1.db").touch()

    with MetricsFolder.make(tmp_path) as first, MetricsFolder.make(tmp_path) as second:
        assert not crashed.exists()
        assert first.path.is_dir()
        assert second.path.is_dir()

    assert [entry.name for entry in (tmp_path / "metrics").iterdir()] == ["lock"]


def test_a_home_that_cannot_be_written_is_told_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file is in the way")

    with pytest.raises(SettingsError, match=r"cannot be written to .*TERCEL_HOME"):
        MetricsFolder.make(tmp_path / "home")


def rejection(record_id: str, code: str = "T401") -> Rejection:
    return Rejection(record_id, "prod", "profile", "00000000", code, "because", "", None, created_at=datetime.now(UTC))


class Clock:
    """A clock that tests move."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        self.now_s += 60
        return self.now_s


def rejections_served(collector: StoreCollector) -> dict[str, float]:
    return {
        sample.labels["code"]: sample.value
        for family in collector.collect()
        for sample in family.samples
        if sample.name == "tercel_rejections_total"
    }


def test_rejections_are_counted_as_they_come_and_a_purge_or_a_replay_takes_none_back(tmp_path: Path) -> None:
    with Store.open(f"sqlite:///{tmp_path}/tercel.db") as store:
        store.add_rejections([rejection("1"), rejection("2")])
        collector = StoreCollector(store, clock=Clock())
        at_first = rejections_served(collector)
        store.add_rejections([rejection("3"), rejection("4", "T402")])
        store.mark_replayed(["1"])
        then = rejections_served(collector)
        store.purge_older_than(0)
        purged = rejections_served(collector)
        store.add_rejections([rejection("5")])
        at_last = rejections_served(collector)

    assert at_first == {"T401": 0}
    assert then == purged == {"T401": 1, "T402": 1}
    assert at_last == {"T401": 2, "T402": 1}


class Counted:
    """A store that counts how often it is asked, and may fail."""

    def __init__(self) -> None:
        self.asked, self.fails = 0, False

    def rejection_counts(self, *, state: None) -> list[RejectionCount]:
        self.asked += 1
        if self.fails:
            raise OSError("gone")
        return [RejectionCount("prod", "00000000", "T401", RejectionState.OPEN, self.asked)]


def test_the_store_is_not_asked_at_every_scrape() -> None:
    store, now = Counted(), 0.0
    collector = StoreCollector(store, every_s=30, clock=lambda: now)

    for now in (0.0, 10.0, 20.0, 30.0, 40.0):  # noqa: B007 - the clock reads it
        list(collector.collect())

    assert store.asked == 2


def test_a_store_that_does_not_answer_is_told_and_its_figures_stay() -> None:
    store = Counted()
    collector = StoreCollector(store, clock=Clock())
    list(collector.collect())
    list(collector.collect())
    store.fails = True

    samples = {sample.name: sample.value for family in collector.collect() for sample in family.samples}

    assert samples == {"tercel_rejections_total": 1, "tercel_up": 0}
