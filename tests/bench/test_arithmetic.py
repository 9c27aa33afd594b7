"""Useful operations against numbers worked by hand, and the machine's rate by a fake clock."""

import itertools

import pytest

from clearprop.bench.arithmetic import flops_per_step, limit_us, matrix_rate


@pytest.mark.parametrize(
    ("sizes", "batch", "flops"),
    [
        ((3, 5), 1, 2 * (15 + 15)),  # no layer after the first: no input gradient
        ((2, 4, 4, 1), 1, 2 * (28 + 28 + 20)),
        ((2, 4, 4, 1), 32, 64 * (28 + 28 + 20)),
        ((64, 32, 10), 32, 64 * (2368 + 2368 + 320)),
        ((1024, 1024, 1024, 10), 512, 1024 * (2 * 2107392 + 1058816)),
    ],
)
def test_operations_are_those_counted_by_hand(sizes, batch, flops):
    assert flops_per_step(sizes, batch) == flops


def test_the_limit_of_the_table_is_found_again():
    # About 280 GFLOP/s; the table rounds.
    rate = 280e9
    assert limit_us((64, 32, 10), 32, rate) == pytest.approx(1.2, rel=0.05)
    assert limit_us((2, 16, 16, 1), 32, rate) == pytest.approx(0.2, rel=0.05)
    assert limit_us((784, 128, 10), 32, rate) == pytest.approx(46, rel=0.05)
    assert limit_us((784, 128, 10), 128, rate) == pytest.approx(185, rel=0.05)
    assert limit_us((784, 512, 512, 10), 128, rate) == pytest.approx(1460, rel=0.05)


def test_the_rate_of_the_machine_is_its_best():
    readings = itertools.chain([0.0, 4.0, 10.0, 12.0, 20.0, 29.0])  # 4, 2 and 9 seconds
    assert matrix_rate(size=8, repeats=3, clock=lambda: next(readings)) == 2 * 8**3 / 2.0
