"""Keeping Flower's Broker page complete: it asks workers for their queues once, when it starts.

Workers that come up later announce lanes that Flower does not hear of. So whoever starts Flower looks whether a lane is
on that page, and has Flower ask anew until it is.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import httpx

from tercel.messages import lane_name
from tercel.records import LaneKind, Urgency
from tercel.settings import Settings

TIMEOUT_S: Final = 2.0  # seconds for one answer of Flower's
ASK_EVERY_S: Final = 3.0  # seconds between two looks while lanes are missing


def shows_lanes(url: str, deployment: str, *, workers: int = 1, login: tuple[str, str] | None = None) -> bool:
    """Whether Flower has heard of so many workers and shows the deployment's lanes. If not, it is asked to look anew.

    ``login`` is Flower's user and password. False also where Flower does not answer.
    """
    lane = lane_name(deployment, LaneKind.PROFILE, Urgency.BULK)  # announced whether it is empty or not
    try:
        with httpx.Client(base_url=url, timeout=TIMEOUT_S, trust_env=False, auth=login) as flower:
            found = flower.get("/workers", params={"json": 1}).raise_for_status().json()["data"]
            if sum(bool(one["status"]) for one in found) < workers:
                return False
            if lane in flower.get("/broker").raise_for_status().text:
                return True
            flower.get("/workers", params={"refresh": 1, "json": 1})
    except (httpx.HTTPError, ValueError, KeyError):
        pass
    return False


@contextmanager
def lanes_shown(settings: Settings, url: str) -> Iterator[None]:
    """See to it, beside everything else, that the lanes come to stand on Flower's Broker page."""
    done = threading.Event()
    login = None
    if settings.flower.basic_auth is not None:
        user, _, password = settings.flower.basic_auth.get_secret_value().partition(":")
        login = (user, password)

    def ask() -> None:
        deployment = next(iter(settings.deployments))
        while not done.wait(ASK_EVERY_S) and not shows_lanes(url, deployment, login=login):
            pass

    thread = threading.Thread(target=ask, name="flower-pages", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join(TIMEOUT_S)
