"""A strict stand-in for the API of Marigold Engage by Sailthru, with its doubts as settings and faults on demand.

    with start(Config(kinds=frozenset({KeyKind.EMAIL, KeyKind.EXTID}), rates=UNLIMITED)) as standin:
        standin.admin.set_faults(Status(status=503, share=0.1))
        ...
        standin.admin.profiles()["ana@example.com"]["vars"]

Run it by hand with ``python -m sandbox.sailthru``.
"""

from sandbox.client import AdminError
from sandbox.faults import Drip, Hang, Latency, Malformed, Reset, Status
from sandbox.sailthru.client import Admin
from sandbox.sailthru.config import UNLIMITED, ApiKey, Assumptions, Config, KeyKind, Rates
from sandbox.sailthru.process import StandIn, start
from sandbox.sailthru.world import Applied

__all__ = [
    "UNLIMITED",
    "Admin",
    "AdminError",
    "ApiKey",
    "Applied",
    "Assumptions",
    "Config",
    "Drip",
    "Hang",
    "KeyKind",
    "Latency",
    "Malformed",
    "Rates",
    "Reset",
    "StandIn",
    "Status",
    "start",
]
