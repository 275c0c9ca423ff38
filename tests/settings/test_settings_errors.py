"""What a wrong setting is answered with: one sentence a problem, its place, and what would be right."""

from __future__ import annotations

from pathlib import Path

import pytest

from tercel.errors import SettingsError
from tercel.settings import Settings

DEPLOYMENT = '[deployments.prod]\nurl = "shop.talon.one"\nkey = "k3y"\n'


def problems(tmp_path: Path, toml: str = "", environ: dict[str, str] | None = None, **overrides: object) -> list[str]:
    """Load, expect refusal, and return its sentences with the file's folder taken out."""
    file = tmp_path / "tercel.toml"
    file.write_text(toml)
    with pytest.raises(SettingsError) as refused:
        Settings.load(file, environ=environ or {}, **overrides)
    assert refused.value.__cause__ is None, "pydantic's own text would show beside ours"
    return str(refused.value).replace(f"{tmp_path}/", "").splitlines()


@pytest.mark.parametrize(
    ("toml", "sentence"),
    [
        ("x = = 3", "tercel.toml is not valid TOML: Invalid value (at line 1, column 5)."),
        ("rate = 3", "tercel.toml: rate is not a setting; did you mean deployments.<name>.rate?"),
        ("threads = 3", "tercel.toml: threads is not a setting; did you mean worker.threads?"),
        ("[workr]\nthreads = 3", "tercel.toml: workr is not a setting; did you mean worker?"),
        (
            "[lanes]\nlinger_life_s = 1",
            "tercel.toml: lanes.linger_life_s is not a setting; did you mean lanes.linger_live_s?",
        ),
        ("zzzz = 3", "tercel.toml: zzzz is not a setting."),
        (
            DEPLOYMENT + "rat = 3",
            "tercel.toml: deployments.prod.rat is not a setting; did you mean deployments.prod.rate?",
        ),
        (DEPLOYMENT + "[deployments.prod.more]\nx = 1\n", "tercel.toml: deployments.prod.more is not a setting."),
        (
            DEPLOYMENT + "rate = 20_000",
            "tercel.toml: deployments.prod.rate is 20000, but must be at most 10000 (requests/s).",
        ),
        (DEPLOYMENT + "rate = true", "tercel.toml: deployments.prod.rate is true or false, which says nothing here."),
        (
            DEPLOYMENT + "rate = nan",
            "tercel.toml: deployments.prod.rate is nan, but must be a finite number (requests/s).",
        ),
        ("[worker]\nthreads = 0", "tercel.toml: worker.threads is 0, but must be at least 1 (threads)."),
        ("[worker]\nthreads = 1.5", "tercel.toml: worker.threads is 1.5, but must be a whole number (threads)."),
        ("[worker]\ntick_s = 0", "tercel.toml: worker.tick_s is 0, but must be more than 0 (s)."),
        ("worker = 3", "tercel.toml: worker must be a table of settings."),
        ('log_format = "xml"', "tercel.toml: log_format is 'xml', but must be 'text' or 'json'."),
        ('home = ""', "tercel.toml: home is empty; give a path, or leave the setting away."),
        ('redis_url = ""', "tercel.toml: redis_url must not be empty."),
        ("redis_url = 5", "tercel.toml: redis_url must be a text in quotes."),
        (
            '[deployments.Prod]\nurl = "shop.talon.one"\nkey = "k"',
            "tercel.toml: deployments.Prod: 'Prod' cannot be a deployment's name; use 1 to 31 small letters, digits, "
            "_ and -, beginning with a letter.",
        ),
        (
            '[deployments]\nurl = "shop.talon.one"',
            "tercel.toml: deployments.url must be a table of settings; such settings go under [deployments.<name>].",
        ),
        (
            '[senders.web]\ndoor = "segment"\nkey = "k"',
            "tercel.toml: senders.web has no destinations; name the [segment.<name>] that its messages go to.",
        ),
        (
            '[senders.shop]\ndoor = "third_party"\nkey = "k"\ndeployments = ["prd"]\n'
            '[deployments.prod]\nurl = "https://shop.talon.one"\nkey = "k"',
            "tercel.toml: senders.shop.deployments names 'prd', but there is no [deployments.prd]; did you mean prod?",
        ),
        (
            '[segment.shop]\ndeployment = "prod"\ntype = "classic"\nsync_mode = "add"\n'
            '[deployments.prod]\nurl = "https://shop.talon.one"\nkey = "k"',
            "tercel.toml: segment.shop is of type classic; sync_mode belongs to an engage one.",
        ),
        (
            '[senders.Web]\ndoor = "third_party"\nkey = "k"\ndeployments = ["prod"]\n'
            '[deployments.prod]\nurl = "https://shop.talon.one"\nkey = "k"',
            "tercel.toml: senders.Web: 'Web' cannot be a sender's name; use 1 to 31 small letters, digits, "
            "_ and -, beginning with a letter.",
        ),
        (
            '[deployments.prod]\nkey = "k"',
            "deployments.prod.url is missing: set it in tercel.toml under [deployments.prod], or as "
            "TERCEL_DEPLOYMENTS__PROD__URL.",
        ),
        (
            '[deployments.prod]\nurl = "shop.talon.one"',
            "tercel.toml: deployments.prod has no key; set key, or key_file to the path of a file that holds it.",
        ),
        (
            DEPLOYMENT + 'key_file = "k"',
            "tercel.toml: deployments.prod has both key and key_file; remove one of them.",
        ),
        (
            "[delivery]\nbackoff_first_s = 100",
            "tercel.toml: delivery backoff_first_s is greater than backoff_max_s; it must not be.",
        ),
        (
            '[flower]\naddress = "0.0.0.0"',
            "tercel.toml: flower address '0.0.0.0' would open Flower to everybody; set basic_auth, or keep 127.0.0.1.",
        ),
        ('[flower]\nbasic_auth = "me"', "tercel.toml: flower.basic_auth must be user:password."),
    ],
)
def test_a_wrong_file_is_refused_with_one_sentence(tmp_path: Path, toml: str, sentence: str) -> None:
    assert problems(tmp_path, toml) == [sentence]


@pytest.mark.parametrize(
    ("environ", "sentence"),
    [
        (
            {"TERCEL_WORKER_THREADS": "3"},
            "TERCEL_WORKER_THREADS is not a setting; did you mean TERCEL_WORKER__THREADS?",
        ),
        (
            {"TERCEL_METRICS_PORT": "3"},
            "TERCEL_METRICS_PORT is not a setting; did you mean TERCEL_WORKER__METRICS_PORT?",
        ),
        (
            {"TERCEL_DEPLOYMENTS__PROD__RAT": "3"},
            "TERCEL_DEPLOYMENTS__PROD__RAT is not a setting; did you mean TERCEL_DEPLOYMENTS__PROD__RATE?",
        ),
        ({"TERCEL_WORKER__THREADS": "many"}, "TERCEL_WORKER__THREADS is 'many', but must be a whole number (threads)."),
        ({"TERCEL_FLOWER__READ_ONLY": "ja"}, "TERCEL_FLOWER__READ_ONLY is 'ja', but must be true or false."),
        (
            {"TERCEL_REDIS_URL_FILE": "/nowhere/url"},
            "TERCEL_REDIS_URL_FILE names /nowhere/url, which cannot be read: No such file or directory.",
        ),
        ({"TERCEL_REDIS_URL_FILE": "/dev/null"}, "TERCEL_REDIS_URL_FILE names /dev/null, which is empty."),
    ],
)
def test_a_wrong_variable_is_refused_with_one_sentence(tmp_path: Path, environ: dict[str, str], sentence: str) -> None:
    assert problems(tmp_path, "", environ) == [sentence]


def test_a_secret_given_twice_is_refused(tmp_path: Path) -> None:
    (tmp_path / "url").write_text("redis://a")
    environ = {"TERCEL_REDIS_URL": "redis://b", "TERCEL_REDIS_URL_FILE": str(tmp_path / "url")}

    assert problems(tmp_path, "", environ) == [
        "TERCEL_REDIS_URL_FILE and TERCEL_REDIS_URL say the same thing; keep one of them."
    ]


def test_key_and_key_file_by_variables_are_one_too_many(tmp_path: Path) -> None:
    environ = {"TERCEL_DEPLOYMENTS__PROD__KEY": "a", "TERCEL_DEPLOYMENTS__PROD__KEY_FILE": "b"}

    assert problems(tmp_path, DEPLOYMENT, environ) == [
        "tercel.toml: deployments.prod has both key and key_file; remove one of them."
    ]


def test_every_problem_is_told_at_once(tmp_path: Path) -> None:
    found = problems(
        tmp_path, "[worker]\nthreads = 0\nzz = 1\n", {"TERCEL_WORKER__TICK_S": "x"}, lanes={"high_water": 0}
    )

    assert sorted(sentence.split(" is ")[0] for sentence in found) == [
        "TERCEL_WORKER__TICK_S",
        "lanes.high_water",
        "tercel.toml: worker.threads",
        "tercel.toml: worker.zz",
    ]


@pytest.mark.parametrize(
    "toml",
    [
        '[deployments.prod]\nurl = "https://me:hunter2@shop.talon.one/?key=hunter2#hunter2"\nkey = "hunter2 hunter2"',
        '[flower]\nbasic_auth = "hunter2"',
        '[deployments.prod]\nurl = "shop.talon.one"\nkey = ["hunter2"]',
        'redis_url = ["hunter2"]',
        '[redis_url]\nx = "hunter2"',
    ],
)
def test_a_refusal_never_repeats_a_secret(tmp_path: Path, toml: str) -> None:
    assert "hunter2" not in "\n".join(problems(tmp_path, toml))


def test_the_refusal_of_a_deployment_names_the_nearest_one(tmp_path: Path) -> None:
    settings = Settings.load(None, environ={}, deployments={"prod": {"url": "shop.talon.one", "key": "k"}})

    with pytest.raises(SettingsError, match=r"^There is no deployment 'prd'; did you mean prod\? Configured: prod\.$"):
        settings.deployment("prd")


def test_the_refusal_of_a_deployment_says_how_to_add_the_first_one() -> None:
    with pytest.raises(SettingsError, match=r"none is configured yet\. Add \[deployments\.prod\] with url and key"):
        Settings().deployment("prod")
