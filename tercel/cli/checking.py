"""The checks of ``tercel check``. Each returns lines and raises nothing that a person could have caused."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import httpx

from tercel.cli.alive import workers_alive
from tercel.cli.catalogue import cure_of
from tercel.cli.console import clean
from tercel.cli.opening import Start, load_settings, open_redis, open_store
from tercel.cli.probing import probe
from tercel.cli.segment.listing import listed
from tercel.connections import Durability, assess, read_durability
from tercel.connections import Level as FindingLevel
from tercel.errors import SettingsError, TercelError
from tercel.lanes import Lanes
from tercel.settings import Deployment, Settings

NO_WORKER: Final = "T230"
PROBE_TIMEOUT_S: Final = 10.0  # seconds for one step of a probe: connecting, or the next bytes of the answer


class Level(StrEnum):
    """How a check came out."""

    OK = "ok"
    NOTE = "note"
    WARN = "warn"
    FAIL = "fail"


_OF_FINDING: Final = {
    FindingLevel.ERROR: Level.FAIL,
    FindingLevel.WARNING: Level.WARN,
    FindingLevel.NOTE: Level.NOTE,
}


@dataclass(frozen=True, slots=True)
class Checked:
    """One thing that was looked at. ``code`` and ``cure`` are empty where all is well."""

    level: Level
    subject: str
    said: str
    code: str = ""
    cure: str = ""

    def text(self) -> str:
        """Return it as a line, and a second one with what to do."""
        code = f"{self.code}: " if self.code else ""
        line = f"{self.level.value:<5} {self.subject}: {code}{clean(self.said)}"
        return f"{line}\n      {self.cure}" if self.cure and self.level in (Level.WARN, Level.FAIL) else line

    def as_json(self) -> dict[str, str]:
        """Return it as a JSON object."""
        return {
            "level": self.level.value,
            "subject": self.subject,
            "code": self.code,
            "text": self.said,
            "cure": self.cure,
        }


def check_all(only: str | None, *, transport: httpx.BaseTransport | None = None) -> Iterator[Checked]:
    """Check everything, one thing after the other; ``only`` one deployment where named.

    ``transport`` is handed to httpx. Raises SettingsError for the name of a deployment that does not exist.
    """
    try:
        settings = load_settings()
    except SettingsError as error:
        yield from (problem("settings", SettingsError(line)) for line in str(error).splitlines())
        return
    deployments = settings.deployments if only is None else {only: settings.deployment(only)}
    yield ok("settings", f"deployments {', '.join(settings.deployments) or 'none'}; home {settings.home}")
    if not deployments:
        said = "no deployment is configured: add [deployments.prod] with url and key to tercel.toml"
        yield Checked(Level.FAIL, "settings", said, SettingsError.code, cure_of(SettingsError.code))
    yield from check_redis(settings, list(deployments))
    yield from check_store(settings)
    yield from check_segment(settings, list(deployments))
    yield from check_syncs(settings)
    for name, one in deployments.items():
        yield check_deployment(name, one, transport=transport)


def check_redis(settings: Settings, deployments: list[str]) -> Iterator[Checked]:
    """Is Redis there, does it keep what it is given, is anything halted, and do workers answer?"""
    try:
        with open_redis(settings, start=Start.ALWAYS) as redis:
            with redis.guard():
                facts = read_durability(redis.client)
                halts = list(_halts(redis.lanes, deployments))
            yield ok("redis", f"{redis.place} answers: {facts.version_text}, {_keeps(facts)}, {_room(facts)}")
            for finding in assess(facts):
                level = _OF_FINDING[finding.level]
                yield Checked(level, "redis", finding.text, finding.code, cure_of(finding.code))
            yield from halts
            yield _workers(settings)
    except TercelError as error:
        yield problem("redis", error)


def check_store(settings: Settings) -> Iterator[Checked]:
    """Is the store there, with the tables of this version?"""
    try:
        with open_store(settings) as store:
            store.list_runs(1)
            yield ok("store", f"{store.name} answers, its tables are up to date")
    except TercelError as error:
        yield problem("store", error)


def check_segment(settings: Settings, deployments: list[str]) -> Iterator[Checked]:
    """Can the mappings of the Segment destinations of these deployments work?"""
    for one in listed(settings):
        if one.deployment not in deployments:
            continue
        subject = f"segment {one.name}"
        for code, sentence in one.problems:
            yield Checked(Level.FAIL, subject, sentence, code, cure_of(code))
        if not one.problems:
            switched_on = sum(mapping.enabled for mapping in one.mappings)
            with_mappings = f", {switched_on} of {len(one.mappings)} mappings switched on" if one.mappings else ""
            yield ok(subject, f"{one.type}, for {one.deployment}{with_mappings}")
        for warning in one.warnings:
            yield Checked(Level.WARN, subject, warning)


def check_syncs(settings: Settings) -> Iterator[Checked]:
    """Can the warehouse syncs work as they are declared, and do they fit together? Their sources are not read."""
    from producers.warehouse.syncing.advising import advice
    from producers.warehouse.syncing.definition import load_sync

    syncs = []
    for name in sorted(settings.syncs):
        try:
            sync = load_sync(settings, name)
            yield ok(f"sync {name}", f"{sync.mode.value} to {sync.target}, from {sync.source}")
            syncs.append(sync)
        except TercelError as error:
            yield problem(f"sync {name}", error)
    for name, sentences in advice(syncs).items():
        yield from (Checked(Level.WARN, f"sync {name}", sentence) for sentence in sentences)


def check_deployment(name: str, one: Deployment, *, transport: httpx.BaseTransport | None = None) -> Checked:
    """Is the deployment's address right, does it answer, and does it take the key?"""
    subject = f"deployment {name}"
    try:
        with httpx.Client(timeout=PROBE_TIMEOUT_S, transport=transport) as client:
            found = probe(one, client)
    except TercelError as error:
        return problem(subject, error)
    if found is None:
        return ok(subject, f"{one.url} answers and takes the key")
    return Checked(Level.FAIL, subject, f"{one.url}: {found.text}", found.code, cure_of(found.code))


def ok(subject: str, said: str) -> Checked:
    """Return a line for something that is well."""
    return Checked(Level.OK, subject, said)


def problem(subject: str, error: TercelError) -> Checked:
    """Return a line for an error."""
    return Checked(Level.FAIL, subject, str(error), error.code, cure_of(error.code))


def _workers(settings: Settings) -> Checked:
    names = workers_alive(settings)
    if names:
        return ok("workers", f"{len(names)} answer: {', '.join(names)}")
    return Checked(Level.WARN, "workers", "none answers; records wait on their lanes", NO_WORKER, cure_of(NO_WORKER))


def _halts(lanes: Lanes, deployments: list[str]) -> Iterator[Checked]:
    for name in deployments:
        halted = lanes.halted(name)
        if halted is not None:
            said = f"halted: {halted.reason}"
            yield Checked(Level.WARN, f"deployment {name}", said, halted.code, cure_of(halted.code))


def _keeps(facts: Durability) -> str:
    if not facts.appendonly:
        return "keeps nothing on disk"
    return f"append-only file, appendfsync {facts.appendfsync or 'not known'}"


def _room(facts: Durability) -> str:
    if not facts.maxmemory_bytes:
        return f"{facts.policy}, no maxmemory"
    return f"{facts.policy}, {facts.headroom:.0%} of maxmemory free"
