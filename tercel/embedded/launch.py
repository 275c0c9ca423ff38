"""Run a program that must not outlive the process that asked for it. Run as a script; standard library only.

    python -I -S launch.py PARENT_PID SIGNAL auto|watch PROGRAM [ARGUMENT...]

On Linux the kernel does the work: the program replaces this process and gets SIGNAL when its parent goes
(``PR_SET_PDEATHSIG``, which survives ``exec``). Where there is no such call this process stays as a watchdog between
the two. It is a script of its own, and not a ``preexec_fn``, because Python code between fork and exec can deadlock
in a program with threads.
"""

from __future__ import annotations

import os
import signal
import sys
from types import FrameType

PR_SET_PDEATHSIG = 1  # <sys/prctl.h>
WATCH_EVERY_S = 0.2  # seconds between two looks at the parent; a look costs a microsecond
GRACE_S = 10.0  # seconds the program has to follow the signal before it is killed
PARENT_GONE = 3  # exit status when the parent was gone before the program could start
FIRST_INHERITED_FD = 3  # 0, 1 and 2 are the standard streams
LAST_INHERITED_FD = 256  # nothing is ever handed over above this


def main(arguments: list[str]) -> int:
    """Start the program as the arguments say. Returns only in the watchdog's case, with the program's exit status."""
    parent, last_signal, way, program = int(arguments[0]), int(arguments[1]), arguments[2], arguments[3:]
    if way == "auto" and _kernel_watches(last_signal):
        if os.getppid() != parent:  # it went before the kernel was told to watch it
            return PARENT_GONE
        os.execv(program[0], program)  # noqa: S606 - this is what the script is for
    return _watch(parent, last_signal, program)


def _kernel_watches(last_signal: int) -> bool:
    """Ask the kernel to send ``last_signal`` when the parent goes. False where it cannot."""
    if not sys.platform.startswith("linux"):
        return False
    import ctypes

    try:
        return bool(ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, last_signal, 0, 0, 0) == 0)
    except (OSError, AttributeError):
        return False


def _watch(parent: int, last_signal: int, program: list[str]) -> int:
    """Run the program as a child, end it when ``parent`` goes, and hand on what comes in for it."""
    import subprocess

    child = subprocess.Popen(program, close_fds=False)
    # What was handed over (a lock) belongs to the program: it must be released when the program ends, not when we do.
    os.closerange(FIRST_INHERITED_FD, LAST_INHERITED_FD)

    def hand_on(number: int, _frame: FrameType | None) -> None:
        child.send_signal(number)

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, hand_on)
    while True:
        try:
            return _exit_status(child.wait(WATCH_EVERY_S))
        except subprocess.TimeoutExpired:
            if os.getppid() != parent:
                break
    child.send_signal(last_signal)
    try:
        return _exit_status(child.wait(GRACE_S))
    except subprocess.TimeoutExpired:
        child.kill()
        return _exit_status(child.wait())


def _exit_status(returncode: int) -> int:
    """The shell's convention: 128 + number for a program that a signal ended."""
    return returncode if returncode >= 0 else 128 - returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
