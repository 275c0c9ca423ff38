"""kombu's account of unacknowledged messages, when the connection is gone."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest
from kombu import Connection
from kombu.transport import redis as transport
from redis import Redis

from tercel.connections import broker_url
from tercel.embedded import EmbeddedRedis
from workers.mending import mend


@pytest.fixture
def mended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport.Channel, "QoS", transport.Channel.QoS)  # put back afterwards
    mend()


@pytest.fixture
def broker(redis_server: EmbeddedRedis, redis_client: Redis) -> Iterator[Connection]:
    with Connection(broker_url(redis_server.url)) as connection:
        yield connection


def with_an_unread_message(broker: Connection) -> transport.Channel:
    channel = broker.default_channel
    taken_message(broker)
    return channel


def taken_message(broker: Connection) -> transport.Channel.Message:
    """A message that is not acknowledged yet."""
    with broker.SimpleQueue("calls.live") as queue:
        queue.put({"call": 1})
    return broker.default_channel.basic_get("calls.live", no_ack=False)


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
    assert redis_client.llen("calls.live") == 0

    channel.qos.restore_unacked_once()

    assert redis_client.llen("calls.live") == 1


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
