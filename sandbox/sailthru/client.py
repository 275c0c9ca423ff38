"""A typed client of the admin endpoints, for tests and the demo."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from sandbox.client import AdminClient
from sandbox.sailthru.world import Applied


class Admin(AdminClient):
    """What can be asked of and done to a running stand-in. Close it, or use it as a context manager."""

    def profiles(self) -> dict[str, dict[str, Any]]:
        """Profiles by e-mail (by sid where there is none): sid, keys, vars, lists, optout_email, emails it had."""
        return {row["keys"].get("email", row["sid"]): row for row in self._rows("profiles")}

    def profile(self, email: str) -> dict[str, Any] | None:
        """The profile that has this address now, None where there is none."""
        return self.profiles().get(email)

    def history(self, value: str, key: str = "email") -> list[Applied]:
        """What became of a profile, in order, with what came from profiles merged into it; empty without one."""
        return [Applied(**row) for row in self._rows(f"history?{urlencode({'key': key, 'id': value})}")]

    def lists(self) -> list[dict[str, Any]]:
        """Lists in the order they were made, each with its ``members`` (addresses); names can be there twice."""
        return self._rows("lists")

    def members(self, name: str) -> set[str]:
        """The addresses on all lists of this name."""
        return {member for row in self.lists() if row["name"] == name for member in row["members"]}

    def events(self) -> list[dict[str, Any]]:
        """Events in the order they were applied: sid, id, event, vars, schedule_time where it was given."""
        return self._rows("events")

    def repeats(self) -> list[dict[str, Any]]:
        """Events of which the same came more than once, with ``times``."""
        return self._rows("repeats")

    def jobs(self) -> list[dict[str, Any]]:
        """Jobs in the order they were taken in, with ``lines`` and ``errors`` by line."""
        return self._rows("jobs")

    def order(self, said: str | None = None) -> list[Applied]:
        """The applied updates in order, of requests with this id or of all."""
        return [Applied(**row) for row in self._rows("order" if said is None else f"order?{urlencode({'id': said})}")]

    def overlap(self) -> dict[str, int]:
        """The ids of which more than one request was in hand at once, with the largest number."""
        answer: dict[str, int] = self._ask("GET", "overlap")
        return answer

    def arrivals(self, since_ns: int = 0) -> list[dict[str, Any]]:
        """``{"ns", "call", "admitted"}`` of each, monotonic nanoseconds of the stand-in's host."""
        return self._rows(f"arrivals?since_ns={since_ns}")
