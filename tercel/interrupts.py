"""Ctrl-C that is heard whatever the process is at.

Python raises ``KeyboardInterrupt`` wherever the main thread is. In a finalizer (``__del__``, a callback of a weak
reference) that exception is printed and dropped, and the process goes on as if nobody had asked it to end.
"""

from __future__ import annotations

import signal
import weakref
from types import FrameType
from typing import Final

AGAIN_S: Final = 0.05  # seconds until it is tried again; a finalizer takes microseconds


def hear_interrupts(*also: signal.Signals) -> None:
    """Raise ``KeyboardInterrupt`` in the main thread on SIGINT, and on signals ``also``, outside of finalizers.

    SIGINT stays ignored where it is: a shell starts its background jobs so. Uses SIGALRM. Call it in the main thread.
    """
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _interrupt)
    for number in (signal.SIGALRM, *also):
        signal.signal(number, _interrupt)


def _interrupt(_number: int, frame: FrameType | None) -> None:
    if _is_finalizing(frame):
        signal.setitimer(signal.ITIMER_REAL, AGAIN_S)
        return
    raise KeyboardInterrupt


def _is_finalizing(frame: FrameType | None) -> bool:
    while frame is not None:
        if frame.f_code.co_name == "__del__" or frame.f_code.co_filename == weakref.__file__:
            return True
        frame = frame.f_back
    return False
