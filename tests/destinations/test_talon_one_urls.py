from __future__ import annotations

import re
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tercel.errors import SettingsError
from workers.destinations.talon_one.urls import deployment_url, path_value

BASE = "https://mycompany.europe-west1.talon.one"


@pytest.mark.parametrize("form", [BASE, f"{BASE}/", "mycompany.europe-west1.talon.one"])
def test_the_three_published_forms_of_an_address_become_one(form: str) -> None:
    assert deployment_url(form) == BASE


@pytest.mark.parametrize(
    ("form", "named"),
    [(f"{BASE}/v2", "path"), (f"{BASE}?a=1", "query"), (f"{BASE}#top", "fragment"), ("", "empty"), ("ftp://x", "ftp")],
)
def test_anything_beyond_scheme_and_host_is_refused_with_its_name(form: str, named: str) -> None:
    with pytest.raises(SettingsError, match=named):
        deployment_url(form)


def test_a_refused_address_never_repeats_a_secret_in_it() -> None:
    with pytest.raises(SettingsError) as caught:
        deployment_url("https://user:hunter2@mycompany.talon.one/?key=hunter2")
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("value", "encoded"),
    [("10$OFF_NOW", "10%24OFF_NOW"), ("a b", "a%20b"), ("a/b#c", "a%2Fb%23c"), ("-._~", "-._~"), ("é", "%C3%A9")],
)
def test_a_path_value_is_encoded_as_the_contract_shows(value: str, encoded: str) -> None:
    assert path_value(value) == encoded


@given(st.text())
def test_a_path_value_comes_back_from_its_encoding(value: str) -> None:
    assert unquote(path_value(value), errors="strict") == value


@given(st.text())
def test_an_encoded_path_value_holds_only_unreserved_characters(value: str) -> None:
    assert re.fullmatch(r"([A-Za-z0-9\-._~]|%[0-9A-F]{2})*", path_value(value))
