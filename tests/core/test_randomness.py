"""Every draw is a function of (seed, purpose, step, layer), the same for ever."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from clearprop import randomness

SEEDS = st.integers(0, randomness.MAX_SEED)
WORD = 2**64 - 1
PURPOSES = {"start": 1, "order": 2, "dropout": 3, "curvature": 4}  # for ever


def philox(counter, key):
    """Philox-4x64-10, as Salmon et al. 2011 write it, on Python's integers."""
    c, k = list(counter), list(key)
    for _ in range(10):
        first, second = 0xD2E7470EE14C6C93 * c[0], 0xCA5A826395121157 * c[2]
        c = [
            (second >> 64) ^ c[1] ^ k[0],
            second & WORD,
            (first >> 64) ^ c[3] ^ k[1],
            first & WORD,
        ]
        k = [(k[0] + 0x9E3779B97F4A7C15) & WORD, (k[1] + 0xBB67AE8584CAA73B) & WORD]
    return c


# Random123's known answers (its file kat_vectors, "philox4x64 10").
KNOWN = [
    (
        [0] * 4,
        [0] * 2,
        [0x16554D9ECA36314C, 0xDB20FE9D672D0FDC, 0xD7E772CEE186176B, 0x7E68B68AEC7BA23B],
    ),
    (
        [WORD] * 4,
        [WORD] * 2,
        [0x87B092C3013FE90B, 0x438C3C67BE8D0224, 0x9CC7D7C69CD777B6, 0xA09CAEBF594F0BA0],
    ),
    (
        [0x243F6A8885A308D3, 0x13198A2E03707344, 0xA4093822299F31D0, 0x082EFA98EC4E6C89],
        [0x452821E638D01377, 0xBE5466CF34E90C6C],
        [0xA528F45403E61D95, 0x38C72DBD566E9788, 0xA5A1610E72FD18B5, 0x57BD43B5E52B7FE6],
    ),
]


@pytest.mark.parametrize(("counter", "key", "answer"), KNOWN)
def test_our_philox_gives_the_published_answers(counter, key, answer):
    assert philox(counter, key) == answer


@settings(max_examples=30)
@given(SEEDS, st.sampled_from(list(PURPOSES.items())), st.integers(0, 2**40),
       st.integers(0, 50), st.integers(1, 9))  # fmt: skip
def test_every_draw_is_philox_at_a_counter_of_its_own(seed, purpose, step, layer, n):
    name, number = purpose
    drawn = randomness._raw(seed, name, n, step, layer).tolist()
    blocks = [philox([1 + i, step, layer, 0], [seed, number]) for i in range(3)]
    assert drawn == [word for block in blocks for word in block][:n]


def test_the_numbers_are_those_of_the_first_release():
    assert randomness.permutation(3, 2, 8).tolist() == [4, 7, 0, 5, 1, 2, 3, 6]
    assert randomness._raw(7, "start", 2, 0, 0).tolist() == [
        16278639771243212573,
        6807555713146629974,
    ]
    np.testing.assert_allclose(
        randomness.uniform(0, "start", 2), [0.81335406, 0.75133143], rtol=0, atol=5e-9
    )
    np.testing.assert_allclose(
        randomness.normal(0, "start", 2), [0.01532755, -1.48404689], rtol=0, atol=5e-9
    )


@given(SEEDS, st.integers(0, 1000), st.integers(1, 200))
def test_an_order_is_a_permutation_and_its_own_every_epoch(seed, epoch, n):
    order = randomness.permutation(seed, epoch, n)
    assert sorted(order.tolist()) == list(range(n))
    assert order.dtype == np.int64
    np.testing.assert_array_equal(order, randomness.permutation(seed, epoch, n))
    if n >= 30:
        assert (order != randomness.permutation(seed, epoch + 1, n)).any()


def test_every_position_is_equally_likely():
    orders = np.stack([randomness.permutation(seed, 0, 6) for seed in range(3000)])
    for position in orders.T:
        assert stats.chisquare(np.bincount(position, minlength=6)).pvalue > 1e-4


def test_streams_do_not_share_numbers():
    streams = [
        randomness._raw(seed, purpose, 100, step, layer)
        for seed in (0, 1, randomness.MAX_SEED)
        for purpose in PURPOSES
        for step in (0, 1, 2**32)
        for layer in (0, 1)
    ]
    assert len(np.unique(np.concatenate(streams))) == 100 * len(streams)


def test_a_longer_draw_begins_with_the_shorter():
    np.testing.assert_array_equal(
        randomness.normal(5, "start", 10)[:7], randomness.normal(5, "start", 7)
    )


def test_uniform_numbers_lie_in_the_unit_interval_and_are_uniform():
    u = randomness.uniform(1, "dropout", 20_000, step=3, layer=1)
    assert u.min() >= 0
    assert u.max() < 1
    assert stats.kstest(u, "uniform").pvalue > 1e-3


def test_the_largest_word_stays_below_one_and_gives_a_finite_normal(monkeypatch):
    monkeypatch.setattr(randomness, "_raw", lambda *_: np.array([WORD, 0], dtype=np.uint64))
    assert randomness.uniform(0, "start", 2).tolist() == [1 - 2.0**-53, 0.0]
    assert np.isfinite(randomness.normal(0, "start", 1)).all()


def test_normal_numbers_are_normal():
    assert stats.kstest(randomness.normal(2, "start", 20_000), "norm").pvalue > 1e-3


def test_nothing_is_drawn_from_or_left_in_the_global_state():
    before = np.random.get_state()[1].tolist()  # noqa: NPY002 - the state that must not change
    randomness.normal(0, "start", 10)
    randomness.permutation(0, 0, 10)
    assert np.random.get_state()[1].tolist() == before  # noqa: NPY002
