"""Resources in Kubernetes quantities (Chariot: `create_run`): read exactly, and refused with field, rule and value."""

from __future__ import annotations

from contextlib import suppress
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_tracker.errors import InvalidInput
from jupyter_tracker.models import Resources
from jupyter_tracker.models.resources import quantity, shown_bytes

UNITS = {"m": Fraction(1, 1000), "": 1, "k": 1000, "M": 10**6, "G": 10**9, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30}


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ({}, Resources()),
        ({"cpu": "500m"}, Resources(cpu=0.5)),
        ({"cpu": "0.5"}, Resources(cpu=0.5)),
        ({"cpu": 2}, Resources(cpu=2.0)),
        ({"cpu": 1.5, "memory": None}, Resources(cpu=1.5)),
        ({"memory": "5Gi"}, Resources(memory=5 * 2**30)),
        ({"memory": "1.5Gi"}, Resources(memory=3 * 2**29)),
        ({"memory": "128974848"}, Resources(memory=128974848)),
        ({"memory": "129e6"}, Resources(memory=129_000_000)),
        ({"memory": "129M"}, Resources(memory=129_000_000)),
        ({"memory": 1024}, Resources(memory=1024)),
        ({"ephemeral_storage": "2Ti"}, Resources(ephemeral_storage=2 * 2**40)),
        ({"gpu": 1}, Resources(gpu=1)),
        ({"gpu": "2"}, Resources(gpu=2)),
        ({"gpu": 0}, Resources()),
        ({"gpu": {"count": 1, "type": "H100"}}, Resources(gpu=1, gpu_type="H100")),
    ],
)
def test_what_kubernetes_reads_is_read(given, read):
    assert Resources.parse(given) == read


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"cpu": "half"}, ["cpu", "Kubernetes quantity", "'half'"]),
        ({"cpu": 0}, ["cpu", "more than 0", "0"]),
        ({"cpu": "-1"}, ["cpu", "more than 0", "'-1'"]),
        ({"cpu": "0.0001"}, ["cpu", "thousandths", "'0.0001'"]),
        ({"cpu": True}, ["cpu", "quantity", "True"]),
        ({"cpu": float("nan")}, ["cpu", "nan"]),
        ({"memory": "400m"}, ["memory", "400Mi", "'400m'"]),
        ({"memory": "5gb"}, ["memory", "quantity", "'5gb'"]),
        ({"memory": "5 Gi"}, ["memory", "'5 Gi'"]),
        ({"memory": "8Ei"}, ["memory", "less than 8Ei"]),
        ({"memory": "1e99"}, ["memory", "less than 8Ei"]),
        ({"memory": "1e999"}, ["memory", "quantity"]),
        ({"memory": object()}, ["memory", "object"]),
        ({"gpu": 1.5}, ["gpu", "whole number", "1.5"]),
        ({"gpu": -1}, ["gpu", "whole number", "-1"]),
        ({"gpu": {"number": 1}}, ["gpu", "count and type"]),
        ({"gpus": 1}, ["gpus", "is not known", "Did you mean 'gpu'?"]),
        (["cpu"], ["must be a dict", "list"]),
    ],
)
def test_what_is_none_is_refused_with_field_rule_and_value(given, words):
    with pytest.raises(InvalidInput) as caught:
        Resources.parse(given)
    assert [word for word in words if word not in str(caught.value)] == []


def test_all_mistakes_are_told_at_once():
    with pytest.raises(InvalidInput, match=r"3 mistakes:\n.*\n.*\n"):
        Resources.parse({"cpu": "x", "memory": "0.5", "disk": 1})


@given(st.integers(0, 10**6), st.integers(0, 999), st.sampled_from(sorted(UNITS)))
def test_any_number_with_any_unit_is_exact(whole, part, unit):
    assert quantity(f"{whole}.{part:03}{unit}") == (Fraction(whole) + Fraction(part, 1000)) * UNITS[unit]
    assert quantity(f"-{whole}{unit}") == -whole * UNITS[unit]


@given(st.text(max_size=12))
def test_any_text_is_read_or_refused_and_nothing_else_happens(text):
    for name in ("cpu", "memory", "gpu"):
        with suppress(InvalidInput):
            assert Resources.parse({name: text}) is not None


@given(st.integers(1, 2**62))
def test_bytes_are_shown_in_a_unit_that_fits(count):
    number, unit = shown_bytes(count).split()
    assert 1 <= float(number) <= 1024
    assert abs(float(number) * {"bytes": 1, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30}.get(unit, 0) - count) < count or (
        unit in ("TiB", "PiB", "EiB")
    )
