"""`tercel sync`: definitions, previews and tests of rows, runs and their history, pauses, on a file and a stand-in."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from sandbox.talon_one import Config, StandIn, start
from sandbox.talon_one.config import AttributeType, Audience, RateLimit, Schema
from tercel.cli.catalogue import catalogue
from tests.cli.conftest import Ran, Tercel
from tests.support.processes import Processes
from tests.support.waiting import eventually

GOOD = Config(
    attributes=Schema(profile={"Email": AttributeType.STRING, "Total": AttributeType.NUMBER}),
    audiences=(Audience(name="VIPs", id=7),),
    rate=RateLimit(per_second=0),
)
FIELDS = {"Email": "email", "Total": {"column": "total", "type": "number"}}
ROWS = "id,email,total\n1,a@b.c,5\n2,d@e.f,many\n3,g@h.i,7.50\n"

Configure = Callable[..., None]


@pytest.fixture
def configure(shared_redis: str, tmp_path: Path, standin: StandIn) -> Configure:
    """Write tercel.toml with the profile sync ``customers`` and the mirror ``vips``, and the file that both read.

    ``more`` goes to the mirror, further keywords to the profile sync.
    """

    def write(
        *,
        url: str = standin.url,
        key: str = GOOD.keys[0].key,
        fields: Mapping[str, Any] = FIELDS,
        more: str = "",
        **changes: Any,
    ) -> None:
        (tmp_path / "tercel.toml").write_text(
            f'[deployments.prod]\nurl = "{url}"\nkey = "{key}"\nrate = 0\n'
            '[syncs.customers]\ndeployment = "prod"\nobject = "profiles"\nfiles = ["rows.csv"]\nid = "id"\n'
            + "".join(f"{name} = {json.dumps(value)}\n" for name, value in changes.items())
            + "[syncs.customers.fields]\n"
            + "".join(f"{name} = {toml(value)}\n" for name, value in fields.items())
            + '[syncs.vips]\ndeployment = "prod"\nobject = "audiences"\nmode = "mirror"\naudience_id = 7\n'
            f'files = ["rows.csv"]\nid = "id"\n{more}'
        )
        (tmp_path / "rows.csv").write_text(ROWS)

    return write


@pytest.fixture
def standin() -> Iterator[StandIn]:
    with start(GOOD) as running:
        yield running


def toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{name} = {json.dumps(one)}" for name, one in value.items()) + " }"
    return json.dumps(value)


def answered(ran: Ran) -> dict[str, Any]:
    """Return what `sync test --json` says of the sending."""
    sent: dict[str, Any] = json.loads(ran.out)["sent"]
    return sent


def test_the_list_says_what_goes_where(tercel: Tercel, configure: Configure) -> None:
    configure()

    ran = tercel("sync", "list")

    assert ran.status == 0
    assert "customers: upsert to profiles of prod" in ran.out
    assert "vips: mirror to audience 7 of prod" in ran.out
    assert "has not run yet" in ran.out


def test_the_list_says_when_a_sync_runs_next_and_that_nobody_sees_to_it(tercel: Tercel, configure: Configure) -> None:
    configure(more='schedule = "30 6 * * mon"\ntime_zone = "Europe/Berlin"\n')

    ran, shown = tercel("sync", "list"), tercel("sync", "show", "vips", "--json")

    assert re.search(r"next run Mon \d{4}-\d\d-\d\d 06:30 Europe/Berlin; but nobody keeps the schedules", ran.out)
    said = json.loads(shown.out)
    assert said["schedule"] == {"text": "30 6 * * mon", "time_zone": "Europe/Berlin"}
    assert datetime.fromisoformat(said["next_run"]).weekday() == 0
    assert "by hand" in tercel("sync", "show", "customers").out


def test_a_sync_that_cannot_work_hides_none_of_the_others(tercel: Tercel, configure: Configure) -> None:
    configure(fields={"E-mail": "email"})

    ran = tercel("sync", "list")

    assert ran.status == 1
    assert "T102: syncs.customers.fields.E-mail: 'E-mail' cannot be an attribute" in ran.out
    assert "vips: mirror" in ran.out


def test_without_any_sync_the_list_says_how_to_add_one(tercel: Tercel, prod: str) -> None:
    ran = tercel("sync", "list")

    assert ran.status == 0
    assert "add [syncs.<name>]" in ran.err


def test_a_sync_is_shown_with_its_mapping_and_its_guard(tercel: Tercel, configure: Configure) -> None:
    configure()

    assert "Total from column total as number" in tercel("sync", "show", "customers").out
    shown = tercel("sync", "show", "vips").out
    assert "stops when more than 30% of the known members are gone" in shown
    assert "nothing yet: the first run sends every row, and removes none" in shown


def test_a_sync_that_does_not_exist_is_named_with_the_nearest_one(tercel: Tercel, configure: Configure) -> None:
    configure()

    ran = tercel("sync", "show", "vip")

    assert ran.status == 2
    assert "There is no sync 'vip'; did you mean vips?" in ran.err


def test_the_preview_shows_rows_as_they_would_be_sent_and_marks_problems(
    tercel: Tercel, configure: Configure, standin: StandIn
) -> None:
    configure()

    ran = tercel("sync", "preview", "customers", "--json")

    assert ran.status == 1
    first, bad, third = map(json.loads, ran.out.splitlines())
    assert first["record"]["attributes"] == {"Email": "a@b.c", "Total": 5}
    assert bad["problem"]["code"] == "T510"
    assert third["id"] == "3"
    assert standin.admin.requests() == []


def test_one_row_is_sent_and_request_and_answer_are_shown(
    tercel: Tercel, configure: Configure, standin: StandIn
) -> None:
    configure()

    ran = tercel("sync", "test", "customers", "--id", "3")

    assert ran.status == 0
    assert "PUT /v2/customer_profiles" in ran.out
    assert '"integrationId": "3"' in ran.out
    assert "answer    HTTP 204" in ran.out or "answer    HTTP 200" in ran.out
    assert "after a session or a profile update there" in ran.out
    assert [update.kind for update in standin.admin.order("3")] == ["profile"]


def test_a_tried_row_leaves_the_state_as_it_was(tercel: Tercel, configure: Configure) -> None:
    configure()
    tercel("sync", "test", "vips")

    assert json.loads(tercel("sync", "show", "vips", "--json").out).get("members", 0) == 0


def test_an_id_that_no_row_has_is_told_without_repeating_it(tercel: Tercel, configure: Configure) -> None:
    configure()

    ran = tercel("sync", "test", "customers", "--id", "anna@example.com")

    assert ran.status == 2
    assert "has no row with that id" in ran.err
    assert "anna" not in ran.err


@pytest.mark.parametrize(
    ("change", "sync", "words"),
    [
        ({"key": "management-key"}, "customers", "key"),
        ({"fields": {"email": "email"}}, "customers", "email"),
        ({"fields": {"Shoe": "total"}}, "customers", "Shoe"),
    ],
    ids=["a key that is refused", "an attribute in another case", "an attribute that is not defined"],
)
def test_a_mistake_of_a_new_sync_is_answered_with_its_code_and_what_to_do(
    tercel: Tercel, configure: Configure, change: dict[str, Any], sync: str, words: str
) -> None:
    configure(**change)

    ran = tercel("sync", "test", sync, "--json")

    assert ran.status == 1
    sent = answered(ran)
    assert sent["code"] in catalogue()
    assert sent["cure"] == catalogue()[sent["code"]].cure
    assert words in sent["verdict"]


def test_an_audience_that_does_not_exist_is_told_to_be_looked_up_by_its_id(
    tercel: Tercel, configure: Configure, tmp_path: Path
) -> None:
    configure()
    file = tmp_path / "tercel.toml"
    file.write_text(file.read_text().replace("audience_id = 7", "audience_id = 8"))

    sent = answered(tercel("sync", "test", "vips", "--json"))

    assert sent["status"] == 404
    assert "audience" in sent["verdict"]
    assert sent["cure"]


def test_a_name_in_place_of_the_audiences_id_is_refused_before_anything_is_sent(
    tercel: Tercel, configure: Configure, tmp_path: Path
) -> None:
    configure()
    file = tmp_path / "tercel.toml"
    file.write_text(file.read_text().replace("audience_id = 7", 'audience_id = "VIPs"'))

    ran = tercel("sync", "list")

    assert ran.status == 2
    assert "must be the audience's numeric id, as the Campaign Manager shows it" in ran.err


@pytest.mark.parametrize("url", ["https://shop.talon.one/v2", "https://shop.talon.one/manager"])
def test_a_deployments_url_with_a_path_is_refused_with_the_right_one(
    tercel: Tercel, configure: Configure, url: str
) -> None:
    configure(url=url)

    ran = tercel("sync", "list")

    assert ran.status == 2
    assert "has a path; give the deployment's address alone: https://shop.talon.one" in ran.err


def test_check_looks_at_syncs_and_says_what_is_odd_about_them(tercel: Tercel, configure: Configure) -> None:
    configure(id_prefix="app1_")

    ran = tercel("check")

    assert "ok    sync customers: upsert to profiles of prod" in ran.out
    assert "warn  sync vips: its ids begin with ''" in ran.out


def test_a_paused_sync_is_not_run_until_it_is_resumed(tercel: Tercel, configure: Configure) -> None:
    configure()
    assert tercel("sync", "pause", "vips", "--reason", "moving house").status == 0

    refused = tercel("sync", "run", "vips")

    assert refused.status == 2
    assert "(moving house). `tercel sync resume vips` lets it run again" in refused.err
    assert "moving house" in tercel("sync", "list").out
    assert "may run again" in tercel("sync", "resume", "vips").out
    assert "was not paused" in tercel("sync", "resume", "vips").out


def test_a_run_with_invalid_rows_alone_says_so_and_is_kept_in_the_history(
    tercel: Tercel, configure: Configure, tmp_path: Path
) -> None:
    configure()
    (tmp_path / "rows.csv").write_text("id,email,total\n,a@b.c,5\n")

    ran = tercel("sync", "run", "customers", "--scheduled", "--json")

    assert ran.status == 4, ran.err
    report = json.loads(ran.out)
    assert report["counts"]["invalid"] == 1
    [kept] = map(json.loads, tercel("sync", "history", "customers", "--json").out.splitlines())
    assert kept["run"] == report["run"]
    assert kept["status"] == "completed with errors"
    assert kept["trigger"] == "schedule"
    assert "completed with errors" in tercel("sync", "list").out


def test_a_source_that_cannot_be_read_fails_the_run_and_says_why(
    tercel: Tercel, configure: Configure, tmp_path: Path
) -> None:
    configure()
    (tmp_path / "rows.csv").unlink()

    ran = tercel("sync", "run", "vips")

    assert ran.status == 2
    assert "rows.csv cannot be read" in ran.err
    assert "failed" in tercel("sync", "history", "vips").out


def test_a_reset_asks_and_says_what_is_lost(tercel: Tercel, configure: Configure) -> None:
    configure()

    refused, done = tercel("sync", "reset", "vips"), tercel("sync", "reset", "vips", "--yes")

    assert refused.status == 2
    assert "stay in the audience unless that run empties it first" in refused.err
    assert done.status == 0


def test_there_is_nothing_to_cancel_where_nothing_runs(tercel: Tercel, configure: Configure) -> None:
    configure()

    assert "nothing to cancel" in tercel("sync", "cancel", "vips").out


def test_an_audience_is_not_emptied_without_a_yes(tercel: Tercel, configure: Configure, standin: StandIn) -> None:
    configure()
    join(standin, "from before")

    ran = tercel("sync", "run", "vips", "--empty-first")

    assert ran.status == 2
    assert "Remove every member of audience 7 of prod" in ran.err
    assert len(standin.admin.memberships()) == 1


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ("audience_id = 7", "audience_id = 8", "prod does not know audience 8 (404). Nothing was removed"),
        ("audience_id = 7", 'audience_name = "VIPs"', "can only be emptied by its number"),
        (GOOD.keys[0].key, "another-key", "refuses the API key (HTTP 401)"),
    ],
    ids=["an unknown audience", "a name", "a refused key"],
)
def test_what_cannot_be_emptied_is_told_and_nothing_is_sent(
    tercel: Tercel, configure: Configure, standin: StandIn, tmp_path: Path, before: str, after: str, words: str
) -> None:
    configure()
    file = tmp_path / "tercel.toml"
    file.write_text(file.read_text().replace(before, after))

    ran = tercel("sync", "run", "vips", "--empty-first", "--yes")

    assert ran.status == 2, ran.err
    assert words in ran.err


def join(standin: StandIn, profile: str) -> None:
    """Have somebody in audience 7 that no sync knows of."""
    change = {"action": "add", "profileIntegrationId": profile, "audienceId": 7}
    headers = {"Authorization": f"ApiKey-v1 {GOOD.keys[0].key}"}
    httpx.post(f"{standin.url}/v2/customer_audiences", json={"data": [change]}, headers=headers).raise_for_status()


def test_a_mirror_is_run_by_hand_with_a_worker_and_follows_its_source(
    tercel: Tercel, configure: Configure, standin: StandIn, processes: Processes, tmp_path: Path
) -> None:
    configure()
    worker = processes.python(
        "-m", "celery", "-A", "workers.app", "worker", "-n", "w@%h", "--without-mingle", cwd=tmp_path
    )  # fmt: skip
    eventually(lambda: " ready." in worker.output, 60, worker.describe)
    join(standin, "from before")

    first = tercel("sync", "run", "vips", "--empty-first", "--yes")
    members = {profile for _, profile in standin.admin.memberships()}
    (tmp_path / "rows.csv").write_text("id\n1\n3\n4\n")
    stopped = tercel("sync", "run", "vips")
    second = tercel("sync", "run", "vips", "--allow-empty", "--json")

    assert first.status == 0, first.err
    assert "3 sent: 3 delivered, 0 rejected" in first.out
    assert "The audience was emptied first" in first.out
    assert members == {"1", "2", "3"}
    assert stopped.status == 1
    assert "T532" in stopped.out
    assert json.loads(second.out)["counts"]["succeeded"] == 2
    assert {profile for _, profile in standin.admin.memberships()} == {"1", "3", "4"}
    assert "3 rows are known to be at the destination" in tercel("sync", "show", "vips").out
