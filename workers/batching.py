"""The worker's step that cuts lanes into calls, wakes calls whose time has come, and keeps leases alive.

It runs in a thread of every worker process, started and stopped with Celery's worker. Any number of workers may do this
at once: each step is one script.
"""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from celery import bootsteps
from redis.exceptions import RedisError

from tercel.lanes import Change, Lane, Survey
from tercel.records import LaneKind, Urgency
from workers import runtime as runtimes
from workers.housekeeping import Housekeeping
from workers.runtime import Runtime
from workers.watching import events
from workers.watching.heartbeat import Heartbeat

IDLE_FACTOR: Final = 2.5  # an idle deployment is looked at that much more seldom
AWAY_S: Final = 1.0  # seconds to wait when Redis is away
MIN_WINDOW: Final = 4  # calls; fewer would leave the limit unused between two ticks
UNLIMITED_WINDOW: Final = 16  # calls in flight where there is no limit: enough to keep every core busy
WINDOW_SLACK_S: Final = 0.08  # seconds of calls beyond those booked and on their way


class Batcher:
    """Looks at every deployment of the settings again and again."""

    def __init__(
        self, runtime: Runtime, beat: Callable[[], object], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._rt = runtime
        self._beat = beat
        self._clock = clock
        self._renewed_at = clock()
        self._cuts = 0
        self._last_cut: dict[tuple[str, LaneKind, Urgency], int] = {}  # by number of the cut
        self._housekeeping = Housekeeping(runtime)

    def run(self, stopping: threading.Event) -> None:
        """Go on until told to stop. Trouble with Redis is waited out."""
        tick_s = self._rt.settings.worker.tick_s
        away, away_since = False, 0.0
        while not stopping.is_set():
            self._beat()
            try:
                self.renew_leases()  # first: a process that stood still must not take its own calls for a dead one's
                busy = [self.look(name) for name in self._rt.settings.deployments]
                self._rt.surge.share()
                self._housekeeping.look_in()
            except RedisError as error:
                if not away:
                    away_since = self._clock()
                    events.emit(events.RedisAway(type(error).__name__))
                away = True
                stopping.wait(AWAY_S)
                continue
            if away:
                events.emit(events.RedisBack(round(self._clock() - away_since, 1)))
                away = False
            stopping.wait(tick_s if any(busy) else tick_s * IDLE_FACTOR)

    def look(self, deployment: str) -> bool:
        """Wake and cut what is due. Return whether there was anything in the lanes."""
        survey = self._rt.lanes.survey(deployment)
        if survey.next_due_ms is not None and survey.next_due_ms <= survey.now_ms:
            self._wake(deployment)
        if survey.halted and not any((*survey.ready.values(), *survey.later.values())):
            self._probe_by_cutting(deployment)
        if not survey.lanes or survey.halted:
            return bool(survey.lanes)
        windows = dict.fromkeys(Urgency, self._window(deployment))
        due = [lane for lane in survey.lanes if self._is_due(deployment, lane, survey, windows)]
        if due and not self._rt.limiter.state(deployment, self._rt.limits(deployment)).breaker_open:
            rooms = self._rooms(deployment, due)
            for urgency in Urgency:  # live first
                lanes = [lane for lane in due if lane.urgency is urgency]
                self._cut(deployment, lanes, survey.ready[urgency], windows[urgency], rooms)
        return True

    def _probe_by_cutting(self, deployment: str) -> None:
        """End a probed halt that no call is left to probe: the next one that is cut halts it again, or does not."""
        halted = self._rt.lanes.halted(deployment)
        every_s = self._rt.settings.delivery.halt_probe_s
        if halted is not None and halted.probed and self._rt.lanes.take_probe(deployment, every_s):
            self._rt.lanes.resume(deployment, probed=True)

    def renew_leases(self) -> None:
        """Prolong the leases of the calls this process has in hand, three times in their length."""
        lease_s = self._rt.settings.delivery.lease_s
        if self._clock() - self._renewed_at < lease_s / 3:
            return
        self._renewed_at = self._clock()
        for deployment, held in self._rt.held.by_deployment().items():
            kept = self._rt.lanes.renew(deployment, held, lease_s=lease_s)
            for (call_id, _), change in zip(held, kept, strict=True):
                if change is Change.STALE:
                    events.emit(events.LeaseLost(deployment, call_id))

    def _wake(self, deployment: str) -> None:
        for urgency in Urgency:
            _, expired = self._rt.lanes.wake(deployment, urgency)
            if expired:
                events.emit(events.WakeLost(deployment, urgency.value, calls=expired))

    def _is_due(self, deployment: str, lane: Lane, survey: Survey, windows: Mapping[Urgency, int]) -> bool:
        """Whether a call may be cut from the lane now: a batch is full or has lingered, and the window has room."""
        if survey.ready[lane.urgency] >= windows[lane.urgency]:
            return False
        if lane.freed or lane.length >= self._rt.destinations[deployment].batch(lane.kind, lane.urgency).full:
            return True
        lanes = self._rt.settings.lanes
        linger_s = lanes.linger_live_s if lane.urgency is Urgency.LIVE else lanes.linger_bulk_s
        lingered = lane.oldest_at_ms is None or survey.now_ms - lane.oldest_at_ms >= linger_s * 1000
        return lane.length > 0 and lingered

    def _rooms(self, deployment: str, due: Iterable[Lane]) -> dict[Lane, int]:
        """Return how many calls may be cut of the lanes whose requests have a budget of their own.

        No more than find a slot soon, or calls that wait for one budget would fill the window, and hold up the others.
        """
        destination = self._rt.destinations[deployment]
        budgets = {lane: destination.batch(lane.kind, lane.urgency).budget for lane in due}
        budgets = {lane: budget for lane, budget in budgets.items() if budget}
        if not budgets:
            return {}
        ahead = self._rt.limiter.ahead(deployment, set(budgets.values()))
        soon_s = self._rt.settings.limiter.bulk_horizon_s + WINDOW_SLACK_S
        rates = {budget: self._rt.limits(deployment, budget).rate for budget in ahead}
        return {
            lane: math.ceil((soon_s - ahead[budget]) * rates[budget])
            for lane, budget in budgets.items()
            if rates[budget] > 0
        }

    def _cut(self, deployment: str, due: Iterable[Lane], ready: int, window: int, rooms: dict[Lane, int]) -> None:
        """Cut a call of each lane in turn until the window is full; after its first, a lane gives full calls only.

        The lane that was cut longest ago comes first: a full window has room for one call at a time, and a long lane of
        single events would take it every time.
        """
        cap = self._rt.settings.delivery.calls_cap
        oldest_cut_first = sorted(due, key=lambda lane: self._last_cut.get((deployment, lane.kind, lane.urgency), 0))
        turns = deque((lane, lane.length) for lane in oldest_cut_first)
        while turns and ready < window:
            lane, left = turns.popleft()
            if lane in rooms:
                if rooms[lane] <= 0:
                    continue
                rooms[lane] -= 1
            batch = self._rt.destinations[deployment].batch(lane.kind, lane.urgency)
            if not self._rt.lanes.cut(
                deployment,
                lane.kind,
                lane.urgency,
                size=batch.records,
                people=batch.people,
                least=batch.full if left >= batch.full and not lane.freed else 0,  # or another has cut it meanwhile
                window=window,
                cap=cap,
            ):
                continue
            ready += 1
            self._cuts += 1
            self._last_cut[deployment, lane.kind, lane.urgency] = self._cuts
            if left - batch.full >= batch.full:
                turns.append((lane, left - batch.full))

    def _window(self, deployment: str) -> int:
        """Calls in flight or due: as many as the limit can use, and few more, for a waiting call holds its keys."""
        one = self._rt.settings.deployment(deployment)
        if one.rate <= 0:
            return min(one.max_window, UNLIMITED_WINDOW)
        ahead_s = self._rt.settings.limiter.bulk_horizon_s + WINDOW_SLACK_S
        latency_s = self._rt.latency_s.get(deployment, 0.0)
        return max(MIN_WINDOW, min(one.max_window, math.ceil(one.rate * (ahead_s + 1.5 * latency_s))))


class BatchingStep(bootsteps.StartStopStep):  # type: ignore[misc]
    """The bootstep: starts the batcher's thread with the worker, once its pool runs."""

    requires = ("celery.worker.components:Pool",)

    def __init__(self, parent: Any, **kwargs: Any) -> None:
        super().__init__(parent, **kwargs)
        self._thread: threading.Thread | None = None

    def start(self, parent: Any) -> None:
        runtime = runtimes.current()
        beat = Heartbeat(runtime.settings.worker.heartbeat_file).beat
        self._thread = threading.Thread(
            target=Batcher(runtime, beat).run, args=(runtime.stopping,), name="tercel-batching", daemon=True
        )
        self._thread.start()
        events.emit(events.WorkerStarted(len(runtime.settings.deployments), runtime.settings.worker.threads))

    def stop(self, parent: Any) -> None:
        runtime = runtimes.built()
        if runtime is not None:
            runtime.stopping.set()
            events.emit(events.WorkerStopping(sum(map(len, runtime.held.by_deployment().values()))))
        if self._thread is not None:
            self._thread.join(timeout=5)

    terminate = stop
