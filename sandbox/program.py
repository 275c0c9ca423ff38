"""The command line that every stand-in has: where to listen, its configuration, whom to tell, when to end."""

from __future__ import annotations

import argparse
import socket
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from sandbox.serving import announce, die_with_parent, leave_quietly_on_signals, listen
from tercel.errors import SettingsError, TercelError

Config = TypeVar("Config", bound=BaseModel)


def run(
    module: str,
    kind: type[Config],
    serve: Callable[[Config, socket.socket], None],
    arguments: Sequence[str] | None = None,
) -> int:
    """Run the stand-in ``module`` (``sandbox.talon_one``) with a configuration of ``kind``; its exit status."""
    options = parse(module, arguments)
    if options.die_with_parent is not None:
        die_with_parent(options.die_with_parent or None)
    try:
        config = load(options.config, kind)
        sock = listen(options.host, options.port)
    except TercelError as error:
        print(f"{module}: {error}", file=sys.stderr)
        return error.exit_status
    leave_quietly_on_signals()
    announce(sock, options.announce)
    serve(config, sock)
    return 0


def parse(module: str, arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """The command line's options."""
    parser = argparse.ArgumentParser(prog=f"python -m {module}", description="A strict stand-in.")
    parser.add_argument("--host", default="127.0.0.1", help="a loopback address (default %(default)s)")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one (default)")
    parser.add_argument("--config", default="{}", help="the configuration: JSON, or the path of a file that holds it")
    parser.add_argument("--announce", type=Path, help="write where it listens to this file instead of to stdout")
    parser.add_argument(
        "--die-with-parent",
        nargs="?",
        type=int,
        const=0,
        metavar="PID",
        help="end when the process that started it ends (Linux); PID is that process, to be quite sure",
    )
    return parser.parse_args(arguments)


def load(text: str, kind: type[Config]) -> Config:
    """The configuration in ``text``, which is JSON or a file's path.

    Raises:
        SettingsError: it cannot be read, or a value in it is wrong.
    """
    try:
        data = text if text.lstrip().startswith("{") else Path(text).read_text(encoding="utf-8")
        return kind.model_validate_json(data)
    except OSError as error:
        raise SettingsError(f"--config is neither a JSON object nor a file that can be read: {error}") from None
    except ValidationError as error:
        places = (f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors(include_url=False))
        raise SettingsError(f"--config is wrong: {'; '.join(places)}") from None
