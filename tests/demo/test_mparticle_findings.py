"""When the walk through mParticle's tutorial says that something is wrong."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tercel.balance import balance
from tercel.cli.demo.mparticle.findings import Seen, findings, lines
from tercel.cli.demo.mparticle.requests import body_for, curl_for

TAKEN = {"state": "delivered", "tries": 1, "answer": "200"}
COUPON = {"recipientIntegrationId": "John Doe", "value": "WELCOME-1"}
GOOD = Seen(
    customer="John Doe",
    audience="Recent visitors",
    visits=2,
    sent=(TAKEN, TAKEN, TAKEN),
    audiences=({"id": 1, "name": "Recent visitors"},),
    members={(1, "John Doe")},
    coupons=(COUPON,),
    balance=balance({"received": 2, "delivered": 2}),
)


def test_all_is_well_when_one_customer_has_one_coupon() -> None:
    assert [one.holds for one in findings(GOOD)] == [True] * 5
    assert next(lines(findings(GOOD))).text == "All of it is as it should be"


@pytest.mark.parametrize(
    ("place", "change"),
    [
        (0, {"audiences": ()}),
        (0, {"audiences": (*GOOD.audiences, {"id": 2, "name": "Recent visitors"})}),
        (1, {"members": {(1, "John Doe"), (1, "Jane")}}),
        (1, {"members": set()}),
        (1, {"members": {(7, "John Doe")}}),
        (2, {"coupons": ()}),
        (2, {"coupons": (COUPON, COUPON)}),
        (2, {"coupons": ({"recipientIntegrationId": "Jane", "value": "x"},)}),
        (3, {"sent": (TAKEN, TAKEN | {"tries": 2}, TAKEN)}),
        (3, {"sent": ()}),
        (4, {"balance": balance({"received": 2, "delivered": 1, "rejected": 1})}),
        (4, {"balance": balance({"received": 2, "delivered": 1})}),
    ],
)
def test_what_is_not_so_is_said(place: int, change: dict[str, Any]) -> None:
    found = findings(replace(GOOD, **change))

    assert not found[place].holds
    assert "SOMETHING IS NOT AS IT SHOULD BE" in next(lines(found)).text
    assert any(found[place].says in line.text and "WRONG" in line.text for line in lines(found))


def test_the_curl_command_is_safe_whatever_the_customer_is_called() -> None:
    said = "\n".join(curl_for("http://127.0.0.1:1", "k", "s", "O'Hara; rm"))

    assert "'\"'\"'Hara; rm" in said
    assert body_for("John Doe").startswith('{"schema_version": 2, "environment": "development"')
