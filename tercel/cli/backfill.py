"""``tercel backfill``: the rows of files become records on the bulk lanes."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from tercel.cli.options import SEND, Json, OneDeployment


class Object(str, Enum):  # noqa: UP042 - typer shows the values of such an enum as choices
    """What a row becomes."""

    PROFILE = "profile"
    MEMBERSHIP = "membership"
    EVENT = "event"


class Nulls(str, Enum):  # noqa: UP042
    """What an empty value becomes."""

    SKIP = "skip"
    SEND = "send"


class FileFormat(str, Enum):  # noqa: UP042
    """What a file is."""

    CSV = "csv"
    JSONL = "jsonl"
    PARQUET = "parquet"


MAPPING, READING = "What rows become", "How files are read"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(rich_help_panel=SEND)(backfill)


def backfill(
    files: Annotated[list[Path], typer.Argument(metavar="FILE", help="CSV, JSON Lines or Parquet; .gz too.")],
    *,
    deployment: OneDeployment = None,
    mapping: Annotated[
        Path | None,
        typer.Option("--mapping", "-m", metavar="FILE", help="Mapping file (TOML).", rich_help_panel=MAPPING),
    ] = None,
    kind: Annotated[
        Object | None, typer.Option("--object", help="What a row is. [default: profile]", rich_help_panel=MAPPING)
    ] = None,
    id_column: Annotated[
        str | None,
        typer.Option("--id", metavar="COLUMN", help="Column of the profile's id.", rich_help_panel=MAPPING),
    ] = None,
    id_prefix: Annotated[
        str | None, typer.Option("--id-prefix", metavar="TEXT", help="Goes before every id.", rich_help_panel=MAPPING)
    ] = None,
    maps: Annotated[
        list[str] | None,
        typer.Option(
            "--map",
            metavar="ATTRIBUTE=COLUMN[:TYPE]",
            help="An attribute and its column; repeatable. Without any, each column is an attribute of its name.",
            rich_help_panel=MAPPING,
        ),
    ] = None,
    types: Annotated[
        list[str] | None,
        typer.Option(
            "--type",
            metavar="COLUMN:TYPE",
            help="string, number, integer, boolean or time; repeatable.",
            rich_help_panel=MAPPING,
        ),
    ] = None,
    nulls: Annotated[
        Nulls | None,
        typer.Option("--nulls", help="Leave empty values out, or send null. [default: skip]", rich_help_panel=MAPPING),
    ] = None,
    action: Annotated[
        str | None,
        typer.Option(
            "--action", metavar="ACTION", help="Memberships: add, delete or column:NAME.", rich_help_panel=MAPPING
        ),
    ] = None,
    audience: Annotated[
        str | None,
        typer.Option(
            "--audience", metavar="AUDIENCE", help="Memberships: id, name or column:NAME.", rich_help_panel=MAPPING
        ),
    ] = None,
    event_type: Annotated[
        str | None,
        typer.Option("--event-type", metavar="TYPE", help="Events: type or column:NAME.", rich_help_panel=MAPPING),
    ] = None,
    event_id: Annotated[
        str | None,
        typer.Option("--event-id", metavar="COLUMN", help="Events: column of their own id.", rich_help_panel=MAPPING),
    ] = None,
    form: Annotated[
        FileFormat | None,
        typer.Option("--format", "-f", help="By the file's ending otherwise.", rich_help_panel=READING),
    ] = None,
    delimiter: Annotated[
        str | None,
        typer.Option("--delimiter", metavar="CHAR", help="Of CSV: a comma otherwise.", rich_help_panel=READING),
    ] = None,
    columns: Annotated[
        str | None,
        typer.Option("--columns", metavar="A,B,...", help="Of CSV without a header.", rich_help_panel=READING),
    ] = None,
    restart: Annotated[
        bool, typer.Option("--restart", help="Begin anew, instead of going on with an unfinished run.")
    ] = False,
    wait: Annotated[bool, typer.Option("--wait", help="Wait until all of it is delivered or rejected.")] = False,
    json_wanted: Json = False,
) -> int:
    """Send the rows of files: put them on the lanes, from which `tercel worker` delivers them.

    Ctrl-C, a crash, a `kill -9`: give the same command again, and it goes on without skipping or doubling a row. A bad
    row is rejected with its line number; the others go on.

    Exit status: 0 all rows were sent, 4 some were rejected, 130 interrupted.
    """
    from tercel.cli.sending import Request, mapping_from, send

    options = {
        "object_type": kind.value if kind else None,
        "id_column": id_column,
        "id_prefix": id_prefix,
        "maps": maps,
        "types": types,
        "nulls": nulls.value if nulls else None,
        "action": action,
        "audience": audience,
        "event_type": event_type,
        "event_id_column": event_id,
    }
    return send(
        Request(
            files=tuple(files),
            deployment=deployment,
            mapping=mapping_from(mapping, {name: value for name, value in options.items() if value is not None}),
            form=form.value if form else None,
            delimiter=delimiter,
            columns=columns,
            restart=restart,
            wait=wait,
            json_wanted=json_wanted,
        )
    )
