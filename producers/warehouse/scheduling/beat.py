"""Celery beat with the schedules of the settings: ``celery -A producers.warehouse.scheduling.app beat``.

Celery's own schedulers keep a pickled file beside one beat, and each beat sends for itself. This one keeps nothing:
what has run stands in Redis, so that any number of beats may go, and one that is started anew knows what was missed.
"""

from __future__ import annotations

from typing import Any

from celery.beat import Scheduler
from celery.utils.log import get_logger

from producers.warehouse.scheduling.clockwork import ASK_AGAIN_S, LONGEST_WAIT_S, Clockwork
from producers.warehouse.scheduling.counting import Counts
from producers.warehouse.scheduling.names import RUN_TASK, schedules_of
from producers.warehouse.syncing.pausing import Pauses
from tercel.connections import connect, translated, where
from tercel.errors import RedisUnavailable
from tercel.settings import Settings
from tercel.store.values import utc_now

logger = get_logger(__name__)


class SyncScheduler(Scheduler):  # type: ignore[misc]  # Celery has no types
    """Asks for runs when they are due."""

    max_interval = LONGEST_WAIT_S

    def setup_schedule(self) -> None:
        """Connect. Raises the errors of settings."""
        settings: Settings = self.app.tercel_settings
        redis = connect(settings.plain_redis_url(), home=settings.home, client_name="tercel-beat")
        self._heartbeat_file = settings.schedules.heartbeat_file
        self._place = where(settings.plain_redis_url(), settings.home)
        prefix = settings.redis_prefix
        self._clockwork = Clockwork(
            schedules_of(settings), Counts(redis, prefix=prefix), Pauses(redis, prefix=prefix), ask=self._ask
        )

    def tick(self, *_: Any, **__: Any) -> float:
        """Look at all schedules; return the seconds until the next look. A Redis that is away is waited for."""
        try:
            with translated(self._place):
                wait = self._clockwork.turn(utc_now())
        except RedisUnavailable as error:
            logger.warning("%s Schedules wait for it.", error)
            return LONGEST_WAIT_S
        if self._heartbeat_file is not None:
            self._heartbeat_file.touch()
        return wait

    def _ask(self, sync: str, word: bytes) -> None:
        logger.info("sync %s is due", sync)
        self.app.send_task(RUN_TASK, (sync, word.decode()), expires=ASK_AGAIN_S, ignore_result=True)
