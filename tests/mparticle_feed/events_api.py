"""Bodies as the published schema of mParticle's Events API allows them, for hypothesis to make up.

``None`` is allowed nearly everywhere there, and what mParticle calls a string may be a number or a boolean.
"""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

SEED_BODY: dict[str, Any] = {
    "schema_version": 2,
    "environment": "development",
    "user_identities": {"customer_id": "John Doe"},
    "events": [{"data": {}, "event_type": "session_start"}],
}

IDENTITY_KINDS = [
    "customer_id",
    "email",
    "other",
    *(f"other_id_{number}" for number in range(2, 11)),
    "facebook",
    "twitter",
    "google",
    "microsoft",
    "yahoo",
    "alias",
    "facebook_custom_audience_id",
    "mobile_number",
    "phone_number_2",
    "phone_number_3",
]
CUSTOM_TYPES = ["navigation", "location", "search", "transaction", "user_content", "user_preference", "other", "media"]

names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12).filter(str.strip)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
integers = st.none() | st.integers() | st.integers(1_780_000_000_000, 1_790_000_000_000)
numbers = st.none() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
booleans = st.none() | st.booleans()
strings = st.one_of(st.none(), texts, st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False))
uuids = st.none() | st.uuids().map(str)
values = strings | st.lists(strings, max_size=3)
string_map = st.none() | st.dictionaries(names, strings, max_size=4)


def some(required: dict[str, st.SearchStrategy[Any]], **optional: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.fixed_dictionaries(required, optional=optional)


COMMON = {
    "timestamp_unixtime_ms": integers,
    "event_id": integers,
    "source_message_id": texts,
    "session_id": integers,
    "session_uuid": uuids,
    "custom_attributes": string_map,
    "location": some({"latitude": numbers, "longitude": numbers}, accuracy=numbers),
    "is_goal_defined": booleans,
    "canonical_name": strings,
}
identity_sides = some(
    {"identity_type": st.sampled_from(IDENTITY_KINDS), "identity": strings, "timestamp_unixtime_ms": integers},
    created_this_batch=booleans,
)


def event(kind: str, **required: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.fixed_dictionaries({"event_type": st.just(kind), "data": some(required, **COMMON)})


events = st.one_of(
    event("custom_event", event_name=names, custom_event_type=st.sampled_from(CUSTOM_TYPES)),
    event("session_start"),
    event("session_end", session_duration_ms=integers),
    event("screen_view", screen_name=texts),
    event("commerce_event", product_action=some({"action": st.just("purchase")}, total_amount=numbers)),
    event("user_attribute_change", user_attribute_name=names, new=values, old=values, deleted=booleans),
    event("user_identity_change", new=identity_sides, old=identity_sides),
    event("opt_out", is_opted_out=booleans),
    event("crash_report", severity=strings, message=strings),
    event("application_state_transition", application_transition_type=st.just("application_exit")),
)
batches = some(
    {},
    events=st.none() | st.lists(events, max_size=5),
    environment=st.sampled_from(["development", "production"]),
    user_attributes=st.none() | st.dictionaries(names, values, max_size=4),
    deleted_user_attributes=st.none() | st.lists(names, max_size=3),
    user_identities=st.none() | st.dictionaries(st.sampled_from(IDENTITY_KINDS), strings, max_size=4),
    source_request_id=strings,
    api_key=strings,
    ip=st.ip_addresses().map(str),
    mp_deviceid=uuids,
    timestamp_unixtime_ms=integers,
    batch_id=integers,
    mpid=integers,
    origin_mpid=integers,
    sdk_version=strings,
    partner_identities=string_map,
    job_id=strings,
)
