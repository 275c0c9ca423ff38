"""A strict stand-in for the Talon.One Integration API, with its doubts as settings and faults on demand.

    with start(Config(event_types=frozenset({"purchase"}))) as standin:
        standin.admin.set_faults(Status(status=503, share=0.1))
        ...

Run it by hand with ``python -m sandbox.talon_one``.
"""

from sandbox.client import AdminError
from sandbox.faults import Drip, Hang, Latency, Malformed, Reset, Status
from sandbox.talon_one.client import Admin
from sandbox.talon_one.config import ApiKey, Assumptions, AttributeType, Audience, Campaign, Config, RateLimit, Schema
from sandbox.talon_one.process import StandIn, start
from sandbox.talon_one.world import Applied

__all__ = [
    "Admin",
    "AdminError",
    "ApiKey",
    "Applied",
    "Assumptions",
    "AttributeType",
    "Audience",
    "Campaign",
    "Config",
    "Drip",
    "Hang",
    "Latency",
    "Malformed",
    "RateLimit",
    "Reset",
    "Schema",
    "StandIn",
    "Status",
    "start",
]
