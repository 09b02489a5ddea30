"""What a run is launched with beside its row: the interpreter, environment and variables of who submitted it."""

from __future__ import annotations

import json
import os
import sys
import sysconfig
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import jupyter_tracker
from jupyter_tracker.backends.common.variables import revealed
from jupyter_tracker.backends.local.masking import SECRETS_VARIABLE
from jupyter_tracker.backends.local.process.command import inherited_secrets
from jupyter_tracker.models import Secret


@dataclass(frozen=True, slots=True)
class Order:
    """Another process may carry it out, later, so that a run starts as if it had never waited."""

    python: str
    environment: Mapping[str, str]
    variables: Mapping[str, str | Secret] = field(default_factory=dict)
    """The run's own; those of the experiment and the store are looked up when it is launched."""
    inherited: Mapping[str, Secret] = field(default_factory=dict)
    """Secrets of the run that submitted this one."""

    @classmethod
    def here(cls, variables: Mapping[str, str | Secret]) -> Self:
        """The one of this process."""
        environment = {name: text for name, text in os.environ.items() if name != SECRETS_VARIABLE}
        environment["PYTHONPATH"] = _python_path()
        return cls(sys.executable, environment, variables, inherited_secrets(os.environ))

    def packed(self) -> str:
        """As text, in which secrets can be read: it is sealed wherever it is kept."""
        return json.dumps(
            {
                "python": self.python,
                "environment": dict(self.environment),
                "variables": {name: revealed(value) for name, value in self.variables.items()},
                "secrets": [name for name, value in self.variables.items() if isinstance(value, Secret)],
                "inherited": {name: value.reveal() for name, value in self.inherited.items()},
            }
        )

    @classmethod
    def unpacked(cls, text: str) -> Self:
        """What `packed` packed."""
        fields = json.loads(text)
        secrets = set(fields["secrets"])
        variables = {name: Secret(value) if name in secrets else value for name, value in fields["variables"].items()}
        inherited = {name: Secret(value) for name, value in fields["inherited"].items()}
        return cls(fields["python"], fields["environment"], variables, inherited)


def _python_path() -> str:
    """The path on which the supervisor and the training find this package, also where it is not installed."""
    paths = [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path]
    root = str(Path(jupyter_tracker.__file__).absolute().parents[1])
    if root not in (*paths, sysconfig.get_path("purelib"), sysconfig.get_path("platlib")):
        paths.append(root)
    # The supervisor starts elsewhere, so relative folders would be others.
    return os.pathsep.join(str(Path(path).absolute()) for path in paths)
