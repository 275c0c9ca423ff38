"""Where settings come from, and which source wins."""

from __future__ import annotations

from pathlib import Path

import pytest

from tercel.errors import SettingsError
from tercel.settings import Settings

DEPLOYMENT = '[deployments.prod]\nurl = "shop.talon.one"\nkey = "k3y"\n'


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "tercel.toml"


def load(file: Path, toml: str, environ: dict[str, str] | None = None, **overrides: object) -> Settings:
    file.write_text(toml)
    return Settings.load(file, environ=environ or {}, **overrides)


def test_without_a_file_everything_has_its_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    settings = Settings.load(environ={})

    assert settings == Settings()
    assert settings.home == tmp_path / ".tercel"
    assert settings.plain_redis_url() is None
    assert settings.plain_database_url() == f"sqlite:///{tmp_path}/.tercel/tercel.db"
    assert settings.lanes.high_water == 500_000


def test_the_file_in_the_working_directory_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tercel.toml").write_text("[worker]\nthreads = 7\n")

    assert Settings.load(environ={}).worker.threads == 7


def test_tercel_config_names_another_file(tmp_path: Path) -> None:
    (tmp_path / "other.toml").write_text("[worker]\nthreads = 8\n")

    assert Settings.load(environ={"TERCEL_CONFIG": str(tmp_path / "other.toml")}).worker.threads == 8


def test_a_path_given_by_the_caller_wins_over_tercel_config(file: Path) -> None:
    settings = load(file, "[worker]\nthreads = 9\n", {"TERCEL_CONFIG": "/nowhere.toml"})

    assert settings.worker.threads == 9


def test_a_named_file_that_is_missing_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"The settings file .*gone\.toml cannot be read: No such file"):
        Settings.load(tmp_path / "gone.toml", environ={})


def test_a_variable_wins_over_the_file_and_the_caller_over_both(file: Path) -> None:
    toml = "[worker]\nthreads = 1\nprocesses = 1\ntick_s = 1\n"
    environ = {"TERCEL_WORKER__PROCESSES": "2", "TERCEL_WORKER__TICK_S": "2"}

    worker = load(file, toml, environ, worker={"tick_s": 3}).worker

    assert (worker.threads, worker.processes, worker.tick_s) == (1, 2, 3.0)


def test_a_deployment_can_be_made_of_variables_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    environ = {
        "TERCEL_DEPLOYMENTS__PROD__URL": "shop.talon.one",
        "TERCEL_DEPLOYMENTS__PROD__KEY": "k3y",
        "TERCEL_DEPLOYMENTS__PROD__SKIP_UNKNOWN_ATTRIBUTES": "true",
    }

    deployment = Settings.load(environ=environ).deployment("prod")

    assert deployment.url == "https://shop.talon.one"
    assert deployment.current_key().get_secret_value() == "k3y"
    assert deployment.skip_unknown_attributes is True


def test_a_variable_reaches_a_deployment_whose_name_has_a_hyphen(file: Path) -> None:
    toml = DEPLOYMENT.replace("prod", "shop-eu")

    settings = load(file, toml, {"TERCEL_DEPLOYMENTS__SHOP_EU__RATE": "5"})

    assert list(settings.deployments) == ["shop-eu"]
    assert settings.deployment("shop-eu").rate == 5


def test_a_variable_reaches_a_deployment_whose_name_has_two_underscores(file: Path) -> None:
    settings = load(file, DEPLOYMENT.replace("prod", "a__b"), {"TERCEL_DEPLOYMENTS__A__B__RATE": "5"})

    assert settings.deployment("a__b").rate == 5


def test_a_key_file_variable_replaces_the_key_of_the_file(file: Path, tmp_path: Path) -> None:
    (tmp_path / "key").write_text("fresh\n")

    deployment = load(file, DEPLOYMENT, {"TERCEL_DEPLOYMENTS__PROD__KEY_FILE": str(tmp_path / "key")}).deployment(
        "prod"
    )

    assert deployment.key is None
    assert deployment.current_key().get_secret_value() == "fresh"


def test_a_secret_may_come_from_a_file_named_by_a_variable(tmp_path: Path, file: Path) -> None:
    (tmp_path / "url").write_text("redis://:pw@redis:6379/0\n")

    settings = load(file, "", {"TERCEL_REDIS_URL_FILE": str(tmp_path / "url")})

    assert settings.plain_redis_url() == "redis://:pw@redis:6379/0"


def test_an_empty_variable_counts_as_not_given(file: Path) -> None:
    assert load(file, "[worker]\nthreads = 7\n", {"TERCEL_WORKER__THREADS": ""}).worker.threads == 7


def test_paths_in_the_file_are_meant_beside_it(file: Path) -> None:
    toml = 'home = "data"\n[deployments.prod]\nurl = "shop.talon.one"\nkey_file = "secrets/key"\n'

    settings = load(file, toml)

    assert settings.home == file.parent / "data"
    assert settings.deployment("prod").key_file == file.parent / "secrets" / "key"


def test_a_tilde_is_the_home_folder(file: Path) -> None:
    assert load(file, 'home = "~/tercel"').home == Path.home() / "tercel"


def test_variables_that_are_no_settings_are_left_alone(file: Path) -> None:
    environ = {
        "TERCEL_TEST_NO_POSTGRESQL": "1",
        "TERCEL_REDIS_SERVER": "/usr/bin/valkey-server",
        # what Kubernetes adds for services named tercel and tercel-redis
        "TERCEL_PORT": "tcp://10.0.0.1:80",
        "TERCEL_REDIS_SERVICE_HOST": "10.0.0.1",
        "TERCEL_REDIS_PORT_6379_TCP_ADDR": "10.0.0.1",
    }

    assert load(file, "", environ) == Settings()


def test_settings_cannot_be_changed_once_loaded(file: Path) -> None:
    settings = load(file, "")

    with pytest.raises(ValueError, match="frozen"):
        settings.worker.threads = 3


def test_secrets_are_not_in_the_repr(file: Path) -> None:
    toml = 'redis_url = "redis://:hunter2@h"\ndatabase_url = "postgresql://u:hunter2@h/d"\n' + DEPLOYMENT
    environ = {"TERCEL_FLOWER__BASIC_AUTH": "me:hunter2", "TERCEL_DEPLOYMENTS__PROD__KEY": "hunter2"}

    settings = load(file, toml, environ)

    assert "hunter2" not in repr(settings)
    assert "hunter2" not in str(settings)
    assert "hunter2" not in settings.model_dump_json()
