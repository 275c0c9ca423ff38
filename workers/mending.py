"""A mend of kombu's Redis transport, without which a worker may end when Redis does.

When the connection to the broker is lost, kombu closes its channel, and dials again with another one. What is still to
be said through the old channel finds the connection's parameters gone, and fails with an AttributeError, which Celery
takes for a mistake in itself and ends the worker, instead of for a lost connection, which it outlives. (Seen with
kombu 5.7.0 in one of some ten kills of Redis: where a second attempt to close gives unacknowledged messages back, and
where a task that ran all the while is acknowledged at its end.) What could not be given back is woken again by us, and
what could not be acknowledged comes again as a wake-up too many: neither harms a call.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from kombu.transport import redis as transport
from redis.exceptions import ConnectionError as RedisConnectionError


class MendedQoS(transport.QoS):
    """Keeps account of unacknowledged messages; says so plainly when the connection is gone.

    Each method raises redis' ConnectionError where there is no connection any more.
    """

    def restore_unacked(self, client: Any = None) -> None:
        """Give unacknowledged messages back."""
        with _plainly(at_last=self._delivered.clear):  # else the next attempt to close stumbles over what is left
            super().restore_unacked(client)

    def ack(self, delivery_tag: str) -> None:
        """Say that a message is done with."""
        with _plainly():
            super().ack(delivery_tag)

    def reject(self, delivery_tag: str, requeue: bool = False) -> None:
        """Say that a message is not wanted, or not yet."""
        with _plainly():
            super().reject(delivery_tag, requeue=requeue)


@contextmanager
def _plainly(at_last: Callable[[], object] | None = None) -> Iterator[None]:
    """Say of a closed channel's AttributeError what it means; do ``at_last`` before."""
    try:
        yield
    except AttributeError as error:
        if at_last is not None:
            at_last()
        raise RedisConnectionError("the connection to the broker is closed already") from error


def mend() -> None:
    """Have every channel of this process use the mended class."""
    transport.Channel.QoS = MendedQoS
