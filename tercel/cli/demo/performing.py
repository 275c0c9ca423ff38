"""How a demo runs: its processes in the main thread's care, its course in another, and everything gone at the end."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager

from tercel.cli import console
from tercel.cli.demo.report import Line
from tercel.cli.failing import INTERRUPTED
from tercel.cli.supervising import Program, Supervisor, stopping_on_signals


class Performance:
    """One run of a demo. Use it from the main thread.

    ``stopped`` is set when somebody wants it to end; ``status`` is the exit status, which its course decides.
    """

    def __init__(self) -> None:
        self.stopped = threading.Event()
        self.status = INTERRUPTED
        self._supervisor: Supervisor | None = None
        self._error: BaseException | None = None

    def listening(self) -> AbstractContextManager[None]:
        """End when a signal asks for it, while the context lasts."""
        return stopping_on_signals(self._stop)

    def supervise(
        self, programs: Sequence[Program], *, grace_s: float, tick: Callable[[], None], course: Callable[[], bool]
    ) -> None:
        """Keep the programs running until ``course`` has returned false, or somebody wants it to end.

        ``course`` runs in a thread of its own; true from it means that everything stays, so that people can look.
        """
        supervisor = Supervisor(programs, grace_s=grace_s, say=say, tick=tick)
        self._supervisor = supervisor
        if self.stopped.is_set():
            supervisor.stop()
        thread = threading.Thread(target=self._tell, args=(course,), name="demo", daemon=True)
        thread.start()
        try:
            supervisor.run()
        finally:
            self.stopped.set()
            thread.join()

    def ended(self) -> int:
        """Return the exit status. Raises what the course raised."""
        if self._error is not None:
            raise self._error
        return self.status

    def _tell(self, course: Callable[[], bool]) -> None:
        """Run the course; whatever happens, the supervisor learns of its end."""
        stays = False
        try:
            stays = course()
        except BaseException as error:
            self._error = error
        if not stays:
            self._end()

    def _stop(self) -> None:
        """Somebody wants it to end."""
        self.stopped.set()
        self._end()

    def _end(self) -> None:
        if self._supervisor is not None:
            self._supervisor.stop()


def print_lines(lines: Iterable[Line]) -> None:
    """Print lines: with their styles on a terminal, plain elsewhere."""
    console.styled((line.text, line.style) for line in lines)


def say(text: str) -> None:
    """Say something about the demo itself, which is no result."""
    console.note(f"tercel: {text}")
