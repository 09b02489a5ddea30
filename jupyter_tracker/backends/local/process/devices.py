"""The GPUs of this machine."""

from __future__ import annotations

import os
from collections.abc import Mapping

from jupyter_tracker.backends.local.queue.choice import Device


def devices(environment: Mapping[str, str] = os.environ) -> tuple[Device, ...]:
    """The NVIDIA devices that this process may use; none when `nvidia-ml-py` or the driver is missing."""
    try:
        import pynvml

        pynvml.nvmlInit()
        indexes = visible(pynvml.nvmlDeviceGetCount(), environment)
        return tuple(
            Device(index, str(pynvml.nvmlDeviceGetName(pynvml.nvmlDeviceGetHandleByIndex(index)))) for index in indexes
        )
    except Exception:  # noqa: BLE001  # see below
        # The import, the driver or the permission is missing, each with an error of its own: there are none for us.
        return ()


def visible(count: int, environment: Mapping[str, str] = os.environ) -> list[int]:
    """The devices that CUDA_VISIBLE_DEVICES names by number; all where it is not set or names them otherwise."""
    names = environment.get("CUDA_VISIBLE_DEVICES")
    if names is None or not all(name.strip().isdigit() for name in names.split(",") if name.strip()):
        return list(range(count))
    return sorted({int(name) for name in names.split(",") if name.strip()} & set(range(count)))
