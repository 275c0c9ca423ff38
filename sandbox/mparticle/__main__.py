"""``python -m sandbox.mparticle``: run the stand-in until a signal ends it."""

from __future__ import annotations

import sys

from sandbox.mparticle.config import Config
from sandbox.mparticle.server import serve
from sandbox.program import run

if __name__ == "__main__":
    sys.exit(run("sandbox.mparticle", Config, serve))
