"""Warehouse syncs as they are declared: where rows come from, what they become, and when."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, field_validator, model_validator

from tercel.schedules import Schedule, parse_schedule, parse_zone
from tercel.settings.types import Group, LocalPath, Name, Secret, Share, counted, listed


def _from_text(value: object) -> object:
    """Take a table from a variable, where it is JSON."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError as error:
        raise ValueError('is not a table; in a variable write it as JSON: {"Email": "email"}') from error


Table = Annotated[
    dict[str, Any] | None, BeforeValidator(_from_text), Field(json_schema_extra={"unit": "table of attributes"})
]
Paths = Annotated[tuple[LocalPath, ...], BeforeValidator(listed), Field(json_schema_extra={"unit": "paths"})]


class SyncSettings(Group):
    """One warehouse sync, under ``[syncs.<name>]``: rows of a query or of files, kept in step with a deployment."""

    deployment: Name = Field(description="The deployment that the rows go to.")
    object: Literal["profiles", "audiences"] = Field(
        description="What a row is: a customer profile, or a member of one audience."
    )
    mode: Literal["upsert", "add", "remove", "mirror"] | None = Field(
        None,
        description="Profiles: upsert. Audiences: add or remove the rows, or mirror: add what is new and remove what "
        "has left the source.",
    )
    audience_id: Annotated[int, Field(ge=1)] | None = Field(
        None,
        description="Numeric id of the audience, as the Campaign Manager shows it. Not its name.",
        json_schema_extra={"unit": "audience id"},
    )
    audience_name: str | None = Field(
        None,
        min_length=1,
        max_length=1_000,
        description="Name of the audience, instead of its id: it is created where Tercel does not know it yet.",
    )
    connection: Secret | None = Field(
        None,
        description="Database that the query runs in, as an SQLAlchemy URL, e.g. "
        "postgresql://user:password@host/warehouse. Reading is all it needs to be allowed.",
    )
    query: str | None = Field(None, min_length=1, description="SQL query whose rows are synced.")
    files: Paths = Field((), description="CSV, JSON Lines or Parquet files instead of a query; * and ? are understood.")
    format: Literal["csv", "jsonl", "parquet"] | None = Field(
        None, description="What the files are, where their ending does not say it."
    )
    delimiter: str | None = Field(
        None, pattern=r'^[^"\r\n]$', description="Delimiter of CSV files: a comma unless given."
    )
    id: str = Field(
        "integration_id",
        min_length=1,
        description="Column of the integration id: unique, stable, not an e-mail address.",
    )
    id_prefix: str = Field("", max_length=999, description="Text put before every id, e.g. app1_.")
    fields: Table = Field(
        None,
        description="Attributes and the columns they come from: Email = 'email', or a table with column, type, nulls "
        "and optional, or constant. Unless given: email, name, phone and signup_date, as far as the source has them.",
    )
    nulls: Literal["skip", "send"] = Field(
        "skip",
        description="What an empty value does: skip leaves the attribute as it is at the destination, send sends null.",
    )
    only_changes: bool = Field(
        True, description="Send a profile only when its mapped row has changed since it was delivered."
    )
    max_gone_share: Share = Field(
        0.3, description="A mirror stops and asks when more than this share of the known members would be removed."
    )
    max_gone: Annotated[int, counted("members", least=0)] = Field(
        0, description="The same as a number of members. 0 switches it off."
    )
    allow_empty: bool = Field(
        False, description="Let an empty source empty the audience of a mirror, in every run. Better ask each time."
    )
    max_tries: Annotated[int, counted("runs", least=0)] = Field(
        5,
        description="A row that is refused in so many runs is left alone until its content changes. 0: without limit.",
    )
    schedule: str | None = Field(
        None,
        description='When it runs by itself: "every 15 minutes", or a cron expression such as "30 6 * * mon-fri" '
        "(minute, hour, day of the month, month, day of the week). By hand only where unset.",
    )
    time_zone: str = Field("UTC", description="Time zone that a cron expression is meant in, such as Europe/Berlin.")

    @property
    def timing(self) -> Schedule | None:
        """When it runs by itself; None: never."""
        return None if self.schedule is None else parse_schedule(self.schedule, self.time_zone)

    @field_validator("schedule")
    @classmethod
    def _comes_round(cls, value: str | None) -> str | None:
        return None if value is None else parse_schedule(value).text

    @field_validator("time_zone")
    @classmethod
    def _is_a_zone(cls, value: str) -> str:
        return parse_zone(value).key

    @field_validator("audience_id", mode="before")
    @classmethod
    def _is_not_a_name(cls, value: Any) -> Any:
        if isinstance(value, str) and not value.strip().isdecimal():
            raise ValueError(
                "must be the audience's numeric id, as the Campaign Manager shows it in the column ID of Audiences, "
                "not its name (a name goes into audience_name)"
            )
        return value

    @model_validator(mode="after")
    def _has_one_source(self) -> Self:
        if self.query is not None and self.files:
            raise ValueError("has both query and files; remove one of them")
        if self.query is None and not self.files:
            raise ValueError("has no source; give query with connection, or files")
        if self.query is not None and self.connection is None:
            raise ValueError("has a query but no connection; give connection, the database's URL")
        if self.connection is not None and self.query is None:
            raise ValueError("has a connection but no query; give query, the SQL to run")
        if self.query is not None and (self.format or self.delimiter):
            raise ValueError("has a query, of which format and delimiter say nothing; remove them")
        return self

    @model_validator(mode="after")
    def _fits_its_object(self) -> Self:
        if self.object == "profiles":
            if self.mode not in (None, "upsert"):
                raise ValueError(f"has mode {self.mode}, but profiles are always upserted; leave mode away")
            if self.audience_id is not None or self.audience_name is not None:
                raise ValueError("names an audience, but its object is profiles; write object = 'audiences'")
            return self
        if self.mode in (None, "upsert"):
            raise ValueError("is for an audience and needs mode add, remove or mirror (upsert is for profiles)")
        if (self.audience_id is None) == (self.audience_name is None):
            raise ValueError("is for an audience and needs audience_id or audience_name, one of the two")
        if self.fields is not None:
            raise ValueError("is for an audience, of whose rows only the id is used; remove fields")
        return self
