"""How busy a tree of processes and the GPUs are."""

from __future__ import annotations

import contextlib
import time
from typing import Any

import psutil

from jupyter_tracker.backends.local.process.devices import visible
from jupyter_tracker.backends.local.process.tree import below


class Sampler:
    """Samples this process with its descendants, or with `own=False` the descendants only.

    CPU is in percent of one core, over the time since the sample before; memory in bytes. Memory that processes share
    counts for each of them. GPU values are those of the whole device.
    """

    def __init__(self, *, own: bool = True) -> None:
        self._own = own
        self._gpus = _Gpus()
        self._seconds = self._cpu_and_memory()[0]
        self._sampled_at = time.monotonic()

    def sample(self) -> dict[str, float]:
        """`system/cpu_percent`, `system/memory_bytes`; for each GPU `system/gpu0_percent` and `…/gpu0_memory_bytes`."""
        seconds, memory = self._cpu_and_memory()
        time_now = time.monotonic()
        # A process that is new since the last sample counts from its beginning.
        used = sum(max(0.0, spent - self._seconds.get(process, 0.0)) for process, spent in seconds.items())
        passed = max(time_now - self._sampled_at, 1e-3)
        self._seconds, self._sampled_at = seconds, time_now
        return {
            "system/cpu_percent": 100 * used / passed,
            "system/memory_bytes": float(memory),
            **self._gpus.sample(),
        }

    def _cpu_and_memory(self) -> tuple[dict[tuple[int, float], float], int]:
        seconds: dict[tuple[int, float], float] = {}
        memory = 0
        root = psutil.Process()
        for process in [*([root] if self._own else []), *below(root)]:
            try:
                with process.oneshot():
                    times = process.cpu_times()
                    memory += process.memory_info().rss
                    seconds[process.pid, process.create_time()] = times.user + times.system
            except psutil.Error:
                continue  # it has just ended, or is another user's
        return seconds, memory


class _Gpus:
    """The NVIDIA devices that this process may use; none when `nvidia-ml-py` or the driver is missing."""

    def __init__(self) -> None:
        self._nvml: Any = None
        self._devices: dict[int, Any] = {}
        try:
            import pynvml

            pynvml.nvmlInit()
            indexes = visible(pynvml.nvmlDeviceGetCount())
            self._devices = {index: pynvml.nvmlDeviceGetHandleByIndex(index) for index in indexes}
        except Exception:  # noqa: BLE001  # see below
            # The import, the driver or the permission is missing, each with an error of its own: nothing to sample.
            return
        self._nvml = pynvml

    def sample(self) -> dict[str, float]:
        values: dict[str, float] = {}
        for index, device in self._devices.items():
            # A device that is split (MIG) does not say how busy it is; one that is lost says nothing.
            with contextlib.suppress(self._nvml.NVMLError):
                values[f"system/gpu{index}_percent"] = float(self._nvml.nvmlDeviceGetUtilizationRates(device).gpu)
            with contextlib.suppress(self._nvml.NVMLError):
                values[f"system/gpu{index}_memory_bytes"] = float(self._nvml.nvmlDeviceGetMemoryInfo(device).used)
        return values
