"""Marigold Engage by Sailthru: profiles by e-mail address, events, lists, and jobs for many profiles at once."""

from __future__ import annotations

from workers.destinations.sailthru.destination import Sailthru
from workers.destinations.sailthru.reasons import REASONS

__all__ = ["REASONS", "Sailthru"]
