"""The long campaign: hundreds of kills of workers, producers and Redis while records flow and the API misbehaves.

``python -m bench.chaos`` (``make chaos``) runs the same code as ``tests/chaos`` and puts what it found into RESULTS.md,
between its own markers. It ends with status 1 if anything was lost, overtaken or kept twice.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from bench.children import ROOT
from bench.machine import Machine, describe
from tests.chaos.campaign import Plan, Result, check, run_campaign
from tests.support.house import open_house
from tests.support.processes import Processes

PATH: Final = ROOT / "bench" / "RESULTS.md"
BEGIN: Final = "<!-- chaos -->"
END: Final = "<!-- chaos: end -->"
KILLS: Final = 300
KILLS_A_ROUND: Final = 25
EVERY_WEATHER: Final = ("slow", "503", "429", "resets", "hangs", "fair")
# What a round kills; rounds take turns. The records a round carries grow with its kills.
MIXES: Final = (
    Plan(seed=0, kills=0, victims=("worker",), weather=("slow",)),
    Plan(seed=0, kills=0, victims=("worker",), weather=EVERY_WEATHER),
    Plan(seed=0, kills=0, victims=("worker", "redis", "producer"), file_rows=12_000),
    Plan(seed=0, kills=0, victims=("worker", "redis"), weather=EVERY_WEATHER),
)


@dataclass
class Total:
    """What all rounds came to. ``failures`` are the rounds that broke a promise, in words."""

    seconds: float = 0.0
    rounds: int = 0
    records: int = 0
    killed: Counter[str] = field(default_factory=Counter)
    calls_in_hand: int = 0
    lost: int = 0
    reordered: int = 0
    doubled: int = 0
    recovered_s: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    def add(self, result: Result) -> None:
        """Add a round."""
        verdict = result.verdict
        self.rounds += 1
        self.seconds += result.seconds
        self.records += result.records
        self.killed.update(result.killed)
        self.calls_in_hand += result.in_hand
        self.recovered_s += result.recovered_s
        if verdict is not None:
            self.lost += len(verdict.lost)
            self.reordered += len(verdict.reordered)
            self.doubled += verdict.doubled.total()

    def figures(self) -> dict[str, object]:
        """The figures as one JSON object."""
        times = sorted(self.recovered_s)
        return {
            "kills": dict(self.killed),
            "rounds": self.rounds,
            "records": self.records,
            "seconds": round(self.seconds),
            "calls_in_hand": self.calls_in_hand,
            "lost": self.lost,
            "reordered": self.reordered,
            "doubled": self.doubled,
            "recovered_median_s": _at(times, 0.5),
            "recovered_longest_s": _at(times, 1.0),
            "failures": self.failures,
        }


def plans(kills: int, seed: int) -> list[Plan]:
    """Return the rounds of a campaign, each with a seed of its own."""
    rounds: list[Plan] = []
    while kills > 0:
        some = min(kills, KILLS_A_ROUND)
        mix = MIXES[len(rounds) % len(MIXES)]
        rounds.append(replace(mix, seed=seed + len(rounds), kills=some, profiles=100, each=8 + 2 * some))
        kills -= some
    return rounds


def run(plan: Plan, total: Total) -> None:
    """Run one round in a house of its own."""
    with tempfile.TemporaryDirectory(prefix="tercel-chaos-") as folder:
        processes = Processes(Path(folder))
        with open_house(processes) as house:
            try:
                result = run_campaign(house, plan)
                total.add(result)
                check(house, result)
            except AssertionError as error:
                total.failures.append(f"seed {plan.seed}, {plan.victims}, {plan.weather}: {str(error)[:500]}")


def render(total: Total, machine: Machine, *, seed: int, day: str) -> str:
    """Return the section as Markdown."""
    figures = total.figures()
    killed = ", ".join(
        f"{n} of {victim}s" if victim != "redis" else f"{n} of Redis" for victim, n in total.killed.items()
    )
    recovered = f"median {figures['recovered_median_s']} s, longest {figures['recovered_longest_s']} s"
    rows = [
        ("killed with SIGKILL", killed),
        ("records", f"{total.records:,} in {total.rounds} rounds, {figures['seconds']} s"),
        ("calls in a worker's hands at its kill", f"{total.calls_in_hand:,} (all workers')"),
        ("records lost", str(total.lost)),
        ("older update after a newer one", str(total.reordered)),
        ("applied again after a kill or a lost answer", f"{total.doubled} records, none of them an event"),
        ("until all those calls were taken up again", recovered),
        ("rounds that broke a promise", str(len(total.failures))),
    ]  # fmt: skip
    table = "\n".join(["| | |", "|---|---|", *(f"| {name} | {value} |" for name, value in rows)])
    broken = "".join(f"\n- {text}" for text in total.failures)
    return (
        "## Chaos: everything is killed, nothing is lost\n\n"
        f"`python -m bench.chaos --kills {total.killed.total()} --seed {seed}`, {day}, {machine.cores} cores. "
        "Leases of 1.5 s and time-outs of 1.5 s, so "
        "that recovery is seen often; `tests/chaos/test_recovery.py` holds it to 30 s with production's times. The "
        "API answers 503, 429, resets and hangs in two of four rounds.\n\n"
        f"{table}\n{broken}"
    ).rstrip()


def placed(text: str, file: str) -> str:
    """Return the file with the text between our markers; they are added at its end where they are missing."""
    before, begin, rest = file.partition(BEGIN)
    if not begin:
        return f"{file.rstrip()}\n\n{BEGIN}\n{text}\n{END}\n"
    return f"{before}{BEGIN}\n{text}\n{END}{rest.partition(END)[2]}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the campaign and write its section. The last line is one JSON object."""
    parser = argparse.ArgumentParser(prog="python -m bench.chaos", description=__doc__)
    parser.add_argument("--kills", type=int, default=KILLS)
    parser.add_argument("--seed", type=int, default=1, help="of the first round; the others follow")
    parser.add_argument("--no-report", action="store_true", help="leave RESULTS.md as it is")
    options = parser.parse_args(arguments)
    total = Total()
    for plan in plans(options.kills, options.seed):
        before = len(total.failures)
        run(plan, total)
        print(f"seed {plan.seed}: {total.killed.total()} kills so far, {len(total.failures)} failures", flush=True)
        for failure in total.failures[before:]:
            print(f"  {failure}", flush=True)
    if not options.no_report:
        text = render(total, describe(), seed=options.seed, day=datetime.now(UTC).date().isoformat())
        PATH.write_text(placed(text, PATH.read_text() if PATH.exists() else "# Results\n"))
    print(json.dumps(total.figures()))
    return 1 if total.failures else 0


def _at(ordered: Sequence[float], share: float) -> float | None:
    return round(ordered[min(len(ordered) - 1, int(share * len(ordered)))], 1) if ordered else None


if __name__ == "__main__":
    sys.exit(main())
