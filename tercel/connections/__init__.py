"""How Tercel reaches its Redis: addresses, clients with sane settings, clear errors, and what the server promises.

Everything here takes plain values, so that it can be used before the settings are read.
"""

from tercel.connections.address import RedisAddress, broker_options, broker_url, where
from tercel.connections.client import connect, wait_until_ready
from tercel.connections.durability import Durability, Finding, Level, assess, read_durability
from tercel.connections.failures import translated, unavailable
from tercel.connections.on_loop import connect_on_loop

__all__ = [
    "Durability",
    "Finding",
    "Level",
    "RedisAddress",
    "assess",
    "broker_options",
    "broker_url",
    "connect",
    "connect_on_loop",
    "read_durability",
    "translated",
    "unavailable",
    "wait_until_ready",
    "where",
]
