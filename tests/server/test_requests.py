"""Requests to the server extension: who may ask, what is answered, and what hostile requests get."""

from __future__ import annotations

import asyncio
import json

import pytest
from tornado.httpclient import HTTPClientError

import jupyter_tracker as jt
from jupyter_tracker import config, credentials, rpc

SECRET = "s3cret-value"


@pytest.fixture
def run(store_folder):
    with jt.connect() as tracker, tracker.runs.start("digits", params={"lr": 0.1}) as run:
        for step in range(50):
            run.log({"loss": 1 / (step + 1)}, step=step)
    return run


async def test_the_extension_is_enabled_and_says_its_version(ask, jp_root_dir):
    assert await ask("about") == (200, {"result": {"version": jt.__version__, "root": str(jp_root_dir)}})


async def test_an_operation_is_answered_from_the_same_table_as_the_panels(ask, run):
    status, content = await ask("runs.get", {"run": run.id})
    assert status == 200
    assert content["result"]["run"]["params"] == {"lr": 0.1}


async def test_buffers_come_in_a_frame_behind_the_json(ask, run):
    params = {"runs": [run.id], "metric": "loss", "columns": 20}
    status, content = await ask("runs.sparks", {**params, "experiment": "digits"})
    assert status == 200
    (spark,) = content["result"]["sparks"]
    assert len(content["buffers"][spark["buffer"]]) == spark["count"] * 8


async def test_without_a_token_nobody_gets_in(ask):
    status, _ = await ask("about", headers={"Authorization": ""})
    assert status == 403


async def test_a_browser_that_is_signed_in_needs_the_xsrf_token_as_well(ask, run, sign_in):
    headers = await sign_in()
    for wrong in ("", "wrong"):
        status, _ = await ask("runs.archive", {"run": run.id}, headers={**headers, "X-XSRFToken": wrong})
        assert status == 403
    with jt.connect() as tracker:
        assert [found.id for found in tracker.runs.list()] == [run.id]
    assert (await ask("runs.archive", {"run": run.id}, headers=headers))[0] == 200


async def test_another_origin_is_refused_though_the_browser_sends_its_cookies(ask, sign_in):
    headers = await sign_in()
    assert (await ask("about", headers=headers))[0] == 200
    assert (await ask("about", headers={**headers, "Origin": "http://evil.example"}))[0] == 404


async def test_who_may_only_read_reads_and_changes_nothing(ask, run, jp_serverapp, monkeypatch):
    asked = []

    def only_reads(handler, user, action, resource):
        asked.append((action, resource))
        return action == "read"

    monkeypatch.setattr(jp_serverapp.authorizer, "is_authorized", only_reads)
    assert (await ask("runs.get", {"run": run.id}))[0] == 200
    assert (await ask("runs.delete", {"run": run.id}))[0] == 403
    assert (await ask("connections.keep", {"name": "work", "address": "local:///x"}))[0] == 403
    assert asked == [("read", "jupyter-tracker"), ("write", "jupyter-tracker"), ("write", "jupyter-tracker")]


async def test_a_panel_without_kernel_finds_the_connection_to_where_its_runs_are_kept(ask, store_folder, tmp_path):
    with jt.connect() as here, jt.connect(f"local://{tmp_path}/other") as there:
        homes = [tracker.backend.home for tracker in (here, there)]
    found = await ask("connections.find", {"home": homes[0]})
    assert found == (200, {"result": {"name": "local"}})
    assert (await ask("connections.find", {"home": homes[1]}))[0] == 404
    config.keep(config.Profile("broken", "vertex://no-such-thing"))  # and in the way of nobody
    config.keep(config.Profile("work", there.address))
    assert (await ask("connections.find", {"home": homes[1]}))[1] == {"result": {"name": "work"}}


@pytest.mark.parametrize("profile", ["wrok", "mlflow+http://169.254.169.254", "local:///etc", "../local", "\x00"])
async def test_only_configured_profiles_are_reached(ask, profile):
    status, content = await ask("runs.rows", {"from": 0, "to": 1}, {"profile": profile})
    assert (status, content["error"]["kind"]) == (404, "NotFound")


@pytest.mark.parametrize(
    ("operation", "body", "status", "kind"),
    [
        ("runs.stopp", "{}", 400, "InvalidInput"),
        ("runs.get", "{", 400, "InvalidInput"),
        ("runs.get", "[]", 400, "InvalidInput"),
        ("runs.get", '{"params": []}', 400, "InvalidInput"),
        ("runs.get", '{"params": {"run": {"$ne": 1}}}', 400, "InvalidInput"),
        ("runs.get", '{"params": {"run": "\' OR 1=1 --"}}', 404, "NotFound"),
        ("runs.get", "[" * 100_000, 400, "InvalidInput"),
        ("runs.rows", '{"params": {"from": 1e999, "to": NaN}}', 400, "InvalidInput"),
        ("runs.rows", '{"params": {"from": 0, "to": 1, "where": "metrics.loss >"}}', 400, "InvalidFilter"),
        ("runs.get", '{"profile": 7}', 400, "InvalidInput"),
        ("connections.keep", '{"params": {"name": "a", "address": "file:///etc/passwd"}}', 400, "ConfigError"),
        ("connections.keep", '{"params": {"name": "local", "address": "local:///x"}}', 400, "ConfigError"),
        ("connections.keep", '{"params": {"name": "<b>", "address": "local:///x"}}', 400, "ConfigError"),
        ("runs.get", '{"params": {"run": "' + "x" * 1_000_000 + '"}}', 400, "InvalidInput"),
    ],
)
async def test_hostile_requests_are_refused_with_a_reason(ask, operation, body, status, kind):
    found, content = await ask(operation, body=body)
    assert (found, content["error"]["kind"]) == (status, kind)
    assert content["error"]["message"]


async def test_a_path_out_of_the_api_is_nothing(jp_fetch):
    with pytest.raises(HTTPClientError, match="404"):
        await jp_fetch("jupyter-tracker", "api", "..%2F..%2Fetc", method="POST", body="{}")


async def test_a_connection_is_kept_tested_and_removed_and_its_secret_never_comes_back(ask, tmp_path):
    address = f"local://{tmp_path}/other"
    kept = await ask("connections.keep", {"name": "work", "address": address, "secrets": {"token": SECRET}})
    listed = await ask("connections.list")
    tested = await ask("connections.test", {"name": "work"})
    assert [kept[0], listed[0], tested[0]] == [200, 200, 200]
    assert [each["name"] for each in listed[1]["result"]["connections"]] == ["local", "work"]
    assert tested[1]["result"]["experiments"] == 0
    assert SECRET not in json.dumps([kept, listed, tested])
    assert credentials.find(address, "token").reveal() == SECRET
    assert (await ask("runs.rows", {"from": 0, "to": 1}, {"profile": "work"}))[0] == 200
    assert (await ask("connections.remove", {"name": "work"}))[0] == 200
    assert credentials.find(address, "token") is None
    assert (await ask("runs.rows", {"from": 0, "to": 1}, {"profile": "work"}))[0] == 404
    assert config.profiles() == ()


async def test_connections_that_two_browsers_add_and_remove_at_once_are_all_kept(ask, tmp_path):
    names = [f"work-{number}" for number in range(8)]

    def keep(name):
        params = {"name": name, "address": f"local://{tmp_path}/{name}", "secrets": {"token": name}}
        return ask("connections.keep", params)

    answers = await asyncio.gather(*map(keep, names))
    assert {status for status, _ in answers} == {200}
    answers = await asyncio.gather(*(ask("connections.remove", {"name": name}) for name in names[:4]), keep("late"))
    assert {status for status, _ in answers} == {200}
    kept = {*names[4:], "late"}
    assert {profile.name for profile in config.profiles()} == kept
    secrets = {name: credentials.find(f"local://{tmp_path}/{name}", "token") for name in [*names, "late"]}
    assert {name for name, secret in secrets.items() if secret and secret.reveal() == name} == kept


async def test_a_refused_secret_is_not_in_the_message(ask, tmp_path):
    for name, value in (("token", SECRET + "\n"), (SECRET, SECRET)):
        params = {"name": "work", "address": f"local://{tmp_path}/other", "secrets": {name: value}}
        status, content = await ask("connections.keep", params)
        assert status == 400
        assert name != "token" or SECRET not in json.dumps(content)
    assert config.profiles() == ()


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "169.254.169.254"])
async def test_a_name_that_leads_here_by_trickery_is_refused(ask, host):
    """DNS rebinding: the page of another site has made its own name lead to this server."""
    assert (await ask("connections.list", headers={"Host": host}))[0] == 403


async def test_running_code_wants_the_right_to_execute(ask, run, jp_serverapp, monkeypatch):
    monkeypatch.setattr(jp_serverapp.authorizer, "is_authorized", lambda _, __, action, ___: action != "execute")
    assert (await ask("assets.get", {"name": "curves"}))[0] == 200
    for operation in ("form.get", "form.validate", "form.submit", "runs.clone", "runs.restart"):
        assert (await ask(operation, {"run": run.id, "path": __file__, "template": ""}))[0] == 403


async def test_a_part_of_the_views_is_sent_once_and_then_stays_in_the_browser(jp_fetch):
    url = ("jupyter-tracker", "api", "assets", "curves")
    first = await jp_fetch(*url)
    assert first.headers["Cache-Control"] == "private, no-cache"
    assert len(first.body) > 10_000
    with pytest.raises(HTTPClientError, match="304") as kept:
        await jp_fetch(*url, headers={"If-None-Match": first.headers["Etag"]})
    assert not kept.value.response.body
    with pytest.raises(HTTPClientError, match="404") as missing:
        await jp_fetch("jupyter-tracker", "api", "assets", "curvs")
    assert json.loads(missing.value.response.body)["error"]["kind"] == "NotFound"
    with pytest.raises(HTTPClientError, match="403"):
        await jp_fetch(*url, headers={"Authorization": ""})


async def test_every_operation_that_is_said_to_read_is_one():
    assert set(rpc.OPERATIONS) >= rpc.READING
    assert set(rpc.OPERATIONS) >= rpc.EXECUTING
    assert not rpc.READING & rpc.EXECUTING


async def test_a_form_of_a_script_tells_all_mistakes_and_its_run_is_in_the_folder_of_the_script(
    ask, store_folder, jp_root_dir
):
    script = jp_root_dir / "train.py"
    script.write_text(
        "import argparse, os, jupyter_tracker as jt\n"
        "parser = argparse.ArgumentParser()\n"
        "parser.add_argument('--lr', type=float, default=0.1)\n"
        "parser.parse_args()\n"
        "jt.current_run().set_tags({'where': os.getcwd()})\n"
    )
    start = {"path": str(script), "template": "train.py"}
    status, content = await ask("form.get", start)
    written = content["result"]["written"]
    assert (status, written["run"]["experiment"], written["params"]["lr"]) == (200, "train", "0.1")
    wrong = {**written, "run": {"experiment": ""}, "params": {"lr": "a tenth"}}
    for operation in ("form.validate", "form.submit"):
        _, content = await ask(operation, {**start, "written": wrong})
        assert {each["path"] for each in content["result"]["mistakes"]} == {"run.experiment", "params.lr"}
    written["run"]["name"] = "from the browser"
    status, content = await ask("form.submit", {**start, "written": written})
    assert (status, content["result"]["name"]) == (200, "from the browser")
    with jt.connect() as tracker:
        run = tracker.runs.get(content["result"]["run"])
        await asyncio.to_thread(run.wait, 60)
        assert (str(run.state), run.params, run.tags["where"]) == ("succeeded", {"lr": 0.1}, str(jp_root_dir))


@pytest.mark.parametrize("operation", ["form.get", "form.submit"])
@pytest.mark.parametrize(
    "params",
    [
        {"path": "train.py", "template": ""},
        {"path": "/no/such/train.py", "template": "train.py"},
        {"path": "/" + "x" * 10_000, "template": "x\ny"},
        {"path": "/tmp/\x00", "template": "\x00"},
        {"path": ["a\nb"], "template": ""},
        {"path": "/no/such/train.py"},
    ],
)
async def test_there_is_no_form_of_what_is_not_there(ask, store_folder, operation, params):
    status, content = await ask(operation, params)
    assert (status, content["error"]["kind"]) == (400, "InvalidInput")


async def test_a_template_is_listed_and_its_form_submits_it(ask, store_folder):
    with jt.connect() as tracker:
        tracker.templates.create("small", code="import jupyter_tracker\nprint('hello')\n", defaults={"lr": 0.1})
    assert await ask("templates.list") == (200, {"result": {"templates": ["small@1"]}})
    start = {"path": "/no/such/small@1", "template": "small@1"}
    _, content = await ask("form.get", start)
    assert (content["result"]["kind"], content["result"]["written"]["run"]["experiment"]) == ("template", "small")
    status, content = await ask("form.submit", {**start, "written": content["result"]["written"]})
    assert status == 200
    with jt.connect() as tracker:
        run = tracker.runs.get(content["result"]["run"])
        await asyncio.to_thread(run.wait, 60)
        assert (run.experiment, run.params) == ("small", {"lr": 0.1})
