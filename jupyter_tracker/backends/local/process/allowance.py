"""What a run may use of the machine: given to it where the system can, watched where it cannot, told where neither.

CPUs are given by affinity (Linux), as whole ones. Memory is watched, over all processes of the run: limits of address
space, the portable alternative, break libraries that map far more than they use. GPUs are given by naming them in
CUDA_VISIBLE_DEVICES. Ephemeral storage is a TMPDIR of the run's own, which is watched and removed at its end.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import psutil

from jupyter_tracker.backends.local.process.tree import below
from jupyter_tracker.backends.local.queue.claims import cpus_of
from jupyter_tracker.models import Resources
from jupyter_tracker.models.resources import shown_bytes

MEMORY_EVERY, STORAGE_EVERY = 0.4, 2.0
"""Seconds between two looks at what is used."""
THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMEXPR_NUM_THREADS")
"""What libraries are told of the number of CPUs; else each would start a thread for every CPU of the machine."""
GPUS = "CUDA_VISIBLE_DEVICES"
TEMPORARY = "TMPDIR"


class Allowance:
    """The resources of one run, from before its start to its end.

    Args:
        resources: What it asked for.
        allotted: The CPUs and GPUs of this machine that it was given, by number.
        own: Variables that it was given; they are not replaced.
    """

    def __init__(self, resources: Resources, allotted: Mapping[str, Sequence[int]], own: Mapping[str, str]) -> None:
        self._resources = resources
        self._own = own
        self._gpus = allotted.get("gpus", ())
        self._cpus = self._usable(allotted.get("cpus", ()))
        self._due = {"memory": 0.0, "storage": 0.0}
        self._folder: Path | None = None
        if resources.ephemeral_storage is not None and TEMPORARY not in own:
            # Not in the folder of the run: sockets in it would have paths longer than the system allows.
            self._folder = Path(tempfile.mkdtemp(prefix="jupyter-tracker-"))

    def variables(self, inherited: Mapping[str, str]) -> dict[str, str]:
        """Environment variables that tell the code what it has, in front of the inherited ones."""
        found: dict[str, str] = {}
        count = cpus_of(self._resources)
        if count:
            found.update({name: str(count) for name in THREADS if name not in inherited})
        if self._gpus:
            found["CUDA_DEVICE_ORDER"] = "PCI_BUS_ID"
            found[GPUS] = ",".join(map(str, self._gpus))
        if self._folder is not None:
            found[TEMPORARY] = str(self._folder)
        return {name: value for name, value in found.items() if name not in self._own}

    @contextlib.contextmanager
    def given(self) -> Iterator[None]:
        """A block in which a process that is started gets the CPUs; this one has its own again afterwards."""
        if not self._cpus:
            yield
            return
        before = os.sched_getaffinity(0)
        os.sched_setaffinity(0, self._cpus)
        try:
            yield
        finally:
            os.sched_setaffinity(0, before)

    def not_enforced(self) -> list[str]:
        """What was asked for and is only recorded, each as a sentence with the reason."""
        wanted, told = self._resources, []
        if wanted.cpu is not None:
            count = cpus_of(wanted)
            if not self._cpus:
                told.append(f"cpu {wanted.cpu:g} is not enforced: this system cannot bind a process to CPUs.")
            elif count != wanted.cpu:
                told.append(f"cpu {wanted.cpu:g} is enforced as {count}: this system gives whole CPUs only.")
            elif len(self._cpus) < count:
                told.append(f"cpu {wanted.cpu:g} is not enforced: this machine has {len(self._cpus)} for us.")
        if wanted.gpu and GPUS in self._own:
            told.append(f"gpu {wanted.gpu} is not enforced: the run was given {GPUS}.")
        elif wanted.gpu and not self._gpus:
            kind = f" {wanted.gpu_type}" if wanted.gpu_type else ""
            told.append(f"gpu {wanted.gpu} is not enforced: this machine has fewer NVIDIA{kind} GPUs.")
        if wanted.ephemeral_storage is not None and self._folder is None:
            told.append(f"ephemeral_storage is not enforced: the run was given {TEMPORARY}.")
        return told

    def exceeded(self) -> str:
        """Of what it uses more than it may, in words; empty when it does not."""
        limit = self._resources.memory
        if limit is not None and self._is_due("memory", MEMORY_EVERY):
            used = used_memory(limit)
            if used > limit:
                return f"out of memory: used {shown_bytes(used)} of {shown_bytes(limit)}"
        limit = self._resources.ephemeral_storage
        if limit is not None and self._folder is not None and self._is_due("storage", STORAGE_EVERY):
            used = used_storage(self._folder)
            if used > limit:
                return f"out of ephemeral storage: used {shown_bytes(used)} of {shown_bytes(limit)} in TMPDIR"
        return ""

    def close(self) -> None:
        """The run has ended: remove its TMPDIR."""
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _is_due(self, what: str, every: float) -> bool:
        if time.monotonic() < self._due[what]:
            return False
        self._due[what] = time.monotonic() + every
        return True

    def _usable(self, cpus: Sequence[int]) -> list[int]:
        """Those of the allotted CPUs that this process may use, made up to the number by others that it may."""
        if not cpus or not hasattr(os, "sched_getaffinity"):
            return []
        usable = os.sched_getaffinity(0)
        return [*(cpu for cpu in cpus if cpu in usable), *sorted(usable - set(cpus))][: len(cpus)]


def used_memory(limit: int) -> int:
    """Bytes of memory of all processes below this one.

    What processes share counts for each of them as long as that is below the limit, and above it only once: the exact
    number takes the system long to find, and forked workers share most of theirs.
    """
    total = 0
    processes = below(psutil.Process())
    for process in processes:
        with contextlib.suppress(psutil.Error):
            total += process.memory_info().rss
    if total <= limit or len(processes) < 2:
        return total
    exact = 0
    for process in processes:
        with contextlib.suppress(psutil.Error):
            used = process.memory_full_info()
            exact += getattr(used, "pss", used.rss)
    return exact


def used_storage(folder: Path) -> int:
    """Bytes that the files below a folder take up on the disk."""
    total = 0
    for path, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):
                total += os.lstat(f"{path}/{name}").st_blocks * 512
    return total
