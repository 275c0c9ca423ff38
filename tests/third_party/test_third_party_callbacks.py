"""The callback headers: read as Segment and correct callers send them, and allowed only to known hosts."""

from __future__ import annotations

import pytest

from producers.third_party.callbacks import CallbackFound, CallbackPolicy, callback_of
from tercel.records import Callback

URI = "https://hooks.example.com/talon?x=1"
KEY = "3aa74d582bd9479c59e16f970fe13bf3"
ALLOWED = CallbackPolicy(("hooks.example.com",))


def asked(uri: str = URI, **headers: str) -> CallbackFound:
    names = {"key": "x-callback-api-key", "fields": "x-content-fields", "correlation": "x-correlation-id"}
    sent = {"x-callback-destination-uri": uri} | {names[name]: value for name, value in headers.items()}
    return callback_of(sent, ALLOWED)


def test_all_four_headers_are_read() -> None:
    found = asked(key=f"Authorization {KEY}", fields="effects, customerProfile,effects", correlation="abc123")

    assert found == CallbackFound(
        Callback(
            uri=URI,
            header="Authorization",
            key=KEY,
            fields=("effects", "customerProfile"),
            correlation_id="abc123",
        )
    )


def test_the_key_is_split_at_its_first_blank() -> None:
    callback = asked(key=f"Authorization ApiKey-v1 {KEY}").callback

    assert callback is not None
    assert (callback.header, callback.key) == ("Authorization", f"ApiKey-v1 {KEY}")


@pytest.mark.parametrize("absent", ["undefined", "", " "])
def test_what_segment_writes_for_no_value_is_absent(absent: str) -> None:
    assert asked(key=absent, fields=absent, correlation=absent) == CallbackFound(Callback(uri=URI))
    assert asked(absent, key=absent, fields=absent, correlation=absent) == CallbackFound()


def test_no_headers_ask_for_nothing() -> None:
    assert callback_of({}, ALLOWED) == CallbackFound()


@pytest.mark.parametrize(
    "key",
    [
        KEY,  # no header's name
        "Authorization too-short",
        f"Auth:orization {KEY}",
        f"Content-Length {KEY}",
        f"Host {KEY}",
        f"X-Key {KEY}\r\nEvil: 1",
        f"X-Key {KEY}\N{SNOWMAN}",
        f"X-Key {'x' * 2_001}",
    ],
)
def test_a_key_that_cannot_be_sent_leaves_the_callback_out(key: str) -> None:
    assert asked(key=key) == CallbackFound(notes=("callback_malformed",))


@pytest.mark.parametrize("correlation", ["x" * 201, "a\nb"])
def test_a_correlation_id_that_cannot_be_sent_leaves_the_callback_out(correlation: str) -> None:
    assert asked(correlation=correlation) == CallbackFound(notes=("callback_malformed",))


def test_fields_that_do_not_exist_are_left_out_of_a_callback() -> None:
    found = asked(fields="effects,secrets")

    assert found == CallbackFound(Callback(uri=URI, fields=("effects",)), ("callback_fields_unknown",))


def test_a_callback_that_asks_for_unknown_fields_only_is_not_made_with_all_of_them() -> None:
    assert asked(fields="secrets") == CallbackFound(notes=("callback_malformed", "callback_fields_unknown"))


def test_a_callbacks_key_is_not_shown() -> None:
    assert KEY not in repr(asked(key=f"Authorization {KEY}"))
