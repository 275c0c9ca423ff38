"""kombu's account of unacknowledged messages: when the connection is gone, and what wake-ups do without."""

from __future__ import annotations

import logging
from base64 import b64decode
from collections.abc import Iterator

import orjson
import pytest
from kombu import Connection
from kombu.transport import redis as transport
from redis import Redis

from tercel.connections import broker_url
from tercel.embedded import EmbeddedRedis
from workers.mending import mend


@pytest.fixture
def mended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport.Transport, "Channel", transport.Transport.Channel)  # put back afterwards
    mend()


@pytest.fixture
def broker(redis_server: EmbeddedRedis, redis_client: Redis) -> Iterator[Connection]:
    with Connection(broker_url(redis_server.url)) as connection:
        yield connection


def with_an_unread_message(broker: Connection) -> transport.Channel:
    channel = broker.default_channel
    taken_message(broker)
    return channel


def taken_message(broker: Connection, queue: str = "tercel") -> transport.Channel.Message:
    """A message that is not acknowledged yet."""
    with broker.SimpleQueue(queue) as lane:
        lane.put({"call": 1})
    return taken_again(broker, queue)


def taken_again(broker: Connection, queue: str) -> transport.Channel.Message:
    return broker.default_channel.basic_get(queue, no_ack=False)


def lose_the_connection(channel: transport.Channel) -> None:
    """What is left of a channel whose connection was closed and replaced."""
    channel._disconnect_pools()
    channel.connection.client = None


@pytest.mark.usefixtures("mended")
def test_closing_without_a_connection_is_a_connection_error(broker: Connection) -> None:
    channel = with_an_unread_message(broker)
    lose_the_connection(channel)

    with pytest.raises(broker.connection_errors, match="closed already"):
        channel.qos.restore_unacked_once()
    channel.qos.restore_unacked_once()  # as the next attempt to close does


@pytest.mark.usefixtures("mended")
def test_closing_with_a_connection_gives_the_message_back(broker: Connection, redis_client: Redis) -> None:
    channel = with_an_unread_message(broker)
    assert redis_client.llen("tercel") == 0

    channel.qos.restore_unacked_once()

    assert redis_client.llen("tercel") == 1


@pytest.mark.usefixtures("mended")
@pytest.mark.parametrize("say", ["ack_log_error", "reject_log_error"])
def test_a_task_that_ends_after_its_connection_is_only_told_of(
    broker: Connection, say: str, caplog: pytest.LogCaptureFixture
) -> None:
    message = taken_message(broker)
    errors = broker.connection_errors
    lose_the_connection(broker.default_channel)

    getattr(message, say)(logging.getLogger("test"), errors)

    assert "closed already" in caplog.text


@pytest.mark.usefixtures("mended")
@pytest.mark.parametrize(("queue", "kept"), [("calls.live", 0), ("calls.bulk", 0), ("tercel", 1)])
def test_redis_keeps_account_of_all_messages_but_wake_ups(
    broker: Connection, redis_client: Redis, queue: str, kept: int
) -> None:
    taken_message(broker, queue)
    assert redis_client.hlen("unacked") == redis_client.zcard("unacked_index") == kept


@pytest.mark.usefixtures("mended")
def test_wake_ups_that_were_not_acknowledged_are_given_back_in_their_order(
    broker: Connection, redis_client: Redis
) -> None:
    with broker.SimpleQueue("calls.bulk") as queue:
        for number in range(4):
            queue.put({"call": number})
    taken = [taken_again(broker, "calls.bulk") for _ in range(3)]
    taken[1].ack()

    broker.default_channel.qos.restore_unacked_once()

    waiting = [orjson.loads(message)["body"] for message in redis_client.lrange("calls.bulk", 0, -1)]
    assert [orjson.loads(b64decode(body)) for body in reversed(waiting)] == [{"call": n} for n in (0, 2, 3)]


@pytest.mark.usefixtures("mended")
@pytest.mark.parametrize("word", ["ack", "reject"])
def test_a_wake_up_that_is_done_with_does_not_come_back(broker: Connection, redis_client: Redis, word: str) -> None:
    getattr(taken_message(broker, "calls.live"), word)()

    broker.default_channel.qos.restore_unacked_once()

    assert redis_client.llen("calls.live") == 0


@pytest.mark.usefixtures("mended")
def test_a_wake_up_that_is_wanted_later_goes_back_at_once(broker: Connection, redis_client: Redis) -> None:
    taken_message(broker, "calls.live").requeue()

    assert redis_client.llen("calls.live") == 1
    broker.default_channel.qos.restore_unacked_once()
    assert redis_client.llen("calls.live") == 1


@pytest.mark.usefixtures("mended")
def test_wake_ups_count_towards_what_a_worker_takes_at_once(broker: Connection) -> None:
    broker.default_channel.basic_qos(0, 1, False)
    message = taken_message(broker, "calls.live")
    assert not broker.default_channel.qos.can_consume()

    message.ack()

    assert broker.default_channel.qos.can_consume()


@pytest.mark.usefixtures("mended")
def test_a_channel_makes_one_client_for_all_it_says(broker: Connection) -> None:
    channel = broker.default_channel
    with channel.conn_or_acquire() as one, channel.conn_or_acquire() as another:
        assert one is another
    channel._disconnect_pools()
    with channel.conn_or_acquire() as one_of_the_new_pool:
        assert one_of_the_new_pool.ping()
