"""A typed client of the admin endpoints, for tests, the demo and benchmarks."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from sandbox.client import AdminClient
from sandbox.talon_one.world import Applied


class Admin(AdminClient):
    """What can be asked of and done to a running stand-in. Close it, or use it as a context manager.

    Revoking a key is ``configure({"keys": [those that stay]})``; creating an attribute is
    ``configure({"attributes": {"profile": {"Name": "string"}}})``.
    """

    def digest(self) -> dict[str, dict[str, Any]]:
        """``{"profiles": {"count", "digest"}, ...}``; compare with :mod:`sandbox.talon_one.digest`."""
        answer: dict[str, dict[str, Any]] = self._ask("GET", "digest")
        return answer

    def overlap(self) -> dict[str, int]:
        """The profiles of which more than one request was in hand at once, with the largest number."""
        answer: dict[str, int] = self._ask("GET", "overlap")
        return answer

    def arrivals(self, since_ns: int = 0) -> dict[str, list[Any]]:
        """``{"ns": [...], "admitted": [...]}``, monotonic nanoseconds of the stand-in's host."""
        answer: dict[str, list[Any]] = self._ask("GET", f"arrivals?since_ns={since_ns}")
        return answer

    def profiles(self) -> dict[str, dict[str, Any]]:
        """Attributes by profile id."""
        return {row["integrationId"]: row["attributes"] for row in self._rows("profiles")}

    def profile_rows(self) -> list[dict[str, Any]]:
        """Profiles with ``visible`` and ``created``."""
        return self._rows("profiles")

    def memberships(self) -> set[tuple[int, str]]:
        """Pairs of audience id and profile id."""
        return {(row["audienceId"], row["profileIntegrationId"]) for row in self._rows("memberships")}

    def audiences(self) -> list[dict[str, Any]]:
        """Audiences, each with its number of ``members``."""
        return self._rows("audiences")

    def events(self) -> list[dict[str, Any]]:
        """Events in the order they were applied."""
        return self._rows("events")

    def sessions(self) -> dict[str, dict[str, Any]]:
        """Sessions by id."""
        return {row["integrationId"]: row for row in self._rows("sessions")}

    def coupons(self) -> list[dict[str, Any]]:
        """The coupons that the campaign created, in order."""
        return self._rows("coupons")

    def order(self, profile: str | None = None) -> list[Applied]:
        """The applied updates in order, of one profile or of all."""
        query = "" if profile is None else f"?profile={quote(profile, safe='')}"
        return [Applied(**row) for row in self._rows(f"order{query}")]
