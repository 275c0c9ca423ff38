"""What ``tercel sync run --empty-first`` asks of Talon.One, past the lanes: that an audience has no members."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Final

from producers.warehouse.syncing.definition import SyncDefinition, load_sync
from tercel.cli import console
from tercel.cli.opening import load_settings
from tercel.cli.segment.trying import trial
from tercel.errors import DestinationUnavailable, UsageError
from tercel.settings import Settings
from workers.destinations.base import Answer, Request

_REFUSES_THE_KEY: Final = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)


def emptying(settings: Settings, sync: SyncDefinition) -> Callable[[], None]:
    """Return what empties the audience of a sync, in one request that takes its slot of the shared limiter.

    Raises UsageError for a sync that has no audience, or one that is only known by name. So does what is returned where
    Talon.One does not know the audience or refuses the key; and DestinationUnavailable where it does not do it now.
    """
    if sync.audience_id is None:
        raise UsageError(
            f"sync {sync.name} has no audience_id, and an audience can only be emptied by its number. Give the number "
            "in the column ID of Audiences in the Campaign Manager."
        )
    path = f"/v2/audiences/{sync.audience_id}/memberships"
    request = Request("DELETE", path, b"", ((0,),), "", {"Accept": "application/json"}, idempotency_header=False)

    def empty() -> None:
        with trial(settings, sync.deployment) as sending:
            _judge(sync, sending.answer(request))

    return empty


def confirmed(name: str, *, yes: bool) -> bool:
    """Ask whether the audience of a sync is to be emptied. Raises SettingsError for a sync that does not exist."""
    sync = load_sync(load_settings(), name)
    question = (
        f"Remove every member of {sync.target}, whoever put them there, and then add the rows of {name}? Campaigns see "
        "an empty audience in between."
    )
    return console.confirm(question, yes=yes)


def _judge(sync: SyncDefinition, answer: Answer) -> None:
    if 200 <= answer.status < 300:
        return
    if answer.status == HTTPStatus.NOT_FOUND:
        raise UsageError(
            f"{sync.deployment} does not know audience {sync.audience_id} (404). Nothing was removed, nothing was sent."
        )
    if answer.status in _REFUSES_THE_KEY:
        raise UsageError(
            f"{sync.deployment} refuses the API key (HTTP {answer.status}). Nothing was removed, nothing was sent."
        )
    said = f"answers HTTP {answer.status}" if answer.status else f"gives no answer ({answer.error})"
    raise DestinationUnavailable(
        f"{sync.deployment} {said} to emptying audience {sync.audience_id}; it may have done so all the same. Nothing "
        "was sent: run the sync again."
    )
