"""What runs Tercel elsewhere fits together: files that exist, settings that are known, metrics that are declared."""

from __future__ import annotations

import configparser
import importlib.util
import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from producers.segment.destinations import load_destinations
from tercel.connections import assess, connect, read_durability
from tercel.embedded import EmbeddedRedis
from tercel.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
OPS = ROOT / "ops"
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
DASHBOARD: dict[str, Any] = json.loads((OPS / "grafana/dashboards/tercel.json").read_text())
UNITS = sorted((OPS / "systemd").iterdir())
ENDS_BY_ITSELF = {"db-upgrade"}
OURS = sorted(name for name, service in SERVICES.items() if service["image"].startswith("tercel:"))
SECRET_CONTENT = {
    "redis_url": "redis://:x@redis:6379/0",
    "database_url": "postgresql://tercel:x@postgres:5432/tercel",
    "talon_one_key": "0123456789abcdef",
    "flower_basic_auth": "tercel:x",
    "dropin_key": "0123456789abcdef",
    "segment_secret": "0123456789abcdef",
}


def expressions() -> Iterator[str]:
    """Every query of the dashboard and of the alerts."""
    for panel in DASHBOARD["panels"]:
        for target in panel.get("targets", []):
            yield target["expr"]
    for variable in DASHBOARD["templating"]["list"]:
        yield variable["query"]["query"]
    for group in yaml.safe_load((OPS / "alerts.yml").read_text())["groups"]:
        for rule in group["rules"]:
            yield rule["expr"]


def metrics_used() -> set[str]:
    found = {name for text in expressions() for name in re.findall(r"\btercel_\w+", text)}
    return {re.sub(r"_bucket$", "", name) for name in found}


def load_settings(variables: dict[str, str], folder: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Load the settings as a service would, with made-up secrets in place of its own."""
    for name in [name for name in os.environ if name.startswith("TERCEL_")]:
        monkeypatch.delenv(name)
    for name, value in variables.items():
        if name == "TERCEL_CONFIG" and value == "/etc/tercel/tercel.toml" and "TERCEL_RECEIVER__PORT" in variables:
            monkeypatch.setenv(name, str(OPS / "receiver" / "tercel.toml"))
        elif name.startswith("TERCEL_") and name != "TERCEL_CONFIG":
            secret = Path(value).name
            if name.endswith("_FILE") and secret in SECRET_CONTENT:
                (folder / secret).write_text(SECRET_CONTENT[secret])
                value = str(folder / secret)  # noqa: PLW2901
            monkeypatch.setenv(name, re.sub(r"\$\{\w+:-(\w*)\}", r"\1", value))
    monkeypatch.setenv("TERCEL_DEPLOYMENTS__PROD__URL", "https://mycompany.europe-west1.talon.one")
    monkeypatch.chdir(folder)
    return Settings.load()


@pytest.mark.parametrize("name", OURS)
def test_every_setting_of_a_container_is_known_and_right(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = load_settings(SERVICES[name]["environment"], tmp_path, monkeypatch)

    assert settings.deployment("prod").current_key().get_secret_value() == SECRET_CONTENT["talon_one_key"]


@pytest.mark.parametrize("unit", ["tercel-worker.service", "tercel-flower.service", "tercel-beat.service"])
def test_every_setting_of_a_systemd_service_is_known_and_right(
    unit: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = (OPS / "systemd" / unit).read_text().splitlines()
    given = [line.removeprefix("Environment=") for line in lines if line.startswith("Environment=")]
    variables = {name: value for name, _, value in (line.partition("=") for line in given)}

    assert load_settings(variables, tmp_path, monkeypatch).deployment("prod")


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_a_container_is_of_a_version_that_is_named(name: str) -> None:
    _, _, version = SERVICES[name]["image"].partition(":")

    assert re.match(r"v?\d+\.\d+", version)


def test_the_images_python_is_of_a_version_that_is_named() -> None:
    bases = re.findall(r"^FROM (\S+)", (OPS / "Dockerfile").read_text(), re.M)

    assert len(set(bases)) == 1
    assert re.fullmatch(r"python:3\.11\.\d+-slim-\w+", bases[0])


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_a_container_has_limits_and_a_health_check(name: str) -> None:
    service = SERVICES[name]

    assert set(service["deploy"]["resources"]["limits"]) == {"cpus", "memory"}
    assert "healthcheck" in service or name in ENDS_BY_ITSELF


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_a_port_is_published_on_this_machine_only(name: str) -> None:
    assert all(port.startswith("127.0.0.1:") for port in SERVICES[name].get("ports", []))


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_a_secret_is_a_file_that_the_container_is_given(name: str) -> None:
    service = SERVICES[name]
    used = set(re.findall(r"/run/secrets/(\w+)", yaml.safe_dump(service)))

    assert used <= set(service.get("secrets", []))
    assert set(service.get("secrets", [])) <= set(COMPOSE["secrets"])
    for variable in service.get("environment", {}):
        assert not re.search(r"(PASSWORD|KEY|REDIS_URL|DATABASE_URL|BASIC_AUTH)$", variable)


def test_what_a_container_waits_for_can_be_waited_for() -> None:
    for service in SERVICES.values():
        waited_for = service.get("depends_on", {})
        conditions = waited_for if isinstance(waited_for, dict) else {}
        assert set(waited_for) <= set(SERVICES)
        for other, how in conditions.items():
            assert how["condition"] != "service_healthy" or "healthcheck" in SERVICES[other]


def test_every_file_a_container_mounts_is_there() -> None:
    for service in SERVICES.values():
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            assert source in COMPOSE["volumes"] or (ROOT / source).exists()


def test_a_worker_gets_longer_to_stop_than_its_requests_get() -> None:
    worker = SERVICES["workers"]

    assert float(worker["stop_grace_period"].rstrip("s")) > float(worker["environment"]["TERCEL_WORKER__GRACE_S"])


def test_prometheus_asks_the_workers_where_they_answer() -> None:
    scrape = yaml.safe_load((OPS / "prometheus.yml").read_text())["scrape_configs"][0]["dns_sd_configs"][0]

    assert scrape["names"] == ["workers"]
    assert str(scrape["port"]) == SERVICES["workers"]["environment"]["TERCEL_WORKER__METRICS_PORT"]


def test_prometheus_asks_the_receiver_where_it_listens() -> None:
    scrape = yaml.safe_load((OPS / "prometheus.yml").read_text())["scrape_configs"][1]["dns_sd_configs"][0]

    assert scrape["names"] == ["receiver"]
    assert str(scrape["port"]) == SERVICES["receiver"]["environment"]["TERCEL_RECEIVER__PORT"]


def test_the_receivers_doors_open_with_the_settings_that_come_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = load_settings(SERVICES["receiver"]["environment"], tmp_path, monkeypatch)

    assert {sender.door for sender in settings.senders.values()} == {"segment", "third_party"}
    assert load_destinations(settings)["prod"].deployment == "prod"


def test_the_provisioned_dashboard_uses_the_provisioned_source() -> None:
    source = yaml.safe_load((OPS / "grafana/provisioning/datasources/prometheus.yaml").read_text())["datasources"][0]
    used = set(re.findall(r'"uid": "(\w+)"', json.dumps(DASHBOARD["panels"])))
    provider = yaml.safe_load((OPS / "grafana/provisioning/dashboards/tercel.yaml").read_text())["providers"][0]
    mounted = [volume.split(":")[1] for volume in SERVICES["grafana"]["volumes"]]

    assert used == {source["uid"]}
    assert provider["options"]["path"] in mounted


def test_the_dashboards_panels_do_not_overlap() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in DASHBOARD["panels"]:
        at = panel["gridPos"]
        cells = {(at["x"] + x, at["y"] + y) for x in range(at["w"]) for y in range(at["h"])}
        assert not cells & taken, panel["title"]
        assert at["x"] + at["w"] <= 24
        taken |= cells


def test_a_gauge_is_never_summed_over_workers_before_it_is_made_one() -> None:
    for text in expressions():
        for inner in re.findall(r"sum(?: by \([^)]*\))? ?\((\w+)", text):
            assert inner in {"rate", "increase", "max"}, text


def test_every_metric_on_the_dashboard_and_in_the_alerts_is_declared() -> None:
    declared = set(re.findall(r'"(?:tercel_)?([a-z_]+)"', (ROOT / "tercel" / "metrics.py").read_text()))

    unknown = {name for name in metrics_used() if name.removeprefix("tercel_") not in declared}

    assert unknown == set()


def test_what_the_image_adds_for_postgresql_is_what_the_tests_run_with() -> None:
    wanted = (OPS / "postgresql.txt").read_text().split("\npsycopg==")[1]

    assert f"\npsycopg=={wanted}" in (ROOT / "locks/dev.txt").read_text()


def test_the_image_copies_only_what_is_let_through_to_the_builder() -> None:
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", (OPS / "Dockerfile").read_text(), re.M)
    let_through = [line[1:] for line in (OPS / "Dockerfile.dockerignore").read_text().splitlines() if line[:1] == "!"]

    for source in " ".join(copied).split():
        assert source in let_through or f"{source}/**" in let_through
        assert (ROOT / source).exists()


def test_compose_itself_understands_the_file() -> None:
    docker = shutil.which("docker")
    if not docker or subprocess.run([docker, "compose", "version"], capture_output=True, check=False).returncode:
        pytest.skip("there is no `docker compose` on this machine: the other tests read the file as YAML")
    environment = {**os.environ, "TALON_ONE_URL": "https://mycompany.europe-west1.talon.one"}

    answer = subprocess.run(
        [docker, "compose", "config", "--quiet"], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )

    assert answer.returncode == 0, answer.stderr


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_a_systemd_unit_says_what_it_is(unit: Path) -> None:
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read(unit)

    assert parser["Unit"]["Description"]


def test_secrets_are_made_once_and_stay_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "ops" / "secrets").mkdir(parents=True)
    script = tmp_path / "ops" / "make-secrets"
    script.write_bytes((OPS / "make-secrets").read_bytes())

    def made(key: str) -> dict[str, str]:
        subprocess.run(["sh", str(script)], input=key, text=True, check=True, capture_output=True)
        return {file.name: file.read_text() for file in script.with_name("secrets").iterdir()}

    first = made("the-key\n")
    second = made("another\n")

    assert first == second
    assert set(first) == set(COMPOSE["secrets"])
    assert first["talon_one_key"] == "the-key"
    assert first["redis_password"] in first["redis_url"]
    assert len(first["postgres_password"]) == 32


def test_no_secret_can_be_committed() -> None:
    answer = subprocess.run(["git", "check-ignore", "ops/secrets/talon_one_key"], cwd=ROOT, check=False)

    assert answer.returncode == 0


@pytest.mark.parametrize(("age_s", "says"), [(5, None), (31, "31 s old, more than 30 s"), (None, "no heartbeat yet")])
def test_a_heartbeat_is_judged_by_its_age(tmp_path: Path, age_s: int | None, says: str | None) -> None:
    spec = importlib.util.spec_from_file_location("heartbeat", OPS / "heartbeat.py")
    assert spec is not None
    assert spec.loader is not None
    heartbeat = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(heartbeat)
    file = tmp_path / "heartbeat"
    if age_s is not None:
        file.touch()
        os.utime(file, (1_000_000 - age_s, 1_000_000 - age_s))

    found = heartbeat.complaint(file, 30.0, 1_000_000.0)

    assert found is None if says is None else says in found


def test_the_containers_redis_is_one_that_check_has_nothing_to_say_about(tmp_path: Path) -> None:
    lines = [line for line in (OPS / "redis.conf").read_text().splitlines() if line and not line.startswith("#")]
    settings = dict(line.split(" ", 1) for line in lines)
    assert settings.pop("port") == "6379"
    assert settings.pop("appendonly") == "yes"
    assert settings.pop("dir") == "/data"
    assert settings.pop("save") == '""'
    appendfsync = settings.pop("appendfsync")

    with EmbeddedRedis(tmp_path, appendfsync=appendfsync, extra=settings) as server, connect(server.url) as client:  # type: ignore[arg-type]
        assert assess(read_durability(client)) == []
