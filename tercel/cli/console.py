"""What is printed: results to stdout, remarks to stderr; tables for people, tab-separated lines for programs."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from typing import Any

from tercel.errors import UsageError

_SAFE = {"\t": " ", "\n": " ", "\r": " "}


def out(text: str = "") -> None:
    """Print a result."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def styled(lines: Iterable[tuple[str, str]]) -> None:
    """Print lines given as (text, a style of rich's): with the styles on a terminal, plain elsewhere."""
    if not on_terminal():
        for text, _ in lines:
            out(text)
        return
    from rich.console import Console
    from rich.text import Text

    terminal = Console(highlight=False)
    for text, style in lines:
        terminal.print(Text(text, style=style), soft_wrap=True)


def note(text: str) -> None:
    """Print a remark, which is no result and so goes to stderr."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def out_json(value: Any) -> None:
    """Print a value as one line of JSON."""
    out(json.dumps(value, ensure_ascii=False, default=str))


def on_terminal() -> bool:
    """Whether the results go to a person."""
    return sys.stdout.isatty()


def clean(value: object) -> str:
    """Return a value as one line of text that a terminal takes for nothing else: control characters are replaced."""
    text = "" if value is None else str(value)
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else _SAFE.get(char, "\ufffd") for char in text)


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print rows: as a table on a terminal, else with tabs between the values and a first line that names them."""
    cells = [[clean(value) for value in row] for row in rows]
    if not on_terminal():
        for line in ([column.lower().replace(" ", "_") for column in columns], *cells):
            out("\t".join(line))
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    grid = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        grid.add_column(column, overflow="fold")
    for line in cells:
        grid.add_row(*(Text(cell) for cell in line))
    Console().print(grid)


def confirm(question: str, *, yes: bool) -> bool:
    """Ask a person, unless ``yes`` was given. Raises UsageError where there is nobody to ask."""
    if yes:
        return True
    if not sys.stdin.isatty():
        raise UsageError(f"{question} Nobody is here to answer: add --yes to go ahead.")
    import typer

    return typer.confirm(question, err=True)
