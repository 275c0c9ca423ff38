"""``tercel check`` of a Sailthru deployment: reachable, and key and secret accepted."""

from __future__ import annotations

from typing import Any

from sandbox.sailthru import StandIn, Status
from tercel.cli.checking import Checked, Level, check_deployment
from tercel.settings import Deployment
from tests.sailthru.conftest import OF_SAILTHRU


def checked(standin: StandIn, **more: Any) -> Checked:
    [key] = standin.admin.config()["keys"]
    one = Deployment.model_validate({**OF_SAILTHRU, "url": standin.url, "key": key["key"], **more})
    return check_deployment("news", one)


def test_a_deployment_that_answers_and_takes_key_and_secret_is_well(sailthru: StandIn) -> None:
    found = checked(sailthru)

    assert (found.level, found.said) == (Level.OK, f"{sailthru.url} answers and takes the key")


def test_a_secret_of_another_key_is_told_and_not_shown(sailthru: StandIn) -> None:
    found = checked(sailthru, secret="hunter2-secret")

    assert (found.level, found.code) == (Level.FAIL, "T701")
    assert "secret" in found.cure
    assert "hunter2" not in found.text()


def test_an_address_that_is_no_api_is_told(sailthru: StandIn) -> None:
    sailthru.admin.set_faults(Status(path="/settings", status=404, body="<html>no such page</html>"))

    assert checked(sailthru).code == "T703"


def test_nobody_at_the_address_is_told(sailthru: StandIn) -> None:
    found = checked(sailthru, url="http://127.0.0.1:9")

    assert (found.level, found.code) == (Level.FAIL, "T203")
