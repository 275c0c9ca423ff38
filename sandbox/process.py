"""Starting a configured stand-in as a child process."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

from pydantic import BaseModel

from sandbox.child import Child, running


@contextlib.contextmanager
def configured(module: str, config: BaseModel, *, start_s: float) -> Iterator[Child]:
    """Run ``python -m module`` with a configuration, which only its owner can read, while the context lasts.

    Raises:
        StartError: it did not come up within ``start_s`` seconds.
    """
    with tempfile.TemporaryDirectory(prefix="tercel-standin-") as folder:
        file = Path(folder) / "config.json"
        file.touch(mode=0o600)  # it holds keys
        file.write_text(config.model_dump_json(), encoding="utf-8")
        with running(module, ["--config", str(file)], start_s=start_s) as child:
            yield child
