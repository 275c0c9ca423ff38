"""All actions of Segment's Talon.One (Actions) destination, deprecated and removed ones included."""

from __future__ import annotations

from typing import Final

from producers.segment.actions.audiences import CREATE_AUDIENCE, DELETE_AUDIENCE, RENAME_AUDIENCE
from producers.segment.actions.events import TRACK_EVENT, TRACK_EVENT_V1
from producers.segment.actions.fields import Action
from producers.segment.actions.profiles import (
    UPDATE_PROFILE,
    UPDATE_PROFILES_ATTRIBUTES,
    UPDATE_PROFILES_AUDIENCES,
    UPSERT_PROFILE_V1,
    UPSERT_PROFILE_V2,
)
from producers.segment.actions.sessions import UPDATE_SESSION, UPDATE_SESSION_V1

_ALL: Final = (
    CREATE_AUDIENCE,
    RENAME_AUDIENCE,
    DELETE_AUDIENCE,
    UPDATE_PROFILE,
    UPDATE_PROFILES_AUDIENCES,
    UPDATE_PROFILES_ATTRIBUTES,
    TRACK_EVENT,
    UPDATE_SESSION,
    UPSERT_PROFILE_V1,
    UPSERT_PROFILE_V2,
    TRACK_EVENT_V1,
    UPDATE_SESSION_V1,
)
ACTIONS: Final[dict[str, Action]] = {action.slug: action for action in _ALL}
"""The actions by slug."""


def _plain(name: str) -> str:
    """Return a name as it is compared: the page's typographic apostrophe, blanks and case make no difference."""
    return " ".join(name.replace("\N{RIGHT SINGLE QUOTATION MARK}", "'").lower().split())


# Without its mark a deprecated title may be that of the current action, which then is meant: it comes last, and wins.
_BY_NAME: Final[dict[str, Action]] = {
    **{_plain(action.title): action for action in reversed(_ALL)},
    **{_plain(action.full_title): action for action in _ALL},
    **{_plain(action.slug): action for action in _ALL},
}


def find_action(name: str) -> Action | None:
    """Return the action of a slug or a title, in any case; None where there is none."""
    return _BY_NAME.get(_plain(name))
