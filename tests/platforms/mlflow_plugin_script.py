"""What code does with `mlflow`, wherever it logs to: `MLFLOW_TRACKING_URI` says. Its last line says what came of it."""

SCRIPT = """
import json, os, sys, tempfile
from pathlib import Path

import mlflow, numpy
from mlflow import MlflowClient, MlflowException
from mlflow.entities import Dataset, DatasetInput, Metric, Param, RunTag, ViewType
from sklearn.linear_model import LogisticRegression

client, said = MlflowClient(), {}
folder = Path(tempfile.mkdtemp())


def refused(call, *arguments, **named):
    try:
        call(*arguments, **named)
    except MlflowException as error:
        return [error.error_code, str(error)]
    return None


# Guessing them takes a process of its own and many seconds.
mlflow.models.infer_pip_requirements = lambda *_, **__: ["scikit-learn"]

# scikit-learn's autolog
mlflow.set_experiment("autolog")
mlflow.sklearn.autolog()
x = numpy.linspace(0, 1, 60).reshape(20, 3)
LogisticRegression(C=2.0).fit(x, x[:, 0] > 0.5)
mlflow.sklearn.autolog(disable=True)
run = mlflow.last_active_run()
model = run.outputs.model_outputs[0].model_id
mlflow.log_metric("late", 1.0, run_id=run.info.run_id)
said["autolog"] = {
    "id": run.info.run_id,
    "status": run.info.status,
    "user": run.data.tags["mlflow.user"] == run.info.user_id,
    "C": run.data.params["C"],
    "metrics": sorted(run.data.metrics),
    "late": client.get_run(run.info.run_id).data.metrics["late"],
    "files": sorted(file.path for file in client.list_artifacts(run.info.run_id)),
    "dataset": [[each.dataset.name, each.tags[0].value] for each in run.inputs.dataset_inputs],
    "source": json.loads(run.inputs.dataset_inputs[0].dataset.source)["tags"]["mlflow.source.type"],
    "model": str(client.get_logged_model(model).status),
    "predicted": mlflow.sklearn.load_model(f"models:/{model}").predict(x[:2]).tolist(),
    "by run": mlflow.pyfunc.load_model(f"runs:/{run.info.run_id}/model").predict(x[:2]).tolist(),
}
version = mlflow.register_model(f"models:/{model}", "digits").version
said["registered"] = mlflow.sklearn.load_model(f"models:/digits/{version}").predict(x[:2]).tolist()

# everything that a run has
experiment = client.create_experiment("runs", tags={"team": "vision", "mlflow.note.content": "about it"})
client.set_experiment_tag(experiment, "stage", "one")
mlflow.set_experiment(experiment_id=experiment)
with mlflow.start_run(run_name="parent", tags={"a/b c": "d"}, description="what it is") as parent:
    mlflow.log_params({"lr": 0.1, "layers/first": [1, 2]})
    for step in range(50):
        mlflow.log_metric("train/loss", 50 - step, step=step)
    mlflow.log_metrics({"bad": float("nan"), "large": float("inf")}, step=3)
    mlflow.log_metric("bad", float("-inf"), step=4)
    mlflow.log_text("hello", "notes/a.txt")
    (folder / "sub").mkdir()
    (folder / "sub" / "b.txt").write_text("b")
    mlflow.log_artifacts(str(folder), "many")
    mlflow.log_dict({"x": 1}, "x.json")
    mlflow.log_input(mlflow.data.from_numpy(x, source="/data/x.npy", name="x"), context="training", tags={"k": "v"})
    with mlflow.start_run(run_name="child", nested=True) as child:
        mlflow.log_params({"lr": "0.2"})
        mlflow.log_metric("acc", 0.5)
    with mlflow.start_run(run_name="other child", nested=True):
        mlflow.log_metric("acc", 0.9)
identity = parent.info.run_id
whole = client.get_run(identity)
said["run"] = {
    "id": identity,
    "info": [whole.info.run_name, whole.info.status, whole.info.lifecycle_stage],
    "took": whole.info.end_time - whole.info.start_time,
    "params": whole.data.params,
    "metrics": {key: repr(value) for key, value in whole.data.metrics.items()},
    "tags": {key: whole.data.tags[key] for key in ("a/b c", "mlflow.note.content", "mlflow.runName")},
    "steps": [(point.step, point.value) for point in client.get_metric_history(identity, "train/loss")][-2:],
    "bad": [repr(point.value) for point in client.get_metric_history(identity, "bad")],
    "none": client.get_metric_history(identity, "no such"),
    "parent": client.get_run(child.info.run_id).data.tags["mlflow.parentRunId"] == identity,
    "text": mlflow.artifacts.load_text(f"{whole.info.artifact_uri}/notes/a.txt"),
    "many": sorted(file.path for file in client.list_artifacts(identity, "many")),
    "file": client.list_artifacts(identity, "x.json"),
    "fetched": [each.name for each in Path(client.download_artifacts(identity, "many", str(folder))).rglob("*.txt")],
    "input": whole.inputs.dataset_inputs[0].dataset.source,
    "input tags": {tag.key: tag.value for tag in whole.inputs.dataset_inputs[0].tags},
}

# the same moment, given by hand
given = client.create_run(experiment, start_time=1_700_000_000_123, run_name="given").info.run_id
metrics = [Metric("m", value, 1_700_000_000_500, step) for step, value in enumerate([3.0, 2.0, 1.0])]
client.log_batch(given, metrics, [Param("p", "1")], [RunTag("t", "1"), RunTag("mlflow.note.content", "note")])
client.set_terminated(given, "KILLED", 1_700_000_001_000)
found = client.get_run(given)
said["given"] = [found.info.start_time, found.info.end_time, found.info.status, found.data.metrics["m"],
    [point.timestamp for point in client.get_metric_history(given, "m")], found.data.tags["mlflow.note.content"]]
client.delete_tag(given, "t")
client.update_run(given, "FAILED", "renamed")
found = client.get_run(given)
said["changed"] = [found.info.status, found.info.run_name, "t" in found.data.tags]

# searching
def names(filter_string="", **named):
    frame = mlflow.search_runs(experiment_names=["runs"], filter_string=filter_string, **named)
    return frame["tags.mlflow.runName"].tolist() if len(frame) else []

said["search"] = {text: names(text) for text in (
    "", "metrics.acc > 0.6", "params.lr = '0.1'", "params.lr != '0.1'", "params.lr LIKE '0.%'", "tags.`a/b c` = 'd'",
    "attributes.status = 'FINISHED' AND metrics.acc < 1", "attributes.status != 'FINISHED'", "status = 'FAILED'",
    f"tags.mlflow.parentRunId = '{identity}'", "tags.mlflow.parentRunId IS NULL", "tags.mlflow.runName ILIKE 'PAR%'",
    "datasets.name = 'x' AND dataset.context = 'training'", "attributes.start_time = 1700000000123",
    "start_time > 1700000000123", f"run_id IN ('{identity}')", "tags.mlflow.note.content LIKE 'what%'",
)}
said["ordered"] = names(order_by=["metrics.acc DESC", "attributes.start_time ASC"])
first = client.search_runs([experiment], max_results=3)
second = client.search_runs([experiment], max_results=3, page_token=first.token)
said["pages"] = [[each.info.run_name for each in page] for page in (first, second)] + [second.token]
found = client.search_experiments(filter_string="tags.team = 'vision'")[0]
said["experiment"] = [found.name, found.tags["stage"], found.tags["mlflow.note.content"]]
found = client.search_logged_models([client.get_experiment_by_name("autolog").experiment_id])
said["models"] = [each.name for each in found]

# taken up again
with mlflow.start_run(run_id=given):
    said["resumed"] = client.get_run(given).info.status
    mlflow.log_metric("m", 0.5, step=9)
said["resumed"] = [said["resumed"], client.get_run(given).info.status, len(client.get_metric_history(given, "m"))]

# deleted and restored
client.delete_run(child.info.run_id)
said["deleted"] = [client.get_run(child.info.run_id).info.lifecycle_stage, len(names("metrics.acc > 0")),
    names(run_view_type=ViewType.DELETED_ONLY), len(names(run_view_type=ViewType.ALL)),
    refused(client.log_metric, child.info.run_id, "acc", 1.0)[0]]
client.restore_run(child.info.run_id)
running = client.create_run(experiment).info.run_id
client.delete_run(running)
client.delete_experiment(experiment)
said["experiment deleted"] = [each.lifecycle_stage for each in (client.get_experiment(experiment),
    client.get_run(identity).info)] + [refused(client.create_run, experiment)[0]]
client.restore_experiment(experiment)
client.rename_experiment(experiment, "renamed")
said["restored"] = [client.get_experiment(experiment).name, client.get_run(identity).info.lifecycle_stage]
client.rename_experiment(experiment, "runs")

# what cannot be
said["refused"] = {
    "no run": refused(client.get_run, "0" * 32),
    "a name": refused(client.get_run, "parent"),
    "no experiment": refused(client.get_experiment, "12345"),
    "taken": refused(client.create_experiment, "runs"),
    "param": refused(client.log_param, identity, "lr", "0.3"),
    "filter": refused(client.search_runs, [experiment], "metrics.acc LIKE 'x'"),
    "artifact": refused(client.download_artifacts, identity, "nothing.txt", str(folder)),
    "trace": refused(client.delete_traces, experiment, max_timestamp_millis=1, max_traces=1),
    "page": refused(client.search_runs, [experiment], page_token="no token"),
    "host": refused(MlflowClient, "jupyter-tracker://host/folder"),
    "query": refused(MlflowClient, "jupyter-tracker:///folder?x=1"),
}
print(json.dumps(said))
"""
