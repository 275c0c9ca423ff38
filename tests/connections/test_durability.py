"""What a Redis promises is read from it and judged; each finding has a level and a code that stay."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import redis

from tercel.connections import Durability, Level, assess, connect, read_durability
from tercel.embedded import EmbeddedRedis

GOOD = Durability(
    product="Redis",
    version=(7, 0, 15),
    appendonly=True,
    appendfsync="always",
    maxmemory_bytes=1_000_000_000,
    used_bytes=100_000_000,
    policy="noeviction",
    cluster=False,
    role="master",
    replicas=0,
)


def codes(facts: Durability) -> list[tuple[Level, str]]:
    return [(finding.level, finding.code) for finding in assess(facts)]


def test_a_good_setup_has_no_findings() -> None:
    assert assess(GOOD) == []


@pytest.mark.parametrize(
    ("change", "level", "code"),
    [
        ({"version": (6, 0, 16)}, Level.ERROR, "T211"),
        ({"cluster": True}, Level.ERROR, "T212"),
        ({"role": "slave"}, Level.ERROR, "T213"),
        ({"appendonly": False}, Level.ERROR, "T214"),
        ({"settings_known": False, "appendfsync": ""}, Level.NOTE, "T215"),
        ({"appendfsync": "everysec"}, Level.WARNING, "T216"),
        ({"appendfsync": "no"}, Level.ERROR, "T217"),
        ({"policy": "allkeys-lru"}, Level.ERROR, "T218"),
        ({"maxmemory_bytes": 0}, Level.NOTE, "T219"),
        ({"used_bytes": 800_000_001}, Level.ERROR, "T220"),
        ({"replicas": 2}, Level.NOTE, "T221"),
    ],
)
def test_each_risk_is_found_alone(change: dict[str, object], level: Level, code: str) -> None:
    assert codes(replace(GOOD, **change)) == [(level, code)]  # type: ignore[arg-type]


@pytest.mark.parametrize("version", [(6, 2, 0), (7, 0, 0), (9, 1, 2)])
def test_versions_from_the_oldest_on_will_do(version: tuple[int, ...]) -> None:
    assert assess(replace(GOOD, version=version)) == []


def test_a_fifth_free_is_just_enough() -> None:
    assert assess(replace(GOOD, used_bytes=800_000_000)) == []


def test_an_eviction_policy_without_a_limit_is_only_a_warning() -> None:
    facts = replace(GOOD, policy="allkeys-lru", maxmemory_bytes=0)

    assert codes(facts) == [(Level.WARNING, "T218"), (Level.NOTE, "T219")]


def test_the_worst_comes_first() -> None:
    facts = replace(GOOD, replicas=1, appendfsync="everysec", cluster=True)

    assert [level for level, _ in codes(facts)] == [Level.ERROR, Level.WARNING, Level.NOTE]


@pytest.mark.parametrize("environ", [None, {"PATH": ""}], ids=["machine's own", "wheel's"])
def test_the_facts_are_read_from_a_real_server(tmp_path: Path, environ: dict[str, str] | None) -> None:
    with (
        EmbeddedRedis(tmp_path, extra={"maxmemory": "100mb"}, environ=environ) as server,
        connect(server.url) as client,
    ):
        facts = read_durability(client)

    assert assess(facts) == []
    assert (facts.appendonly, facts.appendfsync, facts.policy) == (True, "always", "noeviction")
    assert facts.maxmemory_bytes == 104_857_600
    assert 0.9 < facts.headroom < 1


def test_a_server_that_hides_its_settings_is_still_judged(tmp_path: Path) -> None:
    with EmbeddedRedis(tmp_path) as server, connect(server.url) as admin:
        admin.acl_setuser("guest", enabled=True, nopass=True, commands=["+@all", "-config"], keys=["*"], reset=True)
        with connect(f"unix://guest@{server.socket}") as client:
            facts = read_durability(client)

    assert (facts.settings_known, facts.appendonly) == (False, True)


def test_a_client_that_decodes_is_read_as_well(redis_server: EmbeddedRedis) -> None:
    with redis.Redis.from_url(redis_server.url, decode_responses=True) as client:
        assert read_durability(client).appendfsync == "no"
