"""Everything the demo runs on, in a home of its own: none of the user's settings, no server but ours."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sandbox.talon_one import Admin, Config
from tercel.cli.demo.standin import standing_in
from tercel.cli.opening import OpenRedis, make_lanes, place_of
from tercel.cli.ports import free_port
from tercel.cli.programs import flower_program, flower_url, worker_programs
from tercel.cli.redis_keeper import RedisKeeper
from tercel.cli.sandbox_file import DEPLOYMENT
from tercel.cli.serving import prepare_flower
from tercel.cli.supervising import Program
from tercel.connections import connect
from tercel.settings import Settings
from tercel.store import Store

TALON_ONE: Final = "sandbox.talon_one"
WORKERS: Final = 2
FLOWER_ADDRESS: Final = "127.0.0.1"
OURS: Final = ("TERCEL_", "FLOWER_", "PROMETHEUS_MULTIPROC_DIR")  # variables that say how somebody else's setup runs
KEPT: Final = "TERCEL_REDIS_SERVER"  # which Redis there is on this machine


@dataclass(frozen=True, slots=True)
class House:
    """What runs, or is about to: ``programs`` are for the supervisor, ``tick`` looks after Redis."""

    settings: Settings
    settings_file: Path
    logs: Path
    redis: OpenRedis
    store: Store
    standin: Admin
    standin_config: Config
    flower_url: str
    programs: tuple[Program, ...]
    tick: Callable[[], None]


@contextmanager
def built(
    home: Path, config: Config, *, say: Callable[[str], None], stopped: Callable[[], bool]
) -> Iterator[House | None]:
    """Start Redis and the stand-in under ``home``, and prepare the rest; None where we were told to stop meanwhile.

    Call it from the main thread: what it starts dies with the thread that started it. Raises RedisUnavailable,
    StoreUnavailable, StartError, UsageError.
    """
    logs = home / "logs"
    environment = clean_environment(os.environ)
    with ExitStack() as stack:
        url = stack.enter_context(
            standing_in(
                TALON_ONE, "the Talon.One stand-in", config, home,
                environment=environment, log=logs / "stand-in.log", stopped=stopped,
            )
        )  # fmt: skip
        if url is None:
            yield None
            return
        port = free_port(FLOWER_ADDRESS, 0, what="Flower", option="another port")
        file = _write_settings(home, url, config.keys[0].key, port)
        settings = Settings.load(file, environ=environment)
        keeper = RedisKeeper(settings, say=say)
        stack.callback(keeper.stop)
        keeper.start()
        client = stack.enter_context(connect(home=settings.home, client_name="tercel-demo"))
        store = stack.enter_context(Store.open(settings.plain_database_url()))
        environment["TERCEL_CONFIG"] = str(file)
        prepare_flower(settings)
        yield House(
            settings=settings,
            settings_file=file,
            logs=logs,
            redis=OpenRedis(client, make_lanes(client, settings), place_of(settings)),
            store=store,
            standin=stack.enter_context(Admin(url)),
            standin_config=config,
            flower_url=flower_url(settings, port),
            programs=(
                *worker_programs(settings, environment=environment, owner=os.getpid(), logs=logs),
                flower_program(
                    settings,
                    environment=environment,
                    port=port,
                    read_only=True,
                    alone=False,
                    log=logs / "flower.log",
                ),
            ),
            tick=keeper.tick,
        )


def clean_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Return an environment without anybody's settings: the demo must not reach a real Redis or a real deployment."""
    return {name: value for name, value in environ.items() if name == KEPT or not name.startswith(OURS)}


def _write_settings(home: Path, url: str, key: str, flower_port: int) -> Path:
    """Write the demo's settings, for its own processes and for the commands that a person may go on with."""
    path = home / "tercel.toml"
    path.touch(mode=0o600)
    path.write_text(
        "# The demo's own settings: made for one run, good for nothing else.\n"
        f"home = {json.dumps(str(home))}\n\n"
        f"[deployments.{DEPLOYMENT}]\nurl = {json.dumps(url)}\nkey = {json.dumps(key)}\n\n"
        f"[worker]\nprocesses = {WORKERS}\n\n"
        f"[flower]\nport = {flower_port}\naddress = {json.dumps(FLOWER_ADDRESS)}\n",
        encoding="utf-8",
    )
    return path
