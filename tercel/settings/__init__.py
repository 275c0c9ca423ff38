"""Every setting of Tercel, declared once: ``tercel.toml``, overridden by ``TERCEL_*`` variables.

``python -m tercel.settings`` prints them as the Markdown table of the documentation.
"""

from tercel.settings.deployment import Deployment
from tercel.settings.groups import (
    DeliverySettings,
    FlowerSettings,
    LaneSettings,
    LimiterSettings,
    ScheduleSettings,
    WorkerSettings,
)
from tercel.settings.model import Settings
from tercel.settings.receiving import ReceiverSettings, SegmentDestination, Sender
from tercel.settings.syncing import SyncSettings
from tercel.settings.urls import deployment_url

__all__ = [
    "DeliverySettings",
    "Deployment",
    "FlowerSettings",
    "LaneSettings",
    "LimiterSettings",
    "ReceiverSettings",
    "ScheduleSettings",
    "SegmentDestination",
    "Sender",
    "Settings",
    "SyncSettings",
    "WorkerSettings",
    "deployment_url",
]
