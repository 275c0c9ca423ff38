"""Definitions: what is refused, what changes the fingerprint, which records come of due rows, what is advised."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from producers.warehouse.syncing.advising import advice
from producers.warehouse.syncing.definition import load_sync, load_syncs
from producers.warehouse.syncing.pausing import Pauses
from producers.warehouse.syncing.previewing import find_row, preview
from tercel.errors import SettingsError
from tercel.messages import encode
from tercel.records import LaneKind, Membership, Profile, Urgency
from tercel.settings import Settings
from tercel.store.syncing import Due, Mode
from tests.syncing_definitions.conftest import Declare

AUDIENCE: dict[str, Any] = {"object": "audiences", "mode": "mirror", "audience_id": 7}
QUERY: dict[str, Any] = {"connection": "sqlite:////nowhere.db", "query": "SELECT 1"}
Load = Callable[..., Settings]


def refusal_of(settings_with: Load, **given: Any) -> str:
    with pytest.raises(SettingsError) as refused:
        settings_with(s={"deployment": "prod", **given})
    return str(refused.value)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"object": "profiles"}, "has no source; give query with connection, or files"),
        ({"object": "profiles", "files": ["a.csv"], **QUERY}, "has both query and files"),
        ({"object": "profiles", "query": "SELECT 1"}, "has a query but no connection"),
        ({"object": "profiles", "connection": "sqlite:////x", "files": ["a"]}, "has a connection but no query"),
        ({"object": "profiles", **QUERY, "format": "csv"}, "of which format and delimiter say nothing"),
        ({"object": "profiles", **QUERY, "mode": "mirror"}, "has mode mirror, but profiles are always upserted"),
        ({"object": "profiles", **QUERY, "audience_id": 7}, "names an audience, but its object is profiles"),
        ({"object": "audiences", **QUERY, "audience_id": 7}, "needs mode add, remove or mirror"),
        ({"object": "audiences", **QUERY, "mode": "add"}, "needs audience_id or audience_name, one of the two"),
        ({**AUDIENCE, **QUERY, "audience_id": "VIPs"}, "must be the audience's numeric id"),
        ({**AUDIENCE, **QUERY, "fields": {"Email": "email"}}, "of whose rows only the id is used; remove fields"),
        ({"object": "profiles", **QUERY, "schedule": "daily"}, "schedule is 'daily'; write"),
        ({"object": "profiles", **QUERY, "schedule": "0 25 * * *"}, "has '25' as its hour, which must be from 0 to 23"),
        ({"object": "profiles", **QUERY, "schedule": "every 5 seconds"}, "more often than once in 60 seconds"),
        ({"object": "profiles", **QUERY, "time_zone": "Mars/Olympus"}, "which is no time zone"),
        ({"object": "profiles", **QUERY, "fields": "{"}, "in a variable write it as JSON"),
        ({"object": "segments", **QUERY}, "must be 'profiles' or 'audiences'"),
    ],
)
def test_a_definition_that_cannot_work_is_refused_with_what_to_write(
    settings_with: Load, given: dict[str, Any], sentence: str
) -> None:
    assert sentence in refusal_of(settings_with, **given)


def test_a_deployment_that_does_not_exist_is_named_with_the_nearest_one(settings_with: Load) -> None:
    with pytest.raises(SettingsError, match=r"syncs.s.deployment names 'prdo'.*did you mean prod"):
        settings_with(s={"deployment": "prdo", "object": "profiles", **QUERY})


def test_a_sync_is_read_from_the_file_with_its_paths_beside_it(tmp_path: Path) -> None:
    file = tmp_path / "tercel.toml"
    file.write_text(
        '[deployments.prod]\nurl = "shop.talon.one"\nkey = "k"\n'
        '[syncs.buyers]\ndeployment = "prod"\nobject = "profiles"\nfiles = ["data/*.csv"]\n'
        '[syncs.buyers.fields]\nEmail = "email"\nTotal = { column = "total", type = "number" }\n'
    )

    one = Settings.load(file, environ={"TERCEL_SYNCS__BUYERS__NULLS": "send"}).syncs["buyers"]

    assert one.files == (tmp_path / "data/*.csv",)
    assert one.fields == {"Email": "email", "Total": {"column": "total", "type": "number"}}
    assert one.nulls == "send"


def test_a_sync_may_come_from_variables_alone_and_its_connection_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "url").write_text("postgresql://u:hunter2@h/d")
    environ = {
        "TERCEL_DEPLOYMENTS__PROD__URL": "shop.talon.one",
        "TERCEL_DEPLOYMENTS__PROD__KEY": "k",
        "TERCEL_SYNCS__VIPS__DEPLOYMENT": "prod",
        "TERCEL_SYNCS__VIPS__OBJECT": "profiles",
        "TERCEL_SYNCS__VIPS__QUERY": "SELECT 1",
        "TERCEL_SYNCS__VIPS__CONNECTION_FILE": str(tmp_path / "url"),
        "TERCEL_SYNCS__VIPS__FIELDS": '{"Email": "email"}',
    }
    (tmp_path / "tercel.toml").touch()

    settings = Settings.load(tmp_path / "tercel.toml", environ=environ)

    sync = load_sync(settings, "vips")
    assert "Email" in (sync.mapping.attributes or {})
    assert sync.source == "a query on PostgreSQL at h, database d"
    assert "hunter2" not in repr(sync)


def test_a_due_profile_becomes_the_record_the_model_would_make(declare: Declare) -> None:
    sync = declare(files=["a.csv"])

    record = sync.record(Due(1, "upsert", "c1", b'{"Email":null,"Total":1.5}'))

    assert record == Profile(profile_id="c1", attributes={"Email": None, "Total": 1.5})
    assert encode("prod", Urgency.BULK, [record], run="0" * 8, at_ms=1, ids=["a" * 20])
    assert sync.kind is record.lane_kind is LaneKind.PROFILE


@pytest.mark.parametrize(("op", "action"), [("add", "add"), ("delete", "delete"), ("upsert", "add")])
def test_a_due_member_becomes_a_membership_of_the_audience(declare: Declare, op: Any, action: Any) -> None:
    sync = declare(files=["a.csv"], **AUDIENCE)

    record = sync.record(Due(1, op, "c1", None))

    assert record == Membership(profile_id="c1", action=action, audience_id=7)
    assert sync.kind is record.lane_kind is LaneKind.MEMBERSHIP


def test_an_audience_may_be_known_by_its_name(declare: Declare) -> None:
    sync = declare(files=["a.csv"], object="audiences", mode="add", audience_name="VIPs")

    assert sync.record(Due(1, "add", "c1", None)) == Membership(profile_id="c1", action="add", audience_name="VIPs")
    assert sync.mode is Mode.ADD


@pytest.mark.parametrize(
    "other",
    [
        {"fields": {"Email": "mail"}},
        {"fields": {"Email": {"column": "email", "nulls": "send"}}},
        {"nulls": "send"},
        {"id": "no"},
        {"id_prefix": "app1_"},
        {"query": "SELECT 2"},
    ],
    ids=["column", "nulls of a field", "nulls", "id", "prefix", "query"],
)
def test_another_mapping_or_query_makes_another_fingerprint(declare: Declare, other: dict[str, Any]) -> None:
    given = {"fields": {"Email": "email"}, **QUERY}

    assert declare(**given).fingerprint != declare(**{**given, **other}).fingerprint


@pytest.mark.parametrize(
    "other",
    [{"connection": "sqlite:////elsewhere.db"}, {"only_changes": False}, {"max_gone": 5}, {"schedule": "every hour"}],
)
def test_what_says_nothing_of_rows_leaves_the_fingerprint_as_it_is(declare: Declare, other: dict[str, Any]) -> None:
    assert declare(**QUERY).fingerprint == declare(**{**QUERY, **other}).fingerprint


def test_an_unknown_sync_is_named_with_the_nearest_one(settings_with: Load) -> None:
    settings = settings_with(customers={"deployment": "prod", "object": "profiles", **QUERY})

    with pytest.raises(SettingsError, match="no sync 'custmers'; did you mean customers"):
        load_sync(settings, "custmers")


@pytest.mark.parametrize(
    ("syncs", "name", "sentence"),
    [
        ({"a": {**AUDIENCE}, "b": {**AUDIENCE, "mode": "add"}}, "b", "sync a works on the same audience: a mirror"),
        ({"a": {"object": "profiles", "id_prefix": "app1_"}, "b": AUDIENCE}, "b", "set id_prefix alike"),
        ({"a": {"object": "profiles", "id": "E_Mail"}}, "a", "a changed address makes a new profile"),
    ],
    ids=["one audience", "prefixes", "address"],
)
def test_what_can_work_and_should_be_looked_at_is_said(
    settings_with: Load, syncs: dict[str, Any], name: str, sentence: str
) -> None:
    settings = settings_with(**{one: {"deployment": "prod", **QUERY, **given} for one, given in syncs.items()})

    assert sentence in " ".join(advice(load_syncs(settings).values())[name])


def test_nothing_is_advised_where_nothing_is_odd(settings_with: Load) -> None:
    syncs = {"a": {"object": "profiles"}, "b": AUDIENCE, "c": {**AUDIENCE, "audience_id": 8}}
    settings = settings_with(**{name: {"deployment": "prod", **QUERY, **given} for name, given in syncs.items()})

    assert set(advice(load_syncs(settings).values()).values()) == {()}


def test_a_preview_shows_the_first_rows_in_order_with_their_problems(tmp_path: Path, declare: Declare) -> None:
    (tmp_path / "a.csv").write_text("id,email\n1,a\n,b\n" + "".join(f"{n},x\n" for n in range(3, 50)))

    found = preview(declare(files=[tmp_path / "a.csv"], id="id", id_prefix="p_"))

    assert [one.key for one in found] == ["p_1", "", *(f"p_{n}" for n in range(3, 11))]
    assert found[0].record == Profile(profile_id="p_1", attributes={"email": "a"})
    assert found[1].problem is not None
    assert (found[1].place, found[1].number, found[1].problem.code) == ("a.csv", 3, "T508")


@pytest.mark.parametrize(("wanted", "key"), [(None, "p_7"), ("5000", "p_5000"), ("p_5000", "p_5000")])
def test_one_row_is_found_by_its_id_or_as_the_first_that_can_be_sent(
    tmp_path: Path, declare: Declare, wanted: str | None, key: str
) -> None:
    (tmp_path / "a.jsonl").write_text("".join(json.dumps({"id": n}) + "\n" for n in ["", *range(7, 5_001)]))

    found = find_row(declare(files=[tmp_path / "a.jsonl"], id="id", id_prefix="p_", fields={}), wanted)

    assert found is not None
    assert found.key == key


def test_a_row_that_is_not_there_is_not_found(tmp_path: Path, declare: Declare) -> None:
    (tmp_path / "a.csv").write_text("id,email\n1,a\n")

    assert find_row(declare(files=[tmp_path / "a.csv"], id="id"), "2") is None


def test_a_paused_sync_stays_paused_until_it_is_resumed(redis_client: Redis) -> None:
    pauses = Pauses(redis_client, prefix="p:")
    first = pauses.pause("customers", by="anna", reason="moving")

    assert pauses.pause("customers", by="bert") == first
    assert pauses.all() == {"customers": first}
    assert pauses.resume("customers")
    assert not pauses.resume("customers")
    assert pauses.of("customers") is None
