"""What the official SDK does in its own environment: every method of `ExperimentRun`, on its own run and on ours."""

SCRIPT = """
import json, sys

given = json.loads(sys.argv[1])

from google.cloud import aiplatform
from google.cloud.aiplatform import Artifact, Execution
from google.oauth2.credentials import Credentials
from sklearn.linear_model import LinearRegression

place = {"project": "p", "location": "us-central1", "credentials": Credentials(token=given["token"])}
E = "digits"
aiplatform.init(
    api_endpoint=given["url"], api_transport="rest", staging_bucket="gs://models", experiment=E,
    experiment_tensorboard=given["board"], **place,
)


def known(frame):
    frame = frame.drop(columns="wall_time").sort_values("step").astype(object)
    return frame.where(frame.notna(), "nan").to_dict("list")


def seen(run):
    frame = run.get_time_series_data_frame()
    series = known(frame) if len(frame) else {}
    return {
        "name": run.name,
        "state": run.state.name if hasattr(run.state, "name") else str(run.state),
        "resource_id": run.resource_id,
        "resource_name": run.resource_name,
        "project": run.project,
        "location": run.location,
        "params": run.get_params(),
        "metrics": run.get_metrics(),
        "series": series,
        "classification": [{k: v for k, v in one.items() if k != "id"} for one in run.get_classification_metrics()],
        "artifacts": sorted(one.schema_title for one in run.get_artifacts()),
        "executions": sorted(one.display_name for one in run.get_executions()),
        "models": [
            [one.display_name, one.uri, one.framework_name, one.model_class] for one in run.get_experiment_models()
        ],
        "pipelines": [one.resource_name for one in run.get_logged_pipeline_jobs()],
        # The SDK fails where there are none.
        "custom": [
            one.resource_name for one in (run.get_logged_custom_jobs() if run.resource_id == "digits-ours" else [])
        ],
    }


# Ours, read.
ours = aiplatform.ExperimentRun("ours", experiment=E)
found = {"ours": seen(ours), "shared": seen(aiplatform.ExperimentRun(given["shared"], experiment=E))}
model = ours.get_experiment_models()[0].load_model()
found["prediction"] = float(model.predict([[2.0]])[0])

# Data of our run, read; and data of its own, in our run.
own = Execution.get("digits-shared-data", **place)
found["inputs"] = [one.display_name for one in own.get_input_artifacts()]
found["outputs"] = [[one.display_name, one.uri] for one in own.get_output_artifacts()]
raw = Artifact.create(schema_title="system.Dataset", display_name="raw", uri="gs://data/raw", **place)
aiplatform.start_run(given["shared"], resume=True)
with aiplatform.start_execution(schema_title="system.ContainerExecution", display_name="prepare", **place) as step:
    step.assign_input_artifacts([raw])
aiplatform.end_run()

# Its own, written.
run = aiplatform.ExperimentRun.create("first", experiment=E)
run.log_params({"lr": 0.1, "epochs": 3, "model": "resnet"})
run.log_params({"lr": 0.2})
run.log_metrics({"acc": 0.9, "top": 5})
for step in range(3):
    run.log_time_series_metrics({"loss": 1.0 / (step + 1)}, step=step + 1)
run.log_time_series_metrics({"acc": 0.5})
run.log_classification_metrics(
    labels=["cat", "dog"], matrix=[[9, 1], [2, 8]], fpr=[0.0, 0.5, 1.0], tpr=[0.0, 0.9, 1.0], threshold=[0.9, 0.5, 0.1],
    display_name="test",
)
linear = LinearRegression().fit([[0.0], [1.0]], [0.0, 1.0])
run.log_model(linear, "model-first", uri="gs://models/first", display_name="linear", input_example=[[0.5]])
execution = Execution.create(schema_title="system.ContainerExecution", display_name="step", **place)
run.associate_execution(execution)
run.log(pipeline_job=aiplatform.PipelineJob.get("pipe-1", **place))
run.update_state(aiplatform.gapic.Execution.State.FAILED)
run.end_run()
found["first"] = seen(aiplatform.ExperimentRun("first", experiment=E))
found["listed"] = sorted(one.name for one in aiplatform.ExperimentRun.list(experiment=E))

# A run that gets its Tensorboard later, and is deleted with it.
aiplatform.init(experiment="plain", experiment_tensorboard=False)
bare = aiplatform.ExperimentRun.create("bare", experiment="plain")
bare.assign_backing_tensorboard(given["board"])
bare.delete(delete_backing_tensorboard_run=True)
found["gone"] = aiplatform.ExperimentRun.get("bare", experiment="plain") is None
print(json.dumps(found))
"""
