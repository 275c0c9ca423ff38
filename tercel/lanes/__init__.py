"""Lanes: where records wait, and how they become calls. See :class:`Lanes`."""

from tercel.lanes.lanes import Lanes
from tercel.lanes.on_loop import LanesOnLoop
from tercel.lanes.receipts import Receipt, Receipts, Written
from tercel.lanes.values import RUN_FIELDS, Change, Claim, Enqueued, Halted, Lane, Parcel, Survey, seen_id_of
from tercel.messages import STREAM_RUN

__all__ = [
    "RUN_FIELDS",
    "STREAM_RUN",
    "Change",
    "Claim",
    "Enqueued",
    "Halted",
    "Lane",
    "Lanes",
    "LanesOnLoop",
    "Parcel",
    "Receipt",
    "Receipts",
    "Survey",
    "Written",
    "seen_id_of",
]
