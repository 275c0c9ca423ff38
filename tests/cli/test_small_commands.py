"""The small commands that change or show one thing."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.conftest import Tercel
from tests.support.processes import Processes
from tests.support.waiting import eventually


def test_the_store_is_brought_up_to_date_once(tercel: Tercel, home: Path) -> None:
    first, second = tercel("db", "upgrade"), tercel("db", "upgrade")

    assert (first.status, second.status) == (0, 0)
    assert first.out.startswith("The store was brought from nothing to revision ")
    assert second.out.startswith("The store is up to date")


def test_an_audience_is_bound_and_listed(tercel: Tercel, prod: str) -> None:
    none = tercel("audiences", "list")
    bound = tercel("audiences", "bind", "Big spenders", "7")
    listed = json.loads(tercel("audiences", "list", "--json").out)

    assert "No audience is known yet" in none.err
    assert bound.out == "prod: audience Big spenders has the id 7.\n"
    assert (listed["name"], listed["audience_id"], listed["state"]) == ("Big spenders", 7, "bound")


def test_an_id_is_not_given_to_two_audiences(tercel: Tercel, prod: str) -> None:
    tercel("audiences", "bind", "Big spenders", "7")

    ran = tercel("audiences", "bind", "Lapsed", "7")

    assert ran.status == 2
    assert "already known as 'Big spenders'" in ran.err


def test_an_audience_that_was_deleted_is_forgotten(tercel: Tercel, prod: str) -> None:
    tercel("audiences", "bind", "Big spenders", "7")

    ran = tercel("audiences", "forget", "Big spenders")

    assert ran.out == "prod: audience Big spenders, which had the id 7, is forgotten.\n"
    assert tercel("audiences", "list", "--json").out == ""


def test_an_audience_that_nobody_knows_cannot_be_forgotten(tercel: Tercel, prod: str) -> None:
    ran = tercel("audiences", "forget", "Big spenders")

    assert ran.status == 2
    assert "No audience of prod is known as 'Big spenders'" in ran.err


def test_watching_goes_on_until_ctrl_c(processes: Processes, prod: str, shared_redis: str, tmp_path: Path) -> None:
    watch = processes.tercel("status", "--watch", "--json", cwd=tmp_path)
    eventually(lambda: len(watch.output.splitlines()) >= 2, describe=watch.describe)

    watch.interrupt()

    assert watch.wait() == 0
    assert all(json.loads(line)["closes"] for line in watch.output.splitlines())
