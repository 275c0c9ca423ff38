"""Rejections: kept once, listed in order, closed once, purged in time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tercel.errors import StoreUnavailable
from tercel.store import Rejection, RejectionCount, RejectionState, Store
from tercel.store import rejections as rejections_module
from tests.support.postgres import PASSWORD, PostgresServer

NOON = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)


def rejection(number: int = 1, **changes: Any) -> Rejection:
    made = Rejection(
        record_id=f"record-{number}",
        deployment="prod",
        kind="profile",
        run="8f2c0a11",
        code="T401",
        reason="The attribute Shoe_Size is not known.",
        answer='{"message": "..."}',
        record={"profile_id": f"p{number}", "attributes": {"Email": "jane@example.com"}},
        source=f"customers.csv:{number}",
        created_at=NOON + timedelta(seconds=number),
    )
    return replace(made, **changes)


def ids(store: Store, **filters: Any) -> list[str]:
    return [found.record_id for found in store.rejections(**filters)]


def test_a_rejection_comes_back_as_it_was_added(store: Store) -> None:
    added = rejection()

    assert store.add_rejections([added]) == 1

    (found,) = store.rejections()
    assert {name: getattr(found, name) for name in Rejection.__slots__} == {
        name: getattr(added, name) for name in Rejection.__slots__
    }
    assert found.state is RejectionState.OPEN
    assert found.closed_at is None


def test_adding_nothing_is_harmless(store: Store) -> None:
    assert store.add_rejections([]) == 0


def test_thousands_are_added_at_once(store: Store) -> None:
    assert store.add_rejections([rejection(number) for number in range(5_000)]) == 5_000
    assert len(ids(store)) == 5_000


def test_adding_again_changes_nothing_and_counts_only_what_is_new(store: Store) -> None:
    store.add_rejections([rejection(1), rejection(2)])
    store.discard(["record-1"])

    new = store.add_rejections([rejection(1, reason="other"), rejection(2), rejection(3), rejection(3)])

    assert new == 1
    assert [found.reason for found in store.rejections(record_ids=["record-1"], state=None)] == [rejection().reason]
    assert ids(store, state="discarded") == ["record-1"]


def test_a_row_that_never_became_a_record_has_none(store: Store) -> None:
    store.add_rejections([rejection(record=None)])

    (found,) = store.rejections()
    assert found.record is None


def test_a_time_of_another_zone_comes_back_in_utc(store: Store) -> None:
    noon_in_berlin = datetime(2026, 5, 4, 14, 0, tzinfo=timezone(timedelta(hours=2)))
    store.add_rejections([rejection(created_at=noon_in_berlin)])

    (found,) = store.rejections()

    assert found.created_at == NOON
    assert found.created_at.tzinfo is UTC


def test_texts_that_a_database_cannot_hold_are_kept_as_near_as_can_be(store: Store) -> None:
    record = {"attributes": {"a\x00b": "c\x00\ud800", "n": 2**70, "x": [float("nan"), float("-inf"), 1.5]}}
    store.add_rejections([rejection(answer="nul \x00, half \ud800", reason="\udfff", record=record)])

    (found,) = store.rejections()

    assert (found.answer, found.reason) == ("nul \ufffd, half \ufffd", "\ufffd")
    assert found.record == {"attributes": {"a\x00b": "c\x00\ud800", "n": 2**70, "x": [None, None, 1.5]}}


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


@settings(max_examples=50)
@given(record=st.dictionaries(st.text(), json_values, max_size=4), reason=st.text(), source=st.text())
def test_any_record_can_be_kept(store: Store, record: dict[str, Any], reason: str, source: str) -> None:
    store.purge_older_than(-100_000)
    store.add_rejections([rejection(record=record, reason=reason, source=source)])

    (found,) = store.rejections()

    assert found.record == record


def test_filters_narrow_the_list_down_together(store: Store) -> None:
    store.add_rejections(
        [
            rejection(1),
            rejection(2, deployment="test"),
            rejection(3, run="00000000"),
            rejection(4, code="T499"),
            rejection(5),
        ]
    )
    store.mark_replayed(["record-5"])

    assert ids(store, deployment="prod", run="8f2c0a11", code="T401") == ["record-1"]
    assert ids(store, deployment="test") == ["record-2"]
    assert ids(store, state="replayed") == ["record-5"]
    assert ids(store, state=None, deployment="prod", limit=2) == ["record-1", "record-3"]
    assert ids(store, record_ids=["record-4", "record-5", "record-2", "unknown"]) == ["record-2", "record-4"]
    assert ids(store, record_ids=[]) == []
    assert ids(store, limit=0) == []


def test_the_list_is_oldest_first_over_many_pages(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rejections_module, "PAGE", 7)
    same_time = [rejection(number, created_at=NOON) for number in range(100, 130)]
    store.add_rejections([*(rejection(number) for number in reversed(range(1, 60))), *same_time])

    in_order = ids(store)

    assert in_order[:30] == [f"record-{number}" for number in range(100, 130)]
    assert in_order[30:] == [f"record-{number}" for number in range(1, 60)]
    assert ids(store, record_ids=reversed(in_order)) == in_order


def test_listing_reads_no_further_than_it_is_asked(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rejections_module, "PAGE", 2)
    store.add_rejections([rejection(number) for number in range(5)])
    listing = store.rejections()
    next(listing)

    store.purge_older_than(-100_000)

    assert len(list(listing)) == 1  # the rest of the page that was read; the next page is empty


def test_the_caller_may_close_what_the_list_gives_it(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rejections_module, "PAGE", 3)
    store.add_rejections([rejection(number) for number in range(10)])

    closed = [store.discard([found.record_id]) for found in store.rejections()]

    assert closed == [1] * 10
    assert ids(store) == []


def test_a_rejection_is_closed_once(store: Store, clock: Callable[[], datetime]) -> None:
    store.add_rejections([rejection(number) for number in range(3)])

    assert store.mark_replayed(["record-0", "record-1", "record-1", "unknown"]) == 2
    assert store.discard(["record-0", "record-2"]) == 1

    states = {found.record_id: found.state for found in store.rejections(state=None)}
    assert states == {"record-0": "replayed", "record-1": "replayed", "record-2": "discarded"}
    assert all(found.closed_at and found.closed_at < clock() for found in store.rejections(state=None))


def test_thousands_are_closed_at_once(store: Store) -> None:
    store.add_rejections([rejection(number) for number in range(1_200)])

    assert store.discard(f"record-{number}" for number in range(1_200)) == 1_200


def test_counts_are_by_deployment_run_and_code(store: Store) -> None:
    store.add_rejections(
        [rejection(1), rejection(2), rejection(3, code="T499"), rejection(4, deployment="a"), rejection(5, run="0")]
    )
    store.discard(["record-2"])

    opened, discarded = RejectionState.OPEN, RejectionState.DISCARDED
    assert store.rejection_counts(deployment="prod", run="8f2c0a11") == [
        RejectionCount("prod", "8f2c0a11", "T401", opened, 1),
        RejectionCount("prod", "8f2c0a11", "T499", opened, 1),
    ]
    assert [count.deployment for count in store.rejection_counts()] == ["a", "prod", "prod", "prod"]
    assert RejectionCount("prod", "8f2c0a11", "T401", discarded, 1) in store.rejection_counts(state=None)


def test_only_what_is_older_is_purged_whatever_its_state(
    store: Store, clock: Callable[[], datetime], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rejections_module, "PURGE_PER_TRANSACTION", 2)
    old = [rejection(number, created_at=clock() - timedelta(days=30, seconds=1)) for number in range(5)]
    young = rejection(9, created_at=clock() - timedelta(days=29, hours=23))
    store.add_rejections([*old, young])
    store.discard(["record-0"])

    assert store.purge_older_than(30) == 5
    assert ids(store, state=None) == ["record-9"]


def test_the_repr_shows_no_personal_data(store: Store) -> None:
    added = rejection(answer="jane@example.com is unknown")
    store.add_rejections([added])
    (found,) = store.rejections()

    assert "jane" not in repr(added) + repr(found)
    assert "customers.csv:1" in repr(found)


def test_an_error_shows_no_personal_data(postgres: PostgresServer) -> None:
    url = postgres.new_database()
    with Store.open(url, migrate=True) as store:
        postgres.execute_in(url, "ALTER TABLE rejections ADD CONSTRAINT none CHECK (record_id = '')")

        with pytest.raises(StoreUnavailable) as refused:
            store.add_rejections([rejection(), rejection(2)])

        assert "jane" not in str(refused.value)
        assert PASSWORD not in str(refused.value)
        assert 'violates check constraint "none"' in str(refused.value)
        assert refused.value.__suppress_context__, "the original error quotes the row"
        assert ids(store) == []


def test_a_time_without_a_zone_is_a_mistake_of_the_caller(store: Store) -> None:
    with pytest.raises(ValueError, match="without a zone"):
        store.add_rejections([rejection(created_at=datetime(2026, 5, 4))])
