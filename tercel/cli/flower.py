"""``tercel flower``: Flower's pages on what Tercel does."""

from __future__ import annotations

from typing import Annotated

import typer

from tercel.cli.options import WATCH

STOP_S = 8.0  # seconds that Flower gets to save its state and end


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(rich_help_panel=WATCH)(flower)


def flower(
    *,
    port: Annotated[
        int | None,
        typer.Option("--port", metavar="PORT", min=0, max=65_535, help="Port to listen on; 0 takes a free one."),
    ] = None,
    address: Annotated[
        str | None, typer.Option("--address", help="Address to listen on; beyond this machine it needs basic_auth.")
    ] = None,
    allow_control: Annotated[
        bool, typer.Option("--allow-control", help="Let people revoke tasks and change workers.")
    ] = False,
) -> int:
    """Serve Flower's pages: lanes, calls in flight, results and retries.

    Only this machine can see them, unless flower.basic_auth is set. They only show, unless --allow-control is given.
    """
    from tercel.cli import console
    from tercel.cli.flower_pages import lanes_shown
    from tercel.cli.opening import load_settings
    from tercel.cli.ports import free_port
    from tercel.cli.programs import flower_program, flower_url
    from tercel.cli.serving import Crew, prepare_flower, require_deployments
    from tercel.cli.supervising import Supervisor

    given = {"port": port, "address": address}
    overrides = {name: value for name, value in given.items() if value is not None}
    settings = load_settings(**({"flower": overrides} if overrides else {}))
    require_deployments(settings)
    chosen = free_port(settings.flower.address, settings.flower.port, what="Flower", option="--port")
    with Crew(settings) as crew:
        prepare_flower(settings)
        program = flower_program(
            settings,
            environment=crew.environment(),
            port=chosen,
            read_only=settings.flower.read_only and not allow_control,
            alone=True,
        )
        url = flower_url(settings, chosen)
        console.out(f"Flower: {url}")
        with lanes_shown(settings, url):
            return crew.run(lambda: Supervisor([program], grace_s=STOP_S, say=crew.say, tick=crew.tick))
