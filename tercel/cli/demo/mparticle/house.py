"""Everything the tutorial runs on, in a home of its own: none of the user's settings, no server but ours."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from producers.receiver.serving import listening
from sandbox import mparticle, talon_one
from tercel.cli.demo.house import TALON_ONE, clean_environment
from tercel.cli.demo.standin import standing_in
from tercel.cli.opening import OpenRedis, make_lanes, place_of
from tercel.cli.ports import free_port
from tercel.cli.programs import worker_programs
from tercel.cli.receiver import receiver_programs
from tercel.cli.redis_keeper import RedisKeeper
from tercel.cli.sandbox_file import DEPLOYMENT
from tercel.cli.supervising import Program
from tercel.connections import connect
from tercel.settings import Settings
from tercel.store import Store

MPARTICLE: Final = "sandbox.mparticle"
ADDRESS: Final = "127.0.0.1"
DOOR: Final = "/mparticle"
AUDIENCE: Final = mparticle.Audience(name="Visitors of the last day", external_name="Recent visitors")
CAMPAIGN: Final = talon_one.Config(campaign=talon_one.Campaign(audience=AUDIENCE.external_name))


@dataclass(frozen=True, slots=True)
class House:
    """What runs, or is about to: ``programs`` are for the supervisor, ``tick`` looks after Redis."""

    settings: Settings
    settings_file: Path
    logs: Path
    redis: OpenRedis
    mparticle_url: str
    feed: mparticle.Feed
    mparticle: mparticle.Admin
    talon_one_url: str
    talon_one: talon_one.Admin
    programs: tuple[Program, ...]
    tick: Callable[[], None]


@contextmanager
def built(home: Path, *, say: Callable[[str], None], stopped: Callable[[], bool]) -> Iterator[House | None]:
    """Start Redis and the stand-ins under ``home``, and prepare the rest; None where we were told to stop meanwhile.

    Call it from the main thread: what it starts dies with the thread that started it. Raises RedisUnavailable,
    StoreUnavailable, StartError, UsageError.
    """
    logs = home / "logs"
    environment = clean_environment(os.environ)
    token = secrets.token_urlsafe()
    with ExitStack() as stack:
        url = stack.enter_context(
            standing_in(
                TALON_ONE, "the Talon.One stand-in", CAMPAIGN, home,
                environment=environment, log=logs / "talon-one.log", stopped=stopped,
            )
        )  # fmt: skip
        if url is None:
            yield None
            return
        port = free_port(ADDRESS, 0, what="The receiver", option="another port")
        stack.enter_context(listening(ADDRESS, port))  # holds the port for the receiver
        workspace = _workspace(f"http://{ADDRESS}:{port}{DOOR}", token, url)
        mparticle_url = stack.enter_context(
            standing_in(
                MPARTICLE, "the mParticle stand-in", workspace, home,
                environment=environment, log=logs / "mparticle.log", stopped=stopped,
            )
        )  # fmt: skip
        if mparticle_url is None:
            yield None
            return
        file = _write_settings(home, url, token, port)
        settings = Settings.load(file, environ=environment)
        keeper = RedisKeeper(settings, say=say)
        stack.callback(keeper.stop)
        keeper.start()
        client = stack.enter_context(connect(home=settings.home, client_name="tercel-demo"))
        with Store.open(settings.plain_database_url()):  # brought up to date here, once
            pass
        environment["TERCEL_CONFIG"] = str(file)
        receivers = receiver_programs(settings, environment=environment, port=port)
        yield House(
            settings=settings,
            settings_file=file,
            logs=logs,
            redis=OpenRedis(client, make_lanes(client, settings), place_of(settings)),
            mparticle_url=mparticle_url,
            feed=workspace.feed,
            mparticle=stack.enter_context(mparticle.Admin(mparticle_url)),
            talon_one_url=url,
            talon_one=stack.enter_context(talon_one.Admin(url)),
            programs=(
                *worker_programs(settings, environment=environment, owner=os.getpid(), logs=logs),
                *(replace(one, log=logs / "receiver.log") for one in receivers),
            ),
            tick=keeper.tick,
        )


def _workspace(door: str, token: str, talon_one_url: str) -> mparticle.Config:
    """Return what a person types into mParticle: the tutorial's feed input, audience output and audience."""
    output = mparticle.Output(
        url=door,
        token=token,
        deployment_url=talon_one_url,
        api_key=CAMPAIGN.keys[0].key,
        user_id_field="customerId",
        run_rule_engine=True,
    )
    return mparticle.Config(output=output, audience=AUDIENCE)


def _write_settings(home: Path, url: str, token: str, port: int) -> Path:
    """Write the demo's settings, for its own processes and for the commands that a person may go on with."""
    path = home / "tercel.toml"
    path.touch(mode=0o600)
    path.write_text(
        "# The demo's own settings: made for one run, good for nothing else.\n"
        f"home = {json.dumps(str(home))}\n\n"
        f"[deployments.{DEPLOYMENT}]\nurl = {json.dumps(url)}\nkey = {json.dumps(CAMPAIGN.keys[0].key)}\n\n"
        f'[mparticle.audiences]\ndoor = "talon_one"\ndeployments = ["{DEPLOYMENT}"]\ntoken = {json.dumps(token)}\n\n'
        f"[receiver]\naddress = {json.dumps(ADDRESS)}\nport = {port}\nprocesses = 1\n\n"
        "[worker]\nprocesses = 1\n",
        encoding="utf-8",
    )
    return path
