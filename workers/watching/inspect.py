"""What a worker answers when Flower (or ``celery inspect``) asks about its queues.

Flower's Broker page lists only queues that a live worker announces, and no worker consumes a lane: lanes are cut. So
the command ``active_queues`` is replaced by one that adds them (contracts: "Flower's Broker page").
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from celery.worker.control import active_queues as consumed_queues
from celery.worker.control import inspect_command
from kombu.entity import Queue

from tercel.messages import lane_name
from tercel.records import LaneKind, Urgency


def announce_lanes(deployments: Iterable[str]) -> None:
    """Have this process's worker announce every lane of these deployments, beside the queues it consumes.

    Call it before the worker starts. A repeat replaces what was announced.
    """
    lanes = [
        _as_announced(lane_name(deployment, kind, urgency))
        for deployment in deployments
        for kind in LaneKind
        for urgency in Urgency
    ]

    @inspect_command(name="active_queues")  # type: ignore[untyped-decorator,unused-ignore]
    def active_queues(state: Any) -> list[dict[str, Any]]:
        """List the queues that a worker consumes, and the lanes that it cuts."""
        return [*consumed_queues(state), *lanes]


def _as_announced(queue: str) -> dict[str, Any]:
    return dict(Queue(queue).as_dict(recurse=True))
