"""``tercel demo mparticle``: the tutorial "Running promotions for mParticle audiences", from its curl to a coupon code.

processes   house       Redis, mParticle and Talon.One (stand-ins), the receiver and a worker
course      tutorial    the steps, told as they happen
            requests    the tutorial's curl command, as text and as a request
end         findings    what must be so at the end, and what is
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tercel.cli.demo.mparticle.requests import CUSTOMER


def mparticle(
    *,
    customer: Annotated[
        str, typer.Option("--customer", metavar="ID", help="The customer who visits your website.")
    ] = CUSTOMER,
    home: Annotated[
        Path | None,
        typer.Option("--home", metavar="FOLDER", help="New or empty folder for its data; a temporary one otherwise."),
    ] = None,
    stay: Annotated[
        bool | None, typer.Option("--stay/--no-stay", help="Keep running, to try more. [default: on a terminal]")
    ] = None,
) -> int:
    """See a visit become a coupon: mParticle's audience, Tercel, and a rule in Talon.One.

    Walks through the tutorial "Running promotions for mParticle audiences" with stand-ins for mParticle and Talon.One:
    the curl command that starts a session, the audience that the customer joins, and the coupon code that a campaign
    creates for him. It uses none of your settings, reaches nothing beyond this machine and leaves nothing behind.

    Exit status: 0 all is as it should be, 1 it is not, 130 interrupted before the end.
    """
    from tercel.cli import console
    from tercel.cli.demo.mparticle.running import Wish, run

    return run(Wish(customer, home, stay=console.on_terminal() if stay is None else stay))
