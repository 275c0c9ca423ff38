"""Log lines: one a line, readable by people or programs, and nobody's data in them."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from celery.worker.consumer import consumer as celery_consumer

from tercel.errors import RedisUnavailable
from tercel.settings import Settings
from workers.watching.events import BreakerOpened, CallDelivered, CallRetry, DeploymentHalted, emit
from workers.watching.logging import CHATTER, configure_logging
from workers.watching.redaction import LEAST_LEVELS

PERSON = "ada@example.com"
EVENT = CallRetry("prod", "profile", "8f2c", 1000, 3, 4.2, "T401", 'the API answered 503: it says "later"\nand again')


@pytest.fixture(autouse=True)
def _logging_as_it_was() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    levels = {name: logging.getLogger(name).level for name in (*LEAST_LEVELS, *CHATTER)}
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.captureWarnings(False)
    for name, before in levels.items():
        logging.getLogger(name).setLevel(before)


class Written(io.StringIO):
    """What was logged."""

    @property
    def text(self) -> str:
        return self.getvalue()

    @property
    def json(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.text.splitlines()]


def logging_to(tmp_path: Path, **settings: Any) -> Written:
    written = Written()
    configure_logging(Settings.load(Path("/dev/null"), environ={}, home=tmp_path, **settings), written)
    return written


def test_an_event_is_one_json_object_with_its_fields(tmp_path: Path) -> None:
    written = logging_to(tmp_path, log_format="json")

    emit(EVENT)

    [line] = written.json
    assert line.pop("time").endswith("Z")
    assert line == {
        "level": "info",
        "logger": "tercel",
        "event": "call_retry",
        "deployment": "prod",
        "kind": "profile",
        "call": "8f2c",
        "records": 1000,
        "attempts": 3,
        "delay_s": 4.2,
        "code": "T401",
        "reason": EVENT.reason,
    }


def test_an_event_is_one_line_of_text_with_its_fields(tmp_path: Path) -> None:
    written = logging_to(tmp_path)

    emit(EVENT)

    assert written.text.split(" ", 1)[1] == (
        "INFO call_retry deployment=prod kind=profile call=8f2c records=1000 attempts=3 delay_s=4.2 code=T401 "
        'reason="the API answered 503: it says \\"later\\" and again"\n'
    )


def test_a_field_that_is_not_known_is_left_away(tmp_path: Path) -> None:
    written = logging_to(tmp_path, log_format="json")

    emit(BreakerOpened("prod", 10, 1.0))

    assert "code" not in written.json[0]


def test_deliveries_are_logged_at_debug_alone(tmp_path: Path) -> None:
    delivered = CallDelivered("prod", "profile", "8f2c", 1000, 0.04)
    usual = logging_to(tmp_path)
    emit(delivered)
    wordy = logging_to(tmp_path, log_level="DEBUG")
    emit(delivered)

    assert usual.text == ""
    assert "call_delivered" in wordy.text


def test_the_level_of_the_settings_counts(tmp_path: Path) -> None:
    written = logging_to(tmp_path, log_level="ERROR", log_format="json")

    emit(EVENT)
    emit(DeploymentHalted("prod", "T410", "the key is not accepted"))

    assert [line["event"] for line in written.json] == ["deployment_halted"]


def test_configuring_again_replaces_what_was_there(tmp_path: Path) -> None:
    first = logging_to(tmp_path)
    second = logging_to(tmp_path)

    emit(EVENT)

    assert (first.text, second.text.count("call_retry")) == ("", 1)


def test_a_line_of_text_cannot_be_broken_by_what_it_says(tmp_path: Path) -> None:
    written = logging_to(tmp_path)

    logging.getLogger("kombu").warning("went\r\n2026-05-04 INFO all is well\x1b[31m\u2028")

    assert len(written.text.splitlines()) == 1
    assert "\x1b" not in written.text


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_an_exception_is_told_by_place_type_and_cause_without_its_words(tmp_path: Path, log_format: str) -> None:
    written = logging_to(tmp_path, log_format=log_format)

    try:
        try:
            raise KeyError(PERSON)
        except KeyError as error:
            raise ValueError(f"no {PERSON}") from error
    except ValueError:
        logging.getLogger("workers.delivery").exception("failed")

    assert PERSON not in written.text
    assert __file__ in written.text
    assert written.text.index("KeyError") < written.text.index("which led to:") < written.text.index("ValueError")


def test_our_own_errors_words_are_kept(tmp_path: Path) -> None:
    written = logging_to(tmp_path)

    logging.getLogger("workers").error("failed: %s", RedisUnavailable("Redis at localhost:6379 does not answer."))

    assert "RedisUnavailable: Redis at localhost:6379 does not answer." in written.text


def test_a_lost_connection_is_told_in_the_systems_words(tmp_path: Path) -> None:
    written = logging_to(tmp_path)
    error = redis.ConnectionError(f"Error while sending {PERSON}")
    error.__cause__ = ConnectionRefusedError(111, "Connection refused")

    logging.getLogger("celery.worker.consumer.consumer").error(
        celery_consumer.CONNECTION_ERROR, "redis://localhost:6379//", error, "Trying again in 2.00 seconds..."
    )

    assert "Cannot connect to redis://localhost:6379//: ConnectionError (Connection refused)." in written.text
    assert PERSON not in written.text


BODY = f"b'[[\"{PERSON}\"], {{}}, {{}}]' (44b)"
SHOWING: dict[str, tuple[str, str, tuple[object, ...]]] = {
    "decode": (
        "celery.worker.consumer.consumer",
        celery_consumer.MESSAGE_DECODE_ERROR,
        (UnicodeDecodeError("utf-8", PERSON.encode(), 0, 1, PERSON), "application/json", "utf-8", PERSON, BODY),
    ),
    "unknown task": (
        "celery.worker.consumer.consumer",
        celery_consumer.UNKNOWN_TASK_ERROR,
        (KeyError("crm.sync"), BODY, {"argsrepr": PERSON}, {"routing_key": "tercel"}),
    ),
    "invalid task": (
        "celery.worker.consumer.consumer",
        celery_consumer.INVALID_TASK_ERROR,
        (ValueError(f"invalid ETA value {PERSON!r}"), BODY),
    ),
    "unknown message": ("celery.worker.consumer.consumer", celery_consumer.UNKNOWN_FORMAT, (f"body: {BODY}",)),
    "time to start": (
        "celery.worker.strategy",
        "Couldn't convert ETA %r to timestamp: %r. Task: %r",
        (PERSON, ValueError(PERSON), {"args": PERSON}),
    ),
    "restore": ("kombu.transport.virtual.base", f"UNABLE TO RESTORE 1 MESSAGES: ({BODY},)", ()),
    "some structure": ("kombu.whatever", "got %r and %s", ({"body": PERSON}, [PERSON])),
    "some bytes": ("celery.whatever", "got %r", (PERSON.encode(),)),
    "some error": ("celery.whatever", "%s failed: %r", ("it", ValueError(PERSON))),
    "sqlalchemy": ("sqlalchemy.pool", "failed: %s", (RuntimeError(f"[parameters: ('{PERSON}',)]"),)),
}


@pytest.mark.parametrize("level", ["DEBUG", "INFO"])
@pytest.mark.parametrize("shown", SHOWING)
def test_what_celery_and_kombu_say_of_messages_leaves_their_contents_out(
    tmp_path: Path, shown: str, level: str
) -> None:
    written = logging_to(tmp_path, log_level=level)
    logger, text, args = SHOWING[shown]

    try:
        raise ValueError(PERSON)
    except ValueError:
        logging.getLogger(logger).error(text, *args, exc_info=True)

    assert written.text
    assert PERSON not in written.text


@pytest.mark.parametrize(
    ("logger", "level"), [("httpx", "INFO"), ("httpcore.http11", "DEBUG"), ("celery.pool", "DEBUG"), ("kombu", "DEBUG")]
)
def test_chatter_that_shows_contents_is_dropped_even_where_somebody_turns_it_on(
    tmp_path: Path, logger: str, level: str
) -> None:
    written = logging_to(tmp_path, log_level="DEBUG")
    logging.getLogger(logger).setLevel(logging.DEBUG)
    try:
        logging.getLogger(logger).log(
            logging.getLevelName(level), "HTTP Request: PUT https://x.talon.one/v2/customer_profiles/%s", PERSON
        )
    finally:
        logging.getLogger(logger).setLevel(logging.NOTSET)

    assert written.text == ""


def test_a_line_that_cannot_be_rendered_does_not_show_what_it_was_given(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    written = logging_to(tmp_path)

    logging.getLogger("elsewhere").error("%d records", PERSON)

    assert "a log line of elsewhere cannot be rendered (TypeError)" in written.text
    assert PERSON not in written.text + capsys.readouterr().err
