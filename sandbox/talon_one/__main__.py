"""``python -m sandbox.talon_one``: run the stand-in until a signal ends it."""

from __future__ import annotations

import sys

from sandbox.program import run
from sandbox.talon_one.config import Config
from sandbox.talon_one.server import serve

if __name__ == "__main__":
    sys.exit(run("sandbox.talon_one", Config, serve))
