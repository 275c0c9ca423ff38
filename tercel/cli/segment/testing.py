"""What ``tercel segment test`` does: each message through one destination and, if wanted, on to the deployment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext
from typing import Any

from producers.segment.destinations import SegmentTarget
from tercel.cli.opening import load_settings
from tercel.cli.segment.listing import only
from tercel.cli.segment.reading import messages_from
from tercel.cli.segment.showing import Tested
from tercel.cli.segment.trying import Trial, trial
from tercel.errors import UsageError
from tercel.settings import Settings
from tercel.settings.nearest import suggestion


def tested(destination: str, file: str | None, samples: Sequence[str], *, send: bool) -> Iterator[Tested]:
    """Yield what becomes of each message. Raises UsageError, SettingsError, InputError; with ``send`` others too."""
    settings = load_settings()
    _check(settings, destination)
    messages = messages_from(file, samples)
    target = only(settings, destination)
    with trial(settings, target.deployment) if send else nullcontext() as sending:
        for number, message in enumerate(messages, start=1):
            yield _tested(number, message, target, sending)


def _tested(number: int, message: Mapping[str, Any], target: SegmentTarget, sending: Trial | None) -> Tested:
    steps = target.explain(message)
    tried = None if sending is None else [sending.send_all(step.records) for step in steps]
    return Tested(number, message, target.name, target.type, target.deployment, steps, tried)


def _check(settings: Settings, name: str) -> None:
    if name in settings.segment:
        return
    if not settings.segment:
        raise UsageError(
            f"There is no Segment destination {name!r}: none is configured yet. Add [segment.{name}] with the "
            "deployment it is for, and its mappings, to tercel.toml."
        )
    raise UsageError(
        f"There is no Segment destination {name!r}{suggestion(name, settings.segment)} "
        f"Configured: {', '.join(sorted(settings.segment))}."
    )
