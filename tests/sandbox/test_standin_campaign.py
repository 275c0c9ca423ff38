import httpx
import pytest
from talon_one_requests import event, members, one, upsert

from sandbox.talon_one import Campaign, StandIn

RULES = "?runRuleEngine=true"
JOINS_SEVEN = {"audiencesChanges": {"adds": [7], "deletes": []}}


@pytest.fixture
def campaign(standin: StandIn) -> None:
    """Who has joined the audience Seven, which has the id 7, gets a coupon."""
    standin.admin.configure({"campaign": Campaign(audience="Seven").model_dump()})


@pytest.mark.usefixtures("campaign")
def test_a_profile_that_joins_through_a_call_with_rules_gets_a_coupon(api: httpx.Client, standin: StandIn) -> None:
    answer = one(api, "p1", JOINS_SEVEN, query=RULES).json()
    # then the answer tells of it as the API does
    [coupon], [effect] = answer["createdCoupons"], answer["effects"]
    assert coupon["value"].startswith("WELCOME-")
    assert (coupon["recipientIntegrationId"], coupon["usageLimit"], coupon["usageCounter"]) == ("p1", 1, 0)
    assert (effect["effectType"], effect["props"]) == ("couponCreated", {"value": coupon["value"], "profileId": "p1"})
    # and the campaign has it
    assert standin.admin.coupons() == [coupon]


@pytest.mark.usefixtures("campaign")
def test_every_profile_gets_a_code_of_its_own(api: httpx.Client, standin: StandIn) -> None:
    for profile in ("p1", "p2", "p3"):
        one(api, profile, JOINS_SEVEN, query=RULES)
    assert len({coupon["value"] for coupon in standin.admin.coupons()}) == 3


@pytest.mark.usefixtures("campaign")
def test_who_is_in_the_audience_has_not_joined_it(api: httpx.Client, standin: StandIn) -> None:
    for _ in range(2):
        one(api, "p1", JOINS_SEVEN, query=RULES)
    assert len(standin.admin.coupons()) == 1


@pytest.mark.usefixtures("campaign")
def test_who_left_and_joins_again_gets_another(api: httpx.Client, standin: StandIn) -> None:
    leaves = {"audiencesChanges": {"adds": [], "deletes": [7]}}
    for body in (JOINS_SEVEN, leaves, JOINS_SEVEN):
        one(api, "p1", body, query=RULES)
    assert len(standin.admin.coupons()) == 2


@pytest.mark.usefixtures("campaign")
def test_a_membership_in_bulk_runs_no_rule_now_or_later(api: httpx.Client, standin: StandIn) -> None:
    members(api, ("add", "p1", 7))
    upsert(api, ("p1", {"Name": "Ana"}))
    one(api, "p1", JOINS_SEVEN, query=RULES)
    event(api, {})
    assert (standin.admin.memberships(), standin.admin.coupons()) == ({(7, "p1")}, [])


@pytest.mark.usefixtures("campaign")
@pytest.mark.parametrize(
    ("body", "query"),
    [
        (JOINS_SEVEN, ""),
        ({"audiencesChanges": {"adds": [9], "deletes": []}}, RULES),
        ({"attributes": {"Name": "Ana"}}, RULES),
    ],
    ids=["without rules", "another audience", "no audience"],
)
def test_other_calls_create_none(api: httpx.Client, standin: StandIn, body: dict[str, object], query: str) -> None:
    assert one(api, "p1", body, query=query).json()["effects"] == []
    assert standin.admin.coupons() == []


@pytest.mark.usefixtures("campaign")
def test_a_dry_run_shows_the_effect_and_keeps_nothing(api: httpx.Client, standin: StandIn) -> None:
    assert len(one(api, "p1", JOINS_SEVEN, query=f"{RULES}&dry=true").json()["effects"]) == 1
    assert (standin.admin.coupons(), standin.admin.memberships()) == ([], set())


@pytest.mark.usefixtures("campaign")
def test_a_repeated_request_creates_no_second_coupon(api: httpx.Client, standin: StandIn) -> None:
    first, second = (one(api, "p1", JOINS_SEVEN, query=RULES, **{"Idempotency-Key": "k"}).json() for _ in range(2))
    assert first == second
    assert len(standin.admin.coupons()) == 1


def test_without_a_campaign_there_are_no_effects(api: httpx.Client, standin: StandIn) -> None:
    assert one(api, "p1", JOINS_SEVEN, query=RULES).json()["createdCoupons"] == []
