"""All settings as one value, and how it is loaded."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping
from functools import reduce
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, ValidationError, ValidationInfo, field_validator, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from tercel.errors import SettingsError
from tercel.settings.declared import declared_in
from tercel.settings.deployment import SANDBOX, Deployment, DeploymentName
from tercel.settings.groups import (
    DeliverySettings,
    FlowerSettings,
    LaneSettings,
    LimiterSettings,
    ScheduleSettings,
    WorkerSettings,
)
from tercel.settings.mparticle import MParticleSettings
from tercel.settings.nearest import suggestion
from tercel.settings.problems import sentences
from tercel.settings.receiving import ReceiverSettings, SegmentDestination, Sender
from tercel.settings.sources import Source, given, merge, nested, read_file, read_variables
from tercel.settings.syncing import SyncSettings
from tercel.settings.types import GROUP_CONFIG, LocalPath, Name, Secret, counted, refuse_truth_for_a_number

FILE_NAME = "tercel.toml"
STORE_FILE_NAME = "tercel.db"  # SQLite, under home, where no database_url is given

LogLevel = Annotated[
    Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"],
    BeforeValidator(lambda value: value.upper() if isinstance(value, str) else value),
]


class Settings(BaseSettings):
    """Every setting. Frozen; :meth:`load` is the way to make one.

    Constructed directly it takes what it is given and reads neither file nor environment: ``load`` reads both, because
    pydantic-settings' own sources pass over unknown variables and do not say where a wrong value stands.
    """

    model_config = SettingsConfigDict(**GROUP_CONFIG)  # type: ignore[typeddict-item]

    home: LocalPath = Field(Path(".tercel"), description="Folder of the embedded Redis and of the SQLite store.")
    redis_url: Secret | None = Field(
        None, description="Redis or Valkey, e.g. redis://:password@host:6379/0. Embedded where unset."
    )
    redis_prefix: str = Field(
        "", pattern=r"^[A-Za-z0-9_.:-]{0,64}$", description="Begins every Redis key, where a Redis is shared."
    )
    database_url: Secret | None = Field(
        None, description="Database of the store, e.g. postgresql://user:password@host/tercel. SQLite where unset."
    )
    rejections_keep_days: Annotated[int, counted("days")] = Field(
        30, description="How long rejections, which hold personal data, are kept."
    )
    log_format: Literal["text", "json"] = Field("text", description="How log lines look.")
    log_level: LogLevel = Field("INFO", description="The least severity that is logged.")
    deployments: dict[DeploymentName, Deployment] = Field(
        default_factory=dict, description="The accounts that Tercel delivers to, by name."
    )
    lanes: LaneSettings = Field(default_factory=LaneSettings, description="How lanes fill and when they are cut.")
    delivery: DeliverySettings = Field(default_factory=DeliverySettings, description="How calls are tried and retried.")
    limiter: LimiterSettings = Field(default_factory=LimiterSettings, description="How calls wait for their slot.")
    worker: WorkerSettings = Field(default_factory=WorkerSettings, description="The worker processes.")
    schedules: ScheduleSettings = Field(
        default_factory=ScheduleSettings, description="How the schedules of syncs are kept."
    )
    flower: FlowerSettings = Field(default_factory=FlowerSettings, description="The Flower pages.")
    receiver: ReceiverSettings = Field(default_factory=ReceiverSettings, description="The HTTP doors.")
    senders: dict[Name, Sender] = Field(default_factory=dict, description="Who may send to the receiver, by name.")
    segment: dict[Name, SegmentDestination] = Field(
        default_factory=dict, description="What Segment's messages become, by name."
    )
    mparticle: dict[Name, MParticleSettings] = Field(
        default_factory=dict, description="The connections from mParticle, by name."
    )
    syncs: dict[Name, SyncSettings] = Field(default_factory=dict, description="The warehouse syncs, by name.")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Leave reading to :meth:`load`, see the class."""
        return (init_settings,)

    @field_validator("*", mode="before")
    @classmethod
    def _refuse_truth_for_a_number(cls, value: object, info: ValidationInfo) -> object:
        return refuse_truth_for_a_number(cls, value, info)

    @model_validator(mode="after")
    def _names_lead_somewhere(self) -> Self:
        deployments = {*self.deployments, SANDBOX}
        for name, sender in self.senders.items():
            _check_names(f"senders.{name}.deployments", sender.deployments, deployments, "deployments")
            _check_names(f"senders.{name}.destinations", sender.destinations, self.segment, "segment")
        for name, destination in self.segment.items():
            _check_names(f"segment.{name}.deployment", [destination.deployment], deployments, "deployments")
        for name, connection in self.mparticle.items():
            _check_names(f"mparticle.{name}", connection.names, deployments, "deployments")
            for one in connection.names:
                if one in self.deployments and not connection.suits(self.deployments[one].destination):
                    raise ValueError(
                        f"mparticle.{name} is for the door {connection.door}, but deployments.{one} is at "
                        f"{self.deployments[one].destination}"
                    )
        for name, sync in self.syncs.items():
            _check_names(f"syncs.{name}.deployment", [sync.deployment], deployments, "deployments")
        return self

    @model_validator(mode="after")
    def _schedules_leave_time_between(self) -> Self:
        for name, sync in self.syncs.items():
            timing = sync.timing
            if timing is not None and timing.shortest.total_seconds() < self.schedules.shortest_s:
                raise ValueError(
                    f"syncs.{name}.schedule is {timing.text!r}, more often than once in {self.schedules.shortest_s:g} "
                    "seconds; let more time pass between two runs, or lower schedules.shortest_s"
                )
        return self

    @classmethod
    def load(cls, path: Path | None = None, *, environ: Mapping[str, str] | None = None, **overrides: Any) -> Settings:
        """Read the file, lay the ``TERCEL_*`` variables over it, and ``overrides`` over both.

        ``path`` (``--config``) or else the variable ``TERCEL_CONFIG`` names the file, which then must exist; or else
        it is ``tercel.toml`` in the working directory, if there is one. ``overrides`` are settings by name, groups as
        mappings: ``load(home=tmp, worker={"threads": 4})``. ``environ`` stands in for the process's environment.

        Raises SettingsError with one sentence for each problem, a line each.
        """
        environ = os.environ if environ is None else environ
        catalogue = {setting.path: setting for setting in declared_in(cls)}
        file, must_exist = _file_to_read(path, environ)
        from_file = read_file(file, catalogue) if must_exist or file.exists() else Source()
        merged = reduce(merge, (from_file, read_variables(environ, catalogue), given(overrides)))
        problems = merged.problems
        settings = None
        try:
            settings = cls(**nested(merged.values))
        except ValidationError as error:
            # A file that could not be read leaves gaps everywhere; naming those too would hide what is wrong.
            if not from_file.problems:
                problems = [*problems, *sentences(error, catalogue, merged.places, str(file))]
        if problems or settings is None:
            raise SettingsError("\n".join(problems))
        return settings

    def deployment(self, name: str) -> Deployment:
        """Return a deployment by name. Raises SettingsError that names the ones there are."""
        found = self.deployments.get(name)
        if found is not None:
            return found
        if name == SANDBOX:
            raise SettingsError(
                f"The deployment {name!r} is there only while `tercel up --sandbox` runs in this folder: "
                "start that first."
            )
        if not self.deployments:
            raise SettingsError(
                f"There is no deployment {name!r}: none is configured yet. "
                f"Add [deployments.{name}] with url and key to {FILE_NAME}."
            )
        raise SettingsError(
            f"There is no deployment {name!r}{suggestion(name, self.deployments)} "
            f"Configured: {', '.join(sorted(self.deployments))}."
        )

    def plain_redis_url(self) -> str | None:
        """Return the Redis URL, password included, for who connects; None asks for the embedded Redis."""
        return None if self.redis_url is None else self.redis_url.get_secret_value()

    def plain_database_url(self) -> str:
        """Return the store's URL, password included, for who connects: SQLite under ``home`` where none is given."""
        if self.database_url is not None:
            return self.database_url.get_secret_value()
        return f"sqlite:///{self.home / STORE_FILE_NAME}"


def _check_names(place: str, names: Iterable[str], there_are: Collection[str], group: str) -> None:
    for name in names:
        if name not in there_are:
            raise ValueError(f"{place} names {name!r}, but there is no [{group}.{name}]{suggestion(name, there_are)}")


def _file_to_read(path: Path | None, environ: Mapping[str, str]) -> tuple[Path, bool]:
    """Return the settings file, and whether it must exist because somebody named it."""
    if path is not None:
        return path, True
    if environ.get("TERCEL_CONFIG"):
        return Path(environ["TERCEL_CONFIG"]), True
    return Path(FILE_NAME), False
