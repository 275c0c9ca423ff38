"""The users that mParticle knows, and who of them is in the real-time audience."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from sandbox.mparticle.batches import Batch
from sandbox.mparticle.config import Audience

SESSION: Final = "session_start"
_MPID_BITS: Final = 63


@dataclass(slots=True)
class User:
    """A user: his mpid, raw identities by type, attributes, and when his sessions began (epoch seconds)."""

    mpid: int
    identities: dict[str, str] = field(default_factory=dict)
    attributes: dict[str, Any] = field(default_factory=dict)
    sessions: deque[float] = field(default_factory=deque)
    in_audience: bool = False


class Users:
    """All users. ``now`` gives epoch seconds, ``number`` draws an mpid of so many bits."""

    def __init__(
        self, audience: Audience, now: Callable[[], float], number: Callable[[int], int] = random.getrandbits
    ) -> None:
        self._audience, self._now, self._number = audience, now, number
        self.all: dict[int, User] = {}
        self._by_identity: dict[tuple[str, str], User] = {}

    def take(self, batch: Batch) -> User:
        """Take in a batch and return its user: the one who has any of its identities, or a new one."""
        known = (self._by_identity.get(identity) for identity in batch.identities.items())
        user = next((one for one in known if one is not None), None)
        if user is None:
            user = User(self._number(_MPID_BITS))
            self.all[user.mpid] = user
        user.identities.update(batch.identities)
        user.attributes.update(batch.attributes)
        user.sessions.extend(self._now() for event in batch.events if event == SESSION)
        for identity in batch.identities.items():
            self._by_identity[identity] = user
        return user

    def moved(self, user: User) -> str | None:
        """Look at the audience's rule anew: ``add`` or ``delete`` where the user joins or leaves, else None."""
        since = self._now() - self._audience.within_s
        while user.sessions and user.sessions[0] <= since:
            user.sessions.popleft()
        belongs = len(user.sessions) > self._audience.more_than
        if belongs == user.in_audience:
            return None
        user.in_audience = belongs
        return "add" if belongs else "delete"

    def members(self) -> Iterator[User]:
        """The users in the audience."""
        return (user for user in list(self.all.values()) if user.in_audience)
