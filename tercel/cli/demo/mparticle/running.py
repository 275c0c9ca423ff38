"""Runs the tutorial: its processes, its course, and what is said of it at the end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tercel.cli import console
from tercel.cli.demo.homes import home_at, tercel_command
from tercel.cli.demo.mparticle.findings import lines
from tercel.cli.demo.mparticle.house import House, built
from tercel.cli.demo.mparticle.requests import curl_for
from tercel.cli.demo.mparticle.tutorial import Stopped, Tutorial
from tercel.cli.demo.performing import Performance, print_lines, say
from tercel.cli.demo.report import FAINT, HEAD, Line
from tercel.cli.demo.running import FAILED
from tercel.cli.failing import INTERRUPTED
from tercel.cli.state import current
from tercel.cli.worker import MARGIN_S
from tercel.errors import UsageError

ANOTHER: Final = "Jane Roe"  # a customer for those who go on by hand
LONGEST_ID: Final = 256  # characters of an identity at mParticle


@dataclass(frozen=True, slots=True)
class Wish:
    """What was asked for. ``home`` None: a temporary folder."""

    customer: str
    home: Path | None
    stay: bool


def run(wish: Wish) -> int:
    """Run the tutorial and return the exit status. Raises UsageError, UnavailableError, StartError."""
    if current().config is not None:
        raise UsageError("The demo uses settings of its own: leave --config away.")
    if not wish.customer.strip() or len(wish.customer) > LONGEST_ID or not wish.customer.isprintable():
        raise UsageError(f"--customer must be a text of 1 to {LONGEST_ID} characters.")
    with home_at(wish.home) as home:
        status = _perform(wish, home.path)
        home.keep = status not in (0, INTERRUPTED)
        return status


def _perform(wish: Wish, home: Path) -> int:
    performance = Performance()
    with performance.listening():
        console.out("Starting Redis, stand-ins for mParticle and Talon.One, the receiver and a worker ...")
        with built(home, say=say, stopped=performance.stopped.is_set) as house:
            if house is not None:
                performance.supervise(
                    house.programs,
                    grace_s=house.settings.worker.grace_s + MARGIN_S,
                    tick=house.tick,
                    course=lambda: _course(wish, house, performance),
                )
    return performance.ended()


def _course(wish: Wish, house: House, performance: Performance) -> bool:
    """Walk through the tutorial; whether to stay afterwards."""
    tutorial = Tutorial(house, wish.customer, tell=lambda line: print_lines([line]), stopped=performance.stopped)
    try:
        found = tutorial.walk()
    except Stopped:
        return False
    good = all(one.holds for one in found)
    performance.status = 0 if good else FAILED
    print_lines([Line(""), *lines(found), Line("")])
    if not good:
        print_lines([Line(f"Settings, data and logs of this run are kept: {house.settings_file.parent}")])
    elif wish.stay:
        print_lines(_stays(house))
    else:
        print_lines([Line(f"`{tercel_command()} demo mparticle --stay` goes on running, to try more by hand.")])
    return wish.stay and good


def _stays(house: House) -> Iterator[Line]:
    yield Line("It all goes on running. In another terminal:", HEAD)
    for line in curl_for(house.mparticle_url, house.feed.key, house.feed.secret, ANOTHER):
        yield Line(f"  {line}", FAINT)
    yield Line(f"  curl {house.talon_one_url}/_admin/coupons      the campaign's coupons")
    yield Line(f"  curl {house.mparticle_url}/_admin/sent         mParticle's live stream")
    yield Line(f"  {tercel_command()} -c {house.settings_file} status")
    yield Line("Ctrl-C ends it, and nothing is left behind.")
