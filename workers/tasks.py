"""The Celery tasks: ``deliver.<kind>`` delivers one call; ``enqueue.<kind>`` puts a foreign client's record on a lane.

Tasks are named by kind and carry only the call id and the deployment: nothing personal shows in Flower or logs.
"""

from __future__ import annotations

from typing import Any

from celery.exceptions import Reject, Retry
from celery.signals import task_revoked
from redis.exceptions import RedisError

from tercel import messages
from tercel.errors import StoreUnavailable
from tercel.records import LaneKind
from workers import runtime as runtimes
from workers.app import app
from workers.delivery import Later, deliver, revoke
from workers.enqueueing import NotNow, enqueue
from workers.watching import events


class TriedAgainLater(Retry):  # type: ignore[misc]  # celery has no types
    """Shows the task as RETRY, with the reason. Publishes nothing: the call is woken from Redis when it is due."""

    def __repr__(self) -> str:
        return str(self.message)


def _deliver(call_id: str, deployment: str) -> str:
    runtime = runtimes.current()
    try:
        return deliver(runtime, deployment, call_id)
    except Later as later:
        raise TriedAgainLater(later.text) from None
    except RedisError as error:
        events.emit(events.RedisAway(type(error).__name__))
        raise TriedAgainLater("Redis is away; the call is woken again when its lease runs out") from None
    except StoreUnavailable:
        raise TriedAgainLater("the store is away; the call is woken again when its lease runs out") from None


def _enqueue(task_id: str, deployment: str, urgency: str, data: Any, *, kind: LaneKind) -> str:
    try:
        return enqueue(runtimes.current(), task_id, deployment, urgency, data, kind=kind)
    except (NotNow, StoreUnavailable):
        raise Reject("not now: the lane is full, or Redis or the store is away", requeue=True) from None


def _register(kind: LaneKind) -> None:
    @app.task(name=messages.deliver_task_name(kind.value), shared=False)
    def deliver_task(call_id: str, deployment: str) -> str:
        return _deliver(call_id, deployment)

    @app.task(name=messages.enqueue_task_name(kind), shared=False, bind=True)
    def enqueue_task(self: Any, deployment: str, urgency: str, data: Any) -> str:
        return _enqueue(self.request.id, deployment, urgency, data, kind=kind)


for _kind in LaneKind:
    _register(_kind)


@task_revoked.connect
def _revoked(request: Any = None, **_: Any) -> None:
    """A revoke in Flower turns the call's records into rejections."""
    if request is not None and str(request.task).startswith("deliver."):
        revoke(runtimes.current(), request.args[1], request.args[0])
