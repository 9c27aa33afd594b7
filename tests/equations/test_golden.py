"""The equations against what PyTorch 2.13 answered, as recorded by `golden/record_torch.py`."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from clearprop.equations.activations import ACTIVATIONS
from clearprop.equations.gradients import relative_error
from clearprop.equations.losses import FROM_LOGITS, LOSSES
from clearprop.equations.updates import UPDATES
from golden import cases as golden_cases
from golden.cases import ARCHITECTURES, STIFFNESS, UPDATE_CASES, UPDATE_START, cases_of
from golden.ours import cost_of, gradient_of, path_of
from golden.tolerances import TOLERANCES

PATH = Path(golden_cases.__file__).with_name("torch.npz")
LIMIT = TOLERANCES["torch", "float64"]

EVERY = [(sizes, i, case) for sizes in ARCHITECTURES for i, case in enumerate(cases_of(sizes))]


@pytest.fixture(scope="module")
def record():
    with np.load(PATH, allow_pickle=False) as file:
        return dict(file)


@pytest.mark.parametrize(("sizes", "i", "case"), EVERY, ids=[str(case) for *_, case in EVERY])
def test_loss_and_gradient_are_those_of_pytorch(record, sizes, i, case):
    key = "-".join(map(str, sizes))
    w, X, weights = (record[f"{key} {name}"] for name in ("parameters", "X", "weights"))
    y = record[f"{key} {case.targets}"]
    assert record[f"{key} cases"][i] == str(case)

    loss, reference = cost_of(case, w, X, y, weights), record[f"{key} losses"][i]
    assert relative_error(loss, reference, LIMIT.floor) <= LIMIT.relative

    g = gradient_of(case, w, X, y, weights)
    errors = relative_error(g, record[f"{key} gradients"][i], LIMIT.floor)
    assert errors.shape == w.shape
    assert errors.max() <= LIMIT.relative


@pytest.mark.parametrize("i", range(len(UPDATE_CASES)), ids=map(str, UPDATE_CASES))
def test_update_rule_walks_the_path_of_pytorch_for_50_steps(record, i):
    case, stiffness = UPDATE_CASES[i], np.array(STIFFNESS)
    assert record["update cases"][i] == str(case)
    gradients = [lambda w: golden_cases.problem_gradient(w, stiffness)] * golden_cases.N_STEPS
    path = path_of(case.rule, np.array(UPDATE_START), gradients, case.eta, dict(case.options))
    errors = relative_error(np.stack(path), record["problem paths"][i], LIMIT.floor)
    assert errors.shape == (50, 6)
    assert errors.max() <= LIMIT.relative


@pytest.mark.parametrize("i", range(len(UPDATE_CASES)), ids=map(str, UPDATE_CASES))
def test_update_rule_ends_where_pytorch_does_on_gradients_of_every_size(record, i):
    case = UPDATE_CASES[i]
    gradients = [lambda _, g=g: g for g in record["sequence"]]
    w = path_of(case.rule, np.array(UPDATE_START), gradients, case.eta, dict(case.options))[-1]
    errors = relative_error(w, record["sequence ends"][i], LIMIT.floor)
    assert errors.max() <= LIMIT.relative


def test_the_cases_leave_out_no_activation_no_loss_and_no_rule():
    every = golden_cases.every_case()
    outputs = {(case.activations[-1], case.loss) for case in every}
    hidden = {(name, case.loss) for case in every for name in case.activations[:-1]}
    plain = [loss for loss in LOSSES if loss not in FROM_LOGITS]
    assert hidden == {(name, loss) for name in ACTIVATIONS for loss in LOSSES}
    assert outputs == {(name, loss) for name in ACTIVATIONS for loss in plain} | {
        (name, loss) for loss, name in FROM_LOGITS.items()
    }
    compared = {case.rule for case in UPDATE_CASES}
    assert compared == set(UPDATES) - {case.rule for case in golden_cases.RATE_FREE_CASES}


def test_the_record_is_as_long_as_the_cases_and_small_enough_to_keep(record):
    for sizes in ARCHITECTURES:
        key = "-".join(map(str, sizes))
        names = [str(case) for case in cases_of(sizes)]
        assert record[f"{key} cases"].tolist() == names
        assert len(set(names)) == len(names)
    assert record["update cases"].tolist() == [str(case) for case in UPDATE_CASES]
    assert PATH.stat().st_size <= 300_000


def test_the_update_paths_stay_finite_and_go_somewhere(record):
    paths = record["problem paths"]
    assert np.isfinite(paths).all()
    assert (np.abs(paths[:, -1] - np.array(UPDATE_START)).max(axis=1) > 1e-3).all()
