"""What is read from the receiver: is it well, what has it done, and what is open."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families
from schemathesis.generation.modes import GenerationMode

from producers.receiver.documents import openapi
from tercel.balance import PARTS
from tercel.embedded import EmbeddedRedis
from tercel.metrics import METRICS
from tests.receiver.open_doors import API_KEY, SECRET, OpenDoors, identify, open_doors

SHUT = """
[deployments.prod]
url = "http://127.0.0.1:9"
key = "hunter2-key"
[senders.platform]
door = "third_party"
key = "abcdefabcdefabcdefabcdefabcdefab"
deployments = ["prod"]
"""


def test_a_process_that_runs_is_healthy(doors: OpenDoors) -> None:
    assert doors.http.get("/healthz").json() == {"status": "ok"}


def test_it_is_ready_while_redis_and_store_answer(doors: OpenDoors) -> None:
    answer = doors.http.get("/readyz")
    assert (answer.status_code, answer.json()) == (200, {"redis": "ok", "store": "ok"})


def test_its_figures_are_those_that_are_declared(doors: OpenDoors) -> None:
    doors.post(identify("c-7"))
    doors.post(identify("c-7"), secret="wrong")

    families = {family.name: family for family in text_string_to_metric_families(doors.http.get("/metrics").text)}
    declared = {metric.name.removesuffix("_total") for metric in METRICS if metric.name.startswith("tercel_receiver_")}
    assert {name for name in families if not name.endswith("_created")} == declared
    outcomes = {
        s.labels["outcome"] for s in families["tercel_receiver_requests"].samples if s.labels["door"] == "segment"
    }
    assert {"ok", "T640"} <= outcomes


def test_head_is_answered_without_a_body(doors: OpenDoors) -> None:
    answer = doors.http.head("/openapi.json")
    assert (answer.status_code, answer.content) == (200, b"")
    assert int(answer.headers["Content-Length"]) == len(doors.http.get("/openapi.json").content)


def test_a_page_takes_no_post(doors: OpenDoors) -> None:
    answer = doors.http.post("/healthz")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, HEAD")


@pytest.mark.parametrize("path", ["/", "/favicon.ico", "/segmentation", "/cdp", "/../etc/passwd", "//healthz"])
def test_nothing_else_is_served(doors: OpenDoors, path: str) -> None:
    assert doors.raw(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode()).startswith(
        b"HTTP/1.1 404 "
    )


def test_the_page_for_people_names_every_door_and_loads_nothing(doors: OpenDoors) -> None:
    page = doors.http.get("/docs").text
    assert all(path in page for path in openapi(webhook=True, third_party=True)["paths"])
    assert "http://" not in page
    assert "https://" not in page
    assert "src=" not in page


def test_a_door_that_nobody_may_use_is_shut_and_not_described() -> None:
    with (
        tempfile.TemporaryDirectory(prefix="tercel-tests-") as folder,
        EmbeddedRedis(Path(folder), appendfsync="no") as redis,
        open_doors(redis.url, settings=SHUT) as doors,
    ):
        assert doors.post(identify("c-7")).status_code == 404
        assert not any("webhook" in path for path in doors.http.get("/openapi.json").json()["paths"])
        assert doors.call("PUT", "/cdp/customer_profile/c-7", {}).status_code == 200


def test_nothing_personal_and_no_key_is_ever_logged(doors: OpenDoors) -> None:
    doors.post(identify("somebody@example.com", "m-1"))
    doors.post(identify("somebody@example.com"), secret="wrong-secret")
    doors.call("PUT", "/segment/v2/customer_profiles/somebody@example.com", {"attributes": "somebody@example.com"})
    doors.raw(b"PUT /somebody@example.com HTTP/1.1\r\nbad header\r\n\r\n", hang_up=True)
    for word in ("somebody", SECRET, API_KEY, "wrong-secret", "Traceback"):
        assert word not in doors.process.output


def test_no_request_that_the_documents_allow_or_forbid_ends_in_an_error_of_ours(doors: OpenDoors) -> None:
    schema = schemathesis.openapi.from_dict(doors.http.get("/openapi.json").json())
    proofs = {
        "Authorization": f"ApiKey-v1 {API_KEY}",
        "destination-hostname": "127.0.0.1",
        "customer-data-platform-name": "tests",
    }
    operations = [found.ok() for found in schema.get_all_operations()]
    assert len(operations) > 20

    @settings(max_examples=150, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(data=st.data())
    def send_anything(data: st.DataObject) -> None:
        operation = data.draw(st.sampled_from(operations))
        mode = data.draw(st.sampled_from([GenerationMode.POSITIVE, GenerationMode.NEGATIVE]))
        case = data.draw(operation.as_strategy(generation_mode=mode))
        if "webhook" in operation.path:
            case.path_parameters, case.headers = {"sender": "web"}, {"Authorization": f"Bearer {SECRET}"}
        else:
            case.headers = {**(case.headers or {}), **proofs}
        answer = case.call(base_url=str(doors.http.base_url))
        assert answer.status_code < 500, (operation.label, answer.text)
        if mode is GenerationMode.POSITIVE:
            assert str(answer.status_code) in operation.definition.raw["responses"], operation.label

    send_anything()
    totals = doors.counted()
    assert totals.get("received", 0) == sum(n for name, n in totals.items() if name in PARTS)
