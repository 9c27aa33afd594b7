"""Each symptom is found on a training that has it, with its numbers, and nothing beside it."""

from __future__ import annotations

import numpy as np
import pytest

import clearprop as cp
from clearprop.diagnosis import SYMPTOMS
from diagnosis.trainings import IRIS, MOONS, fit, net, split


def _dead():
    network = net()
    network["b1"][:] = -12.0
    return fit(network)


def _saturated():
    network = net(activation="tanh")
    network["b1"][:] = 8.0
    network["b2"][:] = -8.0
    return fit(network)


def _wide():
    network = net()
    network.parameters = network.parameters * 10
    return fit(network)


def _alike():
    network = net()
    network.parameters = np.zeros_like(network.parameters)
    return fit(network)


def _steep():
    network = net((16,) * 11)
    for i in range(1, 13):
        network[f"W{i}"][:] *= 2.5
    return fit(network)


def _flat(**more):
    network = net((8, 8, 8), "tanh", seed=3)
    for name in ("W1", "W2", "W3", "W4"):
        network[name][:] *= 0.39
    return fit(network, optimizer="sgd", learning_rate=0.03, batch_size="full", **more)


def _by_heart():
    random = np.random.default_rng(0)
    X, y = MOONS
    y = np.where(random.random(len(y)) < 0.3, 1 - y, y)
    parts = X[:40], y[:40], (X[40:], y[40:])
    return fit(net((64, 64), sizes=(2, 2)), parts=parts, epochs=150)


def _unscaled():
    X, y = IRIS
    return fit(net(), data=(X * np.array([1.0, 1e4, 10.0, 1.0]), y))


def _missing():
    X, y, validation = split(*IRIS)
    return fit(net(), parts=(X[y < 2], y[y < 2], validation), penalty={"l2": 1e-2})


def _rare():
    random = np.random.default_rng(0)
    X, y = random.normal(size=(400, 4)), (np.arange(400) % 11 == 0).astype(int)
    return fit(net((4,), "tanh", (4, 2)), data=(X, y), penalty={"l2": 0.05})


FAULTY = {
    "missing_class": (_missing, {"classes": [2]}),
    "unscaled_inputs": (_unscaled, {"feature": 1}),
    "bad_start": (_wide, {"weight_scale": pytest.approx(10, rel=0.2)}),
    "stalled_prodigy": (
        lambda: fit(net(dtype="float32"), optimizer="prodigy", learning_rate=0.003),
        {"learning_rate": 0.003, "growth": pytest.approx(1, abs=1)},
    ),
    "float32_standstill": (lambda: fit(net(dtype="float32"), learning_rate=1e-10), {}),
    "saturation": (_saturated, {"where": "layer 1"}),
    "vanishing_gradients": (lambda: fit(net((12,) * 12, "sigmoid")), {"where": "layer 1"}),
    "exploding_gradients": (_steep, {}),
    "noisy_batches": (
        lambda: fit(net((16,), "tanh", (2, 2)), MOONS, optimizer="sgd", batch_size=1,
                    learning_rate=1.0),
        {"batch_size": 1},
    ),
    "rate_too_high": (
        lambda: fit(net(activation="tanh"), optimizer="momentum", learning_rate=3.0),
        {"learning_rate": 3.0, "batch_size": 32},
    ),
    "dead_relu": (_dead, {"where": "layer 1", "inactive_units": 1.0}),
    "plateau": (lambda: _flat(epochs=30), {}),
    "premature_stop": (
        lambda: _flat(early_stopping={"patience": 10, "least_improvement": 0.005}), {}
    ),
    "rate_too_low": (lambda: fit(net(), learning_rate=1e-5), {"learning_rate": 1e-5}),
    "overfitting": (_by_heart, {"where": "validation loss"}),
    "majority_class": (_rare, {"class": 0, "predicted_share": 1.0}),
}  # fmt: skip


def test_every_symptom_has_a_training_here():
    assert set(FAULTY) == set(SYMPTOMS)


@pytest.mark.parametrize("symptom", FAULTY)
def test_a_training_with_the_fault_is_told_by_cause_evidence_and_remedy(symptom):
    make, evidence = FAULTY[symptom]
    found = make().finding()
    assert found.symptom == symptom
    assert found.cause.endswith(".")
    assert found.remedy.endswith(".")
    assert found.tried is None
    for name, value in evidence.items():
        assert found.evidence[name] == value
    assert {"where", "when"} <= found.evidence.keys()
    numbers = [value for value in found.evidence.values() if isinstance(value, float | int)]
    assert numbers
    assert found.shown.endswith(f"{found.evidence['where']}, {found.evidence['when']}")


def test_weights_that_are_all_alike_are_a_bad_start():
    found = _alike().finding()
    assert found.symptom == "bad_start"
    assert found.evidence["weight_scale"] == 0


def test_a_training_that_diverged_is_told_where_and_when(lost):
    found = lost.finding()
    assert found.symptom == "rate_too_high"
    assert "diverged at step" in found.cause
    assert found.evidence["when"].startswith("epoch 1, step")


def test_targets_of_another_size_explode():
    X, _y = IRIS
    network = net(sizes=(4, 1), output="identity")
    found = fit(network, data=(X, 1000 * X[:, 0])).finding()
    assert found.symptom == "exploding_gradients"
    assert found.evidence["target_size"] == pytest.approx(1000, rel=0.1)


def test_a_rate_that_kills_relus_is_named_instead_of_the_dead_units():
    found = fit(net(), optimizer="adam", learning_rate=3.0, epochs=20, seed=1).diagnose()
    assert [each.symptom for each in found.findings] == ["rate_too_high"]


def test_without_recorded_weights_the_first_loss_tells_a_bad_start():
    network = net()
    network.parameters = network.parameters * 10
    found = fit(network, record_weights=None, seed=5).finding()
    assert found.symptom == "bad_start"
    assert "first loss" in found.cause


def test_a_binary_output_is_diagnosed_like_two_classes():
    _X, _y = MOONS
    network = net((8, 8), sizes=(2, 1), output="sigmoid")
    assert fit(network, MOONS, penalty={"l2": 3e-3}).symptoms() == []
    rare = (np.arange(240) % 11 == 0).astype(float)
    noise = np.random.default_rng(1).normal(size=(240, 2))
    network = net((4,), "tanh", (2, 1), output="sigmoid")
    assert fit(network, (noise, rare), penalty={"l2": 0.05}).symptoms() == ["majority_class"]


def test_a_member_of_a_population_is_judged_by_its_own_weights():
    X, y, validation = split(*IRIS)
    runs = cp.train_population(
        net(dtype="float32"), X, y, [{"learning_rate": 0.01, "seed": 1}, {"learning_rate": 1e-4}],
        validation=validation, early_stopping=3, record_weights="epoch", epochs=80,
        penalty={"l2": 3e-3},
    )  # fmt: skip
    assert runs[0].ending == "early_stopping"
    assert runs[0].epochs < runs[1].epochs
    found = cp.diagnose(runs[0], X, y, validation=validation)
    assert found.healthy, found


def test_units_that_were_dead_from_the_start_are_told_though_the_others_learn():
    network = net((16,))
    network["b1"][:10] = -12.0
    found = fit(network, learning_rate=0.03, penalty={"l2": 1e-3}).finding()
    assert found.symptom == "dead_relu"
    assert found.evidence["inactive_units_at_start"] == 10 / 16


def test_weights_that_are_far_too_small_are_a_bad_start():
    network = net()
    network.parameters = network.parameters * 0.1
    found = fit(network).finding()
    assert found.symptom == "bad_start"
    assert 0.07 < found.evidence["weight_scale"] < 0.14
