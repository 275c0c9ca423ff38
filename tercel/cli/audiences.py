"""``tercel audiences``: which Talon.One id each audience has, because its API cannot be asked."""

from __future__ import annotations

from typing import Annotated

import typer

from tercel.cli.options import MEND, AnyDeployment, Json, OneDeployment

_audiences = typer.Typer(no_args_is_help=True, help="See, bind and forget the ids of audiences.")


def register(app: typer.Typer) -> None:
    """Add the group."""
    app.add_typer(_audiences, name="audiences", rich_help_panel=MEND)


@_audiences.command(name="list")
def list_(deployment: AnyDeployment = None, json_wanted: Json = False) -> None:
    """List the audiences that are known, and those whose records wait because their id is not."""
    from tercel.cli import console
    from tercel.cli.opening import check_deployment, load_settings, open_store

    settings = load_settings()
    check_deployment(settings, deployment)
    with open_store(settings) as store:
        found = store.audiences(deployment)
    if json_wanted:
        for one in found:
            console.out_json(
                {
                    "deployment": one.deployment,
                    "audience_id": one.audience_id,
                    "name": one.name,
                    "external_id": one.external_id,
                    "state": one.state.value,
                    "reason": one.reason,
                    "changed_at": one.changed_at.isoformat(),
                }
            )
    elif not found:
        console.note("No audience is known yet: Tercel learns of those it creates, and of those you bind.")
    else:
        rows = ((a.deployment, a.audience_id, a.name, a.external_id, a.state.value, a.reason) for a in found)
        console.table(["Deployment", "Id", "Name", "External id", "State", "Reason"], rows)


@_audiences.command()
def bind(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The audience's name, or its external id.")],
    audience_id: Annotated[int, typer.Argument(metavar="ID", min=1, help="The id that the Campaign Manager shows.")],
    deployment: OneDeployment = None,
    external_id: Annotated[
        str | None, typer.Option("--external-id", help="Which one, where several have that name.")
    ] = None,
) -> None:
    """Say which Talon.One id an audience has. Records that waited for it go on."""
    from tercel.cli import console
    from tercel.cli.opening import load_settings, open_store, pick_deployment
    from tercel.errors import UsageError

    if not name.strip():
        raise UsageError("The name of an audience cannot be empty.")
    settings = load_settings()
    chosen, _ = pick_deployment(settings, deployment)
    with open_store(settings) as store:
        bound = store.bind_audience(chosen, name, audience_id, external_id=external_id)
    console.out(f"{chosen}: audience {console.clean(bound.name or bound.external_id)} has the id {bound.audience_id}.")


@_audiences.command()
def forget(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The audience's name, or its external id.")],
    deployment: OneDeployment = None,
    external_id: Annotated[
        str | None, typer.Option("--external-id", help="Which one, where several have that name.")
    ] = None,
) -> None:
    """Forget an audience that was deleted in the Campaign Manager. Whatever names it next creates it anew."""
    from tercel.cli import console
    from tercel.cli.opening import load_settings, open_store, pick_deployment

    settings = load_settings()
    chosen, _ = pick_deployment(settings, deployment)
    with open_store(settings) as store:
        gone = store.forget_named_audience(chosen, name, external_id=external_id)
    had = "had no id yet" if gone.audience_id is None else f"had the id {gone.audience_id}"
    console.out(f"{chosen}: audience {console.clean(gone.name or gone.external_id)}, which {had}, is forgotten.")
