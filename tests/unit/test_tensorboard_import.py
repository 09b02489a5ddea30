"""Event files, as TensorBoard's own messages write them, become runs."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tensorboardX import SummaryWriter
from tensorboardX.crc32c import crc32c
from tensorboardX.proto import event_pb2, summary_pb2, tensor_pb2, tensor_shape_pb2, types_pb2
from tensorboardX.record_writer import RecordWriter

import jupyter_tracker as jt
from jupyter_tracker.backends.local.importing.tensorboard.frames import EventFile, masked_crc
from jupyter_tracker.backends.local.importing.tensorboard.messages import read_event
from jupyter_tracker.errors import Conflict, InvalidImport

DTYPES = types_pb2.DataType


@pytest.fixture
def tracker(tmp_path):
    with jt.connect(f"local://{tmp_path / 'store'}") as client:
        yield client


def events(folder, written, name="events.out.tfevents.1700000000.host"):
    """An event file with these messages; the result is its path."""
    folder.mkdir(parents=True, exist_ok=True)
    writer = RecordWriter(str(folder / name))
    for event in written:
        writer.write(event.SerializeToString())
    writer.flush()
    writer.close()
    return folder / name


def event(step, time=1.7e9, **value):
    return event_pb2.Event(
        step=step, wall_time=time, summary=summary_pb2.Summary(value=[summary_pb2.Summary.Value(**value)])
    )


def test_scalars_of_a_writer_come_back_with_steps_and_times(tracker, tmp_path):
    for name, rate in (("small", 0.1), ("deep/large", 1.0)):
        with SummaryWriter(str(tmp_path / "logs" / name)) as writer:
            for step in range(100):
                writer.add_scalar("train/loss", rate / (step + 1), step, walltime=1.7e9 + step / 3)
                writer.add_scalar("acc", step, step, walltime=1.7e9 + step)
    found = tracker.runs.import_from(tmp_path / "logs")
    assert sorted(run.name for run in found) == ["deep/large", "small"]
    assert {run.experiment for run in found} == {"logs"}
    run = tracker.runs.get("small")
    series = run.series()
    assert series["train/loss"].tolist() == [float(np.float32(0.1 / (step + 1))) for step in range(100)]
    assert series.index.tolist() == list(range(100))
    long = run.series(["train/loss"], wide=False)
    assert long["time"].tolist()[1] == np.datetime64(1_700_000_000_333_333, "us").astype(object).replace(
        tzinfo=long["time"][1].tzinfo
    )
    assert (run.state, run.info.started_at.timestamp(), run.info.ended_at.timestamp()) == ("lost", 1.7e9, 1.7e9 + 99)
    assert "does not say how it ended" in run.info.reason


def test_hyper_parameters_become_params_and_their_status_the_state(tracker, tmp_path):
    with SummaryWriter(str(tmp_path / "logs")) as writer:
        writer.add_hparams({"lr": 0.1, "layers": 3, "name": "adam", "nesterov": True}, {"acc": 0.9}, name="trial")
    found = tracker.runs.import_from(tmp_path / "logs")
    run = tracker.runs.get(found[0].id)
    assert run.params == {"lr": 0.1, "layers": 3.0, "name": "adam", "nesterov": True}
    assert run.state == "succeeded"
    assert run.metrics["acc"] == float(np.float32(0.9))


def test_what_is_no_scalar_is_counted_and_left_out(tracker, tmp_path):
    with SummaryWriter(str(tmp_path / "logs")) as writer:
        writer.add_scalar("loss", 1.0, 0)
        for step in range(3):
            writer.add_histogram("weights", np.arange(10.0), step)
            writer.add_image("image", np.zeros((3, 64, 64), dtype=np.uint8), step)
        writer.add_text("note", "hello", 0)
    found = tracker.runs.import_from(tmp_path / "logs")
    assert [note.partition(" were")[0] for note in found.notes] == ["3 histograms", "3 images", "1 texts"]
    assert list(tracker.runs.get("logs").metrics) == ["loss"]


def tensor(dtype, shape=(), **values):
    dimensions = [tensor_shape_pb2.TensorShapeProto.Dim(size=size) for size in shape]
    return tensor_pb2.TensorProto(dtype=dtype, tensor_shape=tensor_shape_pb2.TensorShapeProto(dim=dimensions), **values)


HALF = int(np.array(1.5, np.float16).view(np.uint16))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (tensor(DTYPES.DT_FLOAT, float_val=[0.5]), 0.5),
        (tensor(DTYPES.DT_FLOAT, float_val=[0.0]), 0.0),
        (tensor(DTYPES.DT_FLOAT, (1,), float_val=[0.5]), 0.5),
        (tensor(DTYPES.DT_DOUBLE, double_val=[1 / 3]), 1 / 3),
        (tensor(DTYPES.DT_INT64, int64_val=[-7]), -7.0),
        (tensor(DTYPES.DT_INT32, int_val=[-7]), -7.0),
        (tensor(DTYPES.DT_HALF, half_val=[HALF]), 1.5),
        (tensor(DTYPES.DT_BFLOAT16, half_val=[0x3FC0]), 1.5),
        (tensor(DTYPES.DT_BOOL, bool_val=[True]), 1.0),
        (tensor(DTYPES.DT_FLOAT, tensor_content=struct.pack("<f", 0.25)), 0.25),
        (tensor(DTYPES.DT_DOUBLE, tensor_content=struct.pack("<d", 1 / 3)), 1 / 3),
        (tensor(DTYPES.DT_HALF, tensor_content=np.float16(1.5).tobytes()), 1.5),
        (tensor(DTYPES.DT_BFLOAT16, tensor_content=b"\xc0\x3f"), 1.5),
        (tensor(DTYPES.DT_FLOAT, (2,), float_val=[1, 2]), None),
        (tensor(DTYPES.DT_STRING, string_val=[b"hello"]), None),
        (tensor(DTYPES.DT_FLOAT, tensor_content=b"\0"), None),
    ],
)
def test_a_scalar_in_the_form_of_a_tensor_is_read(value, expected):
    plugin = summary_pb2.SummaryMetadata(
        plugin_data=summary_pb2.SummaryMetadata.PluginData(plugin_name="scalars", content=b"")
    )
    record = read_event(event(3, tag="loss", tensor=value, metadata=plugin).SerializeToString(), {})
    assert [scalar.value for scalar in record.scalars] == ([] if expected is None else [expected])
    assert record.left_out == (() if expected is not None else ("other tensors",))


def test_negative_steps_and_special_values_are_kept(tracker, tmp_path):
    values = [float("nan"), float("inf"), -float("inf"), -0.0]
    events(tmp_path / "logs", [event(step - 2, tag="x", simple_value=value) for step, value in enumerate(values)])
    tracker.runs.import_from(tmp_path / "logs")
    series = tracker.runs.get("logs").series()
    assert series.index.tolist() == [-2, -1, 0, 1]
    np.testing.assert_array_equal(series["x"], values)


def test_several_files_of_a_folder_are_one_run_in_the_order_in_which_they_were_begun(tracker, tmp_path):
    events(tmp_path / "logs", [event(1, tag="x", simple_value=2)], "events.out.tfevents.1700000100.host")
    events(tmp_path / "logs", [event(1, tag="x", simple_value=1)], "events.out.tfevents.1700000099.host")
    (found,) = tracker.runs.import_from(tmp_path / "logs", experiment="mine")
    assert found.experiment == "mine"
    assert tracker.runs.get(found.id).series()["x"].tolist() == [1.0, 2.0]


@pytest.mark.parametrize("cut", [1, 4, 11, 20, 40])
def test_of_a_file_that_is_cut_off_what_is_complete_is_imported_and_the_rest_told(tracker, tmp_path, cut):
    path = events(tmp_path / "logs", [event(step, tag="x", simple_value=step) for step in range(10)])
    whole = path.read_bytes()
    path.write_bytes(whole[:-cut])
    found = tracker.runs.import_from(path)
    kept = tracker.runs.get(found[0].id).series()["x"].tolist()
    assert kept == [float(step) for step in range(9)][: len(kept)]
    assert len(kept) >= 8
    assert "damaged or incomplete" in found.notes[0]


def test_behind_a_changed_byte_nothing_is_believed(tracker, tmp_path):
    path = events(tmp_path / "logs", [event(step, tag="x", simple_value=step) for step in range(10)])
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    found = tracker.runs.import_from(tmp_path / "logs")
    kept = tracker.runs.get(found[0].id).series()["x"].tolist()
    assert kept == [float(step) for step in range(len(kept))]
    assert 3 <= len(kept) <= 6
    assert "damaged" in found.notes[0]


def test_the_same_files_again_are_a_conflict_and_longer_ones_are_not(tracker, tmp_path):
    events(tmp_path / "logs", [event(0, tag="x", simple_value=1)])
    tracker.runs.import_from(tmp_path / "logs")
    with pytest.raises(Conflict):
        tracker.runs.import_from(tmp_path / "logs")
    assert len(tracker.runs.import_from(tmp_path / "logs", again=True)) == 1
    events(tmp_path / "logs", [event(step, tag="x", simple_value=1) for step in range(2)])
    assert len(tracker.runs.import_from(tmp_path / "logs")) == 1


def test_files_without_a_scalar_are_told(tracker, tmp_path):
    events(tmp_path / "logs", [])
    with pytest.raises(InvalidImport, match="none of them has a scalar"):
        tracker.runs.import_from(tmp_path / "logs")


@given(st.binary(max_size=100))
def test_the_checksum_is_that_of_tensorboard(data):
    crc = crc32c(data)
    assert masked_crc(data) == (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF


@given(data=st.binary(max_size=300))
def test_any_bytes_are_read_without_harm(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("any") / "events.out.tfevents.1"
    path.write_bytes(data)
    opened = EventFile(path)
    assert sum(len(record) + 16 for record in opened) + opened.left_out == len(data)
    try:
        read_event(data, {})
    except (ValueError, struct.error):
        return
