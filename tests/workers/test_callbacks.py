"""Sessions' callbacks: what is posted, to whom, how often, and that a failed one harms nothing."""

from __future__ import annotations

import logging
import shutil
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.workers.callback_host import CallbackHost, callback_host
from workers.callbacks import Callbacks, Poster, answering, content
from workers.callbacks.posting import Posted
from workers.watching import events

KEY = "k" * 31 + "!"
ANSWER = orjson.dumps({"customerSession": {"total": 5}, "effects": [], "createdCoupons": []})

MakeCallbacks = Callable[..., Callbacks]


class Said(logging.Handler):
    """Keeps the events that were logged."""

    def __init__(self) -> None:
        super().__init__()
        self.events: list[Any] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.events.append(getattr(record, events.FIELDS))

    def codes(self) -> list[str]:
        return [one.code for one in self.events]


@pytest.fixture
def said() -> Iterator[Said]:
    handler, logger = Said(), logging.getLogger(events.LOGGER)
    logger.addHandler(handler)
    yield handler
    logger.removeHandler(handler)


@pytest.fixture
def host() -> Iterator[CallbackHost]:
    with callback_host() as host:
        yield host


class Counting(Poster):
    """Counts the attempts: one that is given up may never have come to the host."""

    attempts = 0

    def post(self, *given: Any, **more: Any) -> Posted:
        self.attempts += 1
        return super().post(*given, **more)


@pytest.fixture
def make() -> Iterator[MakeCallbacks]:
    made: list[Callbacks] = []

    def build(
        hosts: Sequence[str] = ("127.0.0.1",),
        *,
        allow_http: bool = True,
        addresses: Sequence[str] | None = None,
        verify: ssl.SSLContext | bool = True,
        stopping: threading.Event | None = None,
        poster: Poster | None = None,
        **more: Any,
    ) -> Callbacks:
        async def resolve(host: str, _port: int) -> Sequence[str]:
            return [host] if addresses is None else addresses

        poster = poster or Poster(resolve=resolve, verify=verify)
        stopping = stopping or threading.Event()
        pauses = {"pauses_s": (0.0, 0.0), **more}
        made.append(Callbacks(hosts, allow_http=allow_http, poster=poster, stopping=stopping, **pauses))
        return made[-1]

    yield build
    for one in made:
        one.close()


def session(uri: str, **callback: Any) -> dict[str, Any]:
    return {"session_id": "s1", "callback": {"uri": uri, **callback}}


def answered(callbacks: Callbacks, record: dict[str, Any], answer: bytes = ANSWER) -> None:
    callbacks.answered("prod", "c0ffee", record, answer)


def test_the_answer_is_posted_with_key_and_correlation_id(make: MakeCallbacks, host: CallbackHost, said: Said) -> None:
    record = session(host.url(), header="X-Api-Key", key=KEY, correlation_id="corr-1")

    answered(make(), record)

    [came] = host.came
    assert came.path == "/answers?of=sessions"
    assert came.content == orjson.loads(ANSWER)
    assert came.headers["content-type"] == "application/json"
    assert came.headers["x-api-key"] == KEY
    assert came.headers["x-correlation-id"] == "corr-1"
    assert came.headers["host"] == f"127.0.0.1:{host.port}"
    assert said.events == []


def test_without_key_and_correlation_id_their_headers_are_absent(make: MakeCallbacks, host: CallbackHost) -> None:
    answered(make(), session(host.url(), header="Authorization"))

    assert not {"authorization", "x-correlation-id"} & set(host.came[0].headers)


@pytest.mark.parametrize(
    ("answer", "fields", "posted"),
    [
        (b'{"a": 1, "b": {"c": 2}}', (), {"a": 1, "b": {"c": 2}}),
        (b'{"a": 1, "b": {"c": 2}}', ("b", "absent"), {"b": {"c": 2}}),
        (b'{"a": 1}', ("absent",), {}),
        (b"", (), {}),
        (b"", ("a",), {}),
    ],
)
def test_an_answer_is_reduced_to_the_fields_that_were_asked_for(
    answer: bytes, fields: tuple[str, ...], posted: dict[str, Any]
) -> None:
    assert orjson.loads(content(answer, fields) or b"null") == posted


@pytest.mark.parametrize("answer", [b"[1]", b"{", b"OK", b"\xff"])
def test_what_is_no_json_object_is_not_posted(
    make: MakeCallbacks, host: CallbackHost, said: Said, answer: bytes
) -> None:
    answered(make(), session(host.url()), answer)

    assert host.came == []
    assert said.codes() == ["T331"]


def test_a_host_that_is_not_listed_is_never_called(make: MakeCallbacks, host: CallbackHost, said: Said) -> None:
    answered(make(hosts=("hooks.example.com",)), session(host.url()))

    assert host.came == []
    assert said.codes() == ["T332"]


def test_a_listed_end_whose_name_leads_to_this_machine_is_never_called(
    make: MakeCallbacks, host: CallbackHost, said: Said
) -> None:
    callbacks = make(hosts=(".example.com",), addresses=["127.0.0.1"])

    answered(callbacks, session(host.url("hooks.example.com")))

    assert host.came == []
    assert said.codes() == ["T332"]


def test_one_private_address_among_public_ones_is_enough_to_refuse(make: MakeCallbacks, said: Said) -> None:
    callbacks = make(hosts=(".example.com",), addresses=["192.0.2.1", "10.0.0.1"])

    answered(callbacks, session("http://hooks.example.com:9/"))

    assert said.codes() == ["T332"]


def test_a_name_listed_in_full_may_lead_to_this_machine(make: MakeCallbacks, host: CallbackHost, said: Said) -> None:
    callbacks = make(hosts=("hooks.internal",), addresses=["127.0.0.1"])

    answered(callbacks, session(host.url("hooks.internal")))

    assert host.came[0].headers["host"] == f"hooks.internal:{host.port}"
    assert said.events == []


def test_a_failure_that_passes_is_tried_again(make: MakeCallbacks, host: CallbackHost, said: Said) -> None:
    host.statuses = [500, 429, 204]

    answered(make(), session(host.url()))

    assert len(host.came) == 3
    assert said.events == []


def test_after_three_attempts_it_is_over(make: MakeCallbacks, host: CallbackHost, said: Said) -> None:
    host.statuses = [503]

    answered(make(), session(host.url(), header="X-Api-Key", key=KEY))

    assert len(host.came) == 3
    [event] = said.events
    assert (event.deployment, event.call, event.code) == ("prod", "c0ffee", "T331")
    assert "HTTP 503" in event.reason


@pytest.mark.parametrize("status", [400, 404, 410])
def test_a_refusal_is_not_tried_again(make: MakeCallbacks, host: CallbackHost, said: Said, status: int) -> None:
    host.statuses = [status]

    answered(make(), session(host.url()))

    assert len(host.came) == 1
    assert said.codes() == ["T331"]


def test_redirects_are_not_followed(make: MakeCallbacks, host: CallbackHost, said: Said) -> None:
    with callback_host() as elsewhere:
        host.statuses, host.location = [307], elsewhere.url()

        answered(make(), session(host.url()))

        assert (len(host.came), len(elsewhere.came)) == (1, 0)
    assert said.codes() == ["T331"]


def test_a_host_that_does_not_answer_is_given_up_in_time_and_left_alone_for_a_while(
    make: MakeCallbacks, host: CallbackHost, said: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answering, "TIMEOUT_S", 0.1)
    host.hangs = True
    now, poster = [100.0], Counting()
    callbacks = make(clock=lambda: now[0], poster=poster)

    answered(callbacks, session(host.url()))
    answered(callbacks, session(host.url()))
    assert poster.attempts == 3

    now[0] += answering.SILENCE_S + 1
    answered(callbacks, session(host.url()))
    assert poster.attempts == 6
    assert said.codes() == ["T331"] * 3


def test_a_host_without_a_server_fails_without_an_exception(make: MakeCallbacks, said: Said) -> None:
    with callback_host() as gone:
        url = gone.url()

    answered(make(), session(url))

    assert said.codes() == ["T331"]


def test_a_process_that_is_told_to_end_begins_no_further_attempt(make: MakeCallbacks, host: CallbackHost) -> None:
    host.statuses = [503]
    stopping = threading.Event()
    stopping.set()

    answered(make(stopping=stopping), session(host.url()))

    assert len(host.came) == 1


@pytest.mark.parametrize(
    "callback",
    [
        {"header": "Content-Length", "key": KEY},
        {"header": "Host", "key": KEY},
        {"header": "X Y", "key": KEY},
        {"header": "X-Key", "key": KEY + "\r\nX-More: 1"},
        {"correlation_id": "a\nb"},
        {"correlation_id": "é"},
    ],
)
def test_headers_that_cannot_be_sent_are_not_sent(
    make: MakeCallbacks, host: CallbackHost, said: Said, callback: dict[str, Any]
) -> None:
    answered(make(), session(host.url(), **callback))

    assert host.came == []
    assert said.codes() == ["T331"]


@pytest.mark.parametrize("callback", [None, {}, {"uri": 5}, {"uri": "http://127.0.0.1:1/", "fields": 7}])
def test_a_callback_of_an_odd_shape_harms_nothing(make: MakeCallbacks, callback: object) -> None:
    answered(make(), {"session_id": "s1", "callback": callback})


@pytest.mark.parametrize("uri", ["http://evil.test/", "http://127.0.0.1:1/", "nonsense"])
def test_no_event_holds_the_key_or_the_address(make: MakeCallbacks, said: Said, uri: str) -> None:
    answered(make(), session(uri + KEY, header="X-Api-Key", key=KEY))

    assert KEY not in repr(said.events)
    assert uri not in repr(said.events)


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate for hooks.example.com, with its key."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is needed to make a certificate")
    path, alone = tmp_path / "certificate.pem", tmp_path / "only.pem"
    command = [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=hooks.example.com"]
    command += ["-addext", "subjectAltName=DNS:hooks.example.com", "-keyout", str(path), "-out", str(alone)]
    subprocess.run(command, check=True, capture_output=True)
    path.write_text(path.read_text() + alone.read_text())
    return path


@pytest.mark.parametrize(("name", "arrives"), [("hooks.example.com", 1), ("other.example.com", 0)])
def test_a_certificate_is_checked_against_the_name_although_the_address_is_called(
    make: MakeCallbacks, certificate: Path, name: str, arrives: int
) -> None:
    serving = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    serving.load_cert_chain(certificate)
    trusting = ssl.create_default_context(cafile=certificate.parent / "only.pem")
    with callback_host(serving) as host:
        callbacks = make(hosts=(name,), allow_http=False, addresses=["127.0.0.1"], verify=trusting)

        answered(callbacks, session(host.url(name, "https")))

        assert len(host.came) == arrives
