"""Bad input to every command: a sentence that helps, on stderr, and an exit status that is not zero."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Tercel

# What is typed, and what the person must be told.
NO_DEPLOYMENT = [
    (["nonsense"], "No such command"),
    (["--config", "missing.toml", "settings"], "T101: The settings file missing.toml cannot be read"),
    (["up"], "tercel up --sandbox"),
    (["up", "--nonsense"], "No such option"),
    (["up", "--processes", "0"], "greater than or equal to 1"),
    (["up", "--sandbox-config", "x.json"], "together with --sandbox"),
    (["up", "--sandbox", "--sandbox-config", "x.json"], "x.json cannot be read"),
    (["worker"], "There is no deployment to deliver to"),
    (["worker", "--threads", "many"], "valid integer"),
    (["flower"], "There is no deployment"),
    (["flower", "--address", "0.0.0.0"], "set basic_auth"),
    (["backfill", "--id", "id", "missing.csv"], "No deployment is configured"),
    (["status"], "Nothing has run under"),
    (["status", "-d", "prod"], "There is no deployment 'prod'"),
    (["pause", "prod"], "There is no deployment 'prod'"),
    (["pause"], "Missing argument"),
    (["resume", "prod"], "There is no deployment 'prod'"),
    (["lanes", "repair", "prod"], "There is no deployment 'prod'"),
    (["audiences", "bind", "Big spenders", "1"], "No deployment is configured"),
    (["audiences", "bind", "Big spenders", "big"], "valid integer"),
    (["audiences", "list", "-d", "prod"], "There is no deployment 'prod'"),
    (["rejected", "list", "--state", "lost"], "lost"),
    (["rejected", "list", "--run", "xyz"], "8 hex digits"),
    (["rejected", "list", "--code", "T999"], "There is no code 'T999'"),
    (["rejected", "show", "nobody"], "There is no rejection 'nobody'"),
    (["rejected", "replay"], "Which ones?"),
    (["rejected", "discard"], "Which ones?"),
    (["rejected", "replay", "--all", "--code", "T450"], "--all means all of them"),
    (["rejected", "export", "-o", "no/such/folder/x.csv"], "cannot be written: No such file or directory"),
    (["db", "downgrade"], "No such command"),
]
WITH_DEPLOYMENT = [
    (["backfill"], "Missing argument"),
    (["backfill", "rows.csv"], "Say --id COLUMN"),
    (["backfill", "--id", "id", "missing.csv"], "missing.csv"),
    (["backfill", "--id", "nowhere", "rows.csv"], "nowhere"),
    (["backfill", "--id", "id", "--map", "Email", "rows.csv"], "write ATTRIBUTE=COLUMN"),
    (["backfill", "--id", "id", "--map", "Email=mail", "rows.csv"], "did you mean email?"),
    (["backfill", "--id", "id", "--type", "email:date", "rows.csv"], "COLUMN:TYPE"),
    (["backfill", "--id", "id", "--mapping", "m.toml", "rows.csv"], "leave --id"),
    (["backfill", "--mapping", "m.toml", "rows.csv"], "m.toml cannot be read"),
    (["backfill", "--id", "id", "--object", "coupon", "rows.csv"], "coupon"),
    (["backfill", "--id", "id", "--object", "membership", "rows.csv"], "say which audience"),
    (["backfill", "--id", "id", "--delimiter", ";;", "rows.csv"], "give one character"),
    (["backfill", "--id", "id", "--columns", "id,,x", "rows.csv"], "--columns"),
    (["backfill", "--id", "id", "-d", "prdo", "rows.csv"], "There is no deployment 'prdo'"),
    (["flower", "--port", "99999"], "less than or equal to 65535"),
    (["up", "--flower-port", "-1"], "greater than or equal to 0"),
    (["audiences", "bind", "  ", "7"], "cannot be empty"),
    (["audiences", "bind", "Big spenders", "0"], "greater than or equal to 1"),
]


def told_in(err: str) -> str:
    """What was said, without the lines and boxes it was laid out in."""
    return " ".join(err.replace("│", " ").split())


@pytest.mark.parametrize(
    ("typed", "told"), NO_DEPLOYMENT, ids=lambda value: " ".join(value) if isinstance(value, list) else ""
)
def test_what_cannot_be_done_is_refused_with_a_sentence(tercel: Tercel, typed: list[str], told: str) -> None:
    ran = tercel(*typed)

    assert ran.status != 0
    assert told in told_in(ran.err)
    assert "Traceback" not in ran.err


@pytest.mark.parametrize(
    ("typed", "told"), WITH_DEPLOYMENT, ids=lambda value: " ".join(value) if isinstance(value, list) else ""
)
def test_what_cannot_be_done_with_a_deployment_is_refused_too(
    tercel: Tercel, prod: str, shared_redis: str, typed: list[str], told: str
) -> None:
    Path("rows.csv").write_text("id,email\n1,a@b.example\n")

    ran = tercel(*typed)

    assert ran.status != 0
    assert told in told_in(ran.err)
    assert "Traceback" not in ran.err


@pytest.mark.parametrize("url", ["http://127.0.0.1:6379", "redis://127.0.0.1:1/0"])
@pytest.mark.parametrize("command", [["status"], ["pause", "prod"], ["check"], ["rejected", "replay", "--all", "-y"]])
def test_a_redis_that_is_wrong_or_away_is_named_without_its_password(
    tercel: Tercel, prod: str, monkeypatch: pytest.MonkeyPatch, url: str, command: list[str]
) -> None:
    monkeypatch.setenv("TERCEL_REDIS_URL", url.replace("://", "://:hunter2@"))

    ran = tercel(*command)

    assert ran.status != 0 or command[0] == "rejected"  # there is nothing to replay, so Redis is not asked
    assert "hunter2" not in ran.out + ran.err


def test_several_deployments_have_to_be_told_apart(tercel: Tercel, prod: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERCEL_DEPLOYMENTS__TEST__URL", "http://127.0.0.1:9")
    monkeypatch.setenv("TERCEL_DEPLOYMENTS__TEST__KEY", "x")

    ran = tercel("audiences", "bind", "Big spenders", "7")

    assert ran.status == 2
    assert "Say --deployment with one of prod, test" in ran.err


def test_a_database_that_is_away_is_named_without_its_password(
    tercel: Tercel, prod: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERCEL_DATABASE_URL", "postgresql://tercel:hunter2@127.0.0.1:1/tercel")

    ran = tercel("rejected", "list")

    assert ran.status == 3
    assert ran.err.startswith("T202: ")
    assert "hunter2" not in ran.err
