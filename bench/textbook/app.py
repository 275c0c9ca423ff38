"""An ordinary Celery application on Redis, as its documentation and that of celery-batches would have one write it.

One task a record; celery-batches collects a thousand of them for one bulk request; httpx sends it. It is here to be
measured against, so it is written to be fast within that way: results are ignored, the prefetch is as large as a batch
needs, the HTTP client and its connection are kept. It runs in an environment of its own: celery-batches pins an older
Celery. ``TEXTBOOK_BROKER`` and ``TEXTBOOK_SINK`` say where Redis and the destination are.
"""

from __future__ import annotations

import os
from functools import cache
from typing import Any

import httpx
from celery import Celery
from celery_batches import Batches, SimpleRequest  # type: ignore[import-not-found]

BATCH = 1_000  # profiles a request, the destination's limit
FLUSH_S = 1.0  # seconds after which an incomplete batch is sent
TIMEOUT_S = 30.0  # seconds for one request

app = Celery("textbook", broker=os.environ.get("TEXTBOOK_BROKER"))
app.conf.update(
    task_ignore_result=True,
    task_acks_late=True,  # a record is acknowledged when its request was answered, not when it was read
    task_serializer="json",
    accept_content=["json"],
    worker_prefetch_multiplier=2 * BATCH,  # times the concurrency: a batch in progress and one that fills up
    worker_concurrency=1,
    broker_connection_retry_on_startup=True,
)


@cache
def client() -> httpx.Client:
    """Return this process's client, so that its connection is kept."""
    return httpx.Client(base_url=os.environ["TEXTBOOK_SINK"], timeout=TIMEOUT_S, trust_env=False)


@app.task(base=Batches, flush_every=BATCH, flush_interval=FLUSH_S)  # type: ignore[untyped-decorator]
def upsert_profile(requests: list[SimpleRequest]) -> None:
    """Send the profiles of up to a thousand tasks, called as ``upsert_profile.delay(profile_id, attributes)``."""
    profiles: list[dict[str, Any]] = [
        {"integrationId": profile_id, "attributes": attributes}
        for profile_id, attributes in (request.args for request in requests)
    ]
    answer = client().put("/v2/customer_profiles", params={"silent": "yes"}, json={"customerProfiles": profiles})
    answer.raise_for_status()
