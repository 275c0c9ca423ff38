"""What Tercel changes in kombu's Redis transport: two faults, and what a wake-up does not need.

*A lost connection.* kombu then closes its channel, and dials again with another one. What is still to be said through
the old channel finds the connection's parameters gone, and fails with an AttributeError, which Celery takes for a
mistake in itself and ends the worker, instead of for a lost connection, which it outlives. (Seen with kombu 5.7.0 in
one of some ten kills of Redis: where a second attempt to close gives unacknowledged messages back, and where a task
that ran all the while is acknowledged at its end.) What could not be given back is woken again by us, and what could
not be acknowledged comes again as a wake-up too many: neither harms a call.

*A client for each command.* kombu makes a new one for whatever it says, and redis-py's clients have become expensive: a
third of what the consuming thread did. One over the same pool does as well.

*An account in Redis.* kombu keeps every unacknowledged message there too, so that it can be delivered once more in case
the worker dies. A call needs no such account: whoever cut it finds it by its lease (``Lanes.wake``). So wake-ups are
kept account of in the process alone, and given back at its end; other messages as kombu does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from kombu.transport import redis as transport
from kombu.transport import virtual
from redis.exceptions import ConnectionError as RedisConnectionError

from tercel.messages import CALL_QUEUES

_WAKE_UPS: Final = frozenset(CALL_QUEUES.values())


class MendedQoS(transport.QoS):
    """Keeps account of unacknowledged messages; says so plainly when the connection is gone.

    Each method raises redis' ConnectionError where there is no connection any more.
    """

    def append(self, message: Any, delivery_tag: str) -> None:
        """Take note of a message that was handed out."""
        if _is_wake_up(message):
            virtual.QoS.append(self, message, delivery_tag)
        else:
            super().append(message, delivery_tag)

    def restore_unacked(self, client: Any = None) -> None:
        """Give unacknowledged messages back."""
        with _plainly(at_last=self._delivered.clear):  # else the next attempt to close stumbles over what is left
            self._give_back([tag for tag, message in self._delivered.items() if _is_wake_up(message)], client)
            super().restore_unacked(client)

    def ack(self, delivery_tag: str) -> None:
        """Say that a message is done with."""
        with _plainly():
            if _is_wake_up(self._delivered.get(delivery_tag)):
                virtual.QoS.ack(self, delivery_tag)
            else:
                super().ack(delivery_tag)

    def reject(self, delivery_tag: str, requeue: bool = False) -> None:
        """Say that a message is not wanted, or not yet."""
        with _plainly():
            if not _is_wake_up(self._delivered.get(delivery_tag)):
                super().reject(delivery_tag, requeue=requeue)
            elif requeue:
                self._give_back([delivery_tag])
            else:
                virtual.QoS.ack(self, delivery_tag)

    def _give_back(self, tags: list[str], client: Any = None) -> None:
        """Put wake-ups back to where the next worker takes them from, the one handed out first in front."""
        if not tags:
            return
        with self.channel.conn_or_acquire(client) as lent, lent.pipeline() as pipe:
            for tag in reversed(tags):
                message = self._delivered[tag]
                where = message.delivery_info
                self.channel._do_restore_message(message._raw, where["exchange"], where["routing_key"], pipe)
            pipe.execute()
        for tag in tags:
            virtual.QoS.ack(self, tag)
        self._flush()


class MendedChannel(transport.Channel):
    """A channel that says everything but what it waits for through one client."""

    QoS = MendedQoS
    _lent: Any = None

    def _create_client(self, asynchronous: bool = False) -> Any:
        if asynchronous:
            return super()._create_client(asynchronous=True)
        if self._lent is None or self._lent.connection_pool is not self.pool:
            self._lent = super()._create_client()
        return self._lent


def _is_wake_up(message: Any) -> bool:
    return message is not None and message.delivery_info["routing_key"] in _WAKE_UPS


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
    """Have every connection of this process use the mended classes."""
    transport.Transport.Channel = MendedChannel
