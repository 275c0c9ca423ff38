"""The whole house for a test: receivers at the front, Redis and workers inside, the strict stand-in at the back."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any, NamedTuple

import httpx

from sandbox.talon_one import Config
from sandbox.talon_one.config import AttributeType
from tests.receiver.open_doors import API_KEY, CLIENT_S, SECRET, START_S, OpenDoors, held_port
from tests.support.house import EVENT_TYPE, House, open_house, standin_config
from tests.support.processes import Process, Processes
from tests.support.waiting import eventually

SEED_EVENTS = ("track-event", "mySegmentEvent")  # what Segment's own test payload may be taken for
SETTINGS = f"""
[receiver]
callback_hosts = ["127.0.0.1"]
callback_allow_http = true

[senders.web]
door = "segment"
key = "{SECRET}"
destinations = ["web"]
[senders.engage]
door = "segment"
key = "{SECRET}"
destinations = ["engage"]
[senders.tester]
door = "segment"
key = "{SECRET}"
destinations = ["tester"]
[senders.platform]
door = "third_party"
key = "{API_KEY}"
deployments = ["prod"]

[segment.engage]
type = "engage"
deployment = "prod"

[segment.web]
deployment = "prod"
[[segment.web.mappings]]
trigger = 'type = "identify"'
action = "updateCustomerProfileV3"
fields = {{ attributes = {{ "@path" = "$.traits" }}, runRuleEngine = false }}
[[segment.web.mappings]]
trigger = 'type = "track"'
action = "trackEventV2"
fields = {{ attributes = {{ "@path" = "$.properties" }} }}

[segment.tester]
deployment = "prod"
[[segment.tester.mappings]]
name = "as the destination's defaults have it"
trigger = 'type = "track"'
action = "trackEventV2"
[[segment.tester.mappings]]
name = "as the payload names its parts"
trigger = 'type = "track"'
action = "trackEventV2"
[segment.tester.mappings.fields]
customerProfileId = {{ "@path" = "$.properties.customerProfileId" }}
eventType = {{ "@path" = "$.properties.eventType" }}
"""


class WholeHouse(NamedTuple):
    """What runs: the house with its workers and stand-in, and a receiver of it."""

    house: House
    doors: OpenDoors


def standin_for_doors() -> Config:
    """Return the house's stand-in, which also knows what Segment's test payload carries."""
    config = standin_config()
    event = {**config.attributes.event, "language": AttributeType.STRING}
    return config.model_copy(
        update={
            "attributes": config.attributes.model_copy(update={"event": event}),
            "event_types": config.event_types | set(SEED_EVENTS),
        }
    )


def identify_numbered(user: str, number: int, message_id: str) -> dict[str, Any]:
    """An identify message that carries a number, as :mod:`tests.chaos.ledger` reads it from the stand-in."""
    return {"type": "identify", "messageId": message_id, "userId": user, "traits": {f"S{number}": number}}


def track_numbered(user: str, number: int, message_id: str) -> dict[str, Any]:
    """A track message that carries a number."""
    properties = {"Seq": number}
    return {"type": "track", "messageId": message_id, "userId": user, "event": EVENT_TYPE, "properties": properties}


def wait_until_it_listens(receiver: Process, processes: int = 1) -> None:
    """Wait until so many processes of a receiver serve."""
    eventually(lambda: receiver.output.count("listens on") >= processes, START_S, receiver.describe)


@contextlib.contextmanager
def open_whole_house(
    processes: Processes, *, workers: int = 2, receivers: int = 1, supervised: bool = False, **settings: str
) -> Iterator[WholeHouse]:
    """Open a house and start everything in it. ``settings`` are more ``TERCEL_*`` variables.

    ``receivers`` processes share a port; ``supervised`` has ``tercel receiver`` start them, which then is the receiver.
    """
    with (
        contextlib.ExitStack() as stack,
        open_house(processes, config=standin_for_doors(), shrunk=True, **settings) as house,
    ):
        house.configure(SETTINGS)
        port = stack.enter_context(held_port())
        house.workers = [house.launch_worker() for _ in range(workers)]
        if supervised:
            given = ("--port", str(port), "--processes", str(receivers))
            started = [processes.tercel("receiver", *given, env=house.environment)]
        else:
            started = [house.launch_receiver(port) for _ in range(receivers)]
        for receiver in started:
            wait_until_it_listens(receiver, receivers if supervised else 1)
        for worker in house.workers:
            house.wait_ready(worker)
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=CLIENT_S) as http:
            yield WholeHouse(house, OpenDoors(started[0], port, house.client, house.store, http))
