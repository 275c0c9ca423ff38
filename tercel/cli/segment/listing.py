"""What ``tercel segment list`` knows of each Segment destination, those that cannot work included."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from producers.segment.actions.target import ActionsTarget
from producers.segment.destinations import SegmentTarget, load_destinations
from producers.segment.mappings_file import MappingsError, WrittenMapping
from tercel.cli.console import clean
from tercel.cli.reporting import Line
from tercel.settings import Settings


@dataclass(frozen=True, slots=True)
class Listed:
    """One destination. ``senders`` name who sends to it; ``problems``, (code, sentence), keep it from working."""

    name: str
    type: str
    deployment: str
    senders: tuple[str, ...]
    mappings: tuple[WrittenMapping, ...] = ()
    warnings: tuple[str, ...] = ()
    problems: tuple[tuple[str, str], ...] = ()

    def lines(self) -> Iterator[Line]:
        """Return it for people."""
        senders = ", ".join(self.senders) or "nobody yet"
        yield Line(f"{self.name} ({self.type}) -> {self.deployment}; sent to by {senders}", "bold")
        for one in self.mappings:
            off = "" if one.enabled else "  (switched off)"
            yield Line(f"  {one.number}. {clean(one.name) or 'mapping'}: {clean(one.action)}{off}")
            yield Line(f"     {clean(one.trigger)}", "dim")
        for warning in self.warnings:
            yield Line(f"  warning: {clean(warning)}", "yellow")
        for code, sentence in self.problems:
            yield Line(f"  {code}: {clean(sentence)} (tercel explain {code})", "red")

    def as_json(self) -> dict[str, Any]:
        """Return it as a JSON object."""
        return {
            "name": self.name,
            "type": self.type,
            "deployment": self.deployment,
            "senders": list(self.senders),
            "mappings": [
                {
                    "number": one.number,
                    "name": one.name,
                    "action": one.action,
                    "trigger": one.trigger,
                    "enabled": one.enabled,
                }
                for one in self.mappings
            ],
            "warnings": list(self.warnings),
            "problems": [{"code": code, "text": sentence} for code, sentence in self.problems],
        }


def listed(settings: Settings) -> list[Listed]:
    """Look at every destination by itself, so that one that cannot work hides none of the others."""
    return [_listed(settings, name) for name in sorted(settings.segment)]


def only(settings: Settings, name: str) -> SegmentTarget:
    """Return one destination, ready for messages. Raises MappingsError for what is wrong with it alone."""
    return load_destinations(settings.model_copy(update={"segment": {name: settings.segment[name]}}))[name]


def _listed(settings: Settings, name: str) -> Listed:
    one = settings.segment[name]
    senders = tuple(sender for sender, found in sorted(settings.senders.items()) if name in found.destinations)
    try:
        target = only(settings, name)
    except MappingsError as error:
        problems = tuple((problem.code, problem.sentence) for problem in error.problems)
        return Listed(name, one.type, one.deployment, senders, problems=problems)
    mappings = target.written if isinstance(target, ActionsTarget) else ()
    return Listed(name, one.type, one.deployment, senders, mappings, target.warnings)
