"""Errors of this package as those of MLflow, which its clients and its server understand."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any, TypeVar

from mlflow.exceptions import MlflowException, MlflowNotImplementedException
from mlflow.protos import databricks_pb2 as codes

from jupyter_tracker.errors import ConfigError, Conflict, InvalidInput, NotFound, TrackerError, Unsupported

T = TypeVar("T")

_CODES = (
    (NotFound, codes.RESOURCE_DOES_NOT_EXIST),
    (InvalidInput, codes.INVALID_PARAMETER_VALUE),
    (ConfigError, codes.INVALID_PARAMETER_VALUE),
    # MLflow says so of a param that is there with another value, and of a run that was deleted.
    (Conflict, codes.INVALID_PARAMETER_VALUE),
    (Unsupported, codes.NOT_IMPLEMENTED),
)


def translated(error: TrackerError, code: int | None = None) -> MlflowException:
    """The error that MLflow raises in such a case."""
    fitting = (code for kind, code in _CODES if isinstance(error, kind))
    return MlflowException(str(error), error_code=code or next(fitting, codes.INTERNAL_ERROR))


def speaking_mlflow(kind: type[T]) -> type[T]:
    """Let the methods of a class raise MLflow's errors, also for what MLflow's own base class leaves open."""
    for name, method in inspect.getmembers(kind, inspect.isfunction):
        plain = inspect.isfunction(inspect.getattr_static(kind, name)) and not inspect.iscoroutinefunction(method)
        if plain and (name == "__init__" or not name.startswith("__")):
            setattr(kind, name, _translating(name, method))
    return kind


def _translating(name: str, method: Callable[..., T]) -> Callable[..., T]:
    @functools.wraps(method)
    def wrapper(*args: Any, **kwargs: Any) -> T:
        try:
            return method(*args, **kwargs)
        except TrackerError as error:
            raise translated(error) from error
        except (NotImplementedError, MlflowNotImplementedException) as error:
            message = f"The store of jupyter_tracker keeps nothing for {name.strip('_')!r}; MLflow's own stores do."
            raise MlflowException(message, error_code=codes.NOT_IMPLEMENTED) from error

    return wrapper
