"""A due row as JSON says what its record says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from producers.warehouse.syncing.definition import SyncDefinition, load_sync
from tercel.messages import decode, encode
from tercel.records import Urgency
from tercel.settings import Settings
from tercel.store.syncing import Due, Op

AUDIENCE = {"object": "audiences", "mode": "mirror"}
PAYLOADS = [b'{"Email":"a@b.c","Spend":12.5,"Big":1e300}', b'{"Quote":"\\"\\\\\\u2028","Name":null}', b"{}", None]


def both(sync: SyncDefinition, due: Due) -> list[Any]:
    messages = encode(
        "prod", Urgency.BULK, [sync.record(due), sync.prepared(due)], run="0000000a", at_ms=1, ids=["1" * 20, "2" * 20]
    )
    return [decode(message) for message in messages]


@pytest.mark.parametrize("payload", PAYLOADS, ids=["values", "escapes", "no attributes", "none"])
@pytest.mark.parametrize(
    "key", ["c1", 'a "quoted" one', "Zoë\u2028\U0001f600"], ids=["plain", "quotes", "beyond ASCII"]
)
def test_a_profile(declare: Callable[..., SyncDefinition], key: str, payload: bytes | None) -> None:
    record, prepared = both(declare(files=["a.csv"]), Due(1, "upsert", key, payload))

    assert prepared == record._replace(record_id=prepared.record_id)


@pytest.mark.parametrize("op", ["add", "delete"])
@pytest.mark.parametrize(
    "audience", [{"audience_id": 7}, {"audience_name": 'the "best"'}], ids=["by its number", "by its name"]
)
def test_a_membership(settings_with: Callable[..., Settings], audience: dict[str, Any], op: Op) -> None:
    sync = load_sync(settings_with(vips={"deployment": "prod", **AUDIENCE, **audience, "files": ["a.csv"]}), "vips")

    record, prepared = both(sync, Due(1, op, "c1", None))

    assert prepared == record._replace(record_id=prepared.record_id)
