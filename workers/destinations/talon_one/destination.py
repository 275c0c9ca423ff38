"""Talon.One as a destination: which renderer serves which lane, and the options of a deployment."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from types import MappingProxyType
from typing import Any, Final

from tercel.errors import SettingsError
from tercel.records import LaneKind, Urgency
from tercel.settings.keys import Credentials
from workers.destinations.base import Answer, Batch, Knowledge, Pace, Rendered, Request
from workers.destinations.talon_one.attributes import Unknown, skips
from workers.destinations.talon_one.audiences import render_audience
from workers.destinations.talon_one.events import EVENTS_APIS, EventsApi, render_event
from workers.destinations.talon_one.judging import judge_answer
from workers.destinations.talon_one.memberships import render_memberships
from workers.destinations.talon_one.profiles import render_profiles
from workers.destinations.talon_one.rules import AUDIENCE_CHANGES, AudienceChanges, render_rules
from workers.destinations.talon_one.sessions import render_session
from workers.destinations.talon_one.wire import ACCEPT_HEADERS, MAX_ITEMS, RecordData, render_writable
from workers.outcomes import Outcome

PROBE_PATH: Final = "/v2/authping"
BATCHED: Final = frozenset({LaneKind.PROFILE, LaneKind.MEMBERSHIP})
_MANY: Final = Batch(MAX_ITEMS)
_ALONE: Final = Batch(1)
_NOTHING_UNKNOWN: Final[Unknown] = frozenset()


class TalonOne:
    """A Talon.One deployment, spoken to through its Integration API. Holds no state and may be shared by threads."""

    name: str = "talon_one"
    budgets: Mapping[str, float] = MappingProxyType({})  # one limit for all requests

    def __init__(
        self,
        *,
        events_api: EventsApi = "v2",
        skip_unknown_attributes: bool = False,
        audience_changes: AudienceChanges = "memberships",
        now: Callable[[], float] = time.time,
    ) -> None:
        """Take the deployment's policies. ``skip_unknown_attributes`` is for records that do not say themselves.

        ``audience_changes`` says how a profile's audience changes travel where it does not run rules (see
        :mod:`workers.destinations.talon_one.rules`). ``now`` is the clock, in seconds since 1970, against which a
        Retry-After date is counted. Raises SettingsError for a value that does not exist.
        """
        _check_choice("events_api", events_api, EVENTS_APIS)
        _check_choice("audience_changes", audience_changes, AUDIENCE_CHANGES)
        self._events_api: EventsApi = events_api
        self._skip_unknown = skip_unknown_attributes
        self._audience_changes: AudienceChanges = audience_changes
        self._now = now

    def batch(self, kind: LaneKind, urgency: Urgency) -> Batch:
        """Return 1,000 records for profiles and memberships, 1 for everything the API cannot batch."""
        return _MANY if kind in BATCHED else _ALONE

    def proved(self, request: Request, credentials: Credentials) -> Request:
        """Add the header that carries an Integration API key."""
        key = credentials.key.get_secret_value()
        return replace(request, headers={**request.headers, "Authorization": f"ApiKey-v1 {key}"})

    def audience_key(self, name: str, external_id: str | None) -> str:
        """Return the external id where there is one: names need not be unique."""
        return external_id or name

    def render(self, kind: LaneKind, records: Sequence[Mapping[str, Any]], known: Knowledge) -> Rendered:
        """Render one request from a call's records, oldest first.

        Every record ends in exactly one item or in ``refused``, but where ``needs`` asks for something first, and
        where nothing is left to send: for an audience that is to be created and has a known id, one that is to be
        deleted and was only announced, and a profile that is to leave unknown audiences. Raises ValueError for more
        records than ``batch`` allows.
        """
        size = MAX_ITEMS if kind in BATCHED else 1
        if len(records) > size:
            raise ValueError(f"a {kind.value} call carries at most {size} records, not {len(records)}")
        if not records:
            return Rendered(None)
        return render_writable(partial(self._render, kind, known=known), records)

    def follow(self, kind: LaneKind, records: Sequence[Mapping[str, Any]], ticket: str) -> Request | None:
        """Return nothing to ask: a call may simply be sent again."""
        return None

    def judge(self, kind: LaneKind, records: Sequence[Mapping[str, Any]], request: Request, answer: Answer) -> Outcome:
        """Say what an answer means. Never raises, whatever the answer holds."""
        return judge_answer(kind, records, request, answer, skip_unknown_attributes=self._skip_unknown, now=self._now())

    def pace(self, request: Request, answer: Answer) -> Pace | None:
        """Return nothing to heed: the API tells no limits in its answers."""
        return None

    def probe(self) -> Request:
        """Return the credential check: any 2xx means that the deployment is reachable and takes the key."""
        return Request("GET", PROBE_PATH, b"", (), "", ACCEPT_HEADERS, idempotency_header=False)

    def _render(self, kind: LaneKind, records: Sequence[RecordData], *, known: Knowledge) -> Rendered:
        if kind is LaneKind.PROFILE:
            return render_profiles(records, known.unknown_attributes, self._skip_unknown)
        if kind is LaneKind.MEMBERSHIP:
            return render_memberships(records, known)
        unknown = known.unknown_attributes if skips(records[0], self._skip_unknown) else _NOTHING_UNKNOWN
        match kind:
            case LaneKind.RULES:
                return render_rules(records[0], known, unknown, self._audience_changes)
            case LaneKind.EVENT:
                return render_event(records[0], unknown, self._events_api)
            case LaneKind.SESSION:
                return render_session(records[0], unknown)
            case LaneKind.AUDIENCE:
                return render_audience(records[0], known)


def _check_choice(option: str, value: str, choices: Sequence[str]) -> None:
    if value not in choices:
        raise SettingsError(f"{option} is {value!r}; choose one of: {', '.join(choices)}.")
