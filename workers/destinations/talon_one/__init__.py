"""The Talon.One destination: records become Integration API requests, answers become outcomes."""

from workers.destinations.explained import Explanation
from workers.destinations.talon_one.destination import TalonOne
from workers.destinations.talon_one.reasons import REASONS
from workers.destinations.talon_one.urls import deployment_url

__all__ = ["REASONS", "Explanation", "TalonOne", "deployment_url"]
