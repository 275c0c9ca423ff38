"""Processes are killed while records flow: nothing is lost, nothing is overtaken, the numbers add up.

``bench/chaos.py`` runs the same campaigns with hundreds of kills.
"""

from __future__ import annotations

import pytest

from tests.chaos.campaign import Plan, check, run_campaign
from tests.support.house import House

pytestmark = pytest.mark.chaos


def test_workers_killed_again_and_again_lose_and_reorder_nothing(house: House) -> None:
    result = run_campaign(house, Plan(seed=11, kills=5, profiles=80, each=25))
    assert result.killed["worker"] == 5
    assert result.in_hand > 0, "no kill met a call in hand"
    check(house, result)


def test_an_api_that_fails_in_every_way_while_workers_are_killed_costs_nothing(house: House) -> None:
    plan = Plan(seed=12, kills=5, weather=("503", "429", "resets", "hangs", "fair"), profiles=60, each=20)
    check(house, run_campaign(house, plan))


def test_redis_and_producers_killed_while_everything_runs_lose_nothing(house: House) -> None:
    plan = Plan(seed=13, kills=6, victims=("redis", "producer"), file_rows=3_000, profiles=60, each=20)
    result = run_campaign(house, plan)
    assert result.killed == {"redis": 3, "producer": 3}
    check(house, result)
