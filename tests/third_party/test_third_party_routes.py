"""Requests' lines become calls: every path of the contract, and the ids that Segment does not encode."""

from __future__ import annotations

import pytest

from producers.third_party import BadCall, Call, CallName, MethodNotAllowed, NotFound, Platform, Route, route

SEGMENT, CDP = Platform.SEGMENT, Platform.CDP

DOORS = [
    ("PUT", "/segment/v2/customer_profiles/c-7", CallName.PROFILE, SEGMENT, "c-7"),
    ("PUT", "/segment/customer_profiles/c-7/audiences", CallName.PROFILE_AUDIENCES, SEGMENT, "c-7"),
    ("PUT", "/segment/customer_profiles/audiences", CallName.PROFILES_AUDIENCES, SEGMENT, ""),
    ("PUT", "/segment/v2/customer_profiles/audiences", CallName.PROFILES_AUDIENCES_V2, SEGMENT, ""),
    ("PUT", "/segment/customer_profiles/attributes", CallName.PROFILES_ATTRIBUTES, SEGMENT, ""),
    ("PUT", "/segment/v2/events", CallName.EVENT, SEGMENT, ""),
    ("POST", "/segment/audiences", CallName.AUDIENCE_CREATE, SEGMENT, ""),
    ("PUT", "/segment/audiences/a", CallName.AUDIENCE_RENAME, SEGMENT, "a"),
    ("DELETE", "/segment/audiences/a", CallName.AUDIENCE_DELETE, SEGMENT, "a"),
    ("PUT", "/segment/v2/customer_sessions/s", CallName.SESSION, SEGMENT, "s"),
    ("PUT", "/segment/customer_profile/c-7", CallName.PROFILE_V1, SEGMENT, "c-7"),
    ("PUT", "/segment/customer_profile_v2/c-7", CallName.PROFILE_NAMED, SEGMENT, "c-7"),
    ("PUT", "/segment/event", CallName.EVENT_V1, SEGMENT, ""),
    ("PUT", "/segment/customer_sessions/s", CallName.SESSION_V1, SEGMENT, "s"),
    ("PUT", "/cdp/customer_profile/c-7", CallName.PROFILE, CDP, "c-7"),
    ("PUT", "/cdp/customer_profile/c-7/audiences", CallName.PROFILE_AUDIENCES, CDP, "c-7"),
    ("PUT", "/cdp/customer_profiles/audiences", CallName.PROFILES_AUDIENCES, CDP, ""),
    ("PUT", "/cdp/customer_profile/audiences", CallName.PROFILES_AUDIENCES, CDP, ""),
    ("PUT", "/cdp/v2/customer_profiles/audiences", CallName.PROFILES_AUDIENCES_V2, CDP, ""),
    ("POST", "/cdp/audiences", CallName.AUDIENCE_CREATE, CDP, ""),
    ("PUT", "/cdp/audiences/a", CallName.AUDIENCE_RENAME, CDP, "a"),
    ("DELETE", "/cdp/audiences/a", CallName.AUDIENCE_DELETE, CDP, "a"),
]


def found(path: str, query: str = "", method: str = "PUT") -> Route:
    result = route(method, path, query)
    assert isinstance(result, Route)
    return result


@pytest.mark.parametrize(("method", "path", "name", "platform", "path_id"), DOORS)
def test_every_path_of_the_contract_leads_to_its_call(
    method: str, path: str, name: CallName, platform: Platform, path_id: str
) -> None:
    result = found(path, method=method)

    assert (result.name, result.platform, result.path_id) == (name, platform, path_id)


@pytest.mark.parametrize(("method", "path", "name", "platform", "path_id"), DOORS)
def test_another_method_is_answered_with_those_allowed(
    method: str, path: str, name: CallName, platform: Platform, path_id: str
) -> None:
    result = route("GET", path, "")

    assert isinstance(result, MethodNotAllowed)
    assert method in result.allow


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "*",
        "/segment",
        "/segment/",
        "/segment/v2/customer_profiles/",
        "/segment/customer_profiles/c-7",
        "/segment/customer_profiles//audiences",
        "/segment/v2/customer_profiles/c-7/audiences",
        "/segment/v3/events",
        "/segment/audiences/",
        "/cdp/customer_profile/",
        "/cdp/v2/events",
        "/cdp/customer_profile/a/b",
        "/mparticle",
    ],
)
def test_other_paths_are_not_found(path: str) -> None:
    assert route("PUT", path, "") == NotFound()


@pytest.mark.parametrize(
    ("raw", "path_id"),
    [
        ("a%2Fb", "a/b"),
        ("a%3Fb%23c", "a?b#c"),
        ("a%252Fb", "a%2Fb"),
        ("Z%C3%BCrich", "Zürich"),
        ("Z\u00c3\u00bcrich", "Zürich"),  # bytes that were not encoded, as a server hands them on
        ("50%", "50%"),
        ("a+b", "a+b"),
        ("a@b.example", "a@b.example"),
        ("%2Faudiences", "/audiences"),
    ],
)
@pytest.mark.parametrize("before", ["/segment/v2/customer_profiles/", "/cdp/customer_profile/"])
def test_an_id_is_decoded_once(before: str, raw: str, path_id: str) -> None:
    assert found(before + raw).path_id == path_id


@pytest.mark.parametrize(
    ("path", "query", "path_id", "skip"),
    [
        ("/segment/v2/customer_profiles/a/b", "", "a/b", False),
        ("/segment/v2/customer_profiles/a/b", "skipNonExistingAttributes=true", "a/b", True),
        ("/segment/v2/customer_profiles/a", "b", "a?b", False),
        ("/segment/v2/customer_profiles/a", "b?skipNonExistingAttributes=true", "a?b", True),
        ("/segment/v2/customer_profiles/a/b", "c=d/e?skipNonExistingAttributes=true", "a/b?c=d/e", True),
        ("/segment/v2/customer_profiles/audiences/x", "", "audiences/x", False),
        ("/segment/customer_profiles/a/b/audiences", "", "a/b", False),
        ("/segment/customer_profiles/a", "b/audiences", "a?b", False),
        ("/segment/audiences/a//b", "c", "a//b?c", False),
        ("/segment/v2/customer_sessions/a/", "", "a/", False),
        ("/segment/customer_profile_v2/a/b", "", "a/b", False),
    ],
)
def test_an_id_that_segment_did_not_encode_is_put_together_again(
    path: str, query: str, path_id: str, skip: bool
) -> None:
    result = found(path, query)

    assert (result.path_id, result.skip_unknown) == (path_id, skip)


@pytest.mark.parametrize("query", ["x=y", "x=y&skipNonExistingAttributes=false", "skipNonExistingAttributes"])
def test_what_may_be_a_query_stays_one(query: str) -> None:
    assert found("/segment/v2/customer_profiles/a", query).path_id == "a"


@pytest.mark.parametrize(
    ("query", "skip"),
    [
        ("", False),
        ("skipNonExistingAttributes=true", True),
        ("skipNonExistingAttributes=True&x=y", True),
        ("x=y&skipNonExistingAttributes=1", True),
        ("skipNonExisting%41ttributes=%74rue", True),
        ("skipNonExistingAttributes=false", False),
        ("skipNonExistingAttributes=", False),
        ("skipnonexistingattributes=true", False),
    ],
)
@pytest.mark.parametrize(
    "path",
    [
        "/segment/v2/events",
        "/segment/v2/customer_profiles/a",
        "/segment/v2/customer_sessions/a",
        "/cdp/customer_profile/a",
    ],
)
def test_skipping_is_read_from_the_query(path: str, query: str, skip: bool) -> None:
    assert found(path, query).skip_unknown is skip


@pytest.mark.parametrize("path", ["/segment/event", "/segment/customer_profile/a", "/cdp/audiences/a"])
def test_skipping_counts_only_where_the_call_has_it(path: str) -> None:
    assert not found(path, "skipNonExistingAttributes=true").skip_unknown


@pytest.mark.parametrize(
    ("path", "query", "code"),
    [
        ("/segment/v2/events", "skipNonExistingAttributes=maybe", "T610"),
        ("/cdp/customer_profile/%FF", "", "T609"),
        ("/segment/audiences/\udc80", "", "T609"),
    ],
)
def test_what_cannot_be_read_refuses_the_call(path: str, query: str, code: str) -> None:
    result = found(path, query)

    with pytest.raises(BadCall) as caught:
        result.call({}, {})

    assert [problem.code for problem in caught.value.problems] == [code]


def test_slashes_before_the_path_count_as_one() -> None:
    assert found("//segment/v2/events") == found("/segment/v2/events")


def test_a_session_call_takes_the_callback_headers_along_and_no_others() -> None:
    headers = {"x-correlation-id": "1", "authorization": "ApiKey-v1 x"}

    call = found("/segment/v2/customer_sessions/s", "skipNonExistingAttributes=true").call({"state": "open"}, headers)

    assert call == Call(CallName.SESSION, "s", {"state": "open"}, True, {"x-correlation-id": "1"})


def test_other_calls_take_no_headers_along() -> None:
    call = found("/cdp/customer_profile/a").call({}, {"x-correlation-id": "1"}, source_id="m")

    assert call == Call(CallName.PROFILE, "a", platform=CDP, source_id="m")
