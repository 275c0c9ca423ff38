"""One bad record, a key that stops working: what is rejected, and what only waits."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from sandbox.talon_one import ApiKey
from tercel.records import Profile, Urgency
from tests.support.house import DEPLOYMENT, PATIENT, House
from tests.support.waiting import eventually

pytestmark = pytest.mark.chaos

N = 1_000


def put_profiles(house: House, n: int, *, bad: int | None = None) -> None:
    house.lanes.enqueue(
        DEPLOYMENT,
        Urgency.BULK,
        [Profile(profile_id=f"p{i}", attributes={"S1": "not a number" if i == bad else i}) for i in range(n)],
    )


def revoke_the_key(house: House) -> None:
    house.standin.admin.configure({"keys": [ApiKey(key="another-key", name="new").model_dump()]})


def halted_for(house: House) -> str:
    halted = house.lanes.halted(DEPLOYMENT)
    return "" if halted is None else halted.code


def test_one_bad_record_among_a_thousand_is_the_only_one_rejected(house: House) -> None:
    put_profiles(house, N, bad=417)
    house.start_workers()
    house.comes_to_rest()

    held = house.standin.admin.profiles()
    assert {name: attributes["S1"] for name, attributes in held.items()} == {f"p{i}": i for i in range(N) if i != 417}
    (rejected,) = house.store.rejections()
    assert rejected.record is not None
    assert rejected.record["profile_id"] == "p417"
    assert rejected.reason
    assert "S1" in rejected.answer
    house.balance_closes()
    assert not house.left_over()


def test_a_revoked_key_rejects_nothing_and_delivery_resumes_by_itself_when_it_is_replaced(house: House) -> None:
    revoke_the_key(house)
    house.start_workers()
    put_profiles(house, N)
    eventually(lambda: halted_for(house), describe="the halt")
    put_profiles(house, N)

    house.key_file.write_text("another-key\n")
    house.comes_to_rest()

    assert len(house.standin.admin.profiles()) == N
    assert not list(house.store.rejections())
    assert not halted_for(house)
    house.balance_closes()
    assert not house.left_over()


def test_a_key_that_works_again_at_the_api_ends_the_halt_by_itself(house: House) -> None:
    revoke_the_key(house)
    house.start_workers()
    put_profiles(house, N)
    eventually(lambda: halted_for(house), describe="the halt")

    house.standin.admin.configure({"keys": [ApiKey(key="sandbox-key").model_dump()]})
    house.comes_to_rest()

    assert not list(house.store.rejections())
    assert not halted_for(house)


def test_a_key_file_that_is_gone_for_a_while_halts_and_counts_as_no_workers_death(
    make_house: Callable[..., House],
) -> None:
    house = make_house(**PATIENT)
    key = house.key_file.read_text()
    house.key_file.unlink()
    (worker,) = house.start_workers()
    put_profiles(house, N)
    eventually(lambda: halted_for(house), describe=worker.describe)

    house.key_file.write_text(key)
    house.comes_to_rest()

    assert len(house.standin.admin.profiles()) == N
    assert house.standin.admin.stats()["requests"] == 1, "the call was split"
    assert not list(house.store.rejections())
