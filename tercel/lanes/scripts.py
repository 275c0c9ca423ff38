"""Loads the lane scripts: one Lua file each, behind the shared head ``common.lua``."""

from __future__ import annotations

from importlib.resources import files
from typing import Any, Final

from redis import Redis

NAMES: Final = (
    "enqueue",
    "cut",
    "claim",
    "renew",
    "settle",
    "postpone",
    "split",
    "put_off",
    "wake",
    "survey",
    "arrivals",
    "cancel_lane",
    "cancel_waiting",
    "cancel_end",
    "repair",
    "halt",
    "resume",
)


class Scripts:
    """The lane scripts on one Redis. Each is called by name with the deployment's keys and its arguments."""

    def __init__(self, redis: Redis) -> None:
        folder = files(__package__) / "lua"
        common = (folder / "common.lua").read_text()
        self._scripts = {name: redis.register_script(common + (folder / f"{name}.lua").read_text()) for name in NAMES}

    def run(self, name: str, keys: list[str], args: list[Any], client: Any = None) -> Any:
        """Run one script; ``client`` may be a pipeline."""
        return self._scripts[name](keys=keys, args=args, client=client)
