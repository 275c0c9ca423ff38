"""A receiver for tests: a real process on a free port, with senders of every sort, and what it left in Redis."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import json
import socket
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from redis import Redis

from producers.receiver.serving import listening
from tercel import messages
from tercel.connections import connect
from tercel.lanes import Lanes
from tercel.records import LaneKind, Urgency
from tercel.store import Store
from tests.support.processes import Process, Processes
from tests.support.waiting import eventually

SECRET = "tercel-secret"
API_KEY = "abcdefabcdefabcdefabcdefabcdefab"
START_S = 120.0  # seconds a receiver gets to start; machines are busy
CLIENT_S = 120.0  # seconds a client waits for an answer
MOST_BODY = 65_536
MOST_DEPTH = 16
MOST_MESSAGES = 20

SETTINGS = """
[deployments.prod]
url = "http://127.0.0.1:9/"
key = "hunter2-key"
[deployments.other]
url = "http://127.0.0.2:9"
key = "hunter2-key"

[receiver]
max_body_bytes = 65536
max_depth = 16
max_messages = 20

[senders.web]
door = "segment"
key = "tercel-secret"
destinations = ["traits"]
[senders.both]
door = "segment"
key = "tercel-secret-of-both"
destinations = ["traits", "joins"]
[senders.single]
door = "segment"
key = "tercel-secret-of-single"
destinations = ["traits"]
batches = false
[senders.platform]
door = "third_party"
key = "abcdefabcdefabcdefabcdefabcdefab"
deployments = ["prod", "other"]
[senders.one]
door = "third_party"
key = "fedcbafedcbafedcbafedcbafedcbafe"
deployments = ["other"]
split_large = true

[segment.traits]
deployment = "prod"
[[segment.traits.mappings]]
name = "profile"
trigger = 'type = "identify"'
action = "updateCustomerProfileV3"
fields = { customerProfileId = { "@path" = "$.userId" }, attributes = { "@path" = "$.traits" }, runRuleEngine = false }
[[segment.traits.mappings]]
name = "event"
trigger = 'type = "track"'
action = "trackEventV2"
[segment.traits.mappings.fields]
customerProfileId = { "@path" = "$.userId" }
eventType = { "@path" = "$.event" }
attributes = { "@path" = "$.properties" }
[[segment.traits.mappings]]
name = "audience"
trigger = 'type = "group"'
action = "createAudience"
fields = { audienceId = { "@path" = "$.groupId" }, audienceName = { "@path" = "$.traits.name" } }

[segment.joins]
deployment = "other"
[[segment.joins.mappings]]
name = "join"
trigger = 'type = "identify"'
action = "updateCustomerProfilesAudiences"
fields = { data = [{ customerProfileId = { "@path" = "$.userId" }, adds = { "@path" = "$.traits.joins" } }] }
"""


@dataclass(frozen=True)
class OpenDoors:
    """A running receiver, and what it works with."""

    process: Process
    port: int
    redis: Redis
    store: Store
    http: httpx.Client

    @property
    def lanes(self) -> Lanes:
        """The lanes it puts records on."""
        return Lanes(self.redis)

    def post(self, message: Any, *, to: str = "/segment/webhook/web", secret: str = SECRET) -> httpx.Response:
        """Post a message, or a batch of them, as Segment would."""
        body, signature = signed(message, secret)
        return self.http.post(to, content=body, headers={"X-Signature": signature, "Content-Type": "application/json"})

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        """Make a call of the third-party API for the deployment prod."""
        given = {"Authorization": f"ApiKey-v1 {API_KEY}", "destination-hostname": "127.0.0.1", **headers}
        return self.http.request(method, path, json=body, headers=given)

    def records(self, kind: LaneKind = LaneKind.PROFILE, deployment: str = "prod") -> list[dict[str, Any]]:
        """Return what lies on a live lane, oldest first."""
        return records_on(self.redis, kind, deployment)

    def counted(self, deployment: str = "prod") -> dict[str, int]:
        """Return a deployment's counters that are not zero; those of its single kinds are left out."""
        return {name: n for name, n in self.lanes.totals(deployment).items() if n and "." not in name}

    def raw(self, *parts: bytes, hang_up: bool = False) -> bytes:
        """Send bytes as they are and return all that is answered until the receiver closes the connection.

        It does so after a request with ``Connection: close``. With ``hang_up`` the client ends its half of it first.
        """
        with socket.create_connection(("127.0.0.1", self.port), timeout=CLIENT_S) as sock:
            for part in parts:
                sock.sendall(part)
            if hang_up:
                sock.shutdown(socket.SHUT_WR)
            return b"".join(iter(lambda: sock.recv(65_536), b""))


def signed(message: Any, secret: str = SECRET) -> tuple[bytes, str]:
    """Return a body as Segment writes it, and its signature: of a batch, that of the first message."""
    if isinstance(message, list):
        parts = [json.dumps(one, ensure_ascii=False).encode() for one in message]
        return b"[%b]" % b",".join(parts), signature_of(parts[0] if parts else b"", secret)
    body = json.dumps(message, ensure_ascii=False).encode()
    return body, signature_of(body, secret)


def signature_of(text: bytes, secret: str = SECRET) -> str:
    """Return the X-Signature of a text."""
    return hmac.new(secret.encode(), text, hashlib.sha1).hexdigest()


def identify(user: str, message_id: str | None = None, **traits: Any) -> dict[str, Any]:
    """Return an identify message."""
    named = {} if message_id is None else {"messageId": message_id}
    return {"type": "identify", "userId": user, **named, "traits": traits}


def records_on(client: Redis, kind: LaneKind, deployment: str = "prod") -> list[dict[str, Any]]:
    """Return what lies on a live lane, oldest first."""
    lying: Any = client.lrange(messages.lane_name(deployment, kind, Urgency.LIVE), 0, -1)
    return [messages.decode(message).data for message in reversed(lying)]


@contextlib.contextmanager
def held_port() -> Iterator[int]:
    """A port for receivers, also one after the other, that nobody else is given while the context lasts."""
    with listening("127.0.0.1", 0) as sock:
        yield int(sock.getsockname()[1])


def environment(folder: Path, redis_url: str, settings: str = SETTINGS) -> dict[str, str]:
    """Return the variables of a receiver whose files lie in ``folder``."""
    (folder / "tercel.toml").write_text(settings)
    return {
        "TERCEL_CONFIG": str(folder / "tercel.toml"),
        "TERCEL_HOME": str(folder),
        "TERCEL_REDIS_URL": redis_url,
        "TERCEL_DATABASE_URL": f"sqlite:///{folder / 'store.db'}",
    }


@contextlib.contextmanager
def open_doors(
    redis_url: str, *, settings: str = SETTINGS, variables: Mapping[str, str] | None = None
) -> Iterator[OpenDoors]:
    """Start a receiver on a Redis and wait until it listens; it is gone afterwards."""
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tercel-receiver-")))
        processes = Processes(folder)
        stack.callback(processes.end_all)
        env = {**environment(folder, redis_url, settings), **(variables or {})}
        port = stack.enter_context(held_port())
        process = processes.python("-m", "producers.receiver", "--port", str(port), env=env, name="receiver")
        eventually(lambda: "listens on" in process.output, START_S, process.describe)
        yield OpenDoors(
            process,
            port,
            stack.enter_context(connect(redis_url)),
            stack.enter_context(Store.open(env["TERCEL_DATABASE_URL"])),
            stack.enter_context(httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=CLIENT_S)),
        )
