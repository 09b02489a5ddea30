"""Who starts next: whatever waits and runs, no limit is passed, no place stays empty, and nobody is overtaken."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from jupyter_tracker.backends.local.queue.choice import STORE, Device, Limits, Waiting, decide, in_order

NAMES = ("a", "b", "c")
A100, H100 = Device(0, "NVIDIA A100"), Device(1, "NVIDIA H100")


def queues():
    runs = st.builds(
        Waiting,
        run=st.integers(),
        experiment=st.sampled_from(NAMES),
        priority=st.integers(-2, 2),
        gpus=st.integers(0, 3),
        gpu_type=st.sampled_from(("", "A100", "H100", "V100")),
    )
    return st.lists(runs, max_size=12, unique_by=lambda run: run.run)


maximums = st.none() | st.integers(0, 4)
limits = st.fixed_dictionaries(
    {},
    optional={
        STORE: st.builds(Limits, maximum=maximums),
        **{name: st.builds(Limits, minimum=st.integers(0, 2), maximum=maximums) for name in NAMES},
    },
)
running = st.dictionaries(st.sampled_from(NAMES), st.integers(0, 4))
devices = st.lists(st.sampled_from([A100, H100, Device(2, "NVIDIA H100")]), unique=True, max_size=3)
taken = st.sets(st.integers(0, 2))


def started(waiting, decisions):
    chosen = {decision.run for decision in decisions if decision.starts}
    return [run for run in waiting if run.run in chosen]


@given(queues(), running, limits, devices, taken)
def test_no_limit_is_passed(waiting, busy, known, present, held):
    decisions = decide(waiting, busy, known, present, held)
    assert [decision.run for decision in decisions] == [run.run for run in in_order(waiting)]
    counts = Counter(busy)
    counts.update(run.experiment for run in started(waiting, decisions))
    for name in NAMES:
        maximum = known.get(name, Limits()).maximum
        assert maximum is None or counts[name] <= max(maximum, busy.get(name, 0))
    maximum = known.get(STORE, Limits()).maximum
    assert maximum is None or counts.total() <= max(maximum, sum(busy.values()))
    given_out = [gpu for decision in decisions for gpu in decision.gpus]
    assert len(given_out) == len(set(given_out))
    assert not set(given_out) & held
    assert all(decision.starts != bool(decision.reason) for decision in decisions)


@given(queues(), running, limits)
def test_whoever_waits_could_not_have_started(waiting, busy, known):
    waiting = [Waiting(run.run, run.experiment, run.priority) for run in waiting]
    decisions = decide(waiting, busy, known)
    after = Counter(busy)
    after.update(run.experiment for run in started(waiting, decisions))
    left = [run for run in waiting if run not in started(waiting, decisions)]
    assert not any(decision.starts for decision in decide(left, after, known))


@given(queues(), running, limits)
def test_within_an_experiment_nobody_is_overtaken(waiting, busy, known):
    waiting = [Waiting(run.run, run.experiment, run.priority) for run in waiting]
    decisions = decide(waiting, busy, known)
    for name in NAMES:
        own = {run.run for run in waiting if run.experiment == name}
        starts = [decision.starts for decision in decisions if decision.run in own]
        assert starts == sorted(starts, reverse=True)


@given(queues(), st.integers(1, 4), st.integers(1, 2))
def test_kept_places_stay_free_for_their_experiment(waiting, maximum, minimum):
    known = {STORE: Limits(maximum=max(maximum, minimum)), "kept": Limits(minimum=minimum)}
    waiting = [Waiting(run.run, run.experiment, run.priority) for run in waiting]
    first = started(waiting, decide(waiting, {}, known))
    assert len(first) <= known[STORE].maximum - minimum
    busy = Counter(run.experiment for run in first)
    later = [Waiting(10**9 + number, "kept", -9) for number in range(minimum)]
    assert sum(decision.starts for decision in decide(later, busy, known)) == minimum


def test_without_limits_all_start():
    assert all(decision.starts for decision in decide([Waiting(1, "a"), Waiting(2, "b")], {"a": 50}, {}))


def test_a_larger_priority_goes_first_and_ties_go_by_submission():
    waiting = [Waiting(3, "a"), Waiting(1, "a"), Waiting(2, "a", priority=1)]
    decisions = decide(waiting, {}, {STORE: Limits(maximum=1)})
    assert [(decision.run, decision.starts) for decision in decisions] == [(2, True), (1, False), (3, False)]
    assert decisions[2].reason == "It waits for 1 run before it, and until none runs."


def test_an_experiment_that_is_full_does_not_hold_up_the_others():
    waiting = [Waiting(1, "a"), Waiting(2, "b")]
    decisions = decide(waiting, {"a": 1}, {"a": Limits(maximum=1)})
    assert [decision.starts for decision in decisions] == [False, True]


def test_a_run_waits_for_a_gpu_that_another_one_has_and_keeps_its_turn():
    waiting = [Waiting(1, "a", gpus=2), Waiting(2, "a", gpus=1), Waiting(3, "a")]
    decisions = decide(waiting, {"a": 1}, {}, [A100, H100], taken={0})
    assert [decision.starts for decision in decisions] == [False, False, True]
    assert "2 GPUs are free" in decisions[0].reason


def test_a_gpu_is_chosen_by_its_type_and_what_the_machine_lacks_is_not_waited_for():
    typed = decide([Waiting(1, "a", gpus=1, gpu_type="H100")], {}, {}, [A100, H100])
    assert typed[0].gpus == (1,)
    lacking = decide([Waiting(1, "a", gpus=1)], {}, {}, [])
    assert (lacking[0].starts, lacking[0].gpus) == (True, ())
