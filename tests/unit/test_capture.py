"""The parts of a supervisor: draining pipes, explaining an end, sampling the machine, describing the environment."""

# ruff: noqa: N802  # the functions of `pynvml`

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from types import ModuleType, SimpleNamespace

import pytest

from jupyter_tracker.backends.local.logfile.reader import LogReader
from jupyter_tracker.backends.local.logfile.writer import LogWriteError, LogWriter
from jupyter_tracker.backends.local.process import capture as capture_module
from jupyter_tracker.backends.local.process.capture import Capture
from jupyter_tracker.backends.local.process.outcome import explain_signal, last_error
from jupyter_tracker.backends.local.process.sampling import Sampler
from jupyter_tracker.environment import capture, installed_packages
from jupyter_tracker.models import Stream


def test_a_full_disk_neither_stops_the_code_nor_loses_what_fits_later(tmp_path, monkeypatch):
    full = [True]

    class Writer(LogWriter):
        def append(self, stream, data, time=None):
            if full[0]:
                raise LogWriteError(OSError(28, "No space left on device"), 0)
            super().append(stream, data, time)

    monkeypatch.setattr(capture_module, "LogWriter", Writer)
    monkeypatch.setattr(capture_module, "RETRY_AFTER", 0.05)
    reader, writer = os.pipe()
    capture = Capture({Stream.STDOUT: reader}, tmp_path / "log")
    capture.start()
    for number in range(1000):
        os.write(writer, b"line %d\n" % number)
    full[0] = False
    os.close(writer)
    capture.finish()
    assert not capture.is_alive()
    assert [line.text for line in LogReader(tmp_path / "log").read(None, 5000).items] == [
        f"line {number}" for number in range(1000)
    ]


def test_a_pipe_that_somebody_else_holds_open_does_not_block_the_end(tmp_path):
    reader, writer = os.pipe()
    capture = Capture({Stream.STDERR: reader}, tmp_path / "log")
    capture.start()
    os.write(writer, b"last words")
    capture.finish()
    assert not capture.is_alive()
    assert capture.stderr_tail == "last words"
    assert [line.text for line in LogReader(tmp_path / "log").read(None, 10).items] == ["last words"]
    os.close(writer)


@pytest.mark.parametrize(
    ("stderr", "said"),
    [
        ("", ""),
        ("Traceback (most recent call last):\n  File\nKeyError: 'x'\n", "KeyError: 'x'"),
        (
            "Traceback (most recent call last):\n  F\nA: 1\n\n\nTraceback (most recent call last):\n  F\nB: 2\n",
            "B: 2",
        ),
        ("Traceback (most recent call last):\n  F\nMyError: two\nlines\n", "MyError: two"),
        ("Traceback (most recent call last):\n  F\nAssertionError\n", "AssertionError"),
        (
            "x\n  File 'a', line 1\n    (\n    ^\nSyntaxError: '(' was never closed\n",
            "SyntaxError: '(' was never closed",
        ),
        ("\x1b[31mTraceback (most recent call last)\x1b[0m\nCell In[1], line 1\n\x1b[31mV: 1\x1b[0m\n", "V: 1"),
        ("./t.sh: 3: foo: not found\n", "./t.sh: 3: foo: not found"),
        ("\r 10%|#   \r 20%|##  ", ""),
    ],
)
def test_the_last_error_is_found_in_what_was_printed(stderr, said):
    assert last_error(stderr) == said


def test_a_kill_for_memory_is_told_from_another():
    assert "memory limit" in explain_signal(9, out_of_memory=True)[1]
    assert explain_signal(9, out_of_memory=False)[0] == "SIGKILL"
    assert explain_signal(60, out_of_memory=False)[0] in {"signal 60", "SIGRTMAX-4"}


def test_a_sampler_sees_the_work_of_this_process():
    sampler = Sampler()
    limit = time.process_time() + 0.3
    while time.process_time() < limit:
        pass
    values = sampler.sample()
    assert values["system/cpu_percent"] > 1
    assert values["system/memory_bytes"] > 1_000_000
    assert json.dumps(values)


def test_git_state_is_captured_and_no_repository_is_no_error(tmp_path):
    assert capture(tmp_path).git_commit == ""
    git = ["git", "-C", str(tmp_path), "-c", "user.name=x", "-c", "user.email=x@example.org"]
    subprocess.run([*git, "init", "-q", "-b", "trunk"], check=True)
    (tmp_path / "a").write_text("1")
    subprocess.run([*git, "add", "a"], check=True)
    subprocess.run([*git, "commit", "-q", "-m", "first"], check=True)
    clean = capture(tmp_path, ["x = 1"])
    assert (len(clean.git_commit), clean.git_branch, clean.git_dirty) == (40, "trunk", False)
    assert clean.history == ("x = 1",)
    (tmp_path / "a").write_text("2")
    assert capture(tmp_path).git_dirty


def test_installed_packages_have_normalised_names(tmp_path):
    (tmp_path / "Some_Package.x-1.2.dist-info").mkdir()
    (tmp_path / "old-3.0-py3.11.egg-info").touch()
    assert installed_packages([str(tmp_path), "/no/such/folder"]) == {"old": "3.0", "some-package-x": "1.2"}


class Nvml(ModuleType):
    """The functions of `pynvml` that are used, for two devices of which the second does not say how busy it is."""

    class NVMLError(Exception):
        pass

    def __init__(self, *, broken=False):
        super().__init__("pynvml")
        self.broken = broken

    def nvmlInit(self):
        if self.broken:
            raise self.NVMLError

    def nvmlDeviceGetCount(self):
        return 2

    def nvmlDeviceGetHandleByIndex(self, index):
        return index

    def nvmlDeviceGetUtilizationRates(self, device):
        if device:
            raise self.NVMLError
        return SimpleNamespace(gpu=75)

    def nvmlDeviceGetMemoryInfo(self, device):
        return SimpleNamespace(used=1000 + device)


def gpus(values):
    return {key: value for key, value in values.items() if "gpu" in key}


def test_gpus_are_sampled_as_far_as_they_say(monkeypatch):
    monkeypatch.setitem(sys.modules, "pynvml", Nvml())
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    assert gpus(Sampler().sample()) == {
        "system/gpu0_percent": 75.0,
        "system/gpu0_memory_bytes": 1000.0,
        "system/gpu1_memory_bytes": 1001.0,
    }
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "1,7")
    assert gpus(Sampler().sample()) == {"system/gpu1_memory_bytes": 1001.0}
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert gpus(Sampler().sample()) == {}


@pytest.mark.parametrize("module", [None, Nvml(broken=True)])
def test_a_machine_without_gpus_is_sampled_without_them(monkeypatch, module):
    monkeypatch.setitem(sys.modules, "pynvml", module)
    assert gpus(Sampler().sample()) == {}
