"""``python -m producers.receiver --port N``: one process of the receiver, as ``tercel receiver`` starts them."""

from __future__ import annotations

import argparse
import sys

from producers.receiver import log
from producers.receiver.serving import listening, opened, serve
from producers.segment.destinations import load_destinations
from tercel.errors import TercelError
from tercel.settings import Settings


def main() -> int:
    """Serve until told to end. Return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m producers.receiver", description=__doc__)
    parser.add_argument("--port", type=int, required=True, help="the port to listen on, beside the other processes")
    port = parser.parse_args().port
    try:
        settings = Settings.load()
        log.set_up(settings.log_level, settings.log_format)
        with opened(settings, load_destinations(settings)) as app, listening(settings.receiver.address, port) as sock:
            serve(app, sock)
    except TercelError as error:
        sys.stderr.write(f"{error.code}: {error} (tercel explain {error.code})\n")
        return error.exit_status
    return 0


if __name__ == "__main__":
    sys.exit(main())
