"""A typed client of the admin endpoints, for tests and the demo."""

from __future__ import annotations

from typing import Any

from sandbox.client import BareClient


class Admin(BareClient):
    """What a person does and sees on mParticle's pages. Close it, or use it as a context manager."""

    def connect(self) -> None:
        """Connect the audience to its output, and activate it."""
        self._ask("POST", "connect")

    def disconnect(self) -> None:
        """Disconnect it."""
        self._ask("POST", "disconnect")

    def state(self) -> dict[str, Any]:
        """``connected``, why it ``stopped`` (None where it did not), and the ``subscription_settings`` it was given."""
        answer: dict[str, Any] = self._ask("GET", "state")
        return answer

    def batches(self) -> list[dict[str, Any]]:
        """What was posted to the Events API, in order."""
        return self._rows("batches")

    def users(self) -> list[dict[str, Any]]:
        """The users, each with ``in_audience``."""
        return self._rows("users")

    def sent(self) -> list[dict[str, Any]]:
        """The Firehose messages in order, each with its ``state``, ``tries`` and ``answer``: the live stream."""
        return self._rows("sent")
