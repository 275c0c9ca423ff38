"""Who may be called back: the address a stranger gives must be one that the settings list."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tercel.callback_hosts import NotAllowed, target_of

HOSTS = ("Hooks.example.com", ".example.org", "192.0.2.7", "[2001:db8::7]", ".1", ".0x1", ".")


@pytest.mark.parametrize(
    ("uri", "host", "port", "listed"),
    [
        ("https://hooks.example.com/x", "hooks.example.com", 443, True),
        ("https://HOOKS.example.com.:8443/x?a=b", "hooks.example.com", 8443, True),
        ("https://a.b.example.org", "a.b.example.org", 443, False),
        ("https://192.0.2.7/", "192.0.2.7", 443, True),
        ("https://[2001:db8::7]/", "2001:db8::7", 443, True),
    ],
)
def test_a_listed_host_may_be_called(uri: str, host: str, port: int, listed: bool) -> None:
    target = target_of(uri, HOSTS, allow_http=False)

    assert (target.host, target.port, target.listed) == (host, port, listed)


@pytest.mark.parametrize(
    "uri",
    [
        "https://example.com/",
        "https://hooks.example.com.evil.test/",
        "https://evilexample.org/",
        "https://example.org/",
        "https://192.0.2.8/",
        "https://hooks.example.com@evil.test/",
        "https://user:pass@hooks.example.com/",
        "https://hooks.example.com\\@evil.test/",
        "http://hooks.example.com/",
        "ftp://hooks.example.com/",
        "file:///etc/passwd",
        "//hooks.example.com/",
        "https://",
        "https://hooks.example.com:notaport/",
        "https://[::1/",
        "nonsense",
        "",
        "https://\x00hooks.example.com/",
        "https://@hooks.example.com/",
        "https://evilhooks.example.com/x",
        "https://evil.test\\@hooks.example.com/x",
        "https://evil.test#@hooks.example.com/x",
        "https://hooks.example.com:99999/x",
        "https://hooks.example.com/a b",
        "https://hooks.example.com/\r\n",
        "https://höoks.example.com/x",
        "https://127.0.0.1/x",
        "https://[::1]/x",
        "https://2130706433/x",
        "https://0x7f.0.0.0x1/x",
        "https://10.0.0.5.1/x",
        "https:///x",
    ],
)
def test_every_other_address_is_refused(uri: str) -> None:
    with pytest.raises(NotAllowed):
        target_of(uri, HOSTS, allow_http=False)


def test_nothing_is_allowed_where_nothing_is_listed() -> None:
    with pytest.raises(NotAllowed):
        target_of("https://hooks.example.com/", (), allow_http=True)


def test_http_is_allowed_where_the_settings_say_so() -> None:
    assert target_of("http://hooks.example.com/", HOSTS, allow_http=True).port == 80


def test_the_end_of_a_name_never_allows_an_address() -> None:
    with pytest.raises(NotAllowed):
        target_of("https://10.0.0.1/", (".0.0.1",), allow_http=False)


@settings(deadline=None)
@given(uri=st.text() | st.builds("https://{}".format, st.text(alphabet="@:/?#[]\\.h1%aexmpl")))
def test_only_what_lists_its_host_is_ever_allowed(uri: str) -> None:
    try:
        target_of(uri, ("never.example",), allow_http=True)
    except NotAllowed:
        return
    assert "never.example" in uri.lower()
