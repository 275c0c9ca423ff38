"""Log lines: one a line, as text or JSON, on standard error, without personal data."""

from __future__ import annotations

import json
import logging
import re
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final, TextIO

from tercel.settings import Settings
from workers.watching.events import FIELDS, Event
from workers.watching.redaction import LEAST_LEVELS, Redaction, described_traceback

# Two lines a call: at 60 calls a second nobody reads them, so they are for DEBUG. Failures are logged above INFO.
CHATTER: Final = ("celery.app.trace", "celery.worker.strategy")

_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_PLAIN: Final = re.compile(r"[^\s\"=\\]+")


def configure_logging(settings: Settings, stream: TextIO | None = None) -> None:
    """Send every log line of this process to ``stream`` (standard error), as the settings say.

    May be called again: the last call counts. Handlers that others put on the root logger are removed. Celery calls it
    through a receiver of its signal ``setup_logging``, and then configures no logger of its own; ``--loglevel`` has no
    meaning there, the settings decide.
    """
    handler = _Handler(stream or sys.stderr)
    handler.setFormatter(JsonFormatter() if settings.log_format == "json" else TextFormatter())
    redaction = Redaction()
    handler.addFilter(redaction)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.log_level)
    level = root.level
    for name, least in LEAST_LEVELS.items():
        logging.getLogger(name).setLevel(max(least, level))
    for name in CHATTER:
        logging.getLogger(name).setLevel(level if level <= logging.DEBUG else max(logging.WARNING, level))
    logging.captureWarnings(True)


class JsonFormatter(logging.Formatter):
    """One JSON object a line: time, level, logger, then an event and its fields, or a message."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        line: dict[str, Any] = {"time": _time(record), "level": record.levelname.lower(), "logger": record.name}
        line |= dict(_content(record))
        return json.dumps(line, ensure_ascii=False, default=str)


class TextFormatter(logging.Formatter):
    """``2026-05-04T12:00:00.000Z WARNING breaker_opened deployment=prod failures=10``; a traceback below it."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        content = dict(_content(record))
        error = content.pop("exception", None)
        head = f"{_time(record)} {record.levelname}"
        if "event" in content:
            line = f"{head} {content.pop('event')}{_pairs(content)}"
        else:
            line = f"{head} {record.name}: {_CONTROL.sub(' ', content['message'])}"
        return f"{line}\n{error}" if error else line


class _Handler(logging.StreamHandler[TextIO]):
    """Says that a line failed, and not what was in it: logging itself would print the arguments as they are."""

    def handleError(self, record: logging.LogRecord) -> None:
        """Write one line without contents; called where a record cannot be rendered or written."""
        failure = sys.exc_info()[0]
        if self.stream.closed or (failure is not None and issubclass(failure, OSError)):
            return
        reason = failure.__name__ if failure else "unknown"
        self.stream.write(f"{_time(record)} ERROR a log line of {record.name} cannot be rendered ({reason})\n")


def _content(record: logging.LogRecord) -> Iterator[tuple[str, Any]]:
    event: Event | None = getattr(record, FIELDS, None)
    if event is not None:
        yield "event", event.event_name()
        yield from event.fields().items()
    else:
        yield "message", record.getMessage().strip()
    error = record.exc_info[1] if isinstance(record.exc_info, tuple) else None
    if error is not None:
        yield "exception", described_traceback(error)


def _pairs(fields: Mapping[str, Any]) -> str:
    return "".join(f" {name}={_value(value)}" for name, value in fields.items())


def _value(value: object) -> str:
    text = f"{value:.6g}" if isinstance(value, float) else str(value)
    return text if _PLAIN.fullmatch(text) else json.dumps(_CONTROL.sub(" ", text), ensure_ascii=False)


def _time(record: logging.LogRecord) -> str:
    at = datetime.fromtimestamp(record.created, UTC)
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"
