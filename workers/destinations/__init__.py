"""Destinations by name: what a deployment's ``destination`` setting may say."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any, Final

from tercel.errors import SettingsError
from workers.destinations.base import Destination
from workers.destinations.sailthru import Sailthru
from workers.destinations.talon_one import TalonOne

_DESTINATIONS: Final[Mapping[str, Callable[..., Destination]]] = {"talon_one": TalonOne, "sailthru": Sailthru}


def destination(name: str, **options: Any) -> Destination:
    """Return a destination, set up with a deployment's options.

    Raises SettingsError for a name, an option or an option's value that does not exist.
    """
    make = _DESTINATIONS.get(name)
    if make is None:
        raise SettingsError(f"There is no destination {name!r}; choose one of: {', '.join(_DESTINATIONS)}.")
    taken = inspect.signature(make).parameters
    unknown = [option for option in options if option not in taken]
    if unknown:
        raise SettingsError(
            f"The destination {name} has no option {', '.join(unknown)}; it takes: {', '.join(sorted(taken))}."
        )
    return make(**options)


__all__ = ["Destination", "destination"]
