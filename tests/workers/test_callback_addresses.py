"""Where a callback's host may lead: a name that is listed by its end only must not lead into one's own network."""

from __future__ import annotations

import pytest

from tercel.callback_hosts import NotAllowed, target_of
from workers.callbacks.addresses import check_address, is_public

HOSTS = ("hooks.example.com", ".example.org")


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
        "::127.0.0.1",
        "::ffff:0:7f00:1",
        "64:ff9b:1::7f00:1",
        "fec0::1",
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
