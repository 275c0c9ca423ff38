"""What a feed needs in the settings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from producers.receiver.answers import Problem
from producers.receiver.feed_door import BULK_EVENTS, EVENTS, feed_paths
from producers.receiver.feed_senders import FeedSenders
from tercel.errors import SettingsError
from tercel.settings import Settings

FEED: dict[str, Any] = {"door": "feed", "key": "k-1", "secret": "s-1", "deployment": "prod"}
PROOF = b"Basic ay0xOnMtMQ=="  # k-1:s-1


def loaded(**feeds: dict[str, Any]) -> Settings:
    deployments = {"prod": {"url": "http://127.0.0.1:9", "key": "hunter2-key"}}
    return Settings.load(environ={}, deployments=deployments, mparticle=feeds)


def without(*names: str, **more: Any) -> dict[str, Any]:
    return {name: value for name, value in {**FEED, **more}.items() if name not in names}


@pytest.mark.parametrize(
    ("feed", "sentence"),
    [
        (without("key"), "no key or no secret"),
        (without("secret"), "no key or no secret"),
        (without(secret_file="secret.txt"), "both secret and secret_file"),
        (without("deployment"), "needs one of deployment and deployments"),
        (without("deployment", deployments=["prod"]), "which does not choose"),
        (without(token="t-1"), "a token belongs to the Firehose"),
        (without(door="talon_one"), "key and secret belong to a feed"),
        (without(deployment="prof"), "did you mean"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_a_feed_lacks_is_told_when_the_settings_load(feed: dict[str, Any], sentence: str) -> None:
    with pytest.raises(SettingsError, match=sentence):
        loaded(web=feed)


def test_a_feed_is_found_by_key_and_secret() -> None:
    assert FeedSenders(loaded(web=FEED)).proven(PROOF).name == "web"


def test_a_secret_may_lie_in_a_file_that_is_read_again(tmp_path: Path) -> None:
    now = [0.0]
    file = tmp_path / "secret"
    file.write_text("old\n")
    senders = FeedSenders(loaded(web=without("secret", secret_file=str(file))), lambda: now[0])

    file.write_text("s-1\n")
    with pytest.raises(Problem):
        senders.proven(PROOF)
    now[0] += 60.0
    assert senders.proven(PROOF).name == "web"


def test_two_feeds_must_not_share_a_key() -> None:
    with pytest.raises(SettingsError, match=r"mparticle\.app and mparticle\.web have the same key"):
        FeedSenders(loaded(web=FEED, app=without(secret="s-2")))


def test_a_secret_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read"):
        FeedSenders(loaded(web=without("secret", secret_file=str(tmp_path / "none"))))


def test_neither_key_nor_secret_is_ever_shown() -> None:
    shown = repr(loaded(web=FEED))
    assert "k-1" not in shown
    assert "s-1" not in shown


def test_the_doors_are_shut_without_a_feed() -> None:
    assert feed_paths(loaded()) == ()
    assert feed_paths(loaded(web=FEED)) == (EVENTS, BULK_EVENTS)
