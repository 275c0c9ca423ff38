"""Keys as people hand them over: with a line end, a space too many, in a file that is about to be replaced."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from pydantic import SecretStr

from tercel.errors import SettingsError


@dataclass(frozen=True, slots=True)
class Credentials:
    """What proves to a destination who we are. ``secret`` is empty where it wants a key alone."""

    key: SecretStr
    secret: SecretStr = field(default_factory=lambda: SecretStr(""))


def read_key_file(path: Path) -> SecretStr:
    """Return the key in a file. Raises SettingsError, naming the file, where it cannot be read or holds no key."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise SettingsError(f"The key file {path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise SettingsError(f"The key file {path} is not a text file.") from error
    try:
        return SecretStr(checked_key(text))
    except ValueError as error:
        raise SettingsError(f"The key file {path} {error}.") from None


def checked_key(text: str) -> str:
    """Return the key without the line end a file or editor adds. Raises ValueError, which never repeats the key."""
    key = text.strip()
    if not key:
        raise ValueError("is empty: it should hold the API key")
    if not key.isascii() or not key.isprintable() or " " in key:
        raise ValueError("has spaces, line breaks or unusual characters in it: it should hold the API key alone")
    return key
