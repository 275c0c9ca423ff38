"""The signature, against the contract's own vectors, and the forms in which a request leaves."""

from __future__ import annotations

from email import message_from_bytes
from urllib.parse import parse_qs

import pytest
from pydantic import SecretStr

from tercel.records import LaneKind
from tercel.settings.keys import Credentials
from tests.destinations_sailthru.sailthru_given import profile, request_for, sailthru
from workers.destinations.sailthru.signing import signature

KEY = Credentials(SecretStr("Key9"), SecretStr("s3cret"))


@pytest.mark.parametrize(
    ("secret", "key", "arguments", "expected"),
    [
        ("abcsecret", "123key", '{"id":"neil@example.com"}', "fa5c79189b708199f3cf69f1cf8f7928"),
        ("s3cret", "zkey9", '{"id":"ana@example.com"}', "8bc91ec4304b05f345a70e9ae4a26f5c"),
        ("s3cret", "Key9", '{"id":"ana@example.com","vars":{"city":"Zürich"}}', "808f82afc08136730b17c9481f014f14"),
    ],
    ids=["published", "a key behind json", "not escaped"],
)
def test_the_signature_is_that_of_the_contract(secret: str, key: str, arguments: str, expected: str) -> None:
    assert signature(secret, key, arguments) == expected


def test_a_form_carries_exactly_the_text_that_was_signed() -> None:
    request = request_for(LaneKind.PROFILE, [profile(city="Zürich & Bern", emoji="😀")])

    sent = sailthru().proved(request, KEY)

    form = {name: value for name, [value] in parse_qs(sent.body.decode(), strict_parsing=True).items()}
    assert form["json"].encode() == request.body
    assert "Zürich" in form["json"]
    assert form["sig"] == signature("s3cret", "Key9", form["json"])
    assert (form["api_key"], form["format"]) == ("Key9", "json")
    assert sent.headers["Content-Type"] == "application/x-www-form-urlencoded"


def test_what_is_only_asked_goes_in_the_query_and_has_no_body() -> None:
    sent = sailthru().proved(sailthru().probe(), KEY)

    assert (sent.method, sent.path, sent.body) == ("GET", "/settings", b"")
    assert parse_qs(sent.query)["sig"] == [signature("s3cret", "Key9", "{}")]


def test_a_file_is_a_part_of_its_own_and_is_not_signed() -> None:
    request = request_for(LaneKind.PROFILE, [profile(f"p{i}@example.com", city="Zürich") for i in range(30)])

    sent = sailthru().proved(request, KEY)

    head = f"Content-Type: {sent.headers['Content-Type']}\r\n\r\n".encode()
    parts = {
        str(part.get_param("name", header="content-disposition")): part.get_payload(decode=True)
        for part in message_from_bytes(head + sent.body).walk()
        if not part.is_multipart()
    }
    assert parts["json"] == b'{"job":"update"}'
    assert parts["sig"] == signature("s3cret", "Key9", '{"job":"update"}').encode()
    assert parts["file"] == request.file
    assert parts["file"].count(b"\n") == 29


def test_neither_key_nor_secret_shows_in_what_is_printed_of_them() -> None:
    assert "s3cret" not in repr(KEY)
    assert "Key9" not in repr(KEY)
