"""Credentials and profiles: where they come from, and that they are shown nowhere."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import jupyter_tracker as jt
from jupyter_tracker import config, credentials
from jupyter_tracker.errors import ConfigError, NotFound
from jupyter_tracker.models import Secret

ADDRESS = "acme://project"
TOKEN = Secret("tok-77-s3cret")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch) -> Path:
    """Jupyter's configuration folder."""
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(tmp_path / "config"))
    return tmp_path / "config" / "jupyter_tracker"


def test_the_environment_comes_first(monkeypatch):
    credentials.keep(ADDRESS, "token", Secret("kept"))
    monkeypatch.setenv("ACME_OLD_TOKEN", "from the environment")
    found = credentials.find(ADDRESS, "token", ("ACME_TOKEN", "ACME_OLD_TOKEN"))
    assert found == Secret("from the environment")


def test_what_was_kept_is_found_for_its_connection_only():
    credentials.keep(ADDRESS, "token", TOKEN)
    assert credentials.find(ADDRESS, "token") == TOKEN
    assert credentials.find("acme://other", "token") is None
    assert credentials.find(ADDRESS, "password") is None
    credentials.forget(ADDRESS, "token")
    credentials.forget(ADDRESS, "token")
    assert credentials.find(ADDRESS, "token") is None


def test_the_file_is_private_and_goes_with_its_last_entry(folder: Path):
    where = credentials.keep(ADDRESS, "token", TOKEN)
    assert where == str(folder / "credentials.json")
    assert (folder / "credentials.json").stat().st_mode & 0o777 == 0o600
    credentials.forget(ADDRESS, "token")
    assert list(folder.iterdir()) == []


def test_a_file_that_others_can_read_is_refused(folder: Path):
    credentials.keep(ADDRESS, "token", TOKEN)
    (folder / "credentials.json").chmod(0o644)
    with pytest.raises(ConfigError, match=r"Others can read .*chmod 600") as caught:
        credentials.find(ADDRESS, "token")
    assert TOKEN.reveal() not in str(caught.value)


@pytest.mark.parametrize("text", ["{", "[]", '{"a": 1}'])
def test_a_damaged_file_says_so_without_its_content(folder: Path, text):
    credentials.keep(ADDRESS, "token", TOKEN)
    (folder / "credentials.json").write_text(text)
    with pytest.raises(ConfigError, match=r"no JSON object of texts"):
        credentials.find(ADDRESS, "token")


def test_profiles_are_kept_and_found_by_name():
    config.keep(config.Profile("work", "mlflow+https://tracking.example"))
    config.keep(config.Profile("home", "local"))
    assert [profile.name for profile in config.profiles()] == ["home", "work"]
    config.keep(config.Profile("work", "local:///data/runs"))
    assert config.profile("work").address == "local:///data/runs"
    config.forget("work")
    with pytest.raises(NotFound, match=r"Did you mean 'home'"):
        config.profile("hom")


def test_a_profile_is_connected_to_by_its_name(tmp_path: Path):
    config.keep(config.Profile("elsewhere", f"local://{tmp_path / 'elsewhere'}"))
    with jt.connect("elsewhere") as tracker:
        assert tracker.backend.location == str(tmp_path / "elsewhere")
    with pytest.raises(ConfigError, match=r"no backend or profile 'elsewher'. Did you mean 'elsewhere'"):
        jt.connect("elsewher")


@pytest.mark.parametrize(
    "address",
    ["mlflow+https://me:pw-s3cret@host", "mlflow+https://host?token=pw-s3cret", "abeja://org?api_key=pw-s3cret"],
)
def test_an_address_holds_no_password(address):
    for use in (jt.connect, lambda text: config.keep(config.Profile("work", text))):
        with pytest.raises(ConfigError, match="Leave it out") as caught:
            use(address)
        assert "pw-s3cret" not in str(caught.value)


@pytest.mark.parametrize("name", ["", "1st", "a b", "x" * 65, "a/b"])
def test_a_profile_has_a_name_that_can_be_typed(name):
    with pytest.raises(ConfigError, match=r"must begin with a letter"):
        config.keep(config.Profile(name, "local"))


@pytest.mark.parametrize("text", ["{", "[]", '{"a": {}}', '{"a": 1}'])
def test_damaged_profiles_say_so(folder: Path, text):
    folder.mkdir(parents=True)
    (folder / "profiles.json").write_text(text)
    with pytest.raises(ConfigError, match=r"cannot be read"):
        config.profiles()


def test_profiles_hold_no_credentials(folder: Path):
    config.keep(config.Profile("work", "local"))
    assert json.loads((folder / "profiles.json").read_text()) == {"work": {"address": "local"}}
