"""The Celery messages Tercel writes: one for each record on a lane, one for each wake-up of a call.

Both are protocol 2, JSON, with a plain-text body, so that any Celery tool can read them. A record's message starts with
``{"headers":{"key":"<16 hex>","lane":"<letter>","run":"<8 hex>","at":"<13 digits>"``: the lane scripts read these at
fixed offsets instead of parsing (``tercel/lanes/lua/common.lua``). A message that kombu has requeued is written anew
and no longer starts so; the scripts then leave it to the ordinary task of the same name.
"""

from __future__ import annotations

import itertools
import os
import secrets
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final, NamedTuple

import orjson

from tercel.records import LANE_KIND_OF_LETTER, LaneKind, Record, Urgency, key_of

STREAM_RUN: Final = "00000000"  # the run of records that belong to no backfill or sync
VERSION: Final = 1  # of the message, in its header

KEY = slice(20 - 1, 35)  # where the head's fields lie, as Python slices of the message's bytes
LETTER = 46 - 1
RUN = slice(56 - 1, 63)
AT = slice(72 - 1, 84)
RECORD_ID = slice(93 - 1, 112)
_BODY: Final = b',"body":'

PLAIN_QUEUE: Final = "tercel"  # ordinary Celery messages: what other clients send, and what is not ours
CALL_QUEUES: Final[Mapping[Urgency, str]] = {Urgency.LIVE: "calls.live", Urgency.BULK: "calls.bulk"}


def lane_name(deployment: str, kind: LaneKind, urgency: Urgency) -> str:
    """Return the Celery queue's name of a lane, e.g. ``prod.profile.live``."""
    return f"{deployment}.{kind.value}.{urgency.value}"


def enqueue_task_name(kind: LaneKind) -> str:
    """Return the ordinary Celery task that enqueues one record, e.g. ``enqueue.profile``."""
    return f"enqueue.{kind.value}"


def deliver_task_name(kind: str) -> str:
    """Return the Celery task that delivers a call, e.g. ``deliver.profile``."""
    return f"deliver.{kind}"


class _Ids:
    """Record ids: 12 random hex digits a process and 8 of a counter. Unique without asking anyone."""

    def __init__(self) -> None:
        self._start()
        os.register_at_fork(after_in_child=self._start)

    def _start(self) -> None:
        self._base = secrets.token_hex(6)
        self._counter = itertools.count()

    def take(self, n: int) -> list[str]:
        """Return ``n`` new ids of 20 hex digits."""
        base = self._base
        return [f"{base}{i:08x}" for i in itertools.islice(self._counter, n)]


_ids = _Ids()
new_record_ids = _ids.take


def row_record_id(run: str, file: int, number: int) -> str:
    """Return the record id that says which row a run's record came from, in hex: run, file (2), line or row (10)."""
    return f"{run}{file & 0xFF:02x}{number & 0xFFFFFFFFFF:010x}"


def row_of(record_id: str, run: str) -> tuple[int, int] | None:
    """Return (file, line or row) of a record id that :func:`row_record_id` made for this run; None for any other."""
    if run == STREAM_RUN or not record_id.startswith(run):
        return None
    return int(record_id[8:10], 16), int(record_id[10:], 16)


def new_call_id() -> str:
    """Return a fresh call id: 16 hex digits."""
    return secrets.token_hex(8)


def new_run_id() -> str:
    """Return a fresh run id: 8 hex digits, never the stream's."""
    while (run := secrets.token_hex(4)) == STREAM_RUN:
        pass
    return run


@lru_cache(maxsize=256)
def _heads(deployment: str, urgency: Urgency) -> Mapping[LaneKind, tuple[str, str]]:
    """Return a kind's letter, and what lies between the two places of a record's id in its message."""
    return {
        kind: (
            kind.letter,
            f'","task":"{enqueue_task_name(kind)}","lang":"py","v":{VERSION}}},"content-type":"application/json",'
            f'"content-encoding":"utf-8","properties":{{"delivery_info":{{"exchange":"",'
            f'"routing_key":"{lane_name(deployment, kind, urgency)}"}},"delivery_tag":"',
        )
        for kind in LaneKind
    }


class Prepared(NamedTuple):
    """A record whose JSON its producer knows already: as that of :meth:`tercel.records.Record.data`, defaults left out.

    It has to be valid; nothing looks at it again before it is delivered.
    """

    lane_kind: LaneKind
    key_text: str
    json: str


def encode(
    deployment: str, urgency: Urgency, records: Iterable[Record | Prepared], *, run: str, at_ms: int, ids: Iterable[str]
) -> list[bytes]:
    """Encode records as the messages of their lanes, in order.

    ``at_ms`` is the time of enqueueing in ms since the epoch (13 digits); ``ids`` gives each record its id.
    """
    heads = _heads(deployment, urgency)
    opening, closing = f'[["{deployment}","{urgency.value}",', "],{},{}]"
    entered = f'","run":"{run}","at":"{at_ms:013d}","id":"'
    dumps = orjson.dumps
    messages = []
    for record, record_id in zip(records, ids, strict=True):
        letter, rest = heads[record.lane_kind]
        if isinstance(record, Prepared):
            said = record.json
        else:
            said = record.__pydantic_serializer__.to_json(record, exclude_defaults=True).decode()
        body = dumps(f"{opening}{said}{closing}")
        front = (
            f'{{"headers":{{"key":"{key_of(record.key_text)}","lane":"{letter}{entered}{record_id}'
            f'{rest}{record_id}"}},"body":'
        )
        messages.append(b"%b%b}" % (front.encode(), body))
    return messages


class Envelope(NamedTuple):
    """A record as a person would want to see it. ``data`` is :meth:`tercel.records.Record.data`'s object."""

    record_id: str
    key: str
    kind: LaneKind
    run: str
    at_ms: int
    data: dict[str, Any]


def decode(message: bytes) -> Envelope:
    """Decode a message that :func:`encode` wrote.

    Raises :class:`ValueError` (``orjson.JSONDecodeError`` included), KeyError, TypeError or IndexError when it is not
    one.
    """
    outer = orjson.loads(message)
    args = orjson.loads(outer["body"])[0]
    headers = outer["headers"]
    return Envelope(
        headers["id"], headers["key"], LANE_KIND_OF_LETTER[headers["lane"]], headers["run"], int(headers["at"]), args[2]
    )


def decode_all(messages: Sequence[bytes]) -> list[dict[str, Any]]:
    """Return the data of many messages of one lane, in order: what :func:`decode` would give, in half the time.

    The bodies of a lane's messages start at one offset, so they are cut out and parsed together. Raises like
    :func:`decode` where one of the messages is not as :func:`encode` wrote it; then decode them one by one.
    """
    if not messages:
        return []
    start = messages[0].index(_BODY)
    end = start + len(_BODY)
    for message in messages:
        if message[start:end] != _BODY:
            raise ValueError("the messages are not of one lane")
    bodies = orjson.loads(b"[%b]" % b",".join([message[end:-1] for message in messages]))
    if len(bodies) != len(messages):
        raise ValueError("a message has more than a body")
    return [body[0][2] for body in orjson.loads("[" + ",".join(bodies) + "]")]


def delivery_template(deployment: str, urgency: Urgency) -> str:
    """Return the wake-up message of a deployment's calls, with places (``@NAME@``) for the scripts to fill in.

    ``shadow`` and ``argsrepr`` are what a person reads in Flower, side by side: ``profile→prod`` and
    ``1000 profile records, bulk, run 8f2c91d0``; streamed records belong to no run, and none is named. The arrow is one
    character, so that a narrow column does not break it.
    The task's id is the call's, so that a call keeps one row there however often it is tried; the arguments are call id
    and deployment, and no personal data.
    """
    message = {
        "headers": {
            "task": deliver_task_name("@KIND@"),
            "id": "@CALL@",
            "root_id": "@CALL@",
            "lang": "py",
            "shadow": f"@KIND@→{deployment}",
            "argsrepr": "@N@ @KIND@ record@PLURAL@, @URGENCY@@OFRUN@",
            "kwargsrepr": "",
            "retries": "@RETRIES@",
            "ignore_result": True,
        },
        "content-type": "application/json",
        "content-encoding": "utf-8",
        "properties": {
            "delivery_tag": "@TAG@",
            "delivery_info": {"exchange": "", "routing_key": CALL_QUEUES[urgency]},
        },
        "body": orjson.dumps([["@CALL@", deployment], {}, {}]).decode(),
    }
    return orjson.dumps(message).decode().replace('"@RETRIES@"', "@RETRIES@")
