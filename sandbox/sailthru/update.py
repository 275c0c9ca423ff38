"""An update of one profile, as a value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Update:
    """What is to become of one profile; it was checked as far as that needs no look at what is held."""

    id: str
    kind: str
    keys: Mapping[str, str]
    conflict: str
    vars: Mapping[str, Any]
    lists: Mapping[str, int]
    optout_email: str | None
