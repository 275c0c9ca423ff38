"""``python -m sandbox.sailthru``: run the stand-in until a signal ends it."""

from __future__ import annotations

import sys

from sandbox.program import run
from sandbox.sailthru.config import Config
from sandbox.sailthru.server import serve

if __name__ == "__main__":
    sys.exit(run("sandbox.sailthru", Config, serve))
