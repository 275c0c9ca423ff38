"""A deployment at Sailthru: what it needs, what it takes for granted, and what it does not have."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from tercel.settings import Deployment

GIVEN = {"destination": "sailthru", "key": "a-key", "secret": "a-secret"}


def deployment(**more: Any) -> Deployment:
    return Deployment.model_validate(GIVEN | more)


def test_a_sailthru_deployment_needs_a_key_and_a_secret_only() -> None:
    one = deployment()

    assert (one.url, one.rate) == ("https://api.sailthru.com", 300.0)
    assert one.options() == {"extid": False, "event_after_timeout": "again", "job_poll_s": 5.0}


def test_what_is_given_goes_before_what_is_taken_for_granted() -> None:
    one = deployment(url="http://127.0.0.1:8000/", rate=20, extid=True)

    assert (one.url, one.rate, one.options()["extid"]) == ("http://127.0.0.1:8000", 20.0, True)


def test_key_and_secret_prove_who_we_are_and_show_nowhere() -> None:
    one = deployment(secret=" a-secret\n")

    credentials = one.credentials()

    assert (credentials.key.get_secret_value(), credentials.secret.get_secret_value()) == ("a-key", "a-secret")
    assert "a-secret" not in repr(one) + repr(credentials)


@pytest.mark.parametrize("secret", [None, "", "  "])
def test_a_sailthru_deployment_without_a_secret_is_refused(secret: str | None) -> None:
    with pytest.raises(ValidationError, match="has no secret; a sailthru deployment needs the one that belongs to its"):
        deployment(secret=secret)


def test_an_option_of_another_destination_is_refused() -> None:
    with pytest.raises(ValidationError, match="has events_api, which only a talon_one deployment has; remove it"):
        deployment(events_api="v3")


def test_a_talon_one_deployment_has_no_option_of_sailthru_s() -> None:
    with pytest.raises(ValidationError, match="has extid, which only a sailthru deployment has; remove it"):
        Deployment.model_validate({"url": "https://shop.talon.one", "key": "k", "extid": True})
