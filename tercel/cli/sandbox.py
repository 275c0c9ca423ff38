"""The stand-in of ``tercel up --sandbox``: a Talon.One to try things on, that knows the example's attributes."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from pydantic import BaseModel, ValidationError

from sandbox.talon_one import Audience, Config, Schema
from tercel.errors import SettingsError

# What examples/cdnow sends: so that its commands work at once.
EXAMPLE: Final = Config(
    attributes=Schema.model_validate(
        {
            "profile": {
                "Email": "string",
                "FirstPurchase": "time",
                "LastPurchase": "time",
                "Purchases": "number",
                "Cds": "number",
                "Spend": "number",
                "Source": "string",
            },
            "event": {"Day": "time", "Cds": "number", "Amount": "number"},
        }
    ),
    event_types=frozenset({"purchase"}),
    audiences=tuple(
        Audience(name=name, id=number)
        for number, name in enumerate(("Big spenders", "Repeat buyers", "Regulars", "Lapsed"), start=1)
    ),
)


def load_config(path: Path | None) -> Config:
    """Return the stand-in's configuration: a JSON file, or the example's. Raises SettingsError."""
    if path is None:
        return EXAMPLE
    try:
        return Config.model_validate_json(path.read_bytes())
    except OSError as error:
        raise SettingsError(f"The sandbox's configuration {path} cannot be read: {error.strerror}.") from error
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)
        problems = "; ".join(f"{'.'.join(map(str, one['loc'])) or 'the file'}: {one['msg']}" for one in found)
        raise SettingsError(f"The sandbox's configuration {path} is wrong: {problems}.") from error


def write_config(config: BaseModel, folder: Path, name: str = "config.json") -> Path:
    """Write a stand-in's configuration, which holds a key, where only its owner can read it."""
    path = folder / name
    path.touch(mode=0o600)
    path.write_text(config.model_dump_json(), encoding="utf-8")
    return path
