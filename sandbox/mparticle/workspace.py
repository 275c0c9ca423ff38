"""One stand-in as a whole: batches come in, users join and leave the audience, and the partner is told."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

from sandbox.mparticle import firehose
from sandbox.mparticle.batches import Batch
from sandbox.mparticle.config import Config
from sandbox.mparticle.forwarding import Forwarder, Sent
from sandbox.mparticle.users import User, Users


class Workspace:
    """An mParticle workspace that is not one. ``now`` gives epoch seconds. Use it in one event loop."""

    def __init__(self, config: Config, now: Callable[[], float] = time.time) -> None:
        self.config = config
        self.users = Users(config.audience, now)
        self.forwarder = Forwarder(config, self._answered)
        self.batches: list[Batch] = []
        self.connected = False
        self.subscription_settings: dict[str, Any] = {}
        self._looking: asyncio.Task[None] | None = None

    def connect(self) -> None:
        """Connect the audience to its output: the module is asked what it is, then told of the audience."""
        self.forwarder.send(firehose.registration())
        self.forwarder.send(firehose.subscription(self.config.output, self.config.audience, "add"))
        self.connected = True
        for user in self.users.members():
            self._tell(user, "add")
        if self._looking is None:
            self._looking = asyncio.get_running_loop().create_task(self._look_for_leavers())

    def disconnect(self) -> None:
        """Disconnect the audience; its members stay in it, nobody is told of changes any more."""
        self.forwarder.send(firehose.subscription(self.config.output, self.config.audience, "remove"))
        self.connected = False

    def take(self, batch: Batch) -> None:
        """Take a batch in, and tell the partner where its user joins the audience."""
        self.batches.append(batch)
        self._look(self.users.take(batch))

    def _look(self, user: User) -> None:
        action = self.users.moved(user)
        if action is not None and self.connected:
            self._tell(user, action)

    def _tell(self, user: User, action: str) -> None:
        output, audience = self.config.output, self.config.audience
        self.forwarder.send(firehose.membership(output, audience, user, action, self.subscription_settings))

    def _answered(self, sent: Sent) -> None:
        settings = sent.body.get("audience_subscription_settings")
        if sent.message["type"] == "audience_subscription_request" and isinstance(settings, dict):
            self.subscription_settings = settings

    async def _look_for_leavers(self) -> None:
        while True:
            await asyncio.sleep(self.config.look_every_s)
            for user in self.users.members():
                self._look(user)
