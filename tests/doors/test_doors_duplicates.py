"""A message that comes again and again is delivered once, also when the receiver was started anew in between."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

from tests.doors.conftest import OpenHouse
from tests.doors.whole_house import WholeHouse, identify_numbered, track_numbered, wait_until_it_listens
from tests.receiver.open_doors import OpenDoors
from tests.support.house import DEPLOYMENT, PATIENT, House
from tests.support.waiting import eventually

TIMES = 5  # each message comes at once
USERS = 10
MAKERS = (identify_numbered, track_numbered)


def start_anew(house: House, doors: OpenDoors) -> None:
    """End the receiver warmly and start another on its port."""
    doors.process.terminate()
    assert doors.process.wait() == 0, doors.process.describe()
    wait_until_it_listens(house.launch_receiver(doors.port))
    eventually(lambda: doors.http.get("/readyz").is_success)


def status_of(whole: WholeHouse) -> dict[str, object]:
    """What ``tercel status`` says of the deployment."""
    command = whole.house.processes.tercel("status", "--json", env=whole.house.environment)
    assert command.wait() == 0, command.describe()
    said = json.loads(command.output)
    assert said["closes"]
    found: dict[str, object] = said["deployments"][0]["balance"]
    return found


def test_a_message_that_comes_again_and_again_is_delivered_once_and_counted_as_duplicate(
    open_house_of_my_own: OpenHouse,
) -> None:
    whole = open_house_of_my_own(workers=1, **PATIENT)
    house, doors = whole
    messages = [make(f"user-{n}", 1, f"{make.__name__}-{n}") for n in range(USERS) for make in MAKERS]

    with ThreadPoolExecutor(TIMES * 2) as pool:
        answers = list(pool.map(doors.post, [message for message in messages for _ in range(TIMES)]))
    start_anew(house, doors)
    answers += [doors.post(message) for message in messages]
    house.comes_to_rest()

    said = [answer.json() for answer in answers]
    assert sum(one["accepted"] for one in said) == len(messages)
    assert sum(one["duplicate"] for one in said) == TIMES * len(messages)
    assert len(house.standin.admin.events()) == USERS
    assert len(house.standin.admin.order()) == len(messages)
    found = status_of(whole)
    assert (found["received"], found["duplicate"]) == ((TIMES + 1) * len(messages), TIMES * len(messages))
    assert house.lanes.totals(DEPLOYMENT)["delivered"] == len(messages)
