"""What lies on a lane: a real Celery message whose head Lua can read, small, and the same record when read back."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from celery import Celery
from celery.worker.request import Request
from hypothesis import given
from hypothesis import strategies as st
from kombu.connection import Connection
from redis import Redis

from tercel import messages
from tercel.lanes import Lanes
from tercel.messages import STREAM_RUN, decode, decode_all, encode
from tercel.records import Audience, Event, LaneKind, Membership, Profile, Record, Session, Urgency, key_of

AT_MS = 1_700_000_000_123
RUN = "8f2c91d0"
SMALL_BYTES = 600  # of Redis' memory for a profile with four attributes

ids = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | ids,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ids, inner, max_size=3),
    max_leaves=8,
)
attributes = st.dictionaries(ids, json_values, max_size=4)
records: st.SearchStrategy[Record] = st.one_of(
    st.builds(Profile, profile_id=ids, attributes=attributes, run_rules=st.booleans()),
    st.builds(Membership, profile_id=ids, action=st.sampled_from(["add", "delete"]), audience_name=ids),
    st.builds(Event, profile_id=ids, type=ids, event_id=ids, attributes=attributes),
    st.builds(Session, session_id=ids, profile_id=ids, details=attributes),
    st.builds(Audience, action=st.just("create"), name=ids),
)


def encoded(record: Record, *, run: str = RUN, record_id: str = "0" * 20) -> bytes:
    [message] = encode("prod", Urgency.LIVE, [record], run=run, at_ms=AT_MS, ids=[record_id])
    return message


@given(records)
def test_a_record_comes_back_as_it_was_whatever_is_in_it(record: Record) -> None:
    found = decode(encoded(record))

    assert found.data == record.data()
    assert (found.kind, found.key, found.run, found.at_ms) == (record.lane_kind, record.key, RUN, AT_MS)


@given(records)
def test_the_head_lies_where_lua_reads_it(record: Record) -> None:
    message = encoded(record, record_id="abcdef0123456789abcd")

    assert message.startswith(b'{"headers":{"key":"')
    assert message[messages.KEY] == record.key.encode()
    assert message[messages.LETTER : messages.LETTER + 1] == record.lane_kind.letter.encode()
    assert message[messages.RUN] == RUN.encode()
    assert message[messages.AT] == str(AT_MS).encode()
    assert message[messages.RECORD_ID] == b"abcdef0123456789abcd"


@given(st.lists(st.builds(Profile, profile_id=ids, attributes=attributes), max_size=6))
def test_many_are_read_as_each_alone_would_be(profiles: list[Profile]) -> None:
    lane = [encoded(one) for one in profiles]

    assert decode_all(lane) == [decode(message).data for message in lane]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda message: message[:-1],
        lambda message: message.replace(b'"body":', b'"body":"","body":'),
        lambda message: message[:-1] + b"," + message[messages_body(message) :],
        lambda message: b"",
        lambda message: message.replace(b'"body":"', b'"body":7,"was":"'),
    ],
    ids=["cut short", "two bodies", "a second body after the first", "nothing", "a number"],
)
def test_a_spoilt_message_among_others_is_noticed_and_moves_no_other(spoil: Any) -> None:
    good = [encoded(Profile(profile_id=f"p{i}")) for i in range(3)]

    with pytest.raises((ValueError, KeyError, TypeError, IndexError)):
        decode_all([good[0], spoil(good[1]), good[2]])


def messages_body(message: bytes) -> int:
    """Where a message's body text starts."""
    return message.index(b',"body":') + len(b',"body":')


@given(records)
def test_celery_can_read_it_and_build_the_ordinary_task_from_it(record: Record) -> None:
    app = Celery("other", broker="memory://", set_as_default=False)
    payload = orjson.loads(encoded(record))
    with Connection("memory://") as connection:  # type: ignore[no-untyped-call]
        message = connection.channel().message_to_python(payload)
        request = Request(message, app=app, hostname="h", task=_task(app, record), decoded=False)

        args, kwargs, _ = message.decode()

    assert request.name == f"enqueue.{record.lane_kind.value}"
    assert (args, kwargs) == (["prod", "live", record.data()], {})


def _task(app: Celery, record: Record) -> Any:
    @app.task(name=f"enqueue.{record.lane_kind.value}")  # type: ignore[untyped-decorator]
    def enqueue(*_: Any) -> None: ...

    return enqueue


def test_a_wake_up_can_be_read_by_celery_and_carries_no_personal_data(redis_client: Redis) -> None:
    lanes = Lanes(redis_client)
    lanes.enqueue("prod", Urgency.LIVE, [Profile(profile_id="ada@example.com", attributes={"Name": "Ada"})])
    lanes.cut("prod", LaneKind.PROFILE, Urgency.LIVE, size=9, window=9, cap=9, call_id="00112233445566aa")

    raw: Any = redis_client.lindex("calls.live", 0)
    with Connection("memory://") as connection:  # type: ignore[no-untyped-call]
        message = connection.channel().message_to_python(orjson.loads(raw))

    assert message.headers["task"] == "deliver.profile"
    assert message.decode()[0] == ["00112233445566aa", "prod"]
    assert b"ada@" not in raw
    assert b"Ada" not in raw


def test_a_record_with_four_attributes_takes_little_of_redis(redis_client: Redis) -> None:
    four = {"FirstName": "Margaret", "Tier": "gold", "Points": 1234, "Newsletter": True}
    n = 1_000
    lanes = Lanes(redis_client)
    lanes.enqueue("prod", Urgency.BULK, [Profile(profile_id=f"customer-{i:07d}", attributes=four) for i in range(n)])

    used: Any = redis_client.memory_usage("prod.profile.bulk", samples=0)

    assert used / n <= SMALL_BYTES


def test_record_ids_are_all_different() -> None:
    made = messages.new_record_ids(5_000) + messages.new_record_ids(5_000)

    assert len(set(made)) == 10_000
    assert {len(one) for one in made} == {20}


def test_a_new_run_is_never_the_streams() -> None:
    assert STREAM_RUN not in {messages.new_run_id() for _ in range(1_000)}


def test_an_id_for_every_record_is_needed() -> None:
    with pytest.raises(ValueError, match="zip"):
        encode("prod", Urgency.LIVE, [Profile(profile_id="a")] * 2, run=RUN, at_ms=AT_MS, ids=["0" * 20])


@given(ids)
def test_equal_ids_have_equal_keys_of_sixteen_hex_digits(text: str) -> None:
    assert key_of(text) == key_of(text)
    assert len(key_of(text)) == 16
    assert int(key_of(text), 16) >= 0
