"""Every action of the destination's page: its names, its defaults, and the request that it makes."""

from __future__ import annotations

from typing import Any

import pytest

from producers.segment.actions import ACTIONS, SentRequest, find_action, request_of, sent_as
from producers.segment.actions.checking import FieldsWrong, compile_check
from producers.segment.actions.completing import complete_fields
from producers.third_party.calls import Call

TITLES = {
    "createAudience": "Create Audience",
    "updateAudience": "Update Audience Name",
    "deleteAudience": "Delete Audience",
    "updateCustomerProfileV3": "Update customer profile",
    "updateCustomerProfilesAudiences": "Update Multiple Customer Profiles\N{RIGHT SINGLE QUOTATION MARK} Audiences",
    "updateCustomerProfilesAttributes": "Update Multiple Customer Profiles\N{RIGHT SINGLE QUOTATION MARK} Attributes",
    "trackEventV2": "Track event",
    "updateCustomerSessionV2": "Update customer session",
    "updateCustomerProfile": "[Deprecated] Upsert customer profile",
    "updateCustomerProfileV2": "[Deprecated] Upsert customer profile V2",
    "trackEvent": "[Deprecated] Track event",
    "updateCustomerSession": "[Deprecated] Update customer session",
}
UNDEFINED = {
    "X-Callback-Destination-URI": "undefined",
    "X-Callback-API-Key": "undefined",
    "X-Content-Fields": "undefined",
    "X-Correlation-ID": "undefined",
}


def call_of(slug: str, payload: dict[str, Any]) -> Call:
    action = ACTIONS[slug]
    return request_of(action, compile_check(action.fields)(payload), source_id="m-1/1")


def sent(slug: str, payload: dict[str, Any]) -> SentRequest:
    return sent_as(call_of(slug, payload), deployment_url="https://shop.europe-west1.talon.one/")


def line_and_body(slug: str, payload: dict[str, Any]) -> tuple[str, str, str, Any]:
    request = sent(slug, payload)
    return request.method, request.path, request.query, request.body


def defaults(slug: str) -> dict[str, Any]:
    action = ACTIONS[slug]
    return complete_fields(action, {}).mapping


@pytest.mark.parametrize(("slug", "title"), TITLES.items())
def test_an_action_is_found_by_its_slug_and_by_the_title_on_its_page(slug: str, title: str) -> None:
    assert find_action(slug) is find_action(title) is find_action(f" {title.upper()} ") is ACTIONS[slug]


def test_there_are_exactly_the_actions_of_the_page() -> None:
    assert set(ACTIONS) == set(TITLES)
    assert {slug for slug, action in ACTIONS.items() if action.deprecated} == {
        slug for slug, title in TITLES.items() if title.startswith("[Deprecated]")
    }


def test_a_deprecated_title_without_its_mark_means_the_current_action_of_that_title() -> None:
    assert find_action("Track event") is ACTIONS["trackEventV2"]
    assert find_action("Upsert customer profile") is ACTIONS["updateCustomerProfile"]


def test_create_audience_posts_id_and_name() -> None:
    payload = {"audienceId": "aud_1", "audienceName": "VIPs"}

    assert line_and_body("createAudience", payload) == ("POST", "/segment/audiences", "", payload)


def test_update_audience_name_puts_only_the_name() -> None:
    payload = {"audienceId": "aud_1", "audienceName": "VIPs"}

    assert line_and_body("updateAudience", payload) == (
        "PUT",
        "/segment/audiences/aud_1",
        "",
        {"audienceName": "VIPs"},
    )


def test_delete_audience_has_no_body() -> None:
    request = sent("deleteAudience", {"audienceId": "aud_1"})

    assert (request.method, request.path, request.body) == ("DELETE", "/segment/audiences/aud_1", None)
    assert "Content-Type" not in request.headers


def test_update_customer_profile_puts_changes_rules_and_attributes() -> None:
    payload = {
        "customerProfileId": "ada",
        "addAudienceIds": [1, 2],
        "deleteAudienceIds": [3],
        "runRuleEngine": True,
        "attributes": {"City": "Bern"},
    }
    body = {"audiencesChanges": {"adds": [1, 2], "deletes": [3]}, "runRuleEngine": True, "attributes": {"City": "Bern"}}

    assert line_and_body("updateCustomerProfileV3", payload) == ("PUT", "/segment/v2/customer_profiles/ada", "", body)


def test_update_customer_profile_without_audience_ids_sends_empty_changes() -> None:
    assert sent("updateCustomerProfileV3", {"customerProfileId": "ada"}).body == {"audiencesChanges": {}}


def test_update_customer_profile_takes_user_traits_and_rules_unless_told_otherwise() -> None:
    assert defaults("updateCustomerProfileV3") == {
        "customerProfileId": {"@path": "$.userId"},
        "attributes": {"@path": "$.traits"},
        "runRuleEngine": True,
        "skipNonExistingAttributes": False,
    }


@pytest.mark.parametrize(
    ("slug", "payload"),
    [
        ("updateCustomerProfileV3", {"customerProfileId": "ada"}),
        ("trackEventV2", {"customerProfileId": "ada", "eventType": "x"}),
        ("updateCustomerSessionV2", {"customerSessionId": "s"}),
    ],
)
def test_skipping_unknown_attributes_is_said_in_the_query_and_only_when_it_is_true(
    slug: str, payload: dict[str, Any]
) -> None:
    assert sent(slug, {**payload, "skipNonExistingAttributes": True}).query == "skipNonExistingAttributes=true"
    assert sent(slug, {**payload, "skipNonExistingAttributes": False}).query == ""
    assert sent(slug, payload).query == ""


def test_update_multiple_audiences_puts_the_list_of_profiles() -> None:
    data = [{"customerProfileId": "ada", "adds": [1], "deletes": [2]}, {"customerProfileId": "bob", "adds": [3]}]

    assert line_and_body("updateCustomerProfilesAudiences", {"data": data}) == (
        "PUT",
        "/segment/customer_profiles/audiences",
        "",
        {"data": data},
    )


def test_update_multiple_attributes_puts_the_list_what_is_mutual_and_the_types() -> None:
    payload = {
        "data": [{"customerProfileId": "ada", "attributes": {"City": None}}],
        "mutualAttributes": {"Shop": "ch"},
        "attributesInfo": [{"name": "Shop", "type": "string"}],
    }

    assert line_and_body("updateCustomerProfilesAttributes", payload) == (
        "PUT",
        "/segment/customer_profiles/attributes",
        "",
        payload,
    )


def test_update_multiple_attributes_takes_traits_as_what_is_mutual() -> None:
    filled = defaults("updateCustomerProfilesAttributes")

    assert filled["mutualAttributes"] == {"@path": "$.traits"}
    assert filled["attributesInfo"]["@arrayPath"][0] == "$.traits.attributesInfo"


def test_track_event_puts_profile_type_and_attributes() -> None:
    payload = {"customerProfileId": "ada", "eventType": "Paid", "attributes": {"Total": 12}}
    body = {"customerProfileId": "ada", "eventType": "Paid", "eventAttributes": {"Total": 12}}

    assert line_and_body("trackEventV2", payload) == ("PUT", "/segment/v2/events", "", body)


def test_track_event_takes_user_event_and_nested_attributes_unless_told_otherwise() -> None:
    assert defaults("trackEventV2") == {
        "skipNonExistingAttributes": False,
        "customerProfileId": {"@path": "$.userId"},
        "eventType": {"@path": "$.event"},
        "attributes": {"@path": "$.properties.attributes"},
    }


def test_update_customer_session_puts_a_flat_session() -> None:
    payload = {
        "customerSessionId": "s-1",
        "profileId": "ada",
        "couponCodes": ["A"],
        "referralCode": "R",
        "loyaltyCards": ["L"],
        "state": "closed",
        "cartItems": [{"name": "Pen", "sku": "p", "quantity": 2, "price": 1.5, "weight": "10"}],
        "additionalCosts": {"shipping": {"price": 5}},
        "identifiers": ["10.0.0.1"],
        "attributes": {"Shop": "ch"},
    }
    body = {key: value for key, value in payload.items() if key != "customerSessionId"}

    assert line_and_body("updateCustomerSessionV2", payload) == (
        "PUT",
        "/segment/v2/customer_sessions/s-1",
        "",
        body,
    )


def test_update_customer_session_takes_user_attributes_and_asks_for_effects() -> None:
    assert defaults("updateCustomerSessionV2") == {
        "contentFields": "effects",
        "skipNonExistingAttributes": False,
        "profileId": {"@path": "$.userId"},
        "attributes": {"@path": "$.properties.attributes"},
    }


@pytest.mark.parametrize("slug", ["updateCustomerSessionV2", "updateCustomerSession"])
def test_a_session_always_sends_four_callback_headers_those_without_a_value_as_undefined(slug: str) -> None:
    request = sent(slug, {"customerSessionId": "s", "customerSession": {"profileId": "ada"}})

    assert {name: request.headers[name] for name in UNDEFINED} == UNDEFINED


def test_a_callback_goes_into_headers_and_its_key_is_not_shown() -> None:
    key = "X-API-Key " + "k" * 32
    payload = {
        "customerSessionId": "s",
        "callbackDestination": "https://hooks.example.com/t1",
        "callbackAPIKey": key,
        "contentFields": "effects,coupons",
        "callbackCorrelationId": "c-1",
    }

    assert call_of("updateCustomerSessionV2", payload).callback["x-callback-api-key"] == key
    shown = sent("updateCustomerSessionV2", payload).headers
    assert shown["X-Callback-Destination-URI"] == "https://hooks.example.com/t1"
    assert shown["X-Content-Fields"] == "effects,coupons"
    assert shown["X-Correlation-ID"] == "c-1"
    assert shown["X-Callback-API-Key"] == "***"


def test_deprecated_upsert_customer_profile_puts_changes_rules_and_types() -> None:
    payload = {
        "customerProfileId": "ada",
        "addAudienceIds": [1],
        "runRuleEngine": False,
        "attributes": {"City": "Bern"},
        "attributesInfo": [{"name": "City", "type": "string"}],
    }
    body = {
        "attributes": {"City": "Bern"},
        "audiencesChanges": {"adds": [1]},
        "runRuleEngine": False,
        "attributesInfo": [{"name": "City", "type": "string"}],
    }

    assert line_and_body("updateCustomerProfile", payload) == ("PUT", "/segment/customer_profile/ada", "", body)


def test_deprecated_upsert_customer_profile_does_not_run_rules_unless_told_to() -> None:
    filled = defaults("updateCustomerProfile")

    assert filled["runRuleEngine"] is False
    assert filled["attributesInfo"]["@arrayPath"][0] == "$.traits.attributesInfo"


def test_deprecated_upsert_customer_profile_v2_puts_named_audiences() -> None:
    payload = {
        "customerProfileId": "ada",
        "audiencesToAdd": [{"name": "VIPs", "integrationId": "vip"}],
        "audiencesToDelete": [{"name": "New"}],
        "runRuleEngine": True,
        "attributes": {"City": "Bern"},
        "attributesInfo": [{"name": "City", "type": "string"}],
    }
    body = {
        "audiencesChanges": {"adds": [{"name": "VIPs", "integrationId": "vip"}], "deletes": [{"name": "New"}]},
        "runRuleEngine": True,
        "attributes": {"City": "Bern"},
        "attributesInfo": [{"name": "City", "type": "string"}],
    }

    assert line_and_body("updateCustomerProfileV2", payload) == ("PUT", "/segment/customer_profile_v2/ada", "", body)


def test_deprecated_upsert_customer_profile_v2_takes_its_lists_from_properties() -> None:
    filled = defaults("updateCustomerProfileV2")

    assert filled["audiencesToAdd"]["@arrayPath"][0] == "$.properties.audiencesToAdd"
    assert filled["audiencesToDelete"]["@arrayPath"][0] == "$.properties.audiencesToDelete"
    assert filled["attributesInfo"]["@arrayPath"][0] == "$.properties.attributesInfo"
    assert filled["runRuleEngine"] is True


def test_deprecated_track_event_says_its_type_too() -> None:
    payload = {
        "customerProfileId": "ada",
        "eventType": "Paid",
        "type": "string",
        "attributes": {"Total": 12},
        "attributesInfo": [{"name": "Total", "type": "number"}],
    }
    body = {
        "customerProfileId": "ada",
        "eventType": "Paid",
        "type": "string",
        "eventAttributes": {"Total": 12},
        "attributesInfo": [{"name": "Total", "type": "number"}],
    }

    assert line_and_body("trackEvent", payload) == ("PUT", "/segment/event", "", body)
    assert defaults("trackEvent")["type"] == "string"


def test_deprecated_update_customer_session_wraps_the_session_and_drops_an_s() -> None:
    info = [{"name": "Shop", "type": "string"}]
    payload = {
        "customerSessionId": "s-1",
        "customerSession": {"profileId": "ada", "state": "open"},
        "sessionAttributesInfo": info,
        "cartItemsAttributesInfo": info,
    }
    body = {
        "customerSession": {"profileId": "ada", "state": "open"},
        "sessionAttributesInfo": info,
        "cartItemAttributesInfo": info,
    }

    assert line_and_body("updateCustomerSession", payload) == ("PUT", "/segment/customer_sessions/s-1", "", body)


def test_deprecated_update_customer_session_fills_in_what_the_session_leaves_out() -> None:
    written = {"customerSession": {"state": "closed"}}

    filled = complete_fields(ACTIONS["updateCustomerSession"], written).mapping["customerSession"]

    assert filled == {
        "profileId": {"@path": "$.userId"},
        "state": "closed",
        "attributes": {"@path": "$.properties.attributes"},
    }


def test_an_id_stands_in_the_path_as_segment_writes_it() -> None:
    assert sent("updateCustomerProfileV3", {"customerProfileId": "a/b?c"}).path.endswith("/customer_profiles/a/b?c")


def test_every_request_names_its_deployment_and_hides_its_key() -> None:
    assert sent("trackEventV2", {"customerProfileId": "ada", "eventType": "x"}).headers == {
        "Authorization": "ApiKey-v1 ***",
        "destination-hostname": "https://shop.europe-west1.talon.one/",
        "User-Agent": "Segment (Actions)",
        "Content-Type": "application/json",
    }


@pytest.mark.parametrize("slug", ACTIONS)
def test_a_required_field_left_empty_stops_the_message(slug: str) -> None:
    required = [field.name for field in ACTIONS[slug].fields if field.required]

    with pytest.raises(FieldsWrong) as wrong:
        compile_check(ACTIONS[slug].fields)(dict.fromkeys(required, ""))

    assert [problem.where for problem in wrong.value.problems] == required
