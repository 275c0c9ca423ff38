"""``python -m bench NAME [--quick]``: run a benchmark; the last line on standard output is one JSON object."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Callable, Sequence
from typing import Any, Final

import orjson

from bench import latency, limiter, mirror, receiver, report, syncing, textbook_venv, throughput
from tercel.errors import TercelError
from tercel.interrupts import hear_interrupts

REPORTED: Final = (
    "throughput",
    "limiter",
    "latency",
    "receiver",
    "mirror",
    "syncing",
)  # what RESULTS.md is written from
INTERRUPTED: Final = 130  # exit status after Ctrl-C, as shells have it

BENCHMARKS: Final[dict[str, Callable[[bool], dict[str, Any]]]] = {
    "throughput": lambda quick: throughput.measure(throughput.QUICK if quick else throughput.FULL, say),
    "limiter": lambda quick: limiter.measure(limiter.QUICK if quick else limiter.FULL, say),
    "latency": lambda quick: latency.measure(latency.QUICK if quick else latency.FULL, say),
    "receiver": lambda quick: receiver.measure(receiver.QUICK if quick else receiver.FULL, say),
    "mirror": lambda quick: mirror.measure(mirror.QUICK if quick else mirror.FULL, say),
    "syncing": lambda quick: syncing.measure(syncing.QUICK if quick else syncing.FULL, say),
}


def say(text: str) -> None:
    """Tell the person who waits how it goes."""
    print(f"  {text}", file=sys.stderr, flush=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="Benchmarks of Tercel.")
    parser.add_argument(
        "name",
        choices=[*BENCHMARKS, "report", "prepare"],
        help="a benchmark; or report: write RESULTS.md, from all; or prepare: the textbook's environment",
    )
    parser.add_argument("--quick", action="store_true", help="each in under 50 seconds: smaller, once, less exact")
    options = parser.parse_args(arguments)
    hear_interrupts(signal.SIGTERM)  # either way everything that was started is ended
    try:
        if options.name == "prepare":
            textbook_venv.prepare()
        elif options.name == "report":
            figures = {name: BENCHMARKS[name](options.quick) for name in REPORTED}
            print(f"written: {report.write(figures, quick=options.quick)}")
        else:
            print(orjson.dumps(BENCHMARKS[options.name](options.quick)).decode(), flush=True)
    except TercelError as error:
        print(f"bench: {error.code}: {error}", file=sys.stderr)
        return error.exit_status
    except KeyboardInterrupt:
        return INTERRUPTED
    return 0


if __name__ == "__main__":
    sys.exit(main())
