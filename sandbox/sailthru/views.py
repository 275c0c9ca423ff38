"""What reads show: updates become visible a while after they were made (eventual consistency)."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

from sandbox.window import SECOND_NS

Key = tuple[str, str]
"""A kind of id and its value."""
View = Mapping[str, Any]


class Views:
    """Versions of profiles by key. ``clock`` gives monotonic nanoseconds, ``delay_s`` is how late updates show."""

    def __init__(self, clock: Callable[[], int]) -> None:
        self._clock = clock
        self._versions: dict[Key, deque[tuple[int, View | None]]] = {}
        self.delay_s = 0.0

    def show(self, key: Key, view: View) -> None:
        """Show ``view`` under ``key`` when the delay is over."""
        self._add(key, view)

    def gone(self, key: Key) -> None:
        """Show nothing under ``key`` any more, when the delay is over."""
        self._add(key, None)

    def see(self, key: Key) -> View | None:
        """What is visible under ``key`` now."""
        versions = self._versions.get(key)
        if versions is None:
            return None
        now_ns = self._clock()
        while len(versions) > 1 and versions[1][0] <= now_ns:
            versions.popleft()
        from_ns, view = versions[0]
        return view if from_ns <= now_ns else None

    def _add(self, key: Key, view: View | None) -> None:
        versions = self._versions.setdefault(key, deque())
        versions.append((self._clock() + round(self.delay_s * SECOND_NS), view))
        while len(versions) > 1 and versions[1][0] <= self._clock():
            versions.popleft()
