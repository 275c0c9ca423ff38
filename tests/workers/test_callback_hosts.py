"""Who may be called back: the address a stranger gives must be one that the settings list."""

from __future__ import annotations

import pytest

from workers.callbacks import NotAllowed, target_of
from workers.callbacks.hosts import check_address, is_public

HOSTS = ("hooks.example.com", ".example.org", "192.0.2.7", "[2001:db8::7]")


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


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "::1",
        "::",
        "fe80::1%eth0",
        "fd00::1",
        "::ffff:127.0.0.1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
    ],
)
def test_addresses_of_networks_of_ones_own_are_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_addresses_of_the_internet_are_public(address: str) -> None:
    assert is_public(address)


def test_a_name_listed_by_its_end_may_not_lead_to_a_private_address() -> None:
    with pytest.raises(NotAllowed, match="list the host by its full name"):
        check_address(target_of("https://a.example.org/", HOSTS, allow_http=False), "10.0.0.1")


def test_a_name_listed_in_full_may_lead_to_a_private_address() -> None:
    check_address(target_of("https://hooks.example.com/", HOSTS, allow_http=False), "10.0.0.1")
