"""Real requests with whatever a body may hold: no trouble of ours, and the counts always add up."""

from __future__ import annotations

import json
from typing import Any

import httpx
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.mparticle_feed.events_api import batches
from tests.mparticle_feed.feed_doors import KEY, MANY, ONE, SAILTHRU_KEY, SAILTHRU_SECRET, SECRET, Feeds
from tests.mparticle_feed.test_feed_properties import damaged, junk

REQUESTS = 40
CREDENTIALS = [(KEY, SECRET), (SAILTHRU_KEY, SAILTHRU_SECRET)]
quiet = settings(
    max_examples=REQUESTS, deadline=None, database=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def post(feeds: Feeds, path: str, body: Any, who: tuple[str, str]) -> httpx.Response:
    """Post a body with whole numbers of any length, and NaN where there is one, as they are."""
    return feeds.doors.http.post(path, content=json.dumps(body), auth=who)


@quiet
@given(batches, st.sampled_from(CREDENTIALS))
def test_what_the_published_schema_allows_is_answered_202(
    feeds: Feeds, batch: dict[str, Any], who: tuple[str, str]
) -> None:
    answer = post(feeds, ONE, batch, who)
    assert answer.status_code == 202
    assert sum(answer.json()[name] for name in ("accepted", "duplicate", "filtered", "rejected")) == 1


@quiet
@given(st.lists(batches | damaged() | junk, max_size=4), st.sampled_from(CREDENTIALS))
def test_of_a_bulk_request_every_batch_is_told_or_all_of_it_is_refused(
    feeds: Feeds, told: list[Any], who: tuple[str, str]
) -> None:
    answer = post(feeds, MANY, told, who)
    assert answer.status_code in (202, 400)
    if answer.status_code == 202:
        counted = sum(answer.json()[name] for name in ("accepted", "duplicate", "filtered", "rejected"))
        assert counted == len(told)
    else:
        assert answer.json()["errors"]


@quiet
@given(damaged() | junk, st.sampled_from(CREDENTIALS))
def test_a_damaged_body_is_taken_or_refused_in_the_documented_shape(
    feeds: Feeds, body: Any, who: tuple[str, str]
) -> None:
    answer = post(feeds, ONE, body, who)
    assert answer.status_code in (202, 400)
    assert answer.status_code == 202 or answer.json()["errors"][0]["code"] == "BAD_REQUEST"
