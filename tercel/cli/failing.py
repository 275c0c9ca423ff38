"""How a command fails: one clear sentence on stderr with its code, and an exit status. Never a traceback unasked."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable

import typer

from tercel.cli.console import note
from tercel.errors import TercelError

INTERRUPTED = 130  # what a shell says of a program that Ctrl-C ended
UNEXPECTED = (
    "T000: Tercel met an error that it does not know ({kind}). Nothing that was accepted is lost. "
    "`tercel --debug ...` shows where it comes from; please report it. (tercel explain T000)"
)
PIPE_CLOSED = 141  # what a shell says of a program whose reader went away


def exit_status_of(command: Callable[[], object], *, debug: Callable[[], bool]) -> int:
    """Run a command and return its exit status: what it returns if that is a number, else 0; or that of its error."""
    try:
        result = command()
        sys.stdout.flush()
        return result if isinstance(result, int) else 0
    except BaseException as caught:
        error: BaseException = caught
        if isinstance(error, SystemExit) and isinstance(error.__context__, BrokenPipeError):
            error = error.__context__  # Typer has turned it into an exit that says nothing
        if isinstance(error, SystemExit | GeneratorExit):
            raise
        return _told(error, show_trace=debug())


def _told(error: BaseException, *, show_trace: bool) -> int:
    """Tell a person what went wrong, and return the exit status."""
    status = TercelError.exit_status
    match error:
        case TercelError():
            note(sentence(error))
            status = error.exit_status
        case typer.Abort():
            note("Nothing was changed.")
            status = INTERRUPTED
        case KeyboardInterrupt():
            status = INTERRUPTED
        case BrokenPipeError():
            _silence_stdout()
            status = PIPE_CLOSED
        case _ if _is_usage_error(error):
            status = _show_usage_error(error)
        case _ if show_trace:
            traceback.print_exception(error)
        case _:
            note(UNEXPECTED.format(kind=type(error).__name__))
    return status


def sentence(error: TercelError) -> str:
    """Return what a person reads: the code, what happened and what to do, and where there is more."""
    return (
        f"{error.code}: {error}\n(tercel explain {error.code})"
        if "\n" in str(error)
        else (f"{error.code}: {error} (tercel explain {error.code})")
    )


def _is_usage_error(error: BaseException) -> bool:
    """Whether it is one of Typer's own: an unknown option, a missing argument."""
    return hasattr(error, "format_message") and hasattr(error, "exit_code")


def _show_usage_error(error: BaseException) -> int:
    """Show it as Typer would: with the usage line and the nearest known name."""
    from typer.rich_utils import rich_format_error

    rich_format_error(error)  # type: ignore[arg-type]
    return int(error.exit_code)  # type: ignore[attr-defined]


def _silence_stdout() -> None:
    """Let nothing else be written to a reader that is gone, not even by Python at its end."""
    devnull = os.open(os.devnull, os.O_WRONLY)
    os.dup2(devnull, sys.stdout.fileno())
    os.close(devnull)
