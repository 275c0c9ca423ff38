"""Is the worker alive? Exit status 0 if its heartbeat file was touched lately, 1 with a sentence if not.

    python heartbeat.py FILE MOST_SECONDS

Standard library only: it runs every few seconds as a container's health check.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path


def complaint(file: Path, most_s: float, now_s: float) -> str | None:
    """Return what is wrong with the heartbeat, or None. Times are seconds since the epoch."""
    try:
        age_s = now_s - file.stat().st_mtime
    except FileNotFoundError:
        return f"no heartbeat yet: {file} does not exist"
    if age_s > most_s:
        return f"the last heartbeat is {age_s:.0f} s old, more than {most_s:g} s"
    return None


def main(arguments: list[str]) -> int:
    """Check the file that the arguments name."""
    found = complaint(Path(arguments[0]), float(arguments[1]), time.time())
    if found:
        sys.stderr.write(f"{found}\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
