"""What ``tercel status`` knows: read from Redis and the store into one frozen value."""

from __future__ import annotations

from dataclasses import dataclass

from tercel.balance import UNFINISHED, Balance, balance, cross_check
from tercel.cli.opening import OpenRedis
from tercel.lanes import Halted, Lane, Lanes, Survey
from tercel.outlook import Outlook, outlook
from tercel.settings import Settings
from tercel.store import RejectionCount, RunRecord, Store
from workers.limiter import Limiter, LimiterState, Limits
from workers.watching.batches import backlog_of, batch_sizes

LOOKS = 5  # at counters and lanes, until nothing has moved in between; on a busy deployment that may never be


@dataclass(frozen=True, slots=True)
class DeploymentStatus:
    """One deployment. ``complaints`` say where counters and lanes do not agree; ``compared`` whether they could be."""

    name: str
    url: str
    halted: Halted | None
    now_ms: int
    lanes: tuple[Lane, ...]
    in_flight_calls: int
    retrying_calls: int
    balance: Balance
    compared: bool
    complaints: tuple[str, ...]
    limiter: LimiterState
    outlook: Outlook


@dataclass(frozen=True, slots=True)
class RunState:
    """One run. ``balance`` is None where Redis knows nothing of it; ``complaints`` say what its counters lack."""

    record: RunRecord
    balance: Balance | None
    complaints: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Status:
    """Everything ``tercel status`` shows. ``place`` names the Redis."""

    place: str
    deployments: tuple[DeploymentStatus, ...]
    runs: tuple[RunState, ...]
    rejections: tuple[RejectionCount, ...]

    @property
    def closes(self) -> bool:
        """Whether every record of every deployment and run shown is accounted for."""
        found: list[DeploymentStatus | RunState] = [*self.deployments, *self.runs]
        return all((one.balance is None or one.balance.closes) and not one.complaints for one in found)


def gather(settings: Settings, redis: OpenRedis, store: Store, *, deployment: str | None, runs: int) -> Status:
    """Look at everything once. Raises RedisUnavailable, StoreUnavailable."""
    names = [deployment] if deployment is not None else sorted(settings.deployments)
    with redis.guard():
        limiter = Limiter(redis.client, prefix=settings.redis_prefix)
        deployments = tuple(_deployment(settings, redis.lanes, limiter, name) for name in names)
    records = store.list_runs(runs, deployment=deployment)
    with redis.guard():
        states = tuple(run_state(record, redis.lanes) for record in records)
    return Status(redis.place, deployments, states, tuple(store.rejection_counts(deployment=deployment)))


def run_state(record: RunRecord, lanes: Lanes) -> RunState:
    """Look at one run. What came in must be the rows that were read, once they all were."""
    found = balance(lanes.run_counts(record.id))
    rows = record.counts.get("rows")
    if not found.received:
        return RunState(record, None, ())
    if record.status.is_final and rows is not None and rows != found.received:
        return RunState(record, found, (f"{rows:,} rows were read, {found.received:,} records came in",))
    return RunState(record, found, ())


def _deployment(settings: Settings, lanes: Lanes, limiter: Limiter, name: str) -> DeploymentStatus:
    one = settings.deployment(name)
    found, survey, compared = _at_one_moment(lanes, name)
    limiter_state = limiter.state(name, Limits(rate=one.rate, jitter=one.jitter_s))
    return DeploymentStatus(
        name=name,
        url=one.url,
        halted=lanes.halted(name),
        now_ms=survey.now_ms,
        lanes=survey.lanes,
        in_flight_calls=sum(survey.ready.values()),
        retrying_calls=sum(survey.later.values()),
        balance=found,
        compared=compared,
        complaints=tuple(cross_check(found, survey)) if compared else (),
        limiter=limiter_state,
        outlook=outlook(
            lanes.arrivals(name),
            backlog_of(survey),
            limit_per_s=limiter_state.rate_limit,
            batch_sizes=batch_sizes(one),
            stopped=survey.halted,
        ),
    )


def _at_one_moment(lanes: Lanes, name: str) -> tuple[Balance, Survey, bool]:
    """Return counters and lanes, and whether nothing moved between the two looks: only then can they be compared."""
    after = balance(lanes.totals(name))
    for _ in range(LOOKS):
        before, survey = after, lanes.survey(name)
        after = balance(lanes.totals(name))
        if all(before.parts[part] == after.parts[part] for part in UNFINISHED):
            return after, survey, True
    return after, survey, False
