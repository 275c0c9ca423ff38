"""Signatures and keys."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from producers.receiver import proofs
from producers.receiver.answers import Problem
from producers.receiver.senders import Key, ThirdPartySenders, host_of
from tercel.errors import SettingsError
from tercel.settings import Settings
from tercel.settings.receiving import Sender

SECRET = b"tercel-secret"
VECTOR = '{"type":"identify","userId":"c-7","traits":{"city":"Zürich","n":1.5}}'.encode()
VECTOR_SIGNATURE = b"7cc11953be401f244ea2c123fdc5a1a191986cea"  # the contract's
API_KEY = "k" * 32


def basic(text: str) -> bytes:
    return b"Basic " + base64.b64encode(text.encode())


def test_the_contracts_vector_is_accepted() -> None:
    assert proofs.is_signed(VECTOR, VECTOR_SIGNATURE, SECRET)


def test_the_contracts_vector_signs_a_batch_that_begins_with_it() -> None:
    assert proofs.is_signed(b" [ %b , {}]" % VECTOR, VECTOR_SIGNATURE, SECRET)


@pytest.mark.parametrize(
    ("body", "signature", "secret"),
    [
        (VECTOR + b" ", VECTOR_SIGNATURE, SECRET),
        (VECTOR, VECTOR_SIGNATURE[:-1] + b"b", SECRET),
        (VECTOR, VECTOR_SIGNATURE.upper(), SECRET),
        (VECTOR, b"", SECRET),
        (VECTOR, b"\xff" * 40, SECRET),
        (VECTOR, VECTOR_SIGNATURE, b"another"),
        (b"[{}, %b]" % VECTOR, VECTOR_SIGNATURE, SECRET),
        (b"[]", VECTOR_SIGNATURE, SECRET),
    ],
)
def test_any_other_signature_is_refused(body: bytes, signature: bytes, secret: bytes) -> None:
    assert not proofs.is_signed(body, signature, secret)


@pytest.mark.parametrize(
    ("given", "keys"),
    [
        (b"Bearer  key ", (b"key",)),
        (basic("key:"), (b"key",)),
        (basic("user:key"), (b"user", b"key")),
        (b"Basic ?", ()),
        (b"key", ()),
        (b"", ()),
    ],
)
def test_a_write_key_comes_as_bearer_or_basic(given: bytes, keys: tuple[bytes, ...]) -> None:
    assert proofs.write_keys(given) == keys


@pytest.mark.parametrize(
    ("given", "key"),
    [
        (b"ApiKey-v1 abc", b"abc"),
        (b"apikey-v1  abc ", b"abc"),
        (basic("ApiKey-v1 abc:"), b"abc"),
        (basic("ApiKey-v1 abc"), b"abc"),
        (b"Bearer abc", b""),
        (b"abc", b""),
        (b"ApiKey-v1 ", b""),
        (b"Basic \xff\xfe", b""),
    ],
)
def test_an_api_key_comes_by_itself_or_as_basic(given: bytes, key: bytes) -> None:
    assert proofs.api_key(given) == key


@pytest.mark.parametrize(
    "text",
    ["My.Example.com", "https://my.example.com", "https://my.example.com/", "//my.example.com", "my.example.com:443/x"],
)
def test_a_host_is_found_however_it_is_written(text: str) -> None:
    found = host_of(text)
    assert found is not None
    assert found.name == "my.example.com"


@pytest.mark.parametrize("text", ["", " ", "https://", "http://a:b:c", "//[", "x:99999"])
def test_what_names_no_host_is_none(text: str) -> None:
    assert host_of(text) is None


def senders(tmp_path: Path, **more: object) -> Settings:
    given = {
        "home": tmp_path,
        "deployments": {
            "a": {"url": "https://a.example.com", "key": "k"},
            "b": {"url": "http://127.0.0.1:81", "key": "k"},
            "c": {"url": "http://127.0.0.1:82", "key": "k"},
        },
        "senders": {"one": {"door": "third_party", "key": API_KEY, "deployments": ["a", "b", "c"]}, **more},
    }
    return Settings.load(Path("/dev/null"), environ={}, **given)


def addressed(settings: Settings, hostname: bytes) -> str:
    found = ThirdPartySenders(settings).addressed(b"ApiKey-v1 " + API_KEY.encode(), hostname)
    return found.deployment


@pytest.mark.parametrize(
    ("hostname", "deployment"),
    [(b"a.example.com", "a"), (b"https://A.example.com/", "a"), (b"127.0.0.1:82", "c"), (b"http://127.0.0.1:81/", "b")],
)
def test_a_hostname_names_the_deployment_at_that_address(tmp_path: Path, hostname: bytes, deployment: str) -> None:
    assert addressed(senders(tmp_path), hostname) == deployment


@pytest.mark.parametrize("hostname", [b"", b"b.example.com", b"127.0.0.1", b"127.0.0.1:83", b"\xff"])
def test_a_hostname_that_names_no_deployment_or_several_is_refused(tmp_path: Path, hostname: bytes) -> None:
    with pytest.raises(Problem) as refused:
        addressed(senders(tmp_path), hostname)
    assert (refused.value.status, refused.value.code) == (400, "T649")


def test_two_senders_with_one_key_are_refused(tmp_path: Path) -> None:
    settings = senders(tmp_path, two={"door": "third_party", "key": API_KEY, "deployments": ["a"]})
    with pytest.raises(SettingsError, match=r"senders\.two and senders\.one have the same key"):
        ThirdPartySenders(settings)


def test_a_rotated_key_file_counts_after_a_while_and_a_missing_one_changes_nothing(tmp_path: Path) -> None:
    file, now = tmp_path / "key", 0.0
    file.write_text("first")
    key = Key(Sender(door="segment", key_file=file, destinations=("d",)), clock=lambda: now)

    file.write_text("second")
    assert key.value() == b"first"
    now = 6.0
    assert key.value() == b"second"
    file.unlink()
    now = 12.0
    assert key.value() == b"second"
    assert "second" not in repr(key)
