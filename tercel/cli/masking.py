"""Settings as name and value, with secrets masked. Imported late: pydantic is heavy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import PurePath
from typing import Any, Final

from pydantic import BaseModel, SecretStr

MASK: Final = "(set, not shown)"


def in_force(model: BaseModel, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every setting by its dotted name; the value of a secret is ``MASK``."""
    for field in type(model).model_fields:
        yield from _values(f"{prefix}{field}", getattr(model, field))


def shown(value: Any) -> str:
    """Return a value for a person to read."""
    if value is None:
        return "(not set)"
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) and value != MASK else str(value)


def _values(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, BaseModel):
        yield from in_force(value, f"{name}.")
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _values(f"{name}.{key}", inner)
    elif isinstance(value, SecretStr):
        yield name, MASK
    elif isinstance(value, tuple):
        yield name, tuple(str(one) if isinstance(one, PurePath) else one for one in value)
    else:
        yield name, str(value) if isinstance(value, PurePath) else value
