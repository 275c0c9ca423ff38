"""Which run a command belongs to: the same command means the same unfinished run, after any crash."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

import orjson

from producers.warehouse.mapping import AnyMapping
from producers.warehouse.rows import ReadOptions
from producers.warehouse.sources import Source
from tercel.messages import STREAM_RUN


def fingerprint(deployment: str, sources: Sequence[Source], mapping: AnyMapping) -> str:
    """Return what makes two commands the same (32 hex digits): deployment, files by path, mapping, how they are read.

    What the files hold is left out: a file that was changed is the same command on other data, and is refused.
    """
    what = {
        "deployment": deployment,
        "files": [[str(source.path), *_how_read(source.options)] for source in sources],
        "mapping": mapping.model_dump(mode="json"),
    }
    return sha256(orjson.dumps(what, option=orjson.OPT_SORT_KEYS)).hexdigest()[:32]


def _how_read(options: ReadOptions) -> list[object]:
    return [options.format, options.delimiter, options.columns, options.max_row_bytes]


def run_id(command: str, count: int) -> str:
    """Return the id (8 hex digits) of a command's run number ``count``, from 0 on; never the stream's."""
    found = sha256(f"{command}:{count}".encode()).hexdigest()[:8]
    return found if found != STREAM_RUN else run_id(command + "'", count)


def rejection_id(run: str, file: int, number: int) -> str:
    """Return the record id (20 hex digits) of a bad row: the same whenever the run meets the same row."""
    return sha256(f"{run}:{file}:{number}".encode()).hexdigest()[:20]
