"""``tercel status`` as lines for people and as JSON for programs. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, NamedTuple

from tercel.balance import Balance
from tercel.cli.ages import age
from tercel.cli.console import clean
from tercel.cli.forecasting import forecast, outlook_json
from tercel.cli.gathering import DeploymentStatus, RunState, Status
from tercel.lanes import Halted, Lane

NOT_CLOSING = "T330"


class Line(NamedTuple):
    """One line, and how it is shown on a terminal (a style of rich's; empty: as it is)."""

    text: str
    style: str = ""


def lines(status: Status) -> list[Line]:
    """Return the status as lines."""
    return [
        *_head(status),
        *(line for one in status.deployments for line in _deployment(one)),
        *_runs(status),
        *_rejections(status),
        *_foot(status),
    ]


def as_json(status: Status) -> dict[str, Any]:
    """Return the status as a JSON object."""
    return {
        "redis": status.place,
        "closes": status.closes,
        "deployments": [_deployment_json(one) for one in status.deployments],
        "runs": [run_json(one) for one in status.runs],
        "rejections": [
            {"deployment": one.deployment, "run": one.run, "code": one.code, "count": one.count}
            for one in status.rejections
        ],
    }


def balance_json(found: Balance) -> dict[str, Any]:
    """Return a balance as a JSON object."""
    return {"received": found.received, **found.parts, "closes": found.closes, "missing": found.missing}


def run_json(one: RunState) -> dict[str, Any]:
    """Return a run as a JSON object."""
    record = one.record
    return {
        "id": record.id,
        "name": record.name,
        "deployment": record.deployment,
        "status": record.status.value,
        "started_at": record.started_at.isoformat(),
        "finished_at": record.finished_at.isoformat() if record.finished_at else None,
        "input": dict(record.counts),
        "error": record.error,
        "balance": None if one.balance is None else balance_json(one.balance),
        "complaints": list(one.complaints),
    }


def _head(status: Status) -> Iterator[Line]:
    yield Line(status.place[:1].upper() + status.place[1:], "dim")
    if not status.deployments:
        yield Line("No deployment is configured: add one to tercel.toml, or try `tercel up --sandbox`.", "yellow")


def _deployment(one: DeploymentStatus) -> Iterator[Line]:
    yield Line("")
    yield Line(f"{one.name}  {one.url}", "bold")
    if one.halted is not None:
        yield Line(f"  HALTED {_halt(one.halted, one.now_ms)}", "bold red")
    if one.limiter.breaker_open:
        yield Line(
            "  BREAKER OPEN: it keeps failing, so one request at a time tries whether it works again", "bold red"
        )
    for lane in sorted(one.lanes, key=lambda lane: (lane.urgency, lane.kind), reverse=True):
        yield Line(f"  {_lane(one, lane, one.now_ms)}")
    if not one.lanes:
        yield Line("  lanes empty")
    yield Line(f"  {one.in_flight_calls:,} calls in flight or due, {one.retrying_calls:,} to be retried; {_limit(one)}")
    found = forecast(one.outlook, halted=one.halted is not None)
    if found is not None:
        yield Line(f"  {found.text}", "bold yellow" if found.warns else "")
    yield _balance_line("  ", one.balance)
    for complaint in one.complaints:
        yield Line(f"  {NOT_CLOSING}: {complaint} (tercel explain {NOT_CLOSING})", "bold red")


def _halt(halted: Halted, now_ms: int) -> str:
    by = "by hand" if halted.by_hand else "by Tercel"
    end = "tercel resume" if halted.by_hand or not halted.probed else "it is probed, and goes on by itself"
    return f"{by} for {age((now_ms - halted.since_ms) / 1000)}: {halted.code}: {clean(halted.reason)} ({end})"


def _lane(one: DeploymentStatus, lane: Lane, now_ms: int) -> str:
    oldest = "" if lane.oldest_at_ms is None else f", oldest {age((now_ms - lane.oldest_at_ms) / 1000)}"
    return (
        f"{one.name}.{lane.kind.value}.{lane.urgency.value}: {lane.length:,} ready, "
        f"{lane.waiting:,} wait for their turn{oldest}"
    )


def _limit(one: DeploymentStatus) -> str:
    limiter = one.limiter
    if not limiter.rate_limit:
        return "no limit"
    text = f"limit {limiter.rate_limit:g} requests/s"
    if limiter.rate_allowed < limiter.rate_limit:
        text += f", slowed to {limiter.rate_allowed:.1f}"
    return text + (", pausing after a 429" if limiter.paused else "")


def _balance_line(indent: str, found: Balance) -> Line:
    return Line(f"{indent}{found.line()}", "green" if found.closes else "bold red")


def _runs(status: Status) -> Iterator[Line]:
    if status.runs:
        yield Line("")
        yield Line("Runs", "bold")
    for one in status.runs:
        record = one.record
        began = record.started_at.astimezone(UTC).strftime("%Y-%m-%d %H:%M")
        yield Line(f"  {record.id}  {began}  {clean(record.name)} -> {record.deployment}: {record.status.value}")
        if record.error:
            yield Line(f"    {clean(record.error)}", "yellow")
        if one.balance is None:
            yield Line("    no records of it are counted in this Redis", "dim")
        else:
            yield _balance_line("    ", one.balance)
        for complaint in one.complaints:
            yield Line(f"    {NOT_CLOSING}: {complaint} (tercel explain {NOT_CLOSING})", "bold red")


def _rejections(status: Status) -> Iterator[Line]:
    by_code: dict[tuple[str, str], int] = {}
    for one in status.rejections:
        by_code[one.deployment, one.code] = by_code.get((one.deployment, one.code), 0) + one.count
    if by_code:
        yield Line("")
        yield Line("Open rejections", "bold")
    for (deployment, code), n in sorted(by_code.items()):
        yield Line(f"  {n:,} x {code} at {deployment}   (tercel explain {code}; tercel rejected list --code {code})")


def _foot(status: Status) -> Iterator[Line]:
    if not status.closes:
        yield Line("")
        yield Line(f"THE BALANCE DOES NOT CLOSE. (tercel explain {NOT_CLOSING})", "bold red")


def _deployment_json(one: DeploymentStatus) -> dict[str, Any]:
    limiter = one.limiter
    return {
        "name": one.name,
        "url": one.url,
        "halted": None if one.halted is None else _halt_json(one.halted),
        "lanes": [
            {
                "kind": lane.kind.value,
                "urgency": lane.urgency.value,
                "ready": lane.length,
                "waiting_for_turn": lane.waiting,
                "oldest_age_s": None if lane.oldest_at_ms is None else (one.now_ms - lane.oldest_at_ms) / 1000,
            }
            for lane in one.lanes
        ],
        "calls": {"in_flight_or_due": one.in_flight_calls, "retrying": one.retrying_calls},
        "limiter": {
            "limit_per_s": limiter.rate_limit,
            "allowed_per_s": limiter.rate_allowed,
            "paused": limiter.paused,
            "breaker_open": limiter.breaker_open,
        },
        "outlook": outlook_json(one.outlook),
        "balance": balance_json(one.balance),
        "compared_with_lanes": one.compared,
        "complaints": list(one.complaints),
    }


def _halt_json(halted: Halted) -> dict[str, Any]:
    since = datetime.fromtimestamp(halted.since_ms / 1000, UTC)
    return {
        "code": halted.code,
        "reason": halted.reason,
        "since": since.isoformat(),
        "by_hand": halted.by_hand,
    }
