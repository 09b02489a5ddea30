"""Models of libraries that are not installed here, by objects that stand in for them: how Vertex AI keeps each."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

import pytest

from jupyter_tracker.backends.vertex.frameworks import SavedModel, save_model
from jupyter_tracker.errors import InvalidInput


def library(monkeypatch, name, **contents):
    """A library that is loaded; its classes say that they are of it."""
    made = ModuleType(name)
    for key, value in contents.items():
        if isinstance(value, type):
            value.__module__ = name
        setattr(made, key, value)
    monkeypatch.setitem(sys.modules, name, made)
    return made


class Saving:
    """What is saved by calling it."""

    def save_model(self, path):
        Path(path).write_text("trees")


def test_xgboost_boosters_and_estimators_save_themselves(monkeypatch, tmp_path):
    booster = type("Booster", (Saving,), {})
    estimator = type("XGBModel", (Saving,), {})
    xgboost = library(monkeypatch, "xgboost", Booster=booster, XGBModel=estimator, __version__="2.0.3")
    for model, name in ((xgboost.Booster(), "Booster"), (xgboost.XGBModel(), "XGBModel")):
        found = save_model(model, tmp_path)
        assert found == SavedModel("xgboost", "2.0.3", "model.bst", f"xgboost.{name}")
        assert (tmp_path / "model.bst").read_text() == "trees"


def tensorflow(monkeypatch, keras_version, called):
    """TensorFlow with Keras of a version; in Keras 2 a model is a module of TensorFlow, in Keras 3 it is not."""
    module = type("Module", (), {})
    old = keras_version.startswith("2.")
    model = type(
        "Model",
        (module,) if old else (),
        {
            "save": lambda _self, path: called.append(("save", path)),
            "export": lambda _self, path, **_verbose: called.append(("export", path)),
        },
    )
    keras = ModuleType("keras")
    keras.Model, keras.__version__ = model, keras_version
    saved = ModuleType("saved_model")
    saved.save = lambda _model, path: called.append(("saved_model", path))
    return library(monkeypatch, "tensorflow", Module=module, keras=keras, saved_model=saved, __version__="2.15")


@pytest.mark.parametrize(
    ("version", "way", "model_class"),
    [("2.15.0", "save", "tensorflow.keras.Model"), ("3.4.1", "export", "tensorflow.Module")],
)
def test_a_keras_model_becomes_a_folder_in_the_form_of_tensorflow(monkeypatch, tmp_path, version, way, model_class):
    called = []
    found = save_model(tensorflow(monkeypatch, version, called).keras.Model(), tmp_path)
    assert found == SavedModel("tensorflow", "2.15", "saved_model", model_class)
    assert called == [(way, str(tmp_path / "saved_model"))]


def test_a_module_of_tensorflow_is_saved_as_one(monkeypatch, tmp_path):
    called = []
    found = save_model(tensorflow(monkeypatch, "3.4.1", called).Module(), tmp_path)
    assert found.model_class == "tensorflow.Module"
    assert called == [("saved_model", str(tmp_path / "saved_model"))]


def test_an_object_of_no_such_library_is_refused_and_the_way_out_is_told(monkeypatch, tmp_path):
    tensorflow(monkeypatch, "3.4.1", [])
    with pytest.raises(InvalidInput, match=r"builtins\.dict is no model of .* `run\.log_artifact"):
        save_model({}, tmp_path)
    assert list(tmp_path.iterdir()) == []
