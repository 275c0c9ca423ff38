"""Enqueue one task a record for so many seconds; the last line printed is JSON, as ``bench.producing`` prints it."""

from __future__ import annotations

import argparse
import json
import time

from bench.records import attributes, profile_id
from bench.textbook.app import upsert_profile

LOOK_EVERY = 50  # records between two looks at the clock


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--first", type=int, default=0, help="number of the first record")
    options = parser.parse_args()
    number, first_ns, cpu_ns = options.first, time.monotonic_ns(), time.process_time_ns()
    ends_ns = first_ns + int(options.seconds * 1e9)
    while time.monotonic_ns() < ends_ns:
        for _ in range(LOOK_EVERY):
            upsert_profile.delay(profile_id(number), attributes(number))
            number += 1
    last_ns, cpu_ns = time.monotonic_ns(), time.process_time_ns() - cpu_ns
    print(json.dumps({"records": number - options.first, "first_ns": first_ns, "last_ns": last_ns, "cpu_ns": cpu_ns}))


if __name__ == "__main__":
    main()
