"""mParticle's Events API: ``/mparticle/v2/events`` for one batch, ``/mparticle/v2/bulkevents`` for many.

Answers are the original's (contract: mparticle, section 4): 202 once everything is in Redis, 400 with the field that is
wrong, 401, 403; 503 where the trouble is ours, and never a 429 for that. Beyond the original, the body of a 202 tells
what became of the batches, and what failed of a bulk request is kept as rejections.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final
from uuid import uuid4

import orjson
from xxhash import xxh3_128_hexdigest

from producers.mparticle.feed import (
    BAD_BATCH,
    MOST_BATCH_BYTES,
    MOST_BATCHES,
    MOST_REQUEST_BYTES,
    BadBatch,
    read_batch,
)
from producers.mparticle.whole_numbers import exact
from producers.receiver import log, observing, reasons
from producers.receiver.answers import Answer, Problem, json_answer
from producers.receiver.desk import Desk
from producers.receiver.feed_senders import DOOR, Feed, FeedSenders
from producers.receiver.json_text import parse
from producers.receiver.keeping import Input, refused
from producers.receiver.requests import Request
from producers.receiver.values import Fate
from tercel.lanes import seen_id_of
from tercel.settings import Settings
from tercel.settings.receiving import ReceiverSettings

EVENTS: Final = "/mparticle/v2/events"
BULK_EVENTS: Final = "/mparticle/v2/bulkevents"
METHOD: Final = "POST"
Serve = Callable[[Request], Awaitable[Answer]]
BREATH: Final = 10  # batches of a request that are worked on before other requests get their turn
MOST_SHOWN: Final = 20  # problems that an answer names

_OUTCOMES: Final = ("accepted", "duplicate", "filtered", "rejected")  # the better ones first
_AS_BAD_REQUEST: Final = (413, 415)  # the original knows neither, and has one answer for whatever a sender did wrong


class FeedDoor:
    """Takes the batches of feeds. ``now_ms`` gives UTC milliseconds, ``fresh_id`` a text that is never given twice."""

    def __init__(
        self,
        senders: FeedSenders,
        desk: Desk,
        settings: ReceiverSettings,
        *,
        now_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
        fresh_id: Callable[[], str] = lambda: str(uuid4()),
    ) -> None:
        self._senders, self._desk, self._settings = senders, desk, settings
        self._now_ms, self._fresh_id = now_ms, fresh_id

    async def serve_one(self, request: Request) -> Answer:
        """Answer a request with one batch; what is wrong with it is told in the original's shape."""
        return await self._serve(request, self._one)

    async def serve_many(self, request: Request) -> Answer:
        """Answer a request with a list of batches, in the same way."""
        return await self._serve(request, self._many)

    async def _serve(self, request: Request, take: Callable[[Feed, Request], Awaitable[Answer]]) -> Answer:
        try:
            if request.method != METHOD:
                text = f"The method is not served here: {METHOD} is."
                raise Problem(405, reasons.WRONG_METHOD, text, headers=((b"allow", METHOD.encode()),))
            return await take(self._senders.proven(request.headers.get(b"authorization")), request)
        except Problem as problem:
            return _shaped(problem)
        except Exception as mistake:
            log.unforeseen("a request to mParticle's Events API failed", mistake)
            return _shaped(Problem(503, reasons.UNFORESEEN, "The receiver met an error that it does not know."))

    async def _one(self, feed: Feed, request: Request) -> Answer:
        told, _ = await self._told(request, MOST_BATCH_BYTES)
        try:
            one = self._input(feed, told)
        except BadBatch as bad:
            observing.inputs_done(feed.name, "refused")
            raise Problem(400, BAD_BATCH, str(bad)) from None
        return _answer(feed, [one], await self._desk.take([one]))

    async def _many(self, feed: Feed, request: Request) -> Answer:
        """Take a bulk request: the good batches get in, and the bad ones are kept and told; all bad, it is refused."""
        told, size = await self._told(request, MOST_REQUEST_BYTES)
        if not isinstance(told, list):
            raise Problem(400, BAD_BATCH, "the body must be a list of batches")
        if len(told) > MOST_BATCHES:
            raise Problem(400, BAD_BATCH, f"the request has {len(told)} batches, {MOST_BATCHES} are allowed")
        inputs: list[Input] = []
        bad_ones: list[str] = []
        for number, batch in enumerate(told):
            try:
                inputs.append(self._input(feed, batch, check_size=size > MOST_BATCH_BYTES))
            except BadBatch as bad:
                bad_ones.append(f"[{number}] {bad}")
                inputs.append(_kept(feed, batch, bad))
            if number % BREATH == BREATH - 1:
                await asyncio.sleep(0)
        if bad_ones and len(bad_ones) == len(inputs):
            observing.inputs_done(feed.name, "refused", len(inputs))
            raise Problem(400, BAD_BATCH, "every batch is malformed", bad_ones[:MOST_SHOWN])
        return _answer(feed, inputs, await self._desk.take(inputs) if inputs else [])

    async def _told(self, request: Request, most_bytes: int) -> tuple[Any, int]:
        """Return what the body says, and its size in bytes. Raises :class:`Problem`."""
        body = await request.body(min(most_bytes, self._settings.max_body_bytes))
        request.require_json()
        return exact(body, parse(body, most_depth=self._settings.max_depth)), len(body)

    def _input(self, feed: Feed, told: Any, *, check_size: bool = False) -> Input:
        """Return what one batch becomes. Raises BadBatch."""
        if check_size and len(orjson.dumps(told)) > MOST_BATCH_BYTES:
            raise BadBatch("", f"the batch is larger than {MOST_BATCH_BYTES} bytes")
        arrived_ms = self._now_ms()
        read = read_batch(told, arrived_ms, self._fresh_id())
        name, identity = feed.name, read.batch.seen_id
        taken = feed.target.take(read, arrived_ms)
        seen_id = seen_id_of("mparticle", "feed", name, identity) if identity else b""
        return Input(taken, name, identity=identity, seen_id=seen_id, data=told)


def _kept(feed: Feed, told: Any, bad: BadBatch) -> Input:
    """Return a bad batch as one that is kept as a rejection; it is known again by its own text."""
    taken = refused(feed.target.deployment, BAD_BATCH, bad.where, bad.reason)
    return Input(taken, feed.name, identity=xxh3_128_hexdigest(orjson.dumps(told)), data=told)


def _answer(feed: Feed, inputs: Sequence[Input], fates: Sequence[Fate]) -> Answer:
    """Return what became of the batches: each counts as the best thing that became of it; problems are named."""
    counts: dict[str, Any] = dict.fromkeys(_OUTCOMES, 0)
    problems: list[dict[str, Any]] = []
    for number, (one, fate) in enumerate(zip(inputs, fates, strict=True)):
        counts[_outcome(one, fate)] += 1
        for refusal in one.taken.refused:
            if len(problems) < MOST_SHOWN:
                problems.append(
                    {"batch": number, "code": refusal.code, "field": refusal.where, "problem": refusal.reason}
                )
    for outcome, n in counts.items():
        if n:
            observing.inputs_done(feed.name, outcome, n)
    return json_answer({**counts, "problems": problems} if problems else counts, 202)


def _outcome(one: Input, fate: Fate) -> str:
    if fate is Fate.DUPLICATE:
        return "duplicate"
    if one.taken.records:
        return "accepted"
    return "rejected" if one.taken.refused else "filtered"


def _shaped(problem: Problem) -> Answer:
    """Return a problem as the original tells one: ``{"errors": [{"code": "BAD_REQUEST", "message": ...}]}``."""
    if problem.status in _AS_BAD_REQUEST:
        problem = Problem(400, problem.code, problem.text, problem.problems, problem.headers)
    word = HTTPStatus(problem.status).name
    texts = problem.problems or [problem.text]
    return problem.shaped(orjson.dumps({"errors": [{"code": word, "message": text} for text in texts]}))


def feed_doors(settings: Settings, desk: Desk) -> Mapping[str, Serve]:
    """Return the feeds' doors by path; none where there is no feed. Raises SettingsError as :class:`FeedSenders`."""
    senders = FeedSenders(settings)
    if not senders:
        return {}
    door = FeedDoor(senders, desk, settings.receiver)
    return {EVENTS: door.serve_one, BULK_EVENTS: door.serve_many}


def feed_paths(settings: Settings) -> Sequence[str]:
    """Return the paths of the feeds' doors, where there are feeds."""
    return (EVENTS, BULK_EVENTS) if any(one.door == DOOR for one in settings.mparticle.values()) else ()
