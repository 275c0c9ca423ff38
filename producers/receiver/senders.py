"""Who may send, as the doors ask for it: keys that may be rotated, and the deployments that a host stands for."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol
from urllib.parse import urlsplit

from pydantic import SecretStr

from producers.receiver import proofs, reasons
from producers.receiver.answers import Problem
from tercel.errors import SettingsError
from tercel.settings import Settings
from tercel.settings.receiving import Sender

REREAD_S: Final = 5.0  # seconds after which a key file is looked at again: a rotated key counts from then on
_PORTS: Final = {"http": 80, "https": 443}


class Keyed(Protocol):
    """Settings that hold a key, or name a file with one."""

    @property
    def key_file(self) -> Path | None:
        """The file, where there is one."""
        ...

    def current_key(self) -> SecretStr:
        """Return the key as it is now. Raises SettingsError."""
        ...


class Key:
    """A sender's key as it is now. A key file that cannot be read at the moment leaves the last key in force."""

    def __init__(self, sender: Keyed, clock: Callable[[], float] = time.monotonic) -> None:
        """Raises SettingsError where the key cannot be read."""
        self._sender, self._clock = sender, clock
        self._value = sender.current_key().get_secret_value().encode()
        self._read_at = clock()

    def value(self) -> bytes:
        """Return the key's bytes."""
        if self._sender.key_file is not None and self._clock() - self._read_at >= REREAD_S:
            self._read_at = self._clock()
            with suppress(SettingsError):  # somebody is just replacing it
                self._value = self._sender.current_key().get_secret_value().encode()
        return self._value

    def __repr__(self) -> str:
        return "<Key>"


@dataclass(frozen=True, slots=True)
class Host:
    """Where a deployment is reached: ``port`` None where its address does not say one."""

    name: str
    port: int | None


@dataclass(frozen=True, slots=True)
class Addressed:
    """Who sends (``name`` in the settings), and the deployment it is for."""

    name: str
    sender: Sender
    deployment: str


def host_of(text: str) -> Host | None:
    """Return the host of a host name or of an address as people type it (scheme, slash); None where there is none."""
    text = text.strip()
    try:
        parts = urlsplit(text if "//" in text else f"//{text}")
        port = parts.port
    except ValueError:
        return None
    if not parts.hostname:
        return None
    return Host(parts.hostname.rstrip("."), None if port == _PORTS.get(parts.scheme) else port)


class ThirdPartySenders:
    """Those who may use the drop-in's doors."""

    def __init__(self, settings: Settings, clock: Callable[[], float] = time.monotonic) -> None:
        """Raises SettingsError where a key cannot be read, or a deployment is not there, as the sandbox's may be."""
        self._keys = {
            name: Key(sender, clock) for name, sender in settings.senders.items() if sender.door == "third_party"
        }
        self._senders = settings.senders
        by_key: dict[bytes, str] = {}
        for name, key in self._keys.items():
            if (other := by_key.setdefault(key.value(), name)) != name:
                raise SettingsError(
                    f"senders.{name} and senders.{other} have the same key, which is what tells them apart: give each "
                    "its own."
                )
        named = {name for sender in self._keys for name in settings.senders[sender].deployments}
        self._hosts = {name: host_of(settings.deployment(name).url) for name in sorted(named)}

    def __bool__(self) -> bool:
        return bool(self._keys)

    def addressed(self, authorization: bytes, hostname: bytes) -> Addressed:
        """Return who sends, and what ``destination-hostname`` names. Raises :class:`Problem` (401, 400)."""
        name = self._proven(authorization)
        return Addressed(name, self._senders[name], self._deployment(self._senders[name], hostname))

    def _proven(self, authorization: bytes) -> str:
        """Return who sends; all keys are compared."""
        given = proofs.api_key(authorization)
        found = [name for name, key in self._keys.items() if proofs.same(key.value(), given)]
        if not given or not found:
            raise Problem(401, reasons.UNPROVEN, "The API key is missing or wrong.")
        return found[0]

    def _deployment(self, sender: Sender, hostname: bytes) -> str:
        if not hostname.strip():
            raise Problem(400, reasons.NO_DEPLOYMENT, "No Deployment URL specified")
        wanted = host_of(hostname.decode("latin-1"))
        found = [] if wanted is None else list(self._reached_at(wanted, sender.deployments))
        if len(found) == 1:
            return found[0]
        text = (
            "destination-hostname fits several deployments of this sender: give the port too"
            if found
            else "destination-hostname is not the host of a deployment of this sender"
        )
        raise Problem(400, reasons.NO_DEPLOYMENT, text)

    def _reached_at(self, wanted: Host, names: Iterable[str]) -> Iterable[str]:
        for name in names:
            host = self._hosts[name]
            if host is not None and host.name == wanted.name and wanted.port in (None, host.port):
                yield name


def segment_keys(settings: Settings, clock: Callable[[], float] = time.monotonic) -> Mapping[str, Key]:
    """Return the keys of those who may use the webhook, by name. Raises SettingsError where one cannot be read."""
    return {name: Key(sender, clock) for name, sender in settings.senders.items() if sender.door == "segment"}
