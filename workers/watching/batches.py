"""What an outlook (:mod:`tercel.outlook`) needs to know of a deployment: its batch sizes and its backlog. Pure."""

from __future__ import annotations

from tercel.lanes import Survey
from tercel.records import LaneKind, Urgency
from tercel.settings import Deployment
from workers.destinations import destination


def batch_sizes(deployment: Deployment) -> dict[LaneKind, int]:
    """Return how many streamed records of each kind, of as many profiles, one request to the deployment can carry."""
    target = destination(deployment.destination)
    return {kind: target.batch(kind, Urgency.LIVE).full for kind in LaneKind}


def backlog_of(survey: Survey) -> dict[LaneKind, int]:
    """Return how many records of each kind lie in the lanes, those that wait for their turn included."""
    found: dict[LaneKind, int] = {}
    for lane in survey.lanes:
        found[lane.kind] = found.get(lane.kind, 0) + lane.depth
    return found
