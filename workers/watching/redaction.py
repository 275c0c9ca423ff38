"""Keeps personal data out of log lines that other people's code writes.

Celery logs the whole body of a message it cannot read, httpx the URLs of requests (they hold profile ids), redis-py and
SQLAlchemy put commands and parameters into their exceptions. So: what is known to show contents is replaced by a
sentence, and an exception is named by its type; only the messages of our own errors, and the operating system's words,
are repeated (contracts: "unknown or broken message").
"""

from __future__ import annotations

import logging
import re
import traceback
from collections.abc import Iterator, Mapping, Set
from typing import Any, Final

from tercel.errors import TercelError
from workers.watching.events import FIELDS

OURS: Final = ("tercel", "workers", "producers", "sandbox")

LEAST_LEVELS: Final[Mapping[str, int]] = {
    "httpx": logging.WARNING,  # INFO: each request's URL
    "httpcore": logging.WARNING,  # DEBUG: headers, the API key among them
    "hpack": logging.WARNING,  # DEBUG: headers again
    "celery.pool": logging.INFO,  # DEBUG: a task's whole message
    "kombu": logging.INFO,  # DEBUG: with KOMBU_LOG_CHANNEL every call on a channel, bodies included
    "sqlalchemy": logging.WARNING,  # INFO: the parameters of statements
}
"""Loggers that show contents below a level: never logged below it, whatever the settings say."""

_LEFT_OUT: Final = "Its contents are left out here, they may be personal data."

# (what a logger's text begins with or holds, what is said instead). {0} is the first argument, made harmless.
_SENTENCES: Final[tuple[tuple[str, str], ...]] = (
    ("Received unregistered task", "A message for a task that is not registered here ({0}) was dropped. " + _LEFT_OUT),
    ("Received invalid task message", "A message that is no valid task ({0}) was dropped. " + _LEFT_OUT),
    ("Can't decode message body", "A message that cannot be decoded ({0}) was dropped. " + _LEFT_OUT),
    ("Received and deleted unknown message", "A message that is no task at all was dropped. " + _LEFT_OUT),
    ("UNABLE TO RESTORE", "Messages in hand could not be given back to the broker. " + _LEFT_OUT),
    ("Couldn't convert ETA", "A task's time to start cannot be understood; it was dropped. " + _LEFT_OUT),
    ("message body", "A message could not be handled. " + _LEFT_OUT),
    ("body:", "A message could not be handled. " + _LEFT_OUT),
)
_BROKER_LOGGERS: Final = ("celery", "kombu", "amqp")
_TASK_NAME: Final = re.compile(r"[A-Za-z_][\w.]{0,79}")
_TYPE_NAME: Final = re.compile(r"[A-Za-z_][\w.]{0,79}(?=\()")


def described(error: BaseException) -> str:
    """Return an exception as it may be logged: its type, and its words where they are ours or the system's."""
    if isinstance(error, TercelError):
        return f"{type(error).__name__}: {error}"
    for cause in _chain(error):
        if isinstance(cause, OSError) and cause.strerror:
            return f"{type(error).__name__} ({cause.strerror})"
    return type(error).__name__


def described_traceback(error: BaseException) -> str:
    """Return where an exception came from, causes first, each exception as :func:`described`; no values."""
    parts = []
    for cause in reversed(list(_chain(error))):
        frames = "".join(traceback.format_tb(cause.__traceback__))
        parts.append(f"{frames}{described(cause)}")
    return "\nwhich led to:\n".join(parts)


class Redaction(logging.Filter):
    """A filter that lets a record through with nothing personal in it, or not at all."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Make the record harmless, in place."""
        if hasattr(record, FIELDS):
            return True
        if any(record.levelno < least and _is_under(record.name, {name}) for name, least in LEAST_LEVELS.items()):
            return False
        if _is_under(record.name, _BROKER_LOGGERS) and _replaced(record):
            return True
        if record.name == "celery.app.trace" and isinstance(record.args, Mapping):
            record.args = _task_context(record.args, record.exc_info)
        elif isinstance(record.args, Mapping):
            record.args = {name: _harmless(value, record.name) for name, value in record.args.items()}
        elif record.args:
            record.args = tuple(_harmless(value, record.name) for value in record.args)
        if isinstance(record.msg, BaseException):
            record.msg = described(record.msg)
        return True


class _Shown(str):
    """Text that looks the same by ``%s`` and by ``%r``."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def _replaced(record: logging.LogRecord) -> bool:
    """Say a sentence of ours in place of one that shows a message. False: it shows none."""
    text = str(record.msg)
    for sign, sentence in _SENTENCES:
        if sign in text:
            args = record.args if isinstance(record.args, tuple) else ()
            record.msg = sentence.format(_first(args))
            record.args = None
            record.exc_info = record.exc_text = None
            return True
    return False


def _first(args: tuple[object, ...]) -> str:
    """Return the name of a task or an error's type: what comes first in the sentences of Celery."""
    value = args[0] if args else None
    if isinstance(value, KeyError) and value.args:  # the task's name that was not found
        value = value.args[0]
    if isinstance(value, BaseException):
        return described(value)
    return value if isinstance(value, str) and _TASK_NAME.fullmatch(value) else "it has no usable name"


def _task_context(context: Mapping[str, object], exc_info: Any) -> dict[str, object]:
    """Return what celery.app.trace says about a task, with its exception by type."""
    shown = dict(context)
    if "exc" in shown:
        error = exc_info[1] if isinstance(exc_info, tuple) else None
        found = _TYPE_NAME.match(str(shown["exc"]))
        shown["exc"] = described(error) if error is not None else found[0] if found else "(left out)"
    return shown


def _harmless(value: object, logger: str) -> object:
    """Return an argument of a log line as it may be shown: no exception's words, no contents of other people's."""
    if isinstance(value, BaseException):
        return _Shown(described(value))
    if _is_under(logger, OURS):
        return value
    if isinstance(value, bytes | bytearray | memoryview):
        return _Shown(f"({len(value)} bytes)")
    if isinstance(value, Mapping | list | tuple | Set):
        return _Shown(f"({len(value)} entries)")
    return value


def _is_under(logger: str, names: Set[str] | tuple[str, ...]) -> bool:
    return any(logger == name or logger.startswith(f"{name}.") for name in names)


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield an exception and those it came from, each once."""
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        yield current
        current = current.__cause__ or (None if current.__suppress_context__ else current.__context__)
