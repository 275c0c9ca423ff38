"""``tercel sync``: warehouse syncs, run by hand and looked at."""

from __future__ import annotations

from typing import Annotated, Final

import typer

from tercel.cli.options import SEND, Json, Yes

SOME_WRONG: Final = 1  # exit status: a sync cannot work, a row was refused, a run failed
SOME_REJECTED: Final = 4  # exit status: the rest went through

_sync = typer.Typer(no_args_is_help=True, help="Keep profiles and audiences in step with a warehouse.")

Name = Annotated[str, typer.Argument(metavar="NAME", help="The sync: NAME of [syncs.NAME].")]


def register(app: typer.Typer) -> None:
    """Add the group."""
    app.add_typer(_sync, name="sync", rich_help_panel=SEND)


@_sync.command(name="list")
def list_(*, json_wanted: Json = False) -> int:
    """List the syncs: what goes where, when, how the last run ended, and what should be looked at.

    Exit status 1 where one cannot work.
    """
    from tercel.cli import console
    from tercel.cli.opening import load_settings
    from tercel.cli.sync.looking import look_at_all
    from tercel.cli.sync.showing import list_lines, sync_json

    found = look_at_all(load_settings())
    if json_wanted:
        for one in found:
            console.out_json(sync_json(one))
    elif not found:
        console.note("No sync is configured: add [syncs.<name>] to tercel.toml.")
    else:
        console.styled(line for one in found for line in list_lines(one))
    return SOME_WRONG if any(one.problem for one in found) else 0


@_sync.command()
def show(name: Name, *, json_wanted: Json = False) -> None:
    """Show one sync: source, mapping, guard, and how much of it the destination is known to have."""
    from tercel.cli import console
    from tercel.cli.opening import load_settings
    from tercel.cli.sync.looking import held, look_at
    from tercel.cli.sync.showing import show_lines, sync_json

    settings = load_settings()
    found = look_at(settings, name)
    known = None if found.sync is None else held(settings, found.sync)
    if json_wanted:
        console.out_json(sync_json(found, known))
    else:
        console.styled(show_lines(found, known))


@_sync.command()
def preview(
    name: Name,
    *,
    rows: Annotated[int, typer.Option("--rows", "-n", min=1, max=1_000, help="How many rows.")] = 10,
    json_wanted: Json = False,
) -> int:
    """Show the first rows of the source as they would be sent, with their problems. Nothing is sent.

    Exit status 1 where one of them has a problem.
    """
    from producers.warehouse.syncing.definition import load_sync
    from producers.warehouse.syncing.previewing import preview as first_rows
    from tercel.cli import console
    from tercel.cli.opening import load_settings
    from tercel.cli.sync.showing import preview_json, preview_row

    sync = load_sync(load_settings(), name)
    found = first_rows(sync, rows)
    if json_wanted:
        for one in found:
            console.out_json(preview_json(one))
    else:
        console.note(
            f"{sync.name}: {sync.mode.value} to {console.clean(sync.target)}, from {console.clean(sync.source)}"
        )
        console.table(["Row", "Integration id", "Attributes", "Problem"], map(preview_row, found))
        if not found:
            console.note("The source has no rows.")
    return SOME_WRONG if any(one.problem for one in found) else 0


@_sync.command(name="test")
def try_row(
    name: Name,
    *,
    wanted: Annotated[
        str | None, typer.Option("--id", metavar="ID", help="The row with this id; the first that can be sent else.")
    ] = None,
    json_wanted: Json = False,
) -> int:
    """Really send one row, and show the request and its answer. The sync's state is not touched.

    Exit status 1 where it did not go through.
    """
    from tercel.cli import console
    from tercel.cli.sync import trying

    found = trying.try_row(name, wanted)
    if json_wanted:
        console.out_json(trying.tested_json(found))
    else:
        console.styled(trying.tested_lines(found))
    return 0 if found.tried.ok else SOME_WRONG


@_sync.command()
def run(
    name: Name,
    *,
    full: Annotated[bool, typer.Option("--full", help="Send every row, whether it has changed or not.")] = False,
    retry: Annotated[
        bool,
        typer.Option("--retry", help="Also try rows again that are left alone because they were refused too often."),
    ] = False,
    allow_empty: Annotated[
        bool,
        typer.Option("--allow-empty", help="For this run: let a mirror remove members, however many. It is recorded."),
    ] = False,
    empty_first: Annotated[
        bool, typer.Option("--empty-first", help="Before a mirror's first run: remove all members the audience has.")
    ] = False,
    yes: Yes = False,
    scheduled: Annotated[
        bool, typer.Option("--scheduled", help="A timer started it: where a run is going on, note that it was skipped.")
    ] = False,
    json_wanted: Json = False,
) -> int:
    """Run a sync: read the source, compare it with what was delivered, send the difference, wait for its outcome.

    Workers deliver it (`tercel worker`). Ctrl-C, a crash, a `kill -9`: run it again, and it goes on.

    Exit status: 0 all is well, 1 the run failed, 4 some rows were rejected or invalid, 130 interrupted or cancelled.
    """
    from tercel.cli import console
    from tercel.cli.failing import INTERRUPTED
    from tercel.cli.sync.emptying import confirmed
    from tercel.cli.sync.running import Asked
    from tercel.cli.sync.running import run as run_sync
    from tercel.cli.sync.showing import report_json, report_lines
    from tercel.store import RunStatus

    if empty_first and not confirmed(name, yes=yes):
        raise typer.Abort
    asked = Asked(full=full, retry=retry, allow_empty=allow_empty, empty_first=empty_first, scheduled=scheduled)
    report = run_sync(name, asked, quiet=json_wanted)
    if json_wanted:
        console.out_json(report_json(report))
    else:
        console.styled(report_lines(report))
    if report.status in (RunStatus.INTERRUPTED, RunStatus.CANCELLED):
        return INTERRUPTED
    if report.status is RunStatus.FAILED or report.complaints:
        return SOME_WRONG
    return SOME_REJECTED if report.status is RunStatus.COMPLETED_WITH_ERRORS else 0


@_sync.command()
def history(
    name: Name,
    *,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="How many runs, newest first.")] = 20,
    json_wanted: Json = False,
) -> None:
    """List the runs of a sync, newest first, with their counts."""
    from tercel.cli import console
    from tercel.cli.opening import load_settings
    from tercel.cli.sync import looking
    from tercel.cli.sync.showing import RUN_COLUMNS, run_json, run_row

    found = looking.history(load_settings(), name, limit)
    if json_wanted:
        for one in found:
            console.out_json(run_json(one))
    elif not found:
        console.note(f"{name} has not run yet.")
    else:
        console.table(RUN_COLUMNS, map(run_row, found))


@_sync.command()
def pause(
    name: Name,
    *,
    reason: Annotated[str, typer.Option("--reason", "-r", help="What `tercel sync list` is to show.")] = "",
) -> None:
    """Let a sync run no more until it is resumed, by hand or by a timer. A run under way goes on."""
    from tercel.cli import console
    from tercel.cli.sync.pausing import pause_sync

    found = pause_sync(name, console.clean(reason))
    console.out(f"{name} is paused since {found.since:%Y-%m-%d %H:%M} UTC. `tercel sync resume {name}` ends that.")


@_sync.command()
def resume(name: Name) -> None:
    """Let a paused sync run again."""
    from tercel.cli import console
    from tercel.cli.sync.pausing import resume_sync

    console.out(f"{name} may run again." if resume_sync(name) else f"{name} was not paused.")


@_sync.command()
def cancel(name: Name) -> None:
    """End the run of a sync before its time. What was sent stays sent, what was not stays due."""
    from tercel.cli import console
    from tercel.cli.sync import running
    from tercel.cli.sync.showing import report_lines

    report = running.cancel(name)
    if report is None:
        console.out(f"A run of {name} that is under way ends at its next step; without one there is nothing to cancel.")
    else:
        console.styled(report_lines(report))


@_sync.command()
def reset(name: Name, *, yes: Yes = False) -> None:
    """Forget what a sync has delivered: the next run is like its first.

    Nothing changes at the destination. The first run of a mirror knows no former members, so it removes none: who has
    left the source meanwhile stays in the audience, unless that run is given --empty-first.
    """
    from tercel.cli import console
    from tercel.cli.sync import running
    from tercel.cli.sync.resetting import question
    from tercel.cli.sync.showing import report_lines

    if not console.confirm(question(name), yes=yes):
        raise typer.Abort
    report = running.reset(name)
    if report is not None:
        console.styled(report_lines(report))
    console.out(f"{name}: nothing is known to be delivered any more. The next run sends every row.")
