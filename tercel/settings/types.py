"""The types that settings are made of: numbers with their unit and bounds, paths, and the base of every group."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    StringConstraints,
    ValidationInfo,
    field_validator,
)

GROUP_CONFIG = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, validate_default=True)


Seconds = Annotated[float, Field(gt=0, allow_inf_nan=False, json_schema_extra={"unit": "s"})]
SecondsOrZero = Annotated[float, Field(ge=0, allow_inf_nan=False, json_schema_extra={"unit": "s"})]
Share = Annotated[float, Field(gt=0, le=1, json_schema_extra={"unit": "share, 0 to 1"})]
Records = Annotated[int, Field(ge=1, json_schema_extra={"unit": "records"})]
Calls = Annotated[int, Field(ge=1, json_schema_extra={"unit": "calls"})]
Port = Annotated[int, Field(ge=0, le=65_535, json_schema_extra={"unit": "TCP port"})]


Secret = Annotated[SecretStr, Field(min_length=1)]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,30}$")]  # of a deployment, sender, ...


def listed(value: object) -> object:
    """Take a list from a variable, where it is one text with commas."""
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


Names = Annotated[tuple[Name, ...], BeforeValidator(listed), Field(json_schema_extra={"unit": "names"})]
Texts = Annotated[tuple[str, ...], BeforeValidator(listed), Field(json_schema_extra={"unit": "texts"})]


def counted(unit: str, *, least: int = 1) -> Any:
    """Return the annotation of a whole number of ``unit`` that is at least ``least``."""
    return Field(ge=least, json_schema_extra={"unit": unit})


def _not_empty(value: object) -> object:
    if isinstance(value, str) and not value.strip():
        raise ValueError("is empty; give a path, or leave the setting away")
    return value


def _absolute(path: Path) -> Path:
    try:
        return path.expanduser().absolute()
    except RuntimeError as error:
        raise ValueError(f"names the home folder of a user that does not exist ({path.parts[0]})") from error


LocalPath = Annotated[Path, BeforeValidator(_not_empty), AfterValidator(_absolute)]
"""A path on this machine: ``~`` is expanded; made absolute at once, so that a later change of folder moves nothing."""


class Group(BaseModel):
    """Base of a group of settings. Frozen; unknown names are refused."""

    model_config = GROUP_CONFIG

    @field_validator("*", mode="before")
    @classmethod
    def _refuse_truth_for_a_number(cls, value: object, info: ValidationInfo) -> object:
        return refuse_truth_for_a_number(cls, value, info)


def refuse_truth_for_a_number(model: type[BaseModel], value: object, info: ValidationInfo) -> object:
    """Refuse ``rate = true``, which pydantic would read as 1. Raises ValueError."""
    annotation = model.model_fields[info.field_name or ""].annotation
    if isinstance(value, bool) and annotation is not bool:
        raise ValueError("is true or false, which says nothing here")
    return value
