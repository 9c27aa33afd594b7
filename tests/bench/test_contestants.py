"""One suite for all contestants: the same start and batches must give the same parameters.

Peers whose library is missing are skipped; PyTorch's are marked `torch` like its other tests.
"""

import signal
import threading

import numpy as np
import pytest

from clearprop.bench import PEERS, Unsuitable, installed_peers
from clearprop.bench.contestant import Contestant
from clearprop.bench.ours import Ours
from clearprop.bench.peers import LABELS, load_peer
from clearprop.bench.peers.torch_compiled import at_most
from clearprop.bench.task import N_ORDERS, Work, make_task
from clearprop.bench.threads import limited_to

WORKS = {
    "binary, sgd": Work((2, 4, 3, 1), 4, "sgd", (0.1,), 32),
    "binary, one by one": Work((2, 4, 1), 1, "sgd", (0.1,), 16),
    "classes, sgd": Work((5, 6, 3), 8, "sgd", (0.1,), 32),
    "classes, adam": Work((5, 6, 3), 8, "adam", (0.01,), 32),
    "population, sgd": Work((2, 4, 1), 4, "sgd", (0.05, 0.1, 0.2), 32),
    "population, adam": Work((5, 6, 3), 8, "adam", (0.005, 0.01, 0.02), 32),
}
SLOW_TO_COMPILE = ["population, adam"]
CASES = [
    pytest.param(
        peer,
        work,
        marks=[pytest.mark.torch] if peer.startswith("torch") else [],
        id=f"{peer}-{work}",
    )
    for peer in PEERS
    for work in (WORKS if peer != "torch_compiled" else SLOW_TO_COMPILE)
    if not (peer == "sklearn" and work.startswith("population"))
]


@pytest.mark.parametrize(("name", "work"), CASES)
def test_a_peer_trains_what_the_reference_engine_trains(name, work):
    pytest.importorskip(PEERS[name][1], reason=f"{LABELS[name]} is not installed")
    task = make_task(WORKS[work])
    with limited_to(1):
        ours = Ours("reference").prepare(task, 1)
        theirs = load_peer(name).prepare(task, 1)
        for epochs in (1, 5):  # then once more from the start, past the orders' coming round
            for trainer in (ours, theirs):
                trainer.reset()
                trainer.run(epochs)
            got, expected = theirs.parameters(), ours.parameters()
            assert got.shape == expected.shape == (task.n_networks, len(task.start))
            assert np.abs(expected - task.start).max() > 0.01
            # scikit-learn's Adam has its ε elsewhere
            loose = name == "sklearn" and task.work.rule == "adam"
            np.testing.assert_allclose(got, expected, atol=2e-3 if loose else 2e-5)


def test_scikit_learn_declines_a_population():
    with pytest.raises(Unsuitable, match="one network at a time"):
        load_peer("sklearn").prepare(make_task(WORKS["population, sgd"]), 1)


@pytest.mark.parametrize("name", ["numpy", "sklearn"])
def test_a_peer_can_be_left_where_it_stands(name):
    """Two epochs at once, or one and one more: training goes on from where it stood."""
    task = make_task(WORKS["classes, adam"])
    trainer = load_peer(name).prepare(task, 1)
    trainer.run(2)
    at_once = trainer.parameters()
    trainer.reset()
    trainer.run(1)
    trainer.run(1)
    np.testing.assert_array_equal(trainer.parameters(), at_once)


@pytest.mark.parametrize("name", PEERS)
def test_a_peer_names_itself_and_its_package(name):
    module, _, _ = PEERS[name][0].partition(":")
    pytest.importorskip(PEERS[name][1], reason=f"{LABELS[name]} is not installed")
    peer: Contestant = load_peer(name)
    assert (peer.name, peer.label) == (name, LABELS[name])
    assert type(peer).__module__ == module


def test_what_takes_too_long_to_compile_is_given_up():
    before = signal.getsignal(signal.SIGALRM)
    with pytest.raises(Unsuitable, match="too long"), at_most(60, "too long"):
        signal.raise_signal(signal.SIGALRM)  # as the timer would, without waiting for it
    assert signal.getsignal(signal.SIGALRM) is before
    assert signal.getitimer(signal.ITIMER_REAL)[0] == 0
    with at_most(60, "too long"):
        pass


def test_outside_the_main_thread_compiling_is_given_up_afterwards():
    done = []

    def work():
        with pytest.raises(Unsuitable, match="too long"), at_most(-1, "too long"):
            done.append("compiled")

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert done == ["compiled"]


def test_numpy_and_scikit_learn_always_take_part():
    present = installed_peers()
    assert list(present) == list(PEERS) == list(LABELS)
    assert present["numpy"]
    assert present["sklearn"]


def test_every_epoch_has_an_order_of_its_own_until_they_come_round():
    task = make_task(WORKS["binary, sgd"])
    assert task.orders.shape == (N_ORDERS, 32)
    assert len({tuple(order) for order in task.orders}) == N_ORDERS
    assert all(sorted(order) == list(range(32)) for order in task.orders)


def test_the_task_of_a_work_is_always_the_same():
    first, second = make_task(WORKS["classes, sgd"]), make_task(WORKS["classes, sgd"])
    for name in ("X", "y", "start", "orders"):
        np.testing.assert_array_equal(getattr(first, name), getattr(second, name))
    assert first.X.dtype == first.y.dtype == first.start.dtype == np.float32
    assert (first.y.sum(axis=1) == 1).all()
    assert set(np.unique(make_task(WORKS["binary, sgd"]).y)) == {0.0, 1.0}


def test_starts_and_flatten_are_inverses_for_one_and_for_many():
    for name in ("classes, sgd", "population, sgd"):
        task = make_task(WORKS[name])
        np.testing.assert_array_equal(
            task.flatten(task.starts()), np.tile(task.start, (task.n_networks, 1))
        )
