"""Who may send as mParticle's Firehose, and for which deployment. (Contracts: mparticle, 1; third-party API, 1 and 7.)

A connection with a token is proven by it. Without one the account setting ``apiKey`` is the proof, as at Talon.One, and
must be the deployment's key.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pydantic import SecretStr

from producers.mparticle.settings import AccountSettings
from producers.receiver import proofs, reasons
from producers.receiver.answers import Problem
from producers.receiver.senders import Host, Key, host_of
from tercel.settings import Settings
from tercel.settings.mparticle import MParticleSettings

_SCHEME: Final = b"token"


@dataclass(frozen=True, slots=True)
class Connection:
    """One ``[mparticle.<name>]`` of the settings. ``deployments`` are those it may send to."""

    name: str
    settings: MParticleSettings
    deployments: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Token:
    """A connection's token as :class:`Key` reads it."""

    settings: MParticleSettings

    @property
    def key_file(self) -> Path | None:
        return self.settings.token_file

    def current_key(self) -> SecretStr:
        return self.settings.current_token()


class FirehoseSenders:
    """Those who may use one of the two Firehose doors, ``talon_one`` or ``sailthru``."""

    def __init__(self, settings: Settings, door: str, clock: Callable[[], float] = time.monotonic) -> None:
        """Raises SettingsError where a token or key cannot be read, or a deployment is not there."""
        self._connections = [
            Connection(name, one, one.names) for name, one in settings.mparticle.items() if one.door == door
        ]
        self._tokens = {
            one.name: Key(_Token(one.settings), clock) for one in self._connections if one.settings.has_token
        }
        proven_by_key = {
            deployment
            for one in self._connections
            if one.name not in self._tokens or one.settings.deployments
            for deployment in one.deployments
        }
        self._keys = {name: Key(settings.deployment(name), clock) for name in sorted(proven_by_key)}
        chosen = {deployment for one in self._connections for deployment in one.settings.deployments}
        self._hosts = {name: host_of(settings.deployment(name).url) for name in sorted(chosen)}

    def __bool__(self) -> bool:
        return bool(self._connections)

    def addressed(self, authorization: bytes, account: AccountSettings) -> Connection:
        """Return who sends, with the one deployment that it is for. Raises :class:`Problem` (401, 400)."""
        problem = _unproven()
        for one in self._proven(authorization) or self._without_token():
            try:
                return Connection(one.name, one.settings, (self._deployment(one, account),))
            except Problem as found:
                problem = found
        raise problem

    def by_token(self, authorization: bytes) -> Connection:
        """Return who sends, with all its deployments, for what carries no account. Raises :class:`Problem` (401)."""
        proven = self._proven(authorization)
        if not proven:
            raise _unproven()
        return proven[0]

    def _proven(self, authorization: bytes) -> Sequence[Connection]:
        """Return the connections whose token was sent; all are compared."""
        given = token(authorization)
        same = {name: proofs.same(key.value(), given) for name, key in self._tokens.items()}
        return [one for one in self._connections if given and same.get(one.name, False)]

    def _without_token(self) -> Sequence[Connection]:
        return [one for one in self._connections if one.name not in self._tokens]

    def _deployment(self, one: Connection, account: AccountSettings) -> str:
        if one.settings.deployment is not None:
            if one.name not in self._tokens:
                self._require_key(one.settings.deployment, account)
            return one.settings.deployment
        wanted = host_of(account.deployment_url or "")
        if wanted is None:
            raise Problem(400, reasons.NO_DEPLOYMENT, "No Deployment URL specified")
        found = list(self._reached_at(wanted, one.deployments))
        if len(found) != 1:
            several = "fits several deployments of this connection: give the port too"
            none = "is not the address of a deployment of this connection"
            raise Problem(400, reasons.NO_DEPLOYMENT, f"deploymentURL {several if found else none}")
        self._require_key(found[0], account)
        return found[0]

    def _require_key(self, deployment: str, account: AccountSettings) -> None:
        given = (account.api_key or "").encode()
        if not given or not proofs.same(self._keys[deployment].value(), given):
            raise _unproven()

    def _reached_at(self, wanted: Host, names: Iterable[str]) -> Iterable[str]:
        for name in names:
            host = self._hosts[name]
            if host is not None and host.name == wanted.name and wanted.port in (None, host.port):
                yield name


def token(authorization: bytes) -> bytes:
    """Return the token of ``Token <token>``; the Firehose's own documentation writes it in brackets too."""
    scheme, _, rest = authorization.strip().partition(b" ")
    if scheme.lower() != _SCHEME:
        return b""
    rest = rest.strip()
    return rest[1:-1].strip() if rest[:1] == b"[" and rest[-1:] == b"]" else rest


def _unproven() -> Problem:
    return Problem(401, reasons.UNPROVEN, "The token or the API key is missing or wrong.")
