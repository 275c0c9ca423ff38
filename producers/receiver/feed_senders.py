"""Who may post to mParticle's Events API: the feeds of the settings, by their key and secret."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pydantic import SecretStr

from producers.mparticle.feed import WRONG_CREDENTIALS
from producers.receiver import proofs, reasons
from producers.receiver.answers import Problem
from producers.receiver.feed_target import FeedTarget, feed_target
from producers.receiver.senders import Key
from tercel.errors import SettingsError
from tercel.settings import Settings
from tercel.settings.mparticle import MParticleSettings

DOOR: Final = "feed"
_CHALLENGE: Final = ((b"www-authenticate", b'Basic realm="mParticle"'),)


@dataclass(frozen=True, slots=True)
class Feed:
    """One ``[mparticle.<name>]`` with ``door = "feed"``, and what its batches become."""

    name: str
    target: FeedTarget


@dataclass(frozen=True, slots=True)
class _Secret:
    """A feed's secret as :class:`Key` reads it."""

    settings: MParticleSettings

    @property
    def key_file(self) -> Path | None:
        return self.settings.secret_file

    def current_key(self) -> SecretStr:
        return self.settings.current_secret()


class FeedSenders:
    """The feeds there are."""

    def __init__(self, settings: Settings, clock: Callable[[], float] = time.monotonic) -> None:
        """Raises SettingsError where a secret cannot be read, two feeds have one key, or a deployment is not there."""
        self._feeds: list[tuple[bytes, Key, Feed]] = []
        by_key: dict[bytes, str] = {}
        for name, one in settings.mparticle.items():
            if one.door != DOOR or one.key is None or one.deployment is None:
                continue
            key = one.key.get_secret_value().encode()
            if (other := by_key.setdefault(key, name)) != name:
                raise SettingsError(
                    f"mparticle.{name} and mparticle.{other} have the same key, which is what tells them apart: give "
                    "each its own."
                )
            target = feed_target(one, one.deployment, settings.deployment(one.deployment))
            self._feeds.append((key, Key(_Secret(one), clock), Feed(name, target)))

    def __bool__(self) -> bool:
        return bool(self._feeds)

    def proven(self, authorization: bytes | None) -> Feed:
        """Return whose key and secret these are. Raises :class:`Problem`: 401 without any, 403 for wrong ones.

        All feeds are compared, and nobody is told which half was wrong.
        """
        if authorization is None or not authorization.strip():
            text = "The request has no Authorization: give the feed's key and secret as HTTP Basic."
            raise Problem(401, reasons.UNPROVEN, text, headers=_CHALLENGE)
        user, password = proofs.basic(authorization)
        found = [
            feed for key, secret, feed in self._feeds if proofs.same(key, user) & proofs.same(secret.value(), password)
        ]
        if not found:
            raise Problem(403, WRONG_CREDENTIALS, "The key or the secret is wrong.")
        return found[0]
