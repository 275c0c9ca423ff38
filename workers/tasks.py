"""The Celery tasks: ``deliver.<kind>`` delivers one call; ``enqueue.<kind>`` puts a foreign client's record on a lane.

Tasks are named by kind and carry only the call id and the deployment: nothing personal shows in Flower or logs.
"""

from __future__ import annotations

from typing import Any

from celery.exceptions import Retry
from celery.signals import task_revoked
from pydantic import ValidationError
from redis.exceptions import RedisError

from tercel import messages
from tercel.errors import StoreUnavailable, UsageError
from tercel.records import RECORD_OF_LANE, LaneKind, Urgency
from workers import runtime as runtimes
from workers.app import app
from workers.delivery import Later, deliver, revoke
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


def _enqueue(deployment: str, urgency: str, data: dict[str, Any], *, kind: LaneKind) -> str:
    runtime = runtimes.current()
    if deployment not in runtime.settings.deployments:
        raise UsageError(f"there is no deployment {deployment!r} in the settings")
    try:
        record = RECORD_OF_LANE[kind].model_validate(data)
    except ValidationError as error:
        fields = ", ".join(".".join(map(str, e["loc"])) or "record" for e in error.errors(include_input=False))
        raise UsageError(f"not a {kind.value} record: look at {fields}") from None
    runtime.lanes.enqueue(deployment, Urgency(urgency), [record], high_water=runtime.settings.lanes.high_water)
    return "1 record enqueued"


def _register(kind: LaneKind) -> None:
    @app.task(name=messages.deliver_task_name(kind.value), shared=False)
    def deliver_task(call_id: str, deployment: str) -> str:
        return _deliver(call_id, deployment)

    @app.task(name=messages.enqueue_task_name(kind), shared=False)
    def enqueue_task(deployment: str, urgency: str, data: dict[str, Any]) -> str:
        return _enqueue(deployment, urgency, data, kind=kind)


for _kind in LaneKind:
    _register(_kind)


@task_revoked.connect
def _revoked(request: Any = None, **_: Any) -> None:
    """A revoke in Flower turns the call's records into rejections."""
    if request is not None and str(request.type).startswith("deliver."):
        revoke(runtimes.current(), request.args[1], request.args[0])
