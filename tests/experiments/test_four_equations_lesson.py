"""The lesson `four-equations`: equation 1 by school algebra, other weights, the animation."""

from __future__ import annotations

import math

import numpy as np
import pytest

from clearprop.experiments import learn
from clearprop.experiments.lesson import Heading, Worked
from clearprop.figures import LIGHT


def test_the_first_delta_is_that_of_school_algebra(taught):
    hidden = [
        math.tanh(0.2 + 0.5 * 0.5 + 0.1),
        math.tanh(-0.4 + 0.5 * 0.3 - 0.2),
        math.tanh(0.7 - 0.5 * 0.6 + 0.05),
    ]
    a = 1 / (1 + math.exp(-np.dot(hidden, [0.6, 0.4, -0.5])))
    delta = 2 * (a - 1) / 2 / 2 * a * (1 - a)  # mean over two outputs and two samples
    check = next(each for each in taught("four-equations").lesson.checks if "(1)" in each.what)
    assert float(check.got.split(", ")[0]) == pytest.approx(delta, rel=1e-7)


def test_every_equation_stands_under_its_heading_with_its_shape(taught):
    blocks = taught("four-equations").lesson.blocks
    heads = [k for k, block in enumerate(blocks) if isinstance(block, Heading)][:4]
    formulas = [next(b for b in blocks[k:] if isinstance(b, Worked)).lines[0] for k in heads]
    for formula, start, shape in zip(
        formulas,
        ("delta2 = ∂C/∂a2 · f′(z2)", "delta1 = (delta2 W2ᵀ) · f′(z1)", "∂C/∂b = ", "∂C/∂W2 = a1ᵀ"),
        ("2 × 2", "2 × 3", "shape 2", "3 × 2"),
        strict=True,
    ):
        assert formula.startswith(start)
        assert formula.endswith(shape)


def test_every_gradient_is_checked_by_finite_differences(taught):
    lesson = taught("four-equations").lesson
    measured = {each.what for each in lesson.checks if each.source == "finite differences"}
    assert {"delta2", "delta1", "db2", "db1", "dW2", "dW1"} <= measured
    assert all(float(row[-1]) < 1e-9 for row in lesson.tables[0].rows)


def test_other_weights_obey_them_as_well():
    assert learn("four-equations", seed=4).lesson.ok


def test_the_step_can_be_watched(taught, tmp_path):
    taught("four-equations").lesson.animation.write(tmp_path / "step.gif", LIGHT)
    assert (tmp_path / "step.gif").read_bytes().startswith(b"GIF89a")
