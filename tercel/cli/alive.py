"""Whether workers answer: a Celery ping over the broker, as Flower would ask."""

from __future__ import annotations

from typing import Final

from celery import Celery
from kombu.exceptions import OperationalError
from redis import RedisError

from tercel.connections import broker_options, broker_url
from tercel.settings import Settings

PING_TIMEOUT_S: Final = 1.5  # seconds for the answers; a worker's takes milliseconds


def workers_alive(settings: Settings, *, timeout_s: float = PING_TIMEOUT_S) -> list[str]:
    """Return the names of the worker processes that answer; none where the broker does not either."""
    url = settings.plain_redis_url()
    app = Celery("tercel-cli", set_as_current=False)
    app.conf.update(
        broker_url=broker_url(url, settings.home),
        broker_transport_options={
            **broker_options(url, settings.home, prefix=settings.redis_prefix),
            "socket_timeout": timeout_s * 2,
            "socket_connect_timeout": timeout_s,
        },
        broker_connection_retry=False,
        broker_connection_max_retries=0,
    )
    try:
        # A connection of its own: one of Celery's pool may be to a server that was restarted since.
        with app.connection_for_write() as connection:
            answers = app.control.ping(timeout=timeout_s, connection=connection) or []
    except (OperationalError, RedisError, OSError):
        return []
    finally:
        app.close()
    return sorted(name for answer in answers for name in answer)
