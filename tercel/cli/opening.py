"""Opening what commands work on: the settings, the Redis with its lanes, the store. Imported late: it is heavy."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from redis import Redis

from tercel.cli import sandbox_file
from tercel.cli.state import current
from tercel.connections import connect, translated, where
from tercel.embedded import EmbeddedRedis
from tercel.errors import RedisUnavailable, UsageError
from tercel.lanes import Lanes
from tercel.settings import Deployment, Settings
from tercel.store import Store


class Start(Enum):
    """Whether a command starts the embedded Redis where it does not run."""

    ALWAYS = "always"
    IF_THERE_IS_DATA = "data"


@dataclass(frozen=True, slots=True)
class OpenRedis:
    """A Redis that answers, and its lanes. ``place`` names it to a person."""

    client: Redis
    lanes: Lanes
    place: str

    def guard(self) -> AbstractContextManager[None]:
        """Return a context in which redis-py's errors become RedisUnavailable. Keep it around Redis alone."""
        return translated(self.place)


def load_settings(**overrides: Any) -> Settings:
    """Load the settings, with the deployment of a running ``tercel up --sandbox``. Raises SettingsError."""
    config = current().config
    settings = Settings.load(config, **overrides)
    found = sandbox_file.read_note(settings.home)
    if found is None or sandbox_file.DEPLOYMENT in settings.deployments:
        return settings
    deployments = {**overrides.get("deployments", {}), sandbox_file.DEPLOYMENT: found.as_deployment()}
    return Settings.load(config, **{**overrides, "deployments": deployments})


def pick_deployment(settings: Settings, name: str | None) -> tuple[str, Deployment]:
    """Return the deployment a command is about: the one named, or the only one. Raises UsageError, SettingsError."""
    if name is not None:
        return name, settings.deployment(name)
    if len(settings.deployments) > 1:
        raise UsageError(f"Which deployment? Say --deployment with one of {', '.join(sorted(settings.deployments))}.")
    for only, deployment in settings.deployments.items():
        return only, deployment
    raise UsageError(
        "No deployment is configured. Add [deployments.prod] with url and key to tercel.toml, "
        "or try `tercel up --sandbox`."
    )


def check_deployment(settings: Settings, name: str | None) -> None:
    """Raise SettingsError for the name of a deployment that does not exist; None names none."""
    if name is not None:
        settings.deployment(name)


def make_lanes(client: Redis, settings: Settings) -> Lanes:
    """Return the lanes on a Redis, set up as the settings say."""
    return Lanes(
        client,
        prefix=settings.redis_prefix,
        wake_s=settings.delivery.wake_s,
        batch_id_ttl_s=settings.lanes.batch_id_ttl_s,
    )


def place_of(settings: Settings) -> str:
    """Name the Redis of the settings to a person. Raises SettingsError."""
    return where(settings.plain_redis_url(), settings.home)


@contextmanager
def open_redis(settings: Settings, *, start: Start = Start.IF_THERE_IS_DATA) -> Iterator[OpenRedis]:
    """Give the Redis of the settings; the embedded one is started for as long as the context lasts, if need be.

    Raises RedisUnavailable, SettingsError.
    """
    url = settings.plain_redis_url()
    embedded: EmbeddedRedis | None = None
    if url is None:
        if start is Start.IF_THERE_IS_DATA and not (settings.home / "redis").is_dir():
            raise RedisUnavailable(
                f"Nothing has run under {settings.home} yet, so there is nothing to look at. Start with `tercel up`; "
                "or go to the folder it was started in, or set TERCEL_HOME or TERCEL_REDIS_URL."
            )
        embedded = EmbeddedRedis(settings.home).start()
    place = place_of(settings)
    try:
        with connect(url, home=settings.home, client_name="tercel-cli") as client:
            with translated(place):
                client.ping()
            yield OpenRedis(client, make_lanes(client, settings), place)
    finally:
        if embedded is not None:
            embedded.stop()


@contextmanager
def open_store(settings: Settings) -> Iterator[Store]:
    """Give the store of the settings. Raises StoreUnavailable, SettingsError."""
    prepare_home(settings)
    with Store.open(settings.plain_database_url()) as store:
        yield store


def prepare_home(settings: Settings) -> Path:
    """Make the home folder where something of ours will lie in it. Raises UsageError."""
    try:
        settings.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(
            f"The home folder {settings.home} cannot be made: {error.strerror}. Choose another with TERCEL_HOME."
        ) from error
    return settings.home
