"""A deployment's address and its key."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tercel.errors import SettingsError
from tercel.settings import Deployment, deployment_url

BASE = "https://shop.europe-west1.talon.one"


@pytest.mark.parametrize(
    ("given_url", "url"),
    [
        (BASE, BASE),
        (f"{BASE}/", BASE),
        ("shop.europe-west1.talon.one", BASE),
        ("  Shop.Europe-West1.Talon.One/ ", BASE),
        ("//shop.europe-west1.talon.one", BASE),
        ("HTTPS://shop.europe-west1.talon.one:443/", BASE),
        ("shop.talon.one:8443", "https://shop.talon.one:8443"),
        ("http://localhost:8080/", "http://localhost:8080"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://[::1]:8080", "http://[::1]:8080"),
        ("http://localhost:80", "http://localhost"),
    ],
)
def test_every_published_form_of_an_address_becomes_one(given_url: str, url: str) -> None:
    assert deployment_url(given_url) == url


@pytest.mark.parametrize(
    ("given_url", "complaint"),
    [
        ("", "is empty; give the deployment's address"),
        (f"{BASE}/v2", f"has a path; give the deployment's address alone: {BASE}"),
        (f"{BASE}?x=1", "has a query"),
        (f"{BASE}#x", "has a fragment"),
        ("https://me:pw@shop.talon.one", "has a user or password before the host"),
        ("http://shop.talon.one", "uses http, which would send the key in the clear; write https://shop.talon.one"),
        ("ftp://shop.talon.one", "has the scheme 'ftp'"),
        ("https://", "has no host"),
        ("https://shop talon one", "has spaces"),
        ("https://shop.talon.one:port", "host or port cannot be read"),
        ("https://shop.talon.one:99999", "host or port cannot be read"),
        ("https://[::1", "host or port cannot be read"),
        ("https://café.example", "has a host that is not a name"),
        ("https://-shop.talon.one", "has a host that is not a name"),
        ("https://shop..one", "has a host that is not a name"),
    ],
)
def test_an_address_with_more_or_less_is_refused(given_url: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=r".") as refused:
        deployment_url(given_url)

    assert complaint in str(refused.value)


def test_http_beyond_this_machine_is_taken_where_allowed() -> None:
    assert deployment_url("http://stand-in:8080", allow_http=True) == "http://stand-in:8080"


@given(st.text())
def test_any_text_is_either_refused_or_becomes_a_stable_address(text: str) -> None:
    try:
        url = deployment_url(text, allow_http=True)
    except ValueError:
        return

    assert deployment_url(url, allow_http=True) == url


def test_a_key_file_is_read_again_each_time(tmp_path: Path) -> None:
    key_file = tmp_path / "key"
    key_file.write_text("first\n")
    deployment = Deployment(url=BASE, key_file=key_file)
    assert deployment.current_key().get_secret_value() == "first"

    key_file.write_text("second\r\n")

    assert deployment.current_key().get_secret_value() == "second"


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"\n", "is empty: it should hold the API key."),
        (b"hunter2\nhunter2", "has spaces, line breaks or unusual characters in it: it should hold the API key alone."),
        ("hunter2é".encode(), "has spaces, line breaks or unusual characters in it: it should hold the API key alone."),
        (b"hunter2\xff", "is not a text file."),
    ],
)
def test_a_key_file_without_a_usable_key_is_named_but_not_repeated(
    tmp_path: Path, content: bytes, complaint: str
) -> None:
    key_file = tmp_path / "key"
    key_file.write_bytes(content)

    with pytest.raises(SettingsError) as refused:
        Deployment(url=BASE, key_file=key_file).current_key()

    assert str(refused.value) == f"The key file {key_file} {complaint}"


def test_a_missing_key_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"The key file .*/gone cannot be read: No such file or directory\."):
        Deployment(url=BASE, key_file=tmp_path / "gone").current_key()
