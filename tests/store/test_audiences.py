"""Audiences: which id belongs to which name and external id, whatever happens to them."""

from __future__ import annotations

import pytest

from tercel.errors import UsageError
from tercel.store import AudienceState, Store


def known(store: Store, deployment: str = "prod") -> list[tuple[int | None, str | None, str | None, str]]:
    found = store.audiences(deployment)
    return [(audience.audience_id, audience.name, audience.external_id, audience.state) for audience in found]


def test_a_created_audience_is_found_by_name_and_by_external_id(store: Store) -> None:
    store.save_audience("prod", 42, "VIP", "ext-1")

    assert store.audience_ids("prod") == {("name", "VIP"): 42, ("external", "ext-1"): 42}
    assert store.audience_id("prod", name="VIP") == 42
    assert store.audience_id("prod", external_id="ext-1") == 42


def test_the_external_id_decides_over_the_name(store: Store) -> None:
    store.save_audience("prod", 42, "VIP", "ext-1")

    assert store.audience_id("prod", name="VIP", external_id="ext-2") is None


def test_deployments_do_not_see_each_other(store: Store) -> None:
    store.save_audience("prod", 42, "VIP", "ext-1")
    store.save_audience("test", 42, "VIP", "ext-1")

    assert store.forget_audience("test", audience_id=42) == 1
    assert store.audience_id("prod", name="VIP") == 42
    assert store.audience_ids("test") == {}


def test_a_renamed_audience_is_found_by_its_new_name_only(store: Store) -> None:
    store.save_audience("prod", 42, "VIP", "ext-1")

    store.save_audience("prod", 42, "Very important", None)

    assert store.audience_ids("prod") == {("name", "Very important"): 42, ("external", "ext-1"): 42}


def test_an_audience_made_again_under_its_external_id_has_the_new_id(store: Store) -> None:
    store.save_audience("prod", 42, "VIP", "ext-1")

    store.save_audience("prod", 43, "VIP", "ext-1")

    assert known(store) == [(43, "VIP", "ext-1", "created")]


def test_an_id_that_took_over_an_external_id_leaves_one_audience(store: Store) -> None:
    store.save_audience("prod", 42, "VIP", "ext-1")
    store.save_audience("prod", 43, "Gold", "ext-2")

    store.save_audience("prod", 42, "VIP", "ext-2")

    assert known(store) == [(42, "VIP", "ext-2", "created")]


def test_of_two_audiences_with_one_name_the_last_changed_has_it(store: Store) -> None:
    store.save_audience("prod", 42, "VIP")
    store.save_audience("prod", 43, "VIP")
    assert store.audience_id("prod", name="VIP") == 43

    store.save_audience("prod", 42, "VIP")

    assert store.audience_id("prod", name="VIP") == 42
    assert len(known(store)) == 2


def test_a_held_audience_has_no_id_until_somebody_binds_it(store: Store) -> None:
    store.hold_audience("prod", "VIP", None, "It exists, and its id is not known.")
    assert store.audience_ids("prod") == {}
    assert store.audiences()[0].reason == "It exists, and its id is not known."

    bound = store.bind_audience("prod", "VIP", 42)

    assert (bound.audience_id, bound.state, bound.reason) == (42, AudienceState.BOUND, "")
    assert known(store) == [(42, "VIP", None, "bound")]


def test_holding_twice_holds_once_with_the_last_reason(store: Store) -> None:
    store.hold_audience("prod", "VIP", "ext-1", "first")
    store.hold_audience("prod", "VIP", "ext-1", "second")

    assert [audience.reason for audience in store.audiences()] == ["second"]


def test_holding_does_not_take_a_known_id_away(store: Store) -> None:
    store.save_audience("prod", 42, "VIP", "ext-1")

    store.hold_audience("prod", "VIP", "ext-1", "late")

    assert known(store) == [(42, "VIP", "ext-1", "created")]


def test_creating_a_held_audience_frees_it(store: Store) -> None:
    store.hold_audience("prod", "VIP", None, "why")
    store.hold_audience("prod", "Gold", "ext-2", "why")

    store.save_audience("prod", 42, "VIP")
    store.save_audience("prod", 43, "Gold", "ext-2")

    assert known(store) == [(43, "Gold", "ext-2", "created"), (42, "VIP", None, "created")]


def test_an_audience_is_bound_by_its_external_id_too(store: Store) -> None:
    store.hold_audience("prod", "VIP", "ext-1", "why")

    store.bind_audience("prod", "ext-1", 42)

    assert known(store) == [(42, "VIP", "ext-1", "bound")]


def test_an_audience_can_be_bound_before_anybody_asked_for_it(store: Store) -> None:
    store.bind_audience("prod", "VIP", 42)

    assert store.audience_id("prod", name="VIP") == 42


def test_binding_again_corrects_the_id(store: Store) -> None:
    store.bind_audience("prod", "VIP", 42)

    store.bind_audience("prod", "VIP", 43)

    assert store.audience_ids("prod") == {("name", "VIP"): 43}


def test_binding_an_id_that_belongs_to_another_audience_is_refused(store: Store) -> None:
    store.save_audience("prod", 42, "VIP")

    with pytest.raises(UsageError, match=r"^Audience 42 of prod is already known as 'VIP'\.$"):
        store.bind_audience("prod", "Gold", 42)


def test_binding_a_name_that_several_have_asks_which(store: Store) -> None:
    store.hold_audience("prod", "VIP", "ext-1", "why")
    store.hold_audience("prod", "VIP", "ext-2", "why")

    with pytest.raises(UsageError, match=r"^2 audiences of prod are named 'VIP'; say which .*: ext-1, ext-2\.$"):
        store.bind_audience("prod", "VIP", 42)

    store.bind_audience("prod", "VIP", 42, external_id="ext-2")
    assert store.audience_ids("prod") == {("name", "VIP"): 42, ("external", "ext-2"): 42}


def test_an_audience_is_forgotten_by_any_of_its_names(store: Store) -> None:
    for number in (1, 2, 3):
        store.save_audience("prod", number, f"n{number}", f"e{number}")

    forgotten = [
        store.forget_audience("prod", audience_id=1),
        store.forget_audience("prod", name="n2"),
        store.forget_audience("prod", external_id="e3"),
        store.forget_audience("prod", name="n2"),
    ]

    assert forgotten == [1, 1, 1, 0]
    assert store.audiences() == []


def test_naming_no_audience_is_a_mistake_of_the_caller(store: Store) -> None:
    with pytest.raises(ValueError, match="give"):
        store.audience_id("prod")
    with pytest.raises(ValueError, match="give"):
        store.forget_audience("prod")
