"""Models of scikit-learn, XGBoost and TensorFlow as files, as Vertex AI's `log_model` keeps them."""

from __future__ import annotations

import json
import pickle
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jupyter_tracker.backends.vertex.resources import Json
from jupyter_tracker.errors import InvalidInput

EXAMPLE_FILE = "instance.yaml"
EXAMPLE_ROWS = 5
_PROTOCOL = 4
"""Of pickle: what the official SDK reads and writes."""


@dataclass(frozen=True, slots=True)
class SavedModel:
    """A model that lies in a folder."""

    framework: str
    version: str
    file: str
    """Name of the file or folder within the folder."""
    model_class: str


def save_model(model: object, folder: Path) -> SavedModel:
    """Write a model into a folder.

    Only libraries that are loaded are asked: a model of another one cannot be at hand.

    Raises:
        InvalidInput: it is no model of a library that Vertex AI takes.
    """
    module = type(model).__module__
    for framework in FRAMEWORKS:
        library = sys.modules.get(framework.name)
        if library is not None and framework.has(library, model):
            model_class = framework.save(library, model, folder / framework.file)
            version = str(getattr(library, "__version__", ""))
            return SavedModel(framework.name, version, framework.file, model_class)
    raise InvalidInput(
        f"A {module}.{type(model).__qualname__} is no model of scikit-learn, XGBoost or TensorFlow. Keep its file with"
        " `run.log_artifact(path)`."
    )


def save_example(example: object, folder: Path) -> None:
    """Write an example of a model's input; JSON is YAML, too.

    Raises:
        InvalidInput: it is neither a list, a dict, an array nor a DataFrame.
    """
    kept = {"input_example": _example(example)}
    try:
        text = json.dumps(kept, default=_plain)
    except TypeError as error:
        raise InvalidInput(f"The input example holds what is no number, text or list: {error}.") from None
    (folder / EXAMPLE_FILE).write_text(text, encoding="utf-8")


def _example(example: Any) -> Json:
    if isinstance(example, list):
        nested = bool(example) and all(isinstance(row, list) for row in example)
        return {"type": "list", "data": example[:EXAMPLE_ROWS] if nested else example}
    if isinstance(example, Mapping):
        rows = {
            key: value[:EXAMPLE_ROWS] if hasattr(value, "__getitem__") and not isinstance(value, str) else value
            for key, value in example.items()
        }
        return {"type": "dict", "data": rows}
    if type(example).__module__.startswith("pandas") and hasattr(example, "to_dict"):
        return {"type": "pandas.DataFrame", "data": example.head(EXAMPLE_ROWS).to_dict("list")}
    if hasattr(example, "tolist"):
        return {"type": "numpy.ndarray", "data": example[:EXAMPLE_ROWS].tolist()}
    raise InvalidInput(
        f"An input example must be a list, a dict, an array or a DataFrame, not {type(example).__name__}."
    )


def _plain(value: Any) -> Any:
    """NumPy's numbers and arrays as Python's."""
    if hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError(f"{value!r:.60} ({type(value).__name__})")


@dataclass(frozen=True, slots=True)
class _Framework:
    name: str
    file: str
    has: Callable[[Any, object], bool]
    save: Callable[[Any, Any, Path], str]
    """The result is the name of the class that reads it."""


def _qualified(model: object) -> str:
    return f"{type(model).__module__}.{type(model).__name__}"


def _is_sklearn(_library: Any, model: object) -> bool:
    base = sys.modules.get("sklearn.base")
    # Other libraries derive from its classes, too.
    return base is not None and isinstance(model, base.BaseEstimator) and _qualified(model).startswith("sklearn")


def _save_sklearn(_library: Any, model: Any, path: Path) -> str:
    with path.open("wb") as file:
        pickle.dump(model, file, protocol=_PROTOCOL)
    return _qualified(model)


def _is_xgboost(library: Any, model: object) -> bool:
    return isinstance(model, (library.Booster, library.XGBModel))


def _save_xgboost(_library: Any, model: Any, path: Path) -> str:
    model.save_model(str(path))
    return _qualified(model)


def _is_tensorflow(library: Any, model: object) -> bool:
    # A model of Keras 3 is no module of TensorFlow any more.
    return isinstance(model, (library.Module, library.keras.Model))


def _save_tensorflow(library: Any, model: Any, path: Path) -> str:
    if isinstance(model, library.keras.Model):
        if int(str(library.keras.__version__).partition(".")[0]) < 3:
            model.save(str(path))
            return "tensorflow.keras.Model"
        # Keras 3 keeps and loads no folder itself; what it exports is loaded as a module.
        model.export(str(path), verbose=False)
        return "tensorflow.Module"
    library.saved_model.save(model, str(path))
    return "tensorflow.Module"


FRAMEWORKS = (
    _Framework("sklearn", "model.pkl", _is_sklearn, _save_sklearn),
    _Framework("xgboost", "model.bst", _is_xgboost, _save_xgboost),
    _Framework("tensorflow", "saved_model", _is_tensorflow, _save_tensorflow),
)
