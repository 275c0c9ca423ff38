"""Addresses at Talon.One: the deployment's own, and values inside a path (contract, section 1)."""

from __future__ import annotations

from typing import Final
from urllib.parse import quote

from tercel.errors import SettingsError
from tercel.settings.urls import deployment_url as _normalised

FOLDER_NAMES: Final = frozenset({".", ".."})  # HTTP clients and servers resolve these, escaped or not
FRAGILE_ESCAPES: Final = ("%2F", "%5C", "%25", "%00")  # in a path, proxies are known to decode or refuse these


def deployment_url(text: str, *, allow_http: bool = False) -> str:
    """Return a deployment's address as ``scheme://host[:port]``; the rules are those of the ``url`` setting.

    Raises SettingsError, which says what is wrong and what to write instead.
    """
    try:
        return _normalised(text, allow_http=allow_http)
    except ValueError as error:
        raise SettingsError(f"The deployment's url {error}.") from error


def path_value(value: str) -> str:
    """Percent-encode a value for use as one path segment: everything but ``A-Z a-z 0-9 - . _ ~``.

    Raises UnicodeEncodeError where the text holds half of a surrogate pair.
    """
    return quote(value, safe="")


def can_be_path_value(value: str) -> bool:
    """Say whether a value survives as a path segment: ``.`` and ``..`` would address another call."""
    return value not in FOLDER_NAMES


def is_fragile(path: str) -> bool:
    """Say whether an encoded path holds an escape that something in front of the API may take apart."""
    return any(escape in path for escape in FRAGILE_ESCAPES)
