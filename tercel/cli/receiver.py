"""``tercel receiver``: the HTTP doors of this machine, kept open and shut in good order."""

from __future__ import annotations

import socket
import sys
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from typing import TYPE_CHECKING, Annotated

import typer

from tercel.cli.options import RUN

if TYPE_CHECKING:
    from tercel.cli.supervising import Program
    from tercel.settings import Settings

MARGIN_S = 4.0  # seconds beyond its own grace that a process gets to end
KNOCK_S = 0.1  # seconds to wait for a connection on this machine, when looking whether it is open
MOST_FAILURES = 5  # in a row; it fails at once where it cannot listen, or where a setting is wrong


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(rich_help_panel=RUN)(receiver)


def receiver(
    *,
    port: Annotated[
        int | None,
        typer.Option(
            "--port",
            metavar="PORT",
            min=0,
            max=65_535,
            help="The port; by default as the settings say. 0 takes a free one.",
        ),
    ] = None,
    processes: Annotated[
        int | None,
        typer.Option(
            "--processes", "-p", metavar="N", min=1, help="Processes that serve it; by default as the settings say."
        ),
    ] = None,
) -> int:
    """Take in what Segment and others post, until Ctrl-C.

    A request is answered 2xx once Redis holds its records. Ctrl-C or SIGTERM ends it warmly: nothing new is accepted,
    and what is in hand is answered. Workers (`tercel worker`, `tercel up`) deliver what came in. Who may send stands
    under [senders.NAME] of the settings.
    """
    from producers.receiver.serving import GRACE_S, listening
    from tercel.cli.opening import load_settings, open_store
    from tercel.cli.ports import free_port
    from tercel.cli.serving import Crew
    from tercel.cli.supervising import Supervisor

    given = {"port": port, "processes": processes}
    found = {name: value for name, value in given.items() if value is not None}
    settings = load_settings(**({"receiver": found} if found else {}))
    require_senders(settings)
    address = settings.receiver.address
    with ExitStack() as stack:
        number = free_port(address, settings.receiver.port, what="The receiver", option="--port")
        stack.enter_context(listening(address, number))  # holds the port for the processes, also between two of them
        crew = stack.enter_context(Crew(settings))
        with open_store(settings):  # brought up to date here, once
            pass
        environment = {**crew.environment(), **_shared_figures(settings, stack)}
        announce = Announcement(
            address, number, f"the receiver is on {_url(address, number)}; {_doors(settings)}", crew.say
        )

        def tick() -> None:
            crew.tick()
            announce.tick()

        return crew.run(
            lambda: Supervisor(
                receiver_programs(settings, environment=environment, port=number),
                grace_s=GRACE_S + MARGIN_S,
                say=crew.say,
                tick=tick,
            )
        )


def receiver_programs(settings: Settings, *, environment: Mapping[str, str], port: int) -> list[Program]:
    """Return the processes that serve a port together."""
    from tercel.cli.supervising import Program

    return [
        Program(
            name=f"receiver {number}",
            command=(sys.executable, "-m", "producers.receiver", "--port", str(port)),
            env=environment,
            most_failures=MOST_FAILURES,
        )
        for number in range(1, settings.receiver.processes + 1)
    ]


class Announcement:
    """Says once that a port is open, as soon as it is: until then a sender would be turned away."""

    def __init__(self, address: str, port: int, text: str, say: Callable[[str], None]) -> None:
        self._place, self._text, self._say = (_reached_as(address), port), text, say
        self._said = False

    def tick(self) -> None:
        """Look, unless it was said already."""
        if self._said:
            return
        try:
            socket.create_connection(self._place, KNOCK_S).close()
        except OSError:
            return
        self._said = True
        self._say(self._text)


def require_senders(settings: Settings) -> None:
    """Raise UsageError where nobody may send, and SettingsError where what senders need cannot work."""
    from producers.receiver.feed_senders import FeedSenders
    from producers.receiver.mparticle_doors import check_firehose
    from producers.receiver.senders import ThirdPartySenders, segment_keys
    from producers.receiver.serving import NobodyMaySend
    from producers.segment.destinations import load_destinations

    if not settings.senders and not settings.mparticle:
        raise NobodyMaySend(
            "Nobody may send to the receiver yet. Add [senders.web] with door, key and destinations (or deployments) "
            "to tercel.toml."
        )
    segment_keys(settings)
    ThirdPartySenders(settings)
    check_firehose(settings)
    FeedSenders(settings)
    load_destinations(settings)


def _shared_figures(settings: Settings, stack: ExitStack) -> dict[str, str]:
    """Return what several processes need to answer /metrics for all of them; the folder goes with ``stack``."""
    if settings.receiver.processes == 1:
        return {}
    from workers.watching.folder import MetricsFolder

    return stack.enter_context(MetricsFolder.make(settings.home)).environment()


def _reached_as(address: str) -> str:
    """Return the address at which this machine reaches what listens on ``address``."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(address, address)  # noqa: S104


def _url(address: str, port: int) -> str:
    host = _reached_as(address)
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _doors(settings: Settings) -> str:
    """Name the doors that are open, for the person who started it."""
    from producers.receiver.feed_door import feed_paths
    from producers.receiver.mparticle_doors import firehose_paths

    segment = [f"/segment/webhook/{name}" for name, sender in settings.senders.items() if sender.door == "segment"]
    others = ["/segment/*", "/cdp/*"] if any(one.door == "third_party" for one in settings.senders.values()) else []
    open_doors = ", ".join((*segment, *others, *firehose_paths(settings), *feed_paths(settings)))
    return f"open: {open_doors}; described at /docs"
