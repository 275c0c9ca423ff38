"""Mappings: which columns become which parts of a record. Read from a file (TOML) or built from options.

A mapping is checked for itself here, and against a file's columns when it is compiled
(:mod:`producers.warehouse.compiling`).
"""

from __future__ import annotations

import re
from math import isfinite
from typing import Annotated, Any, ClassVar, Final, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    JsonValue,
    StringConstraints,
    Tag,
    field_validator,
    model_validator,
)

from producers.warehouse.rows import ValueType
from tercel.records import MAX_ID_LENGTH, AudienceId, LaneKind

ATTRIBUTE_NAME: Final = re.compile(r"[A-Za-z]\w*", re.ASCII)  # contract talon-one-integration-api.md, section 9

Nulls = Literal["skip", "send"]
ConstantText = Annotated[str, StringConstraints(min_length=1, max_length=MAX_ID_LENGTH), Tag("[constant]")]
ConstantAudienceId = Annotated[AudienceId, Tag("[constant]")]
ActionName = Annotated[Literal["add", "remove", "delete"], Tag("[constant]")]


def _attribute_name(name: str) -> str:
    if not ATTRIBUTE_NAME.fullmatch(name):
        raise ValueError(f"'{name}' cannot be an attribute: letters, digits and underscores, a letter first")
    return name


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class FromColumn(_Part):
    """A value that each row gives in a column of its own."""

    column: str = Field(min_length=1)


def _origin(value: Any) -> str:
    return "[column]" if isinstance(value, (dict, FromColumn)) else "[constant]"


OrColumn = Annotated[FromColumn, Tag("[column]")]
"""The second half of a value that is written as a constant, or as ``{ column = "name" }``."""


def _column_of_text(value: Any) -> Any:
    return {"column": value} if isinstance(value, str) else value


class Attribute(_Part):
    """Where one attribute's value comes from: a column, or a constant.

    ``nulls`` says what an empty value does: ``skip`` leaves the attribute as it is, ``send`` sends null, which deletes
    it where the API does so. ``optional`` allows files that lack the column.
    """

    column: str | None = Field(default=None, min_length=1)
    constant: JsonValue = None
    type: ValueType | None = None
    nulls: Nulls | None = None
    optional: bool = False

    @field_validator("constant")
    @classmethod
    def _is_json(cls, value: JsonValue) -> JsonValue:
        if isinstance(value, float) and not isfinite(value):
            raise ValueError("JSON has no NaN and no infinity")
        return value

    @model_validator(mode="after")
    def _has_one_origin(self) -> Attribute:
        if (self.column is None) == (self.constant is None):
            raise ValueError("give either column or constant")
        if self.constant is not None and (self.type or self.nulls or self.optional):
            raise ValueError("type, nulls and optional go with a column, not with a constant")
        return self


AttributeName = Annotated[str, AfterValidator(_attribute_name)]
Attributes = dict[AttributeName, Annotated[Attribute, BeforeValidator(_column_of_text)]]


class _Mapping(_Part):
    """What every mapping says: the column of the profile id, and how columns are to be read."""

    lane_kind: ClassVar[LaneKind]

    id: str = Field(min_length=1, description="the column that holds the profile's id")
    id_prefix: str = Field(default="", max_length=MAX_ID_LENGTH - 1, description="text put before every id")
    types: dict[str, ValueType] = Field(default_factory=dict, description="types of columns, where not a text")


class ProfileMapping(_Mapping):
    """Rows become profile upserts. Without ``attributes`` every other column becomes the attribute of its name."""

    lane_kind = LaneKind.PROFILE

    object: Literal["profile"] = "profile"
    nulls: Nulls = "skip"
    attributes: Attributes | None = None


class MembershipMapping(_Mapping):
    """Rows become membership changes of audiences that are named by their id, or by their name."""

    lane_kind = LaneKind.MEMBERSHIP

    object: Literal["membership"] = "membership"
    action: Annotated[ActionName | OrColumn, Discriminator(_origin)] = "add"
    audience_id: Annotated[ConstantAudienceId | OrColumn, Discriminator(_origin)] | None = None
    audience_name: Annotated[ConstantText | OrColumn, Discriminator(_origin)] | None = None

    @model_validator(mode="after")
    def _names_an_audience(self) -> MembershipMapping:
        if (self.audience_id is None) == (self.audience_name is None):
            raise ValueError("say which audience: give audience_id or audience_name, one of the two")
        return self


class EventMapping(_Mapping):
    """Rows become events. Without ``event_id`` the id is derived from the row: the same row gives the same id."""

    lane_kind = LaneKind.EVENT

    object: Literal["event"] = "event"
    event_type: Annotated[ConstantText | OrColumn, Discriminator(_origin)]
    event_id: FromColumn | None = None
    nulls: Nulls = "skip"
    attributes: Attributes = Field(default_factory=dict)


AnyMapping = ProfileMapping | MembershipMapping | EventMapping
