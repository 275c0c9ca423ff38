import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sailthru_requests import KEY, Api, error, signed

from sandbox.sailthru import ApiKey, Hang, Rates, Reset, StandIn, Status
from sandbox.sailthru.parameters import signature
from sandbox.sailthru.window import FixedWindow
from tests.support.waiting import eventually

ANA = "ana@example.com"


@pytest.mark.parametrize(
    ("secret", "key", "text", "expected"),
    [
        ("abcsecret", "123key", '{"id":"neil@example.com"}', "fa5c79189b708199f3cf69f1cf8f7928"),
        ("s3cret", "zkey9", '{"id":"ana@example.com"}', "8bc91ec4304b05f345a70e9ae4a26f5c"),
        ("s3cret", "Key9", '{"id":"ana@example.com","vars":{"city":"Zürich"}}', "808f82afc08136730b17c9481f014f14"),
    ],
    ids=["published", "a key after json", "utf-8"],
)
def test_the_signature_is_that_of_the_contract(secret: str, key: str, text: str, expected: str) -> None:
    assert signature(secret, (key, "json", text)) == expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"sig": "0" * 32}, (401, 5)),
        ({"api_key": "other"}, (401, 3)),
        ({"json": '{"id":"bea@example.com"}'}, (401, 5)),
        ({"extra": "1"}, (400, 99)),
    ],
)
def test_a_request_must_be_signed_exactly(
    api: Api, standin: StandIn, changes: dict[str, str], expected: tuple[int, int]
) -> None:
    assert error(api.http.post("/user", data=signed({"id": ANA}) | changes)) == expected
    assert standin.admin.profiles() == {}


@pytest.mark.parametrize("name", ["api_key", "format", "json", "sig"])
def test_every_parameter_must_be_there(api: Api, name: str) -> None:
    parameters = signed({"id": ANA})
    del parameters[name]
    assert error(api.http.post("/user", data=parameters)) == (400, 2)


def test_a_key_that_sorts_after_json_is_signed_in_that_order(api: Api, standin: StandIn) -> None:
    standin.admin.configure({"keys": [ApiKey(key="zkey9", secret="s3cret").model_dump()]})
    assert api.http.post("/user", data=signed({"id": ANA}, key="zkey9", secret="s3cret")).is_success


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ({"content": b"{}", "headers": {"content-type": "application/json"}}, 99),
        ({"params": signed({"id": ANA})}, 99),
        ({"content": b"json=%zz", "headers": {"content-type": "application/x-www-form-urlencoded"}}, 99),
        ({"content": b"json=%ff", "headers": {"content-type": "application/x-www-form-urlencoded"}}, 6),
        ({"content": b"x", "headers": {"content-type": "multipart/form-data; boundary=b"}}, 99),
    ],
    ids=["json", "query", "bad escape", "not utf-8", "no parts"],
)
def test_a_post_is_a_proper_form(api: Api, sent: dict[str, Any], expected: int) -> None:
    assert error(api.http.post("/user", **sent)) == (400, expected)


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [("PUT", "/user", (405, 1)), ("GET", "/event", (405, 1)), ("GET", "/nothing", (404, 99)), ("GET", "/", (404, 99))],
)
def test_an_unknown_call_is_refused(api: Api, method: str, path: str, expected: tuple[int, int]) -> None:
    assert error(api.http.request(method, path, params=signed({}))) == expected


def test_settings_answer_to_whoever_has_a_key(api: Api) -> None:
    assert api.get("settings").is_success
    assert error(api.http.get("/settings", params=signed({}, secret="wrong"))) == (401, 5)


def test_the_limit_is_told_in_headers_by_endpoint_and_method(api: Api, standin: StandIn) -> None:
    # given a window that ends in the year 2033, and not while this runs
    standin.admin.configure({"rates": Rates(window_s=1_000_000_000, post_user=2, post=1, get=5).model_dump()})
    # when
    answers = [api.post("user", id=ANA) for _ in range(3)]
    # then
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert error(answers[2]) == (429, 43)
    assert [answer.headers["x-rate-limit-remaining"] for answer in answers] == ["1", "0", "0"]
    assert {answer.headers["x-rate-limit-limit"] for answer in answers} == {"2"}
    assert {answer.headers["x-rate-limit-reset"] for answer in answers} == {"2000000000"}
    assert api.post("event", id=ANA, event="a").headers["x-rate-limit-remaining"] == "0"
    assert api.get("user", id=ANA).headers["x-rate-limit-remaining"] == "4"


def test_a_window_ends_at_the_time_it_told() -> None:
    window = FixedWindow(1, 60)
    assert [window.take(now).admitted for now in (119.0, 119.9, 120.0, 179.9, 180.0)] == [
        True,
        False,
        True,
        False,
        True,
    ]
    assert window.reset(119.5) == 120


def test_a_storm_looks_like_a_limit_that_others_used_up(api: Api, standin: StandIn) -> None:
    standin.admin.set_faults(Status(status=429, times=1))
    answer = api.post("user", id=ANA)
    assert error(answer) == (429, 43)
    assert answer.headers["x-rate-limit-remaining"] == "0"


@pytest.mark.parametrize(("status", "number"), [(500, 9), (503, 9), (401, 3), (403, 4), (400, 99)])
def test_a_fault_has_the_error_body_of_its_status(api: Api, standin: StandIn, status: int, number: int) -> None:
    standin.admin.set_faults(Status(status=status, path="/user", method="POST"))
    assert error(api.post("user", id=ANA)) == (status, number)
    assert standin.admin.profiles() == {}


def test_an_error_can_come_with_a_good_status(api: Api, standin: StandIn) -> None:
    body = '{"error": 9, "errormsg": "Internal error"}'
    standin.admin.set_faults(Status(status=200, body=body, content_type="application/json"))
    assert error(api.post("user", id=ANA)) == (200, 9)


def test_an_answer_can_be_lost_after_the_request_was_applied(api: Api, standin: StandIn) -> None:
    standin.admin.set_faults(Reset(apply=True, times=1))
    with pytest.raises(Exception, match=r"reset|disconnected"):
        api.post("event", id=ANA, event="visit")
    api.post("event", id=ANA, event="visit")
    assert [repeat["times"] for repeat in standin.admin.repeats()] == [2]
    assert standin.admin.stats()["repeated_events"] == 1


def test_a_profile_takes_the_answers_of_its_script(api: Api, standin: StandIn) -> None:
    standin.admin.write_scripts({ANA: [503, 400, 200]})
    assert [api.post("user", id=ANA).status_code for _ in range(4)] == [503, 400, 200, 200]


@pytest.mark.parametrize(("assumed", "held"), [("applied", [ANA]), ("not_applied", [])])
def test_whether_a_request_whose_client_gave_up_is_applied_is_assumed(
    api: Api, standin: StandIn, assume: Callable[..., None], assumed: str, held: list[str]
) -> None:
    assume(timed_out=assumed)
    standin.admin.set_faults(Hang(times=1))
    # when a client leaves while its request hangs
    request = api.http.build_request("POST", "/user", data=signed({"id": ANA}))
    head = "".join(f"{name}: {value}\r\n" for name, value in request.headers.items())
    with socket.create_connection((request.url.host, request.url.port or 80), timeout=10) as connection:
        connection.sendall(f"POST /user HTTP/1.1\r\n{head}\r\n".encode() + request.read())
        eventually(lambda: standin.admin.stats()["hung"] == 1)
    # then
    eventually(lambda: standin.admin.stats()["requests"] == 1)
    assert list(standin.admin.profiles()) == held


def test_requests_for_one_profile_that_meet_are_noticed(api: Api, standin: StandIn) -> None:
    standin.admin.set_faults(Hang(apply=True))
    with ThreadPoolExecutor(2) as threads:
        answers = [threads.submit(api.post, "user", id=ANA) for _ in range(2)]
        eventually(lambda: standin.admin.stats()["hung"] == 2)
        assert standin.admin.release() == 2
        assert all(answer.result().is_success for answer in answers)
    assert standin.admin.overlap() == {ANA: 2}


def test_calls_are_counted_by_endpoint(api: Api, standin: StandIn) -> None:
    api.post("user", id=ANA)
    api.get("user", id="nobody@example.com")
    api.http.post("/user", data=signed({}, key=KEY, secret="wrong"))
    assert standin.admin.stats()["counts"] == {"POST /user": {"200": 1, "401": 1}, "GET /user": {"400": 1}}
    assert [entry["call"] for entry in standin.admin.requests()] == ["POST /user", "GET /user", "POST /user"]
