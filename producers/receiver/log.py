"""What the receiver logs: its own doings, and never what was sent. One line an event, as text or as JSON."""

from __future__ import annotations

import json
import logging
import sys
import time
import traceback
from typing import Final

LOGGER: Final = logging.getLogger("tercel.receiver")


def set_up(level: str, form: str) -> None:
    """Log to stderr at ``level``; ``form`` is ``text`` or ``json``."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter(form))
    for logger in (LOGGER, logging.getLogger("uvicorn.error")):
        logger.handlers = [handler]
        logger.propagate = False
        logger.setLevel(level)
    # Uvicorn tells of every request it cannot read, with what it could read of it.
    logging.getLogger("uvicorn.error").setLevel(max(logging.getLevelName(level), logging.ERROR))


def formatter(form: str) -> logging.Formatter:
    """Return how lines look; ``form`` is ``text`` or ``json``."""
    return _Json() if form == "json" else logging.Formatter("%(asctime)s %(levelname)s %(message)s")


def said(text: str) -> None:
    """Log something that is as it should be."""
    LOGGER.info(text)


def unforeseen(what: str, error: BaseException) -> None:
    """Log a mistake of ours: its type and its place, not its message, which may repeat what was sent."""
    frames = traceback.extract_tb(error.__traceback__)
    place = " < ".join(f"{frame.filename}:{frame.lineno}" for frame in reversed(frames[-3:]))
    LOGGER.error("%s: %s at %s (tercel explain T652)", what, type(error).__name__, place)


class _Json(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        at = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created)) + f".{int(record.msecs):03d}Z"
        return json.dumps({"at": at, "level": record.levelname, "message": record.getMessage()}, ensure_ascii=False)
