"""Loads the lane scripts: one Lua file each, behind the shared head ``common.lua``."""

from __future__ import annotations

from collections.abc import Callable
from importlib.resources import files
from typing import Any, Final

from redis import Redis
from redis.client import Pipeline
from redis.exceptions import NoScriptError

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


def text_of(name: str) -> str:
    """Return a script as Redis gets it."""
    folder = files(__package__) / "lua"
    return (folder / "common.lua").read_text() + (folder / f"{name}.lua").read_text()


class Scripts:
    """The lane scripts on one Redis. Each is called by name with the deployment's keys and its arguments."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._scripts = {name: redis.register_script(text_of(name)) for name in NAMES}

    def run(self, name: str, keys: list[str], args: list[Any]) -> Any:
        """Run one script."""
        return self._scripts[name](keys=keys, args=args)

    def run_before(self, name: str, keys: list[str], args: list[Any], then: Callable[[Pipeline], object]) -> list[Any]:
        """Run one script and what ``then`` puts behind it, in one round trip. Return all answers.

        redis-py asks in a round trip of its own whether a pipeline's scripts are there; here they are sent again in
        the rare case that they are not.
        """
        script = self._scripts[name]
        with self._redis.pipeline(transaction=False) as pipe:
            for again in (False, True):
                pipe.evalsha(script.sha, len(keys), *keys, *args)
                then(pipe)
                try:
                    return pipe.execute()
                except NoScriptError:
                    if again:
                        raise
                    self._redis.script_load(script.script)
        raise AssertionError("the second round returns or raises")
