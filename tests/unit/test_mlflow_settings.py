"""Where MLflow servers and Databricks workspaces are, and whose requests they get."""

from __future__ import annotations

import base64
import os

import pytest

import jupyter_tracker as jt
from jupyter_tracker import flow
from jupyter_tracker.backends.mlflow.settings import settings
from jupyter_tracker.errors import ConfigError
from tests.platforms.databricks import Databricks

PROFILES = """
[DEFAULT]
host = https://default.example.com
token = token-of-default

[work]
host = https://work.example.com/
token = token-of-work

[robot]
host = https://robot.example.com
client_id = robot
client_secret = s3cret

[person]
host = https://person.example.com
username = ada
password = pw
"""


@pytest.fixture(autouse=True)
def nobody(monkeypatch, tmp_path):
    """No settings but those of a test."""
    for name in [name for name in os.environ if name.startswith(("MLFLOW_", "DATABRICKS_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))


@pytest.fixture
def profiles(tmp_path):
    (tmp_path / ".databrickscfg").write_text(PROFILES)


def authorization(found):
    headers = flow.run(found.auth.headers(None))
    return headers.get("Authorization", "")


def basic(pair):
    return "Basic " + base64.b64encode(pair.encode()).decode()


@pytest.mark.parametrize(
    ("address", "url"),
    [
        ("mlflow+http://127.0.0.1:5000", "http://127.0.0.1:5000"),
        ("mlflow+https://tracking.example/base/", "https://tracking.example/base"),
        ("mlflow+http://[::1]:5000", "http://[::1]:5000"),
    ],
)
def test_the_address_of_a_server(address, url):
    found = settings(address)
    assert (found.url, found.backend, authorization(found)) == (url, "mlflow", "")


def test_the_address_may_come_from_the_environment(monkeypatch, profiles):
    with pytest.raises(ConfigError, match="MLFLOW_TRACKING_URI"):
        settings("mlflow")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://tracking.example:5000")
    assert settings("mlflow").url == "http://tracking.example:5000"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "databricks://work")
    assert settings("mlflow").url == "https://work.example.com"


def test_a_local_store_in_the_environment_is_no_server(monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "jupyter-tracker://")
    with pytest.raises(ConfigError, match="that is a local store"):
        settings("mlflow")


@pytest.mark.parametrize("address", ["mlflow://host", "mlflow+ftp://host", "mlflow+http://", "mlflow+http://h?x=1"])
def test_an_address_that_is_none_is_refused_with_an_example(address):
    with pytest.raises(ConfigError, match=r"mlflow\+http://host:5000"):
        settings(address)


def test_token_and_password_of_a_server(monkeypatch, tmp_path):
    monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", "t0ken")
    assert authorization(settings("mlflow+http://h")) == "Bearer t0ken"
    monkeypatch.setenv("MLFLOW_TRACKING_USERNAME", "ada")
    monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", "pw")
    assert authorization(settings("mlflow+http://h")) == basic("ada:pw")
    assert authorization(settings("mlflow+http://bob@h")) == basic("bob:pw")
    assert "pw" not in repr(settings("mlflow+http://h"))


def test_the_credentials_file_of_mlflow_is_read(tmp_path):
    (tmp_path / ".mlflow").mkdir()
    (tmp_path / ".mlflow" / "credentials").write_text(
        "[mlflow]\nmlflow_tracking_username = ada\nmlflow_tracking_password = 50%\n"
    )
    assert authorization(settings("mlflow+http://h")) == basic("ada:50%")


def test_options_of_tls_and_time(monkeypatch, tmp_path):
    monkeypatch.setenv("MLFLOW_TRACKING_INSECURE_TLS", "true")
    assert settings("mlflow+https://h").transport.verify is False
    monkeypatch.setenv("MLFLOW_TRACKING_SERVER_CERT_PATH", "/ca.pem")
    with pytest.raises(ConfigError, match="not both"):
        settings("mlflow+https://h")
    monkeypatch.delenv("MLFLOW_TRACKING_INSECURE_TLS")
    monkeypatch.setenv("MLFLOW_TRACKING_CLIENT_CERT_PATH", "/own.pem")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "7")
    transport = settings("mlflow+https://h").transport
    assert (transport.verify, transport.certificate, transport.timeout) == ("/ca.pem", ("/own.pem", "/own.pem"), 7.0)
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "soon")
    with pytest.raises(ConfigError, match="'soon'"):
        settings("mlflow+https://h")


def test_a_profile_of_databricks(profiles):
    found = settings("databricks://work")
    assert (found.url, found.backend, authorization(found)) == (
        "https://work.example.com",
        "databricks",
        "Bearer token-of-work",
    )
    assert authorization(settings("databricks://person")) == basic("ada:pw")
    assert authorization(settings("databricks")) == "Bearer token-of-default"


def test_a_named_profile_is_not_mixed_with_the_environment(monkeypatch, profiles):
    monkeypatch.setenv("DATABRICKS_HOST", "https://elsewhere.example.com")
    monkeypatch.setenv("DATABRICKS_TOKEN", "token-of-elsewhere")
    assert authorization(settings("databricks://work")) == "Bearer token-of-work"
    found = settings("databricks")
    assert (found.url, authorization(found)) == ("https://elsewhere.example.com", "Bearer token-of-elsewhere")


def test_the_profile_and_its_file_may_be_named_by_the_environment(monkeypatch, tmp_path):
    (tmp_path / "elsewhere.cfg").write_text(PROFILES)
    monkeypatch.setenv("DATABRICKS_CONFIG_FILE", str(tmp_path / "elsewhere.cfg"))
    monkeypatch.setenv("DATABRICKS_CONFIG_PROFILE", "work")
    assert settings("databricks").url == "https://work.example.com"


def test_a_profile_that_is_not_there_is_told_with_a_close_one(profiles):
    with pytest.raises(ConfigError, match=r"no profile 'wrok'\. Did you mean 'work'"):
        settings("databricks://wrok")


def test_a_workspace_without_credentials_is_told(monkeypatch):
    with pytest.raises(ConfigError, match="DATABRICKS_HOST"):
        settings("databricks")
    monkeypatch.setenv("DATABRICKS_HOST", "work.example.com")
    with pytest.raises(ConfigError, match="DATABRICKS_TOKEN"):
        settings("databricks")


def test_a_damaged_file_of_profiles_is_told_without_what_stands_in_it(tmp_path):
    (tmp_path / ".databrickscfg").write_text("token = s3cret\n")
    with pytest.raises(ConfigError) as caught:
        settings("databricks://work")
    assert "s3cret" not in str(caught.value)


def test_oauth_logs_in_once_and_again_when_the_token_is_refused(monkeypatch):
    with Databricks().serving() as platform:
        monkeypatch.setenv("DATABRICKS_HOST", platform.url)
        monkeypatch.setenv("DATABRICKS_CLIENT_ID", "robot")
        monkeypatch.setenv("DATABRICKS_CLIENT_SECRET", "s3cret")
        with jt.connect("databricks") as tracker:
            assert tracker.experiments.list() == []
            assert tracker.experiments.list() == []
            assert platform.logins == 1
            platform.token = "expired"  # what was given before is no longer good
            assert tracker.experiments.list() == []
            assert platform.logins == 2
