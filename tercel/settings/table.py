"""The settings as Markdown tables, for the documentation."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePath
from typing import Any, Literal, get_args, get_origin

from tercel.settings.declared import OTHER_VARIABLES, Declared, declared_in
from tercel.settings.model import Settings


def markdown() -> str:
    """Return one table of every setting, and one of the variables that are no settings."""
    return "\n".join([*_settings(), "", *_other_variables(), ""])


def _settings() -> Iterator[str]:
    yield "| Setting | Variable | Default | Unit or choice | Meaning |"
    yield "|---|---|---|---|---|"
    for setting in declared_in(Settings):
        variable = f"`{setting.variable}`" + (f", `{setting.variable}_FILE`" if _has_file_variable(setting) else "")
        cells = (f"`{setting.name}`", variable, _default(setting), _unit(setting), setting.description)
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _other_variables() -> Iterator[str]:
    yield "| Variable | Meaning |"
    yield "|---|---|"
    for variable, meaning in OTHER_VARIABLES.items():
        yield f"| `{variable}` | {meaning} |"


def _has_file_variable(setting: Declared) -> bool:
    return setting.is_secret and setting.path[-1] != "key"  # a deployment's key_file is a setting of its own


def _default(setting: Declared) -> str:
    if setting.required:
        return "(required)"
    if setting.default is None or setting.default == "":
        return "(none)"
    return f"`{_as_toml(setting.default)}`"


def _as_toml(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return f"{value:_.10g}"
    if isinstance(value, tuple):
        return "[" + ", ".join(_as_toml(one) for one in value) + "]"
    return f'"{value.as_posix() if isinstance(value, PurePath) else value}"'


def _unit(setting: Declared) -> str:
    if setting.unit:
        return setting.unit
    if setting.annotation is bool:
        return "true, false"
    if get_origin(setting.annotation) is Literal:
        return ", ".join(f'"{choice}"' for choice in get_args(setting.annotation))
    return "path" if setting.is_path else "text"
