"""Segment destinations by name: what the webhook's messages go to, of whichever type."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from producers.intake import Taken
from producers.segment.actions.explained import Step
from producers.segment.actions.target import ActionsTarget
from producers.segment.classic import Classic
from producers.segment.engage import Engage, SyncMode
from producers.segment.mappings_file import MappingProblem, MappingsError, read_mappings, read_mappings_file
from producers.third_party.callbacks import CallbackPolicy
from tercel.settings import SegmentDestination, Settings


class SegmentTarget(Protocol):
    """One Segment destination: what its messages become, for one deployment."""

    @property
    def name(self) -> str:
        """Its name in the settings, ``[segment.<name>]``."""
        ...

    @property
    def type(self) -> str:
        """``actions``, ``classic`` or ``engage``."""
        ...

    @property
    def deployment(self) -> str:
        """The name of the deployment that receives its records."""
        ...

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the person who configured it should know, a sentence each."""
        ...

    def take(self, message: Mapping[str, Any], *, sender: str) -> Taken:
        """Return what a message becomes. It never raises for anything that a message may hold."""
        ...

    def explain(self, message: Mapping[str, Any]) -> list[Step]:
        """Return how it becomes that, a step for each mapping."""
        ...


class WholeTarget:
    """A destination without mappings: a message becomes what it becomes as a whole."""

    def __init__(self, name: str, kind: str, deployment: str, rules: Classic | Engage) -> None:
        self.name = name
        self.type = kind
        self.deployment = deployment
        self.warnings: tuple[str, ...] = ()
        self._rules = rules

    def take(self, message: Mapping[str, Any], *, sender: str) -> Taken:
        """Return what a message becomes; the sender makes no difference."""
        return self._rules.take(message)

    def explain(self, message: Mapping[str, Any]) -> list[Step]:
        """Return what a message becomes, as the one step it takes."""
        taken = self._rules.take(message)
        is_for_it = bool(taken.records or taken.refused)
        return [
            Step(
                1,
                self.name,
                self.type,
                "",
                is_for_it,
                why_not="" if is_for_it else f"A destination of type {self.type} leaves this message out.",
                records=taken.records,
                refused=taken.refused,
                notes=taken.notes,
            )
        ]


def load_destinations(settings: Settings) -> dict[str, SegmentTarget]:
    """Return every configured destination by name, ready for messages.

    Raises MappingsError with a sentence for everything that is wrong in any of them, naming file, mapping and field;
    SettingsError where a deployment is not there (the sandbox's, while none runs).
    """
    targets: dict[str, SegmentTarget] = {}
    problems: list[MappingProblem] = []
    for name, destination in settings.segment.items():
        try:
            targets[name] = _target(name, destination, settings)
        except MappingsError as error:
            problems += error.problems
    if problems:
        raise MappingsError(problems)
    return targets


def _target(name: str, destination: SegmentDestination, settings: Settings) -> SegmentTarget:
    deployment = settings.deployment(destination.deployment)
    if destination.type == "classic":
        return WholeTarget(
            name, "classic", destination.deployment, Classic(destination.deployment, destination.custom_attributes)
        )
    if destination.type == "engage":
        mode = None if destination.sync_mode is None else SyncMode(destination.sync_mode)
        return WholeTarget(name, "engage", destination.deployment, Engage(destination.deployment, sync_mode=mode))
    if destination.mappings_file is not None:
        written = read_mappings_file(destination.mappings_file)
    else:
        written = read_mappings(destination.mappings, f"segment.{name}.mappings")
    return ActionsTarget(
        name,
        destination.deployment,
        written,
        deployment_url=deployment.url,
        callbacks=CallbackPolicy(settings.receiver.callback_hosts, settings.receiver.callback_allow_http),
    )
