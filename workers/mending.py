"""A mend of kombu's Redis transport, without which a worker may end when Redis does.

When the connection to the broker is lost, kombu closes its channel, which gives unacknowledged messages back. If an
earlier attempt to close has already let go of the connection's parameters, it then fails with an AttributeError, which
Celery takes for a mistake in itself and ends the worker, instead of for a lost connection, after which it dials again.
(Seen with kombu 5.7.0 in one of some twenty kills of Redis. What could not be given back is woken again by us.)
"""

from __future__ import annotations

from typing import Any

from kombu.transport import redis as transport
from redis.exceptions import ConnectionError as RedisConnectionError


class MendedQoS(transport.QoS):
    """Keeps account of unacknowledged messages; says so plainly when the connection is gone."""

    def restore_unacked(self, client: Any = None) -> None:
        """Give unacknowledged messages back. Raises redis' ConnectionError where there is no connection any more."""
        try:
            super().restore_unacked(client)
        except AttributeError as error:
            self._delivered.clear()  # else the next attempt to close stumbles over what is left
            raise RedisConnectionError("the connection to the broker is closed already") from error


def mend() -> None:
    """Have every channel of this process use the mended class."""
    transport.Channel.QoS = MendedQoS
