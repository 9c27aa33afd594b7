import math
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import clearprop as cp
from clearprop.errors import ArgumentError
from clearprop.ledgers.factors import MOST_PATHS
from ledger.networks import HIDDEN, every_loss_and_output, random_step

X = np.array([[0.5, -1.0], [1.5, 0.3]])


@pytest.fixture
def step():
    network = cp.Network([2, 3, 2, 1], hidden="tanh", seed=3)
    return cp.ledger(network, X, [0.3, -0.4])


@given(
    seed=st.integers(0, 10**6),
    depth=st.integers(1, 4),
    kind=st.sampled_from(every_loss_and_output()),
    activation=st.sampled_from(HIDDEN),
    data=st.data(),
)
def test_the_sum_over_all_paths_is_the_gradient(seed, depth, kind, activation, data):
    rng = np.random.default_rng(seed)
    step = random_step(rng, depth, *kind, activation, widest=3)
    architecture = step.plan.architecture
    parameter = data.draw(st.sampled_from(list(architecture.shapes)))
    index = tuple(data.draw(st.integers(0, n - 1)) for n in architecture.shapes[parameter])
    name = f"{parameter}[{','.join(map(str, index))}]"
    layer = int(parameter[1:])
    gradient = step[f"d{parameter}"][index]
    scale = 1e-9 * max(1.0, abs(step[f"d{parameter}"]).max())
    starts = [None, *range(layer, architecture.n_layers + 1)]
    for start in starts:
        found = step.factors(name, from_delta=start)
        assert found.value == pytest.approx(gradient, rel=1e-9, abs=scale)
        assert found.gradient == gradient
    each = [step.factors(name, sample=s) for s in range(len(step.data.X))]
    assert math.fsum(one.value for one in each) == pytest.approx(gradient, rel=1e-9, abs=scale)
    assert sum(len(one.paths) for one in each) == len(step.factors(name).paths)
    for one in each:
        assert one.value == pytest.approx(one.gradient, rel=1e-9, abs=scale)


def test_one_path_is_the_product_that_a_book_writes():
    network = cp.Network([1, 1, 1], hidden="sigmoid")
    network.parameters = [0.5, 0.1, -2.0, 0.3]
    step = cp.ledger(network, [[1.5]], [1.0])
    (path,) = step.factors("W1[0,0]").paths
    z1 = 0.5 * 1.5 + 0.1
    a1 = 1 / (1 + math.exp(-z1))
    expected = [2 * (-2 * a1 + 0.3 - 1), 1.0, -2.0, a1 * (1 - a1), 1.5]
    assert [factor.value for factor in path.factors] == pytest.approx(expected)
    assert [factor.formula for factor in path.factors] == [
        "2(a − y)", "identity′(z2[0,0])", "W2[0,0]", "sigmoid′(z1[0,0])", "X[0,0]",
    ]  # fmt: skip
    assert path.value == pytest.approx(math.prod(expected))
    (path,) = step.factors("b1[0]").paths
    assert path.factors[-1][:3] == ("∂z1[0]/∂b1[0]", "1", 1.0)


def test_paths_pass_every_neuron_between(step):
    found = step.factors("W1[1,2]")
    assert len(found.paths) == 2 * 2 * 1
    assert {path.sample for path in found.paths} == {0, 1}
    symbols = {tuple(f.symbol for f in path.factors) for path in found.paths}
    assert len(symbols) == 2
    for path in found.paths:
        assert path.factors[-1].symbol == "∂z1[2]/∂W1[1,2]"
        assert path.factors[-1].value == X[path.sample, 1]
    assert len(step.factors("W1[1,2]", sample=1).paths) == 2
    assert len(step.factors("W1[1,2]", from_delta=1).paths) == 2
    assert len(step.factors("W1[1,2]", from_delta=2).paths) == 4


def test_softmax_has_a_path_through_every_output():
    network = cp.Network([2, 2, 3], hidden="tanh", output="softmax", seed=1)
    step = cp.ledger(network, X[:1], [2])
    found = step.factors("W2[0,1]")
    assert [path.factors[0].symbol for path in found.paths] == [
        "∂C/∂a2[0]", "∂C/∂a2[1]", "∂C/∂a2[2]",
    ]  # fmt: skip
    a = step["a2"][0]
    slopes = [path.factors[1].value for path in found.paths]
    assert slopes == pytest.approx([-a[0] * a[1], a[1] * (1 - a[1]), -a[2] * a[1]])
    assert found.paths[1].factors[1].formula == "a2[0,1](1 − a2[0,1])"
    assert found.paths[0].factors[1].formula == "a2[0,0](0 − a2[0,1])"
    assert len(step.factors("W1[0,0]").paths) == 9


def test_a_saturated_output_begins_at_its_delta():
    network = cp.Network([1, 1], output="sigmoid")
    network.parameters = [800.0, 0.0]
    found = cp.ledger(network, [[1.0]], [0.0]).factors("W1[0,0]")
    assert [factor.symbol for factor in found.paths[0].factors] == ["∂C/∂z1[0]", "∂z1[0]/∂W1[0,0]"]
    assert found.value == found.gradient == 1.0


def test_a_penalty_is_left_apart_and_said_so():
    step = cp.ledger(cp.Network([2, 1]), X, [1.0, 2.0], penalty={"l2": 0.1})
    found = step.factors("W1[0,0]")
    assert found.value == pytest.approx(step["dW1"][0, 0])
    assert "The penalty adds its own part" in str(found)
    assert "penalty" not in str(step.factors("b1[0]"))


def test_too_many_paths_are_refused_with_what_to_choose():
    network = cp.Network([2, 8, 8, 8, 8, 8, 1], hidden="tanh", seed=1)
    step = cp.ledger(network, X, [1.0, 2.0])
    with pytest.raises(ArgumentError) as refused:
        step.factors("W1[0,0]")
    assert str(refused.value) == (
        "W1[0,0] has 8,192 paths, more than the 4,096 that are listed; choose one sample, such as "
        "sample=0 (4,096 paths), or to begin at a later delta, such as from_delta=4 (1,024 paths)"
    )
    assert len(step.factors("W1[0,0]", sample=0).paths) == MOST_PATHS
    for choice in ({"from_delta": 4}, {"from_delta": 2, "sample": 1}):
        found = step.factors("W1[0,0]", **choice)
        assert found.value == pytest.approx(found.gradient)
    with pytest.raises(ArgumentError, match="8,192 paths"):
        step.factors("W1[0,0]", from_delta=5)
    wide = cp.ledger(cp.Network([1, 9, 24], output="softmax"), np.ones((1, 1)), [0])
    assert len(wide.factors("W1[0,0]").paths) == 24 * 24
    wider = cp.ledger(cp.Network([1, 2, 65], output="softmax"), np.ones((1, 1)), [0])
    with pytest.raises(ArgumentError, match=r"4,225 paths.*; choose to begin at a later delta"):
        wider.factors("W1[0,0]")


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("W4[0,0]", {}, "name must be one of W1, W2, W3, b1, b2, b3; got 'W4'"),
        ("dW1[0,0]", {}, "name must be one of"),
        ("W1", {}, r"name must name one number, such as W1\[0,0\]; got 'W1'"),
        ("W1[2,0]", {}, r"name must lie between W1\[0,0\] and W1\[1,2\], counted from 0; "
                        r"got 'W1\[2,0\]'"),
        ("W1[-1,0]", {}, r"name must lie between W1\[0,0\]"),
        ("b1[0,0]", {}, r"name must name one number, such as b1\[0\]"),
        ("W1[a,0]", {}, "name must have whole numbers between its brackets"),
        ("W1(0,0)", {}, "name must be one of"),
        (("W1", 0, 0), {}, r"name must be a name such as 'W1\[0,0\]'"),
        ("W1[0,0]", {"sample": 2}, "sample must be a whole number from 0 to 1; got 2"),
        ("W2[0,0]", {"from_delta": 1}, "from_delta must be a whole number from 2 to 3; got 1"),
    ],
)  # fmt: skip
def test_a_bad_name_or_choice_is_one_sentence(step, name, options, message):
    with pytest.raises(ArgumentError, match=message):
        step.factors(name, **options)


# In print -----------------------------------------------------------------------------------------


def test_the_text_shows_each_factor_and_each_path(step):
    text = str(step.factors("W1[1,2]"))
    assert text.startswith(
        "∂C/∂W1[1,2]: 4 paths over all samples; the mean's 1/2 is in the first factor"
    )
    assert "· ∂z2[0]/∂a1[2]   = W2[2,0]" in text
    assert "sample 1, a3[0] → a2[1] → a1[2]: " in text
    assert "the sum of 4 products" in text
    assert "of sample 1;" in str(step.factors("W1[1,2]", sample=1))


def test_long_products_are_broken_and_many_paths_counted():
    network = cp.Network([2, 2, 2, 2, 2, 2, 2], hidden="tanh", seed=1)
    text = str(cp.ledger(network, X, X).factors("W1[0,0]"))
    assert max(map(len, text.splitlines())) <= 100
    assert "and 48 more paths, which add up to" in text
    one = str(cp.ledger(cp.Network([1] * 7, seed=1), [[1.0]], [1.0]).factors("W1[0,0]"))
    assert max(map(len, one.splitlines())) <= 100


def test_latex_has_balanced_braces_and_every_factor(step):
    for found in (step.factors("W1[1,2]"), step.factors("b3[0]", sample=0)):
        latex = found.latex()
        assert latex.count("{") == latex.count("}")
        assert latex.startswith(r"\begin{aligned}")
        assert latex.endswith(r"\end{aligned}")
        n = sum(len(path.factors) for path in found.paths)
        assert len(re.findall(r"\\underbrace", latex)) == n
    assert r"\frac{\partial C}{\partial w^{(1)}_{1,2}}" in step.factors("W1[1,2]").latex()


def test_small_numbers_are_powers_of_ten_in_latex():
    network = cp.Network([1, 1])
    network.parameters = [1e-9, 0.0]
    latex = cp.ledger(network, [[1.0]], [0.0]).factors("W1[0,0]").latex()
    assert r"2 \cdot 10^{-9}" in latex


def test_json_and_repr(step):
    found = step.factors("b2[1]", sample=0)
    contents = found.to_json()
    assert contents["value"] == pytest.approx(contents["gradient"])
    assert contents["paths"][0]["factors"][0]["symbol"] == "∂C/∂a3[0]"
    assert repr(found) == f"Factors(b2[1], 1 path, {found.value:.6g})"
