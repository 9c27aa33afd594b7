"""The lesson `parallel`: equal numbers however a layer is computed."""

from __future__ import annotations

import numpy as np
import pytest

from clearprop.experiments import parallel
from clearprop.experiments.layer_ways import ETA, Layer, engine_step, gradient, neuron_by_neuron
from clearprop.experiments.play import Play


@pytest.mark.parametrize("n", [1, 3, 10])
def test_the_loops_take_a_step_of_gradient_descent(n):
    layer = Layer.of(n, seed=5)
    w = layer.network.parameters
    expected = w - ETA * gradient(layer, w)[1][0]
    np.testing.assert_allclose(neuron_by_neuron(layer), expected, rtol=0, atol=1e-15)
    assert np.abs(expected - w).max() > 1e-3  # or any step would seem right


def test_several_steps_of_an_engine_are_several_steps():
    layer = Layer.of(4, seed=1)
    once = engine_step(layer, "reference")[0]
    layer.network.parameters = once
    twice = engine_step(layer, "reference")[0]
    layer = Layer.of(4, seed=1)
    np.testing.assert_array_equal(engine_step(layer, "reference", steps=2)[0], twice)


def test_without_the_compiled_core_the_lesson_says_so(monkeypatch):
    monkeypatch.setattr(parallel, "MISSING", "the compiled core is not installed: none here")
    monkeypatch.setattr(parallel, "_SIZES", (1, 4, 16, 64))
    lesson = parallel.teach(Play())
    assert lesson.ok
    assert lesson.tables[0].heads[-1] == "as matrices"
    assert any("is not installed" in getattr(block, "text", "") for block in lesson.blocks)
