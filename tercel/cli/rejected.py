"""``tercel rejected``: the records that will not be delivered, and what is to become of them."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from tercel.cli.options import MEND, AnyDeployment, Json, Yes

_rejected = typer.Typer(no_args_is_help=True, help="See, export, replay or discard rejected records.")

Ids = Annotated[list[str] | None, typer.Argument(metavar="ID", help="Ids of rejections, as `list` shows them.")]
Run = Annotated[str | None, typer.Option("--run", metavar="RUN", help="Only those of this run (8 hex digits).")]
Code = Annotated[str | None, typer.Option("--code", metavar="CODE", help="Only those with this code, e.g. T450.")]
All = Annotated[bool, typer.Option("--all", help="All of them.")]
DEFAULT_LIMIT = 50  # rows of a list; more than fit a screen are for `export`


class State(str, Enum):  # noqa: UP042 - typer shows the values of such an enum as choices
    """Which rejections are meant."""

    OPEN = "open"
    REPLAYED = "replayed"
    DISCARDED = "discarded"
    ANY = "any"


class ExportFormat(str, Enum):  # noqa: UP042
    """How rejections are written."""

    JSONL = "jsonl"
    CSV = "csv"


def register(app: typer.Typer) -> None:
    """Add the group."""
    app.add_typer(_rejected, name="rejected", rich_help_panel=MEND)


@_rejected.command(name="list")
def list_(
    *,
    deployment: AnyDeployment = None,
    run: Run = None,
    code: Code = None,
    state: Annotated[State, typer.Option("--state", help="Which ones.")] = State.OPEN,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="How many at most.")] = DEFAULT_LIMIT,
    json_wanted: Json = False,
) -> None:
    """List rejected records with their reasons, oldest first."""
    from tercel.cli import console
    from tercel.cli.rejections import as_json, chosen, run_of

    with chosen(deployment=deployment, run=run, code=code, state=state.value) as (store, wanted):
        found = list(store.rejections(**wanted.filters(), limit=limit + 1))
        counts = store.rejection_counts(deployment=deployment, run=wanted.run, state=wanted.state)
    total = sum(one.count for one in counts if wanted.code in (None, one.code))
    if json_wanted:
        for one in found[:limit]:
            console.out_json(as_json(one))
    elif not found:
        console.note("There is none.")
    else:
        rows = ((r.record_id, r.deployment, r.kind, run_of(r), r.code, r.reason, r.source) for r in found[:limit])
        console.table(["Id", "Deployment", "Kind", "Run", "Code", "Reason", "From"], rows)
    if len(found) > limit:
        console.note(f"These are {limit:,} of {total:,}: see more with --limit, or all of them with `rejected export`.")


@_rejected.command()
def show(record_id: Annotated[str, typer.Argument(metavar="ID")], json_wanted: Json = False) -> None:
    """Show one rejection in full: the record, the destination's answer, and what to do."""
    from tercel.cli import console
    from tercel.cli.catalogue import cure_of
    from tercel.cli.rejections import as_json, as_text, chosen
    from tercel.errors import UsageError

    with chosen(record_ids=[record_id], state=State.ANY.value) as (store, wanted):
        found = next(store.rejections(**wanted.filters()), None)
    if found is None:
        raise UsageError(f"There is no rejection {record_id!r}: `tercel rejected list` shows those there are.")
    if json_wanted:
        console.out_json(as_json(found))
    else:
        console.out(as_text(found, cure_of(found.code)))


@_rejected.command()
def export(
    ids: Ids = None,
    *,
    deployment: AnyDeployment = None,
    run: Run = None,
    code: Code = None,
    state: Annotated[State, typer.Option("--state", help="Which ones.")] = State.OPEN,
    form: Annotated[ExportFormat, typer.Option("--format", "-f", help="How.")] = ExportFormat.JSONL,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Where to; else stdout.")
    ] = None,
) -> None:
    """Write rejected records out, as JSON Lines or CSV. They hold personal data."""
    from tercel.cli import console
    from tercel.cli.rejections import chosen, write_export

    with chosen(deployment=deployment, run=run, code=code, record_ids=ids, state=state.value) as (store, wanted):
        written = write_export(store.rejections(**wanted.filters()), form.value, output)
    console.note(f"{written:,} rejections written{f' to {output}' if output else ''}.")


@_rejected.command()
def replay(
    ids: Ids = None,
    *,
    deployment: AnyDeployment = None,
    run: Run = None,
    code: Code = None,
    everything: All = False,
    yes: Yes = False,
) -> int:
    """Send rejected records once more, as they were then.

    A replayed record enters as a new one: it overwrites what newer records of the same profile have brought since.
    """
    from tercel.cli.deciding import replay_chosen

    return replay_chosen(deployment=deployment, run=run, code=code, record_ids=ids, everything=everything, yes=yes)


@_rejected.command()
def discard(
    ids: Ids = None,
    *,
    deployment: AnyDeployment = None,
    run: Run = None,
    code: Code = None,
    everything: All = False,
    yes: Yes = False,
) -> int:
    """Give rejected records up for good. They stay in the store, closed, until they are purged by age."""
    from tercel.cli.deciding import discard_chosen

    return discard_chosen(deployment=deployment, run=run, code=code, record_ids=ids, everything=everything, yes=yes)
