"""Audiences that a producer has announced: known by name until they are there."""

from __future__ import annotations

from pathlib import Path

import pytest

from tercel.errors import StoreUnavailable, UsageError
from tercel.store import AudienceState, Store


def states(store: Store) -> list[tuple[int | None, str | None, str | None, str]]:
    return [(one.audience_id, one.name, one.external_id, one.state) for one in store.audiences("prod")]


def test_an_announced_audience_has_a_name_and_no_id(store: Store) -> None:
    store.announce_audience("prod", name="VIP", external_id="ext-1")

    assert store.announced_audiences("prod") == {"ext-1": "VIP"}
    assert store.audience_ids("prod") == {}
    assert states(store) == [(None, "VIP", "ext-1", "announced")]


def test_announcing_twice_announces_once_with_the_last_name(store: Store) -> None:
    store.announce_audience("prod", name="VIP", external_id="ext-1")
    store.announce_audience("prod", name="VIP", external_id="ext-1")
    store.announce_audience("prod", name="Very important", external_id="ext-1")

    assert states(store) == [(None, "Very important", "ext-1", "announced")]


def test_announcing_takes_no_known_id_away(store: Store) -> None:
    store.save_audience("prod", 42, "VIP", "ext-1")

    store.announce_audience("prod", name="Gold", external_id="ext-1")

    assert states(store) == [(42, "VIP", "ext-1", "created")]
    assert store.announced_audiences("prod") == {}


def test_announcing_does_not_set_a_held_audience_free(store: Store) -> None:
    store.hold_audience("prod", "VIP", "ext-1", "why")

    store.announce_audience("prod", name="VIP", external_id="ext-1")

    assert [one.state for one in store.audiences("prod")] == [AudienceState.HELD]
    assert store.known_audiences("prod").held == {("external", "ext-1"): "why"}
    assert store.known_audiences("prod").names == {"ext-1": "VIP"}
    assert store.announced_audiences("prod") == {}


def test_a_created_audience_is_announced_no_more(store: Store) -> None:
    store.announce_audience("prod", name="VIP", external_id="ext-1")

    store.save_audience("prod", 42, "VIP", "ext-1")

    assert states(store) == [(42, "VIP", "ext-1", "created")]
    assert store.announced_audiences("prod") == {}


def test_an_announced_audience_that_exists_already_is_held_and_can_be_bound(store: Store) -> None:
    store.announce_audience("prod", name="VIP", external_id="ext-1")

    store.hold_audience("prod", "VIP", "ext-1", "why")
    assert store.announced_audiences("prod") == {}

    store.bind_audience("prod", "VIP", 42)
    assert states(store) == [(42, "VIP", "ext-1", "bound")]


def test_forgetting_an_announced_audience_clears_it(store: Store) -> None:
    store.announce_audience("prod", name="VIP", external_id="ext-1")

    assert store.forget_audience("prod", external_id="ext-1") == 1

    assert store.audiences("prod") == []


def test_deployments_announce_for_themselves(store: Store) -> None:
    store.announce_audience("prod", name="VIP", external_id="ext-1")

    assert store.announced_audiences("test") == {}


def test_an_audience_held_by_its_name_is_told_apart_from_one_held_by_its_external_id(store: Store) -> None:
    store.hold_audience("prod", "VIP", None, "by name")
    store.hold_audience("prod", "VIP", "ext-1", "by external id")

    held = store.known_audiences("prod").held

    assert held == {("name", "VIP"): "by name", ("external", "ext-1"): "by external id"}


def test_holding_again_for_the_same_reason_keeps_since_when_it_is_held(store: Store) -> None:
    store.hold_audience("prod", "VIP", None, "why")
    [before] = store.audiences("prod")

    store.hold_audience("prod", "VIP", None, "why")

    assert store.audiences("prod") == [before]


def test_an_id_with_a_character_that_no_database_holds_is_announced_as_often_as_it_comes(store: Store) -> None:
    for _ in range(2):
        store.announce_audience("prod", name="VIP", external_id="ext\x00-1")
        store.hold_audience("prod", "VIP", "ext\x00-1", "why")
    store.save_audience("prod", 7, "VIP", "ext\x00-1")

    assert [one.external_id for one in store.audiences("prod")] == ["ext\ufffd-1"]


def test_of_two_audiences_of_one_name_the_one_with_that_external_id_is_forgotten(store: Store) -> None:
    for external_id in ("ext-1", "ext-2"):
        store.announce_audience("prod", name="VIP", external_id=external_id)

    with pytest.raises(UsageError, match="say which by its external id: ext-1, ext-2"):
        store.forget_named_audience("prod", "VIP")
    gone = store.forget_named_audience("prod", "VIP", external_id="ext-2")

    assert gone.external_id == "ext-2"
    assert [one.external_id for one in store.audiences("prod")] == ["ext-1"]


def test_a_store_whose_database_answers_says_so(store: Store) -> None:
    store.answers()


def test_a_store_whose_database_does_not_answer_says_so(tmp_path: Path) -> None:
    with Store.open(f"sqlite:///{tmp_path}/gone.db") as store:
        store.close()
        (tmp_path / "gone.db").unlink()
        (tmp_path / "gone.db").mkdir()
        with pytest.raises(StoreUnavailable):
            store.answers()
