"""Secrets in the local store: encrypted, under a key that lies elsewhere."""

from __future__ import annotations

import copy
import pickle

import keyring
import pytest
from keyring.backend import KeyringBackend

import jupyter_tracker as jt
from jupyter_tracker import Secret
from jupyter_tracker.errors import StoreError

TOKEN = "tok-8f2e-s3cret"
CODE = "import os\nprint(len(os.environ['TOKEN']))\n"


class Ring(KeyringBackend):
    """A keyring in memory."""

    priority = 5

    def __init__(self, *, locked=False):
        super().__init__()
        self.kept = {}
        self.locked = locked

    def get_password(self, service, username):
        if self.locked:
            raise RuntimeError("locked")
        return self.kept.get((service, username))

    def set_password(self, service, username, password):
        if self.locked:
            raise RuntimeError("locked")
        self.kept[service, username] = password


@pytest.fixture
def ring(monkeypatch):
    def use(made):
        monkeypatch.delenv("JUPYTER_TRACKER_KEYRING")
        before = keyring.get_keyring()
        keyring.set_keyring(made)
        used.append(before)
        return made

    used = []
    yield use
    for before in used:
        keyring.set_keyring(before)


@pytest.fixture
def tracker(store_folder):
    with jt.connect() as client:
        yield client


def everything(folder):
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def length(tracker):
    run = tracker.runs.submit("digits", code=CODE).wait(60)
    return str(run.logs())


def test_no_file_of_the_store_holds_a_secret_in_plain_text(tracker, store_folder):
    tracker.variables.create("TOKEN", TOKEN, secret=True)
    tracker.variables.create("LATER", "was-public-once")
    tracker.variables.update("LATER", secret=True)
    tracker.variables.create("PUBLIC", "visible-value")
    assert length(tracker) == str(len(TOKEN))
    found = everything(store_folder)
    assert b"visible-value" in found
    assert TOKEN.encode() not in found
    assert b"was-public-once" not in found


def test_without_a_keyring_the_key_is_a_private_file(tracker, store_folder):
    tracker.variables.create("TOKEN", TOKEN, secret=True)
    assert (store_folder / "secret.key").stat().st_mode & 0o777 == 0o600


def test_a_usable_keyring_has_the_key_and_no_file_does(tracker, store_folder, ring):
    made = ring(Ring())
    tracker.variables.create("TOKEN", TOKEN, secret=True)
    assert [service for service, _ in made.kept] == ["jupyter_tracker"]
    assert not (store_folder / "secret.key").exists()
    assert not any(key.encode() in everything(store_folder) for key in made.kept.values())
    with jt.connect() as other:
        assert length(other) == str(len(TOKEN))


def test_a_locked_keyring_is_passed_over(tracker, store_folder, ring):
    ring(Ring(locked=True))
    tracker.variables.create("TOKEN", TOKEN, secret=True)
    assert (store_folder / "secret.key").exists()


def test_a_keyring_that_was_locked_later_is_named(tracker, ring):
    made = ring(Ring())
    tracker.variables.create("TOKEN", TOKEN, secret=True)
    made.locked = True
    with pytest.raises(StoreError, match=r"keyring under 'jupyter_tracker'"):
        tracker.runs.submit("digits", code=CODE)
    with pytest.raises(StoreError, match="keyring"):
        tracker.variables.create("SECOND", TOKEN, secret=True)
    made.locked = False
    assert length(tracker) == str(len(TOKEN))


def test_a_lost_key_is_said_and_no_new_one_is_made_while_it_is_needed(tracker, store_folder):
    tracker.variables.create("TOKEN", TOKEN, secret=True)
    (store_folder / "secret.key").unlink()
    with pytest.raises(StoreError, match=r"secret\.key"):
        tracker.runs.submit("digits", code=CODE)
    with pytest.raises(StoreError, match="Bring it back"):
        tracker.variables.create("SECOND", TOKEN, secret=True)
    tracker.variables.delete("TOKEN")
    tracker.variables.create("TOKEN", TOKEN, secret=True)
    assert length(tracker) == str(len(TOKEN))


def test_another_key_in_its_place_is_noticed(tracker, store_folder):
    tracker.variables.create("TOKEN", TOKEN, secret=True)
    (store_folder / "secret.key").write_bytes(b"A" * 43 + b"=")
    with pytest.raises(StoreError, match="key"):
        tracker.runs.submit("digits", code=CODE)


def test_a_secret_that_was_moved_to_another_row_is_damaged(tracker):
    tracker.variables.create("TOKEN", TOKEN, secret=True)
    tracker.variables.create("OTHER", "another", secret=True)
    with tracker.backend.store.write() as db:
        (sealed,) = db.execute("SELECT sealed FROM variables WHERE name = 'TOKEN'").fetchone()
        db.execute("UPDATE variables SET sealed = ? WHERE name = 'OTHER'", (sealed,))
    with pytest.raises(StoreError, match="damaged"):
        tracker.runs.submit("digits", code=CODE)


def test_a_secret_is_masked_however_it_is_shown():
    secret = Secret(TOKEN)
    shown = [
        repr(secret),
        str(secret),
        f"{secret}",
        f"{secret:>40}",
        repr([secret]),
        repr({"a": secret}),
    ]
    assert TOKEN not in "".join(shown)
    assert secret.reveal() == TOKEN
    assert copy.deepcopy(secret) == secret != Secret("x")
    assert not hasattr(secret, "__dict__")
    with pytest.raises(TypeError, match="not pickled"):
        pickle.dumps(secret)
    with pytest.raises(TypeError, match="text, not int"):
        Secret(3)


def test_the_executed_notebook_of_a_run_has_no_secret(tracker, store_folder):
    tracker.variables.create("TOKEN", TOKEN, secret=True)
    run = tracker.runs.submit("digits", code="%pwd\nimport os\nprint(os.environ['TOKEN'])\n").wait(100)
    assert "***" in str(run.logs())
    assert list(store_folder.rglob("executed-*.ipynb"))
    assert TOKEN.encode() not in everything(store_folder)
