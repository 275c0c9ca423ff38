"""What the stand-in holds: profiles, audiences, events, sessions, coupons, and the order updates came in."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

ACCOUNT_ID = 31


class Applied(NamedTuple):
    """One applied update of one profile. ``seq`` counts updates, ``request`` the requests as they were applied."""

    seq: int
    request: int
    kind: str
    profile: str
    content: Mapping[str, Any]


@dataclass(slots=True)
class Profile:
    """A profile. ``visible`` is false while only memberships have named it. Times are RFC 3339."""

    number: int
    created: str
    last_activity: str
    visible: bool = False
    attributes: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Audience:
    """An audience: ``fields`` as it is answered (with ``id``, ``accountId``, ``created``), and its members' ids."""

    fields: dict[str, Any]
    members: set[str] = field(default_factory=set)


class World:
    """Everything that requests have left behind. ``now`` gives the time as RFC 3339."""

    def __init__(self, now: Callable[[], str], *, journal_entries: int) -> None:
        self.now = now
        self.profiles: dict[str, Profile] = {}
        self.audiences: dict[int, Audience] = {}
        self.events: list[dict[str, Any]] = []
        self.events_by_id: dict[str, dict[str, Any]] = {}
        self.sessions: dict[str, dict[str, Any]] = {}
        self.coupons: list[dict[str, Any]] = []
        self.applied: Counter[str] = Counter()
        self.requests = 0
        self._seq = 0
        self._journal: deque[tuple[int, int, str, Collection[tuple[str, Mapping[str, Any]]]]] = deque()
        self._journaled = 0
        self._journal_entries = journal_entries
        self._last_audience = 0

    def begin(self) -> None:
        """The updates that follow belong to one more request."""
        self.requests += 1

    def profile(self, profile_id: str, *, visible: bool = True) -> Profile:
        """The profile, made if it is not there yet; ``visible`` false leaves a hidden one hidden."""
        profile = self.profiles.get(profile_id)
        if profile is None:
            now = self.now()
            profile = self.profiles[profile_id] = Profile(len(self.profiles) + 1, now, now, visible)
        elif visible:
            profile.visible = True
        return profile

    def journal(self, profile: str | None = None) -> Iterator[Applied]:
        """The applied updates that are still kept, of one profile or of all, in the order they were applied."""
        for first, request, kind, updates in list(self._journal):
            for seq, (profile_id, content) in enumerate(updates, first):
                if profile is None or profile_id == profile:
                    yield Applied(seq, request, kind, profile_id, content)

    def log(self, kind: str, profile_id: str, content: Mapping[str, Any]) -> None:
        """Note that an update of a profile was applied. ``content`` must not be changed afterwards."""
        self.log_all(kind, ((profile_id, content),))

    def log_all(self, kind: str, updates: Collection[tuple[str, Mapping[str, Any]]]) -> None:
        """Note several updates of one kind, in order. They are kept as they are: one step for a thousand."""
        self._journal.append((self._seq + 1, self.requests, kind, updates))
        self._seq += len(updates)
        self._journaled += len(updates)
        self.applied[kind] += len(updates)
        while self._journaled > self._journal_entries:
            self._journaled -= len(self._journal.popleft()[3])

    def add_audience(self, fields: Mapping[str, Any], audience_id: int | None = None) -> Audience:
        """Hold a new audience under ``audience_id`` or the next free number."""
        number = self._last_audience + 1 if audience_id is None else audience_id
        self._last_audience = max(self._last_audience, number)
        audience = Audience({"id": number, "accountId": ACCOUNT_ID, "created": self.now(), **fields})
        self.audiences[number] = audience
        return audience

    def find_audience(self, integration: str | None, integration_id: str) -> Audience | None:
        """The audience with this id in this integration."""
        for audience in self.audiences.values():
            known = audience.fields
            if known.get("integrationId") == integration_id and known.get("integration") == integration:
                return audience
        return None

    def audiences_of(self, profile_id: str) -> list[int]:
        """The ids of the audiences a profile is in, ascending."""
        return sorted(number for number, audience in self.audiences.items() if profile_id in audience.members)
