"""What the stand-in holds: profiles with their history, lists, events, and the order updates came in."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import orjson

from sandbox.sailthru.views import Key, Views

NATURAL = "natural"
SMART = "smart"


class Applied(NamedTuple):
    """One applied update of one profile. ``seq`` counts updates, ``request`` the requests as they were applied.

    ``kind`` is ``made``, ``keys``, ``vars``, ``lists``, ``optout`` or ``event``; ``id`` is what the profile was
    called in the request.
    """

    seq: int
    request: int
    kind: str
    id: str
    content: Mapping[str, Any]


@dataclass(slots=True)
class Profile:
    """A profile. ``lists`` maps the ids of its lists to when it joined; ``emails`` are its addresses, last one last."""

    keys: dict[str, str]
    vars: dict[str, Any] = field(default_factory=dict)
    lists: dict[int, str] = field(default_factory=dict)
    optout_email: str = "none"
    emails: list[str] = field(default_factory=list)
    history: list[Applied] = field(default_factory=list)

    @property
    def sid(self) -> str:
        """Its id of the vendor's own."""
        return self.keys["sid"]


@dataclass(slots=True)
class MailList:
    """A list; several can have one name."""

    list_id: int
    name: str
    type: str
    fields: dict[str, Any] = field(default_factory=dict)


class World:
    """Everything that requests have left behind. ``now`` gives the time as text, ``clock`` monotonic ns."""

    def __init__(self, now: Callable[[], str], clock: Callable[[], int], *, journal_entries: int) -> None:
        self.now = now
        self.profiles: dict[str, Profile] = {}
        self.lists: dict[int, MailList] = {}
        self.events: list[dict[str, Any]] = []
        self.repeats: Counter[tuple[str, str, bytes]] = Counter()
        self.applied: Counter[str] = Counter()
        self.views = Views(clock)
        self.journal: deque[Applied] = deque(maxlen=journal_entries)
        self.requests = 0
        self._by_key: dict[Key, Profile] = {}
        self._seq = self._sids = self._list_ids = 0

    def begin(self) -> None:
        """The updates that follow belong to one more request."""
        self.requests += 1

    def find(self, kind: str, value: str) -> Profile | None:
        """The profile with this key."""
        return self._by_key.get((kind, value))

    def make(self, keys: Mapping[str, str], said: str) -> Profile:
        """A new profile with these keys, which must be free."""
        self._sids += 1
        profile = Profile({"sid": f"{self._sids:024x}"})
        self.profiles[profile.sid] = profile
        self._by_key["sid", profile.sid] = profile
        self.log(profile, "made", said, {})
        for kind, value in keys.items():
            self.set_key(profile, kind, value)
        return profile

    def set_key(self, profile: Profile, kind: str, value: str) -> None:
        """Give a profile a key, which must be free, in the place of the one it has of this kind."""
        self.drop_key(profile, kind)
        profile.keys[kind] = value
        self._by_key[kind, value] = profile
        if kind == "email":
            profile.emails.append(value)

    def drop_key(self, profile: Profile, kind: str) -> None:
        """Take a key from a profile; what was to be seen under it is gone as well, when that shows."""
        value = profile.keys.pop(kind, None)
        if value is not None:
            del self._by_key[kind, value]
            self.views.gone((kind, value))

    def remove(self, profile: Profile) -> None:
        """Remove a profile."""
        for kind in list(profile.keys):
            if kind != "sid":
                self.drop_key(profile, kind)
        self.views.gone(("sid", profile.sid))
        del self._by_key["sid", profile.sid]
        del self.profiles[profile.sid]

    def log(self, profile: Profile, kind: str, said: str, content: Mapping[str, Any]) -> None:
        """Note that an update was applied. ``content`` must not be changed afterwards."""
        self._seq += 1
        entry = Applied(self._seq, self.requests, kind, said, content)
        profile.history.append(entry)
        self.journal.append(entry)
        self.applied[kind] += 1

    def add_event(self, profile: Profile, said: str, event: Mapping[str, Any]) -> None:
        """Hold an event; the same of the same profile again is held again, and counted."""
        self.events.append({"sid": profile.sid, "id": said, **event})
        self.log(profile, "event", said, event)
        self.repeats[profile.sid, event["event"], orjson.dumps(event, option=orjson.OPT_SORT_KEYS)] += 1

    def add_list(self, name: str, kind: str, fields: Mapping[str, Any]) -> MailList:
        """Make one more list, whether there is one of this name or not."""
        self._list_ids += 1
        made = MailList(self._list_ids, name, kind, dict(fields))
        self.lists[made.list_id] = made
        return made

    def list_named(self, name: str) -> MailList | None:
        """The first list of this name."""
        return next((one for one in self.lists.values() if one.name == name), None)

    def remove_list(self, gone: MailList) -> None:
        """Remove a list with its memberships."""
        del self.lists[gone.list_id]
        for profile in self.members(gone):
            del profile.lists[gone.list_id]

    def members(self, of: MailList) -> Iterator[Profile]:
        """The profiles on a list."""
        return (profile for profile in self.profiles.values() if of.list_id in profile.lists)

    def list_names(self, profile: Profile) -> dict[str, str]:
        """The names of a profile's lists, with the times it joined them."""
        return {self.lists[number].name: at for number, at in profile.lists.items()}

    def publish(self, profile: Profile) -> None:
        """Let reads see a profile as it is now."""
        seen = {
            "keys": dict(profile.keys),
            "vars": dict(profile.vars),
            "lists": self.list_names(profile) or None,
            "engagement": "new",
            "optout_email": profile.optout_email,
        }
        for key in profile.keys.items():
            self.views.show(key, seen)
