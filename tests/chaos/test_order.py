"""The ordering test after rudder-server's: 50 profiles, 40 records each, of every kind, live and bulk; the API answers
by a script of its own for every profile; workers are killed at random.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable

import pytest

from sandbox.faults import Step
from tercel.lanes import Lanes
from tests.chaos.campaign import put_in
from tests.chaos.ledger import Ledger, Verdict, shuffled_records
from tests.support.house import DEPLOYMENT, House

pytestmark = pytest.mark.chaos

PROFILES, EACH = 50, 40
STEPS = 14  # of a profile's script; every request that holds the profile takes one
# None of these leaves it open whether the API applied the request, so a second application is always a mistake.
ANSWERS: tuple[Step, ...] = (200, 429, 503, 400, "reset", "hang_unapplied")
WEIGHTS = (100, 1, 8, 4, 8, 1)
# Where nobody is killed, nothing may be applied twice; so no answer may come too late but those that never come.
UNHURRIED = {"TERCEL_DELIVERY__LEASE_S": "60", "TERCEL_DEPLOYMENTS__PROD__TIMEOUT_S": "8"}


def scripts(rng: random.Random) -> dict[str, list[Step]]:
    return {f"p{n:03d}": rng.choices(ANSWERS, WEIGHTS, k=STEPS) for n in range(PROFILES)}


def deliver_all(house: House, seed: int, *, kills: int) -> Verdict:
    """Put everything in while the scripts run and workers are killed, wait for rest, and judge."""
    rng, ledger = random.Random(seed), Ledger()
    records = shuffled_records(ledger, rng, profiles=PROFILES, each=EACH)
    house.standin.admin.write_scripts(scripts(rng))
    house.start_workers(2)
    feeder = threading.Thread(target=put_in, args=(Lanes(house.client), records, rng, 0.02))
    feeder.start()
    for _ in range(kills):
        time.sleep(rng.uniform(0.3, 1.0))
        place = rng.randrange(2)
        house.wait_ready(house.workers[place])
        house.replace(place)
    feeder.join()
    house.comes_to_rest()
    return ledger.judge(house.standin.admin.order(), house.rejected_ids())


@pytest.mark.parametrize("kills", [0, 4], ids=["no kills", "random kills"])
def test_every_profiles_order_is_kept_and_nothing_is_lost_or_sent_again(
    make_house: Callable[..., House], kills: int
) -> None:
    house = make_house(**({} if kills else UNHURRIED))
    seed = 2_026
    verdict = deliver_all(house, seed, kills=kills)

    assert not verdict.lost, f"seed {seed}: {verdict}"
    assert not verdict.reordered, f"seed {seed}: {verdict}"
    assert verdict.rejected > 0, "no 400 of the scripts was met"
    assert verdict.rejected == house.lanes.totals(DEPLOYMENT)["rejected"]
    events = [(one["profileId"], one["attributes"]["Seq"]) for one in house.standin.admin.events()]
    assert len(events) == len(set(events)), f"seed {seed}: an event was kept twice"
    if not kills:
        assert not verdict.doubled, f"seed {seed}: {verdict}"
        assert not verdict.both, f"seed {seed}: {verdict}"
    house.balance_closes()
    assert not house.left_over()
