"""What a Redis promises about the data it holds: the facts, read from the server, and what they mean for Tercel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import redis

OLDEST = (6, 2)  # contracts: the first version with the commands that the lanes use
SMALLEST_HEADROOM = 0.20  # share of maxmemory that should be free; producers stop when less is
MEGABYTE = 1_000_000  # bytes


class Level(StrEnum):
    """How bad a finding is: ``error`` loses data or cannot work, ``warning`` may, ``note`` is good to know."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing about a setup that its owner should know. ``code`` is stable; ``text`` says what to do."""

    level: Level
    code: str
    text: str


@dataclass(frozen=True, slots=True)
class Durability:
    """The facts. Sizes in bytes; ``maxmemory_bytes`` 0 means no limit.

    Where a hosted Redis hides its settings (no CONFIG command), ``settings_known`` is False and ``appendfsync`` is
    empty; the rest comes from INFO, which all of them answer.
    """

    product: str
    version: tuple[int, ...]
    appendonly: bool
    appendfsync: str
    maxmemory_bytes: int
    used_bytes: int
    policy: str
    cluster: bool
    role: str
    replicas: int
    settings_known: bool = True

    @property
    def version_text(self) -> str:
        """Product and version, e.g. ``Redis 7.0.15``."""
        return f"{self.product} {'.'.join(map(str, self.version))}"

    @property
    def headroom(self) -> float:
        """The share of ``maxmemory`` that is free; 1.0 without a limit."""
        if not self.maxmemory_bytes:
            return 1.0
        return max(0.0, 1 - self.used_bytes / self.maxmemory_bytes)


def read_durability(client: redis.Redis) -> Durability:
    """Ask a server. Raises redis-py's errors; use :func:`tercel.connections.translated` around it."""
    info: Mapping[str, Any] = client.info()
    try:
        settings = _text_keys(client.config_get("appendfsync"))
    except redis.ResponseError:  # an unknown command, or one not allowed: many hosted servers
        settings = None
    valkey = "valkey_version" in info
    return Durability(
        product="Valkey" if valkey else "Redis",
        version=_version(str(info["valkey_version"] if valkey else info["redis_version"])),
        appendonly=bool(int(info.get("aof_enabled", 0))),
        appendfsync=(settings or {}).get("appendfsync", ""),
        maxmemory_bytes=int(info.get("maxmemory", 0)),
        used_bytes=int(info.get("used_memory", 0)),
        policy=str(info.get("maxmemory_policy", "")),
        cluster=bool(int(info.get("cluster_enabled", 0))),
        role=str(info.get("role", "master")),
        replicas=int(info.get("connected_slaves", 0)),
        settings_known=settings is not None,
    )


def assess(facts: Durability) -> list[Finding]:
    """Say what the facts mean, worst first. An empty list: nothing to say. Source: contracts/celery-on-redis.md."""
    found = [*_compatibility(facts), *_disk(facts), *_memory(facts), *_replication(facts)]
    order = list(Level)
    return sorted(found, key=lambda finding: order.index(finding.level))


def _compatibility(facts: Durability) -> list[Finding]:
    found: list[Finding] = []
    if facts.version < OLDEST:
        text = f"{facts.version_text} is too old: Tercel needs Redis 6.2 or newer, or Valkey."
        found.append(Finding(Level.ERROR, "T211", text))
    if facts.cluster:
        text = "This is a Redis Cluster. Tercel's scripts need all keys on one server: use a single Redis, or Sentinel."
        found.append(Finding(Level.ERROR, "T212", text))
    if facts.role != "master":
        text = "This is a replica: it refuses writes. Point the Redis URL at the master, or use sentinel://."
        found.append(Finding(Level.ERROR, "T213", text))
    return found


def _disk(facts: Durability) -> list[Finding]:
    if not facts.appendonly:
        text = "The append-only file is off: a restart of Redis loses queued records. Set `appendonly yes`."
        return [Finding(Level.ERROR, "T214", text)]
    if not facts.settings_known:
        text = (
            "Redis hides its settings (no CONFIG command): ask its operator whether `appendfsync` is `always`; "
            "with anything else a crash loses the last writes."
        )
        return [Finding(Level.NOTE, "T215", text)]
    if facts.appendfsync == "everysec":
        text = (
            "`appendfsync everysec`: when Redis is killed, accepted records of the last second or two may be lost "
            "(seen in 1 kill of 10-15). Set `appendfsync always` if they must not be: bulk pushes get about 25% slower."
        )
        return [Finding(Level.WARNING, "T216", text)]
    if facts.appendfsync == "no":
        text = (
            "`appendfsync no`: a power cut loses what the system had not written yet, often 30 seconds of accepted "
            "records. Set `appendfsync always`."
        )
        return [Finding(Level.ERROR, "T217", text)]
    return []


def _memory(facts: Durability) -> list[Finding]:
    found: list[Finding] = []
    if facts.policy != "noeviction":
        limited = facts.maxmemory_bytes > 0
        text = (
            f"`maxmemory-policy {facts.policy}`: a full Redis {'drops' if limited else 'would drop'} queued records "
            "without a word. Set `maxmemory-policy noeviction`."
        )
        found.append(Finding(Level.ERROR if limited else Level.WARNING, "T218", text))
    if not facts.maxmemory_bytes:
        text = (
            "No `maxmemory` is set: a long backlog can use up the machine's memory. Set one, so that producers "
            "stop in time."
        )
        found.append(Finding(Level.NOTE, "T219", text))
    elif facts.used_bytes > facts.maxmemory_bytes * (1 - SMALLEST_HEADROOM):
        text = (
            f"Redis uses {facts.used_bytes / MEGABYTE:,.0f} MB of {facts.maxmemory_bytes / MEGABYTE:,.0f} MB: less "
            f"than {SMALLEST_HEADROOM:.0%} is free, so producers wait, and a full Redis could not even drain. "
            "Raise `maxmemory`."
        )
        found.append(Finding(Level.ERROR, "T220", text))
    return found


def _replication(facts: Durability) -> list[Finding]:
    if facts.role != "master" or not facts.replicas:
        return []
    text = (
        f"Replicas: {facts.replicas}. Replication is asynchronous: a failover may lose the last writes, "
        "accepted ones too."
    )
    return [Finding(Level.NOTE, "T221", text)]


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(part) if part.isdecimal() else 0 for part in text.split(".")[:3])


def _text_keys(answer: Mapping[Any, Any]) -> dict[str, str]:
    """CONFIG GET's answer as text, whichever of bytes and text the client was set to."""
    return {_text(name): _text(value) for name, value in answer.items()}


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
