"""One process of the receiver: its parts, its server, and its end in good order."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import signal
import socket
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from typing import Any, Final, cast

import uvicorn

from producers.receiver import log, reasons
from producers.receiver.app import App
from producers.receiver.connections import OnePieceProtocol
from producers.receiver.desk import Desk
from producers.receiver.documents import pages
from producers.receiver.enqueueing import Enqueuer
from producers.receiver.feed_door import feed_doors
from producers.receiver.gathering import Gatherer
from producers.receiver.health import Readiness
from producers.receiver.mparticle_doors import firehose_doors
from producers.receiver.senders import ThirdPartySenders, segment_keys
from producers.receiver.third_party_door import ThirdPartyDoor
from producers.receiver.webhook import Target, Webhook
from tercel.connections import connect, connect_on_loop
from tercel.errors import SettingsError, UsageError
from tercel.lanes import LanesOnLoop
from tercel.settings import Settings
from tercel.store import Store

REDIS_RETRIES: Final = 1  # one lost connection is nothing; more than that is for the sender to wait out
GRACE_S: Final = 8.0  # seconds that requests in hand get when the process is to end
KEEP_ALIVE_S: Final = 75  # seconds an idle connection stays: longer than proxies keep theirs, or they meet closed ones
BACKLOG: Final = 2_048  # connections that may wait to be accepted
STORE_THREADS: Final = 2
COLLECT_AFTER: Final = 50_000  # new objects before Python looks for cycles: requests make none


class NobodyMaySend(UsageError):
    """No sender is configured, so every door is shut."""

    code = reasons.NOBODY_MAY_SEND


@contextmanager
def opened(settings: Settings, targets: Mapping[str, Target]) -> Iterator[App]:
    """Give the application with everything it needs. Redis may be away; the store must answer.

    Raises SettingsError for a key that cannot be read, and the store's errors.
    """
    with ExitStack() as stack:
        how: dict[str, Any] = {
            "home": settings.home,
            "socket_timeout_s": settings.receiver.redis_answer_s,
            "retries": REDIS_RETRIES,
            "client_name": "tercel-receiver",
        }
        redis = stack.enter_context(connect(settings.plain_redis_url(), **how))
        store = stack.enter_context(Store.open(settings.plain_database_url()))
        on_loop = connect_on_loop(settings.plain_redis_url(), **how)
        lanes = LanesOnLoop(on_loop, prefix=settings.redis_prefix, batch_id_ttl_s=settings.lanes.batch_id_ttl_s)
        aside = ThreadPoolExecutor(STORE_THREADS, thread_name_prefix="store")
        stack.callback(aside.shutdown, wait=False, cancel_futures=True)
        receiver = settings.receiver
        enqueuer = Enqueuer(lanes, high_water=settings.lanes.high_water, window_s=receiver.dedupe_window_s)
        desk = Desk(Gatherer(enqueuer.put), store, aside)
        keys, others = segment_keys(settings), ThirdPartySenders(settings)
        feeds = feed_doors(settings, desk)
        mparticle = {
            **firehose_doors(settings, redis=redis, lanes=lanes, store=store, live=desk, aside=aside, stack=stack),
            **feeds,
        }
        yield App(
            mparticle=mparticle,
            webhook=Webhook(settings.senders, keys, targets, desk, receiver) if keys else None,
            third_party=ThirdPartyDoor(others, desk, receiver).serve if others else None,
            readiness=Readiness(redis, store, aside),
            pages=pages(webhook=bool(keys), third_party=bool(others), feed=bool(feeds)),
            close=on_loop.aclose,
        )


def listening(address: str, port: int) -> socket.socket:
    """Return a socket that listens beside those of the receiver's other processes. Raises SettingsError."""
    try:
        family, kind, proto, _, place = socket.getaddrinfo(
            address, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        sock = socket.socket(family, kind, proto)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        sock.bind(place)
    except OSError as error:
        raise SettingsError(
            f"The receiver cannot listen on {address} port {port} ({error.strerror or error}): set receiver.address "
            "and receiver.port to an address of this machine and a free port."
        ) from error
    sock.set_inheritable(False)
    return sock


def serve(app: App, sock: socket.socket) -> None:
    """Serve until SIGTERM or SIGINT: then nothing new is accepted, what is in hand is finished, and this returns."""
    config = uvicorn.Config(
        cast(Any, app),
        loop="uvloop",
        http=OnePieceProtocol,
        ws="none",
        interface="asgi3",
        lifespan="off",
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,
        backlog=BACKLOG,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=int(GRACE_S),
    )
    server = _Server(config)
    gc.collect()
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER, 50, 100)
    with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
        runner.run(_serve(server, app, sock))
    log.said("the receiver has ended")


async def _serve(server: uvicorn.Server, app: App, sock: socket.socket) -> None:
    try:
        await server.serve(sockets=[sock])
    finally:
        await app.close()


class _Server(uvicorn.Server):
    """Uvicorn's server, which ends with exit status 0: its own would raise the signal again, to be killed by it."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._end)
        try:
            yield
        finally:
            for number in (signal.SIGTERM, signal.SIGINT):
                loop.remove_signal_handler(number)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        for sock in sockets or ():
            address, port = sock.getsockname()[:2]
            log.said(f"the receiver listens on {address} port {port}")

    def _end(self) -> None:
        self.should_exit = True
