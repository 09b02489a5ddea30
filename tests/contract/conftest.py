"""Every test of this folder runs on each backend, with the synchronous and with the asynchronous client."""

from __future__ import annotations

import asyncio
import inspect
import os
import subprocess
import sys
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import jupyter_tracker as jt
from jupyter_tracker.backends.operations import NOUNS
from jupyter_tracker.errors import Unsupported
from jupyter_tracker.models import RunKind
from tests.contract.awaited import Awaited
from tests.platforms import mlflow_server, stand_ins
from tests.platforms.chariot_standin import Chariot
from tests.platforms.google import service_account
from tests.platforms.vertex_series import VertexAI

ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def local(folder: Path) -> Iterator[str]:
    yield f"local://{folder / 'store'}"


@dataclass(frozen=True)
class Platform:
    """One backend under test."""

    prepare: Callable[[Path], AbstractContextManager[str]]
    """Makes the platform ready for one test, in a folder; gives how to connect to it."""
    lacks: frozenset[str] = frozenset()
    """The operations that it must say it lacks; a test that comes to one of them must end with `Unsupported`."""
    offers: frozenset[str] = frozenset()
    """What of `OFFERS` it has; a test marked `needs` runs only where that is offered."""


OFFERS = frozenset(
    {
        "classes",  # of classification metrics it keeps curves of each class, counts and examples, too
        "processes",  # submitted code is a process of this machine, and logs through this package
        "restoring",  # what was deleted can be restored
        "any names",  # names of experiments may hold slashes and spaces
        "data files",  # files are handed to the code of a run
        "run variables",  # a run is given variables of its own
        "renamed secrets",  # a secret gets another name without its value
        "times of variables",  # it is known when a variable was created
        "watching",  # the process of a run is known: it is stopped, its machine sampled, its end seen
        "own events",  # events of one's own can be added
        "repeated steps",  # a metric has several points at one step
        "endless retention",  # runs are kept for ever unless their experiment says otherwise
        "assets",  # models, sources, templates and variables are kept as they are given, by the backend itself
    }
)
"""What not every platform has beside its operations."""


@contextmanager
def mlflow(_folder: Path) -> Iterator[str]:
    server = mlflow_server.shared()
    server.clear()
    yield f"mlflow+{server.url}"


@contextmanager
def vertex(folder: Path) -> Iterator[str]:
    """A project of its own on a stand-in, where a service account signs in."""
    with VertexAI().serving() as platform, pytest.MonkeyPatch.context() as patch:
        patch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(service_account(folder, platform.url)))
        patch.setenv("STORAGE_EMULATOR_HOST", platform.url)
        yield f"{platform.address}&poll=0"


@contextmanager
def chariot(_folder: Path) -> Iterator[str]:
    """A deployment of its own."""
    with Chariot().serving() as platform, pytest.MonkeyPatch.context() as patch:
        patch.setenv("CHARIOT_TOKEN", "a-token")
        yield platform.address


def without(text: str) -> frozenset[str]:
    """Operations written as `noun: verb verb`, a noun a line; `*` are all of the noun."""
    found = set()
    for line in text.strip().splitlines():
        noun, _, verbs = line.strip().partition(": ")
        known = [verb for verb, method in vars(NOUNS[noun]).items() if verb[0] != "_" and callable(method)]
        found |= {f"{noun}.{verb}" for verb in (known if verbs == "*" else verbs.split())}
    return frozenset(found)


VERTEX_LACKS = without(
    """
    experiments: restore archive unarchive purge
    runs: submit restart restore archive unarchive purge delete_before restore_after
    runs: environment submission import_from
    events: append alerts
    logs: *
    models: *
    variables: *
    sources: *
    templates: *
    maintenance: *
    queue: *
    """
)
CHARIOT_LACKS = without(
    """
    experiments: create update delete restore archive unarchive purge
    runs: start restart attach end restore archive unarchive purge update delete_before restore_after
    runs: log_params set_tags set_progress environment import_from
    metrics: log
    events: append alerts
    logs: *
    classifications: *
    artifacts: *
    checkpoints: log begin complete
    models: get list describe download update delete restore archive unarchive
    variables: *
    sources: *
    templates: create list update delete restore archive unarchive purge
    maintenance: *
    queue: *
    lineage: *
    """
)

MLFLOW_LACKS = without(
    """
    experiments: purge
    runs: import_from purge restart
    maintenance: *
    models: create update delete restore archive unarchive
    queue: *
    sources: *
    templates: *
    variables: *
    """
)


def ubiops(_folder: Path) -> AbstractContextManager[str]:
    return stand_ins.ubiops()


def abeja(_folder: Path) -> AbstractContextManager[str]:
    return stand_ins.abeja()


BACKENDS: dict[str, Platform] = {
    "local": Platform(local, offers=OFFERS),
    "mlflow": Platform(mlflow, MLFLOW_LACKS, OFFERS),
    "ubiops": Platform(ubiops, stand_ins.UBIOPS_LACKS, frozenset({"any names", "data files"})),
    "abeja": Platform(abeja, stand_ins.ABEJA_LACKS, frozenset({"run variables", "times of variables"})),
    "chariot": Platform(chariot, CHARIOT_LACKS),
    "vertex": Platform(vertex, VERTEX_LACKS, frozenset({"any names"})),
}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Each test runs on the backends that offer what it needs."""
    if "platform" not in metafunc.fixturenames:
        return
    needed = {name for marker in metafunc.definition.iter_markers("needs") for name in marker.args}
    assert needed <= OFFERS, f"name these in OFFERS: {needed - OFFERS}"
    names = [name for name, platform in BACKENDS.items() if needed <= platform.offers]
    metafunc.parametrize("platform", [BACKENDS[name] for name in names], ids=names)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """On the local backend each test runs with both clients, on a platform with one of them, the same one each time.

    Both drive the same flows, so that half of the tests shows as much, in half of the time. It is so, too, for tests
    that need processes or are marked `one_client`.
    """
    left_out = [item for item in items if _other_client(item)]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in set(left_out)]


def _other_client(item: pytest.Item) -> bool:
    params = getattr(getattr(item, "callspec", None), "params", {})
    if "tracker" not in params or params.get("platform") is None:
        return False
    takes_long = item.get_closest_marker("one_client") or any(
        "processes" in each.args for each in item.iter_markers("needs")
    )
    if params["platform"] is BACKENDS["local"] and not takes_long:
        return False
    name = f"{item.location[0]}::{getattr(item, 'originalname', item.name)}"
    return params["tracker"] != ("sync", "async")[zlib.crc32(name.encode()) % 2]


@pytest.fixture
def address(platform, tmp_path, monkeypatch):
    """How the backend under test is connected to."""
    monkeypatch.setenv("JUPYTER_TRACKER_HOME", str(tmp_path / "default-store"))
    monkeypatch.delenv("JUPYTER_TRACKER_RUN_ID", raising=False)
    monkeypatch.chdir(tmp_path)
    with platform.prepare(tmp_path) as made:
        yield made


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Iterator[None]:
    """A test passes when it ends at an operation that its backend openly lacks, and says which one it is."""
    platform = pyfuncitem.funcargs.get("platform")
    lacking = next((value for value in pyfuncitem.funcargs.values() if isinstance(value, Lacking)), None)
    if lacking is not None:
        # The test itself is not tried: what it stands on is lacking.
        pyfuncitem.obj = lacking.end
    try:
        return (yield)
    except Unsupported as error:
        if platform is None or error.operation not in platform.lacks:
            raise
        pyfuncitem.user_properties.append(("lacks", error.operation))
        return True


@dataclass(frozen=True)
class Lacking:
    """What a fixture gives whose backend openly lacks an operation that it needs."""

    error: Unsupported

    def end(self, **_arguments: object) -> None:
        raise self.error


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(fixturedef: pytest.FixtureDef[Any], request: pytest.FixtureRequest) -> Iterator[Any]:
    """A fixture that comes to an operation which its backend openly lacks, or stands on such a one, gives `Lacking`."""
    before = [request.getfixturevalue(name) for name in fixturedef.argnames if name != "request"]
    lacking = next((value for value in before if isinstance(value, Lacking)), None)
    try:
        given = yield
    except Exception as error:
        if lacking is None and isinstance(error, Unsupported):
            lacking = Lacking(error)
        if lacking is None:
            raise
    if lacking is None:
        return given
    fixturedef.cached_result = (lacking, fixturedef.cache_key(request), None)
    return lacking


@pytest.fixture(params=["sync", "async"])
def tracker(request, address):
    """The client under test; the asynchronous one is called the same way here."""
    if request.param == "sync":
        with jt.connect(address) as client:
            yield client
            end_all(client)
        return
    with asyncio.Runner() as runner:
        client = Awaited(jt.connect_async(address), runner)
        yield client
        end_all(client)
        client.close()


@pytest.fixture
def other(address):
    """Another client of the same backend, as another notebook has it."""
    with jt.connect(address) as client:
        yield client


@pytest.fixture
def run(tracker):
    """A run of this process, under way."""
    return tracker.runs.start("digits")


@pytest.fixture
def eventually():
    return _eventually


@pytest.fixture
def process(address, platform):
    """Start Python code in a process of its own, with `tracker` connected to the backend under test."""
    started: list[subprocess.Popen[str]] = []

    def start(code: str) -> subprocess.Popen[str]:
        if "runs.start(" in code and "runs.start" in platform.lacks:
            raise Unsupported("the platform", "runs.start")  # as the process would
        head = f"import jupyter_tracker as jt\ntracker = jt.connect({address!r})\n"
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
        child = subprocess.Popen(
            [sys.executable, "-c", head + inspect.cleandoc(code)], env=environment, stdout=subprocess.PIPE, text=True
        )
        started.append(child)
        return child

    yield start
    for child in started:
        child.kill()
        child.communicate()


def end_all(client: Any) -> None:
    """Leave nothing running behind a test."""
    for left in client.runs.list():
        if not left.state.ended and left.info.kind is RunKind.IN_KERNEL:
            left.end("stopped")
        elif not left.state.ended:
            left.stop(0).wait(60)


def _eventually(check: Callable[[], Any], limit: float = 30.0) -> Any:
    """The first true answer of a check that is asked again and again; it fails when none comes in time."""
    until = time.monotonic() + limit
    while True:
        answer = check()
        if answer:
            return answer
        assert time.monotonic() < until, "it did not come about in time"
        time.sleep(0.02)
