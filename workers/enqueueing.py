"""Enqueues the record of an ordinary Celery message: how any other Celery client hands records in.

``app.send_task("enqueue.profile", ["prod", "live", {"profile_id": "c1", "attributes": {...}}], queue="tercel")``
"""

from __future__ import annotations

from typing import Any, Final

from pydantic import ValidationError
from redis.exceptions import RedisError

from tercel.errors import LaneFull
from tercel.messages import STREAM_RUN
from tercel.records import RECORD_OF_LANE, LaneKind, Record, Urgency
from tercel.store import Rejection
from workers.rejecting import without_secrets
from workers.runtime import Runtime

AGAIN_S: Final = 0.2  # seconds between two tries while a lane is full or Redis away


class NotNow(Exception):
    """The record could not be enqueued now; its message must go back."""


def enqueue(runtime: Runtime, task_id: str, deployment: str, urgency: str, data: Any, *, kind: LaneKind) -> str:
    """Put one record on its lane, once however often the message comes. Return what became of it.

    What cannot become a record is kept as a rejection. Raises :class:`NotNow`, and the store's errors.
    """
    record = _record(runtime, deployment, urgency, data, kind)
    if isinstance(record, str):
        runtime.store.add_rejections(
            [
                Rejection(
                    record_id=f"task-{task_id}",
                    deployment=str(deployment)[:100],
                    kind=kind.value,
                    run=STREAM_RUN,
                    code="T321",
                    reason=record,
                    answer="",
                    record=without_secrets(data) if isinstance(data, dict) else None,
                    source=f"Celery task enqueue.{kind.value}",
                )
            ]
        )
        if deployment in runtime.settings.deployments:
            runtime.lanes.enqueue(deployment, Urgency.LIVE, [], tally={"rejected": 1}, batch_id=f"task-{task_id}")
        return "rejected: it is not a record"
    high_water = runtime.settings.lanes.high_water
    try:
        runtime.lanes.enqueue(deployment, Urgency(urgency), [record], high_water=high_water, batch_id=f"task-{task_id}")
    except (LaneFull, RedisError):
        # One try a message: a thread that waited here could not deliver what has to leave the lane first.
        runtime.stopping.wait(AGAIN_S)
        raise NotNow from None
    return "1 record enqueued"


def _record(runtime: Runtime, deployment: Any, urgency: Any, data: Any, kind: LaneKind) -> Record | str:
    """Return the record, or why there is none."""
    if deployment not in runtime.settings.deployments:
        return "the settings have no deployment of that name"
    if urgency not in tuple(Urgency):
        return "the urgency must be live or bulk"
    try:
        return RECORD_OF_LANE[kind].model_validate(data)
    except ValidationError as error:
        problems = error.errors(include_input=False, include_url=False, include_context=False)
        fields = ", ".join(sorted({".".join(map(str, p["loc"][:1])) or "record" for p in problems}))
        return f"not a {kind.value} record; look at: {fields}"
