"""Trainings with one fault each, and healthy ones that look as if they had one.

What is seeded is checked by what it does, not by what a diagnosis would measure: a fault must cost
validation loss against the best of a grid of rates on the same samples, a healthy run must not.
Runs that are neither are left out, and counted.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np
from seeded_tables import Table, table

HARM = 1.3  # a fault ends at this many times the best validation loss, or above
FAIR = 1.15  # a healthy run ends below this many times the best
LEARNED = 0.85  # and gained at least this share of what the best did over a constant answer
RATES = 10.0 ** np.arange(-6, 1.1, 0.5)


@dataclass
class Seeded:
    """One training with what is known about it.

    `fault` is the symptom to be found ("" for a healthy run), `also` what may rightly be found
    beside it, `kind` how it was made. `learned` is False for a run whose loss is near the best, but
    only because a constant answer's is: it learned little of what there was to learn.
    """

    run: object
    train: tuple
    validation: tuple
    test: tuple
    fault: str
    kind: str
    also: frozenset = field(default_factory=frozenset)
    learned: bool = True


def every_run(name: str, seed: int) -> tuple[list[Seeded], int]:
    """All trainings on one table with one seed, and how many were neither healthy nor faulty."""
    data = table(name, seed)
    found, left_out = [], 0
    for make in (_by_rate, _by_network, _by_samples):
        for seeded in make(data, seed):
            if seeded is None:
                left_out += 1
            else:
                found.append(seeded)
    return found, left_out


def _seeded(data, run, fault, kind, also=()):
    return Seeded(run, data.train, data.validation, data.test, fault, kind, frozenset(also))


def _reached(run) -> float:
    """The lowest validation loss."""
    return float(np.nanmin(np.where(np.isfinite(run.history["validation_loss"]),
                                    run.history["validation_loss"], np.inf)))  # fmt: skip


def _ended(run) -> float:
    """The training loss at the end."""
    loss = run.history["train_loss"][-5:].mean()
    return float(loss) if np.isfinite(loss) else math.inf


def _healthy(data, run, best, kind) -> Seeded | None:
    """A run that reached the best and, where it was not stopped, stayed near; else None."""
    reached, end = _reached(run), run.history["validation_loss"][-5:].mean()
    if run.diverged is not None or reached >= FAIR * best or end >= FAIR * reached:
        return None
    gained = data.constant - reached >= LEARNED * (data.constant - best)
    return replace(_seeded(data, run, "", kind), learned=bool(gained))


def _grid(data, network, **settings):
    """A population over the rates; the lowest validation loss; the index of its run."""
    runs = data.train_all(network, [{"learning_rate": float(rate)} for rate in RATES], **settings)
    reached = [_reached(run) for run in runs]
    return runs, min(reached), int(np.argmin(reached))


HEALTHY = {
    "adam": {"optimizer": "adam", "batch_size": 32},
    "momentum": {"optimizer": "momentum", "batch_size": 32},
    "sgd, batch 8": {"optimizer": "sgd", "batch_size": 8},
    "rmsprop, cosine": {"optimizer": "rmsprop", "schedule": "cosine"},
    "sgd, full batch": {"optimizer": "sgd", "batch_size": "full", "epochs": 200},
    "adam, stopped early": {"optimizer": "adam", "early_stopping": 6},
}


def _by_rate(data: Table, seed: int) -> Iterator[Seeded | None]:
    """Healthy runs near the best rate; far from it, rates too low and too high; catapults."""
    for i, (kind, settings) in enumerate(HEALTHY.items()):
        small = data.network(data.small, ("tanh", "relu")[i % 2], seed)
        runs, best, top = _grid(data, small, seed=seed, penalty={"l2": 1e-2}, **settings)
        for run in runs[max(top - 3, 0) : top + 4]:
            yield _healthy(data, run, best, kind)
        network = data.network(activation=("relu", "tanh")[i % 2], seed=seed)
        runs, best, top = _grid(data, network, seed=seed, penalty={"l2": 3e-3}, **settings)
        for run in runs[max(top - 3, 0) : top + 4]:
            yield _healthy(data, run, best, kind)
        low = runs[top - 5] if top >= 5 else None
        if low is not None and _reached(low) > HARM * best and (i + seed) % 2:
            yield _seeded(data, low, "rate_too_low", kind)
        trained = min(_ended(run) for run in runs)
        for run in runs[top + 1 :] if (i + seed) % 2 == 0 else ():
            if run.diverged or (_reached(run) > HARM * best and _ended(run) > 2 * trained):
                yield _seeded(data, run, "rate_too_high", kind)
                break
        if kind == "sgd, full batch":
            yield from (
                healthy
                for run in runs
                if run.history["train_loss"][1:].max() > 1.1 * run.history["train_loss"][0]
                and (healthy := _healthy(data, run, best, "hard: catapult")) is not None
            )
    yield from _noise(data, seed)
    yield from _converged(data, seed)


def _noise(data, seed):
    """Batches of one: at a rate that suits batches of 64, too noisy; at their own, healthy."""
    network, common = data.network(data.small, "tanh", seed), {"optimizer": "sgd", "seed": seed}
    _, best, top = _grid(data, network, batch_size=64, **common)
    small, best_small, top_small = _grid(data, network, batch_size=1, **common)
    yield _healthy(data, small[top_small], best_small, "hard: batch 1")
    noisy = small[top]
    if not noisy.diverged and _reached(noisy) > HARM * best:
        yield _seeded(data, noisy, "noisy_batches", "batch 1 at batch 64's rate",
                      {"rate_too_high", "saturation"})  # fmt: skip
    else:
        yield None


def _converged(data, seed):
    """A linear model trained until nothing moves: flat, and rightly so."""
    network = data.network((), seed=seed)
    runs, best, top = _grid(data, network, optimizer="momentum", penalty={"l2": 1e-2},
                            epochs=300, seed=seed)  # fmt: skip
    yield _healthy(data, runs[top], best, "hard: converged")
    narrow = data.network((4,), "tanh", seed=seed, dtype="float32")
    runs, best, top = _grid(data, narrow, optimizer="adam", penalty={"l2": 1e-2}, seed=seed,
                            epochs=300, schedule="cosine", early_stopping=20)  # fmt: skip
    yield _healthy(data, runs[top], best, "hard: stopped, float32")


def _by_network(data: Table, seed: int) -> Iterator[Seeded | None]:
    """Bad starts, dead units, deep stacks, numbers without room."""
    adam = {"optimizer": "adam", "learning_rate": 0.003, "seed": seed}
    _, best, _ = _grid(data, data.network(seed=seed), seed=seed)
    random = np.random.default_rng(seed)

    def one(network, fault, kind, also=(), **settings):
        run = data.train_all(network, [{}], **(adam | settings))[0]
        harmed = run.diverged or run.history["validation_loss"][-1] > HARM * best
        return _seeded(data, run, fault, kind, also) if harmed else None

    wide = data.network(seed=seed)
    wide.parameters = wide.parameters * 10
    yield one(wide, "bad_start", "weights x 10", {"exploding_gradients"})
    zero = data.network(seed=seed)
    zero.parameters = np.zeros_like(zero.parameters)
    yield one(zero, "bad_start", "weights all 0", {"majority_class", "dead_relu"})
    dead = data.network(seed=seed)
    dead["b1"][:] = -12.0
    yield one(dead, "dead_relu", "biases -12")
    tanh = data.network(activation="tanh", seed=seed)
    for name in ("b1", "b2"):
        tanh[name][:] = random.choice([-6.0, 6.0], size=tanh[name].size)
    yield one(tanh, "saturation", "biases +-6", {"vanishing_gradients"})
    deep = data.network((16,) * 12, "sigmoid", seed)
    yield one(deep, "vanishing_gradients", "12 sigmoid layers", {"plateau"})
    steep = data.network((16,) * 11, seed=seed)
    for i in range(1, 13):
        steep[f"W{i}"][:] *= 2.4
    yield one(steep, "exploding_gradients", "11 layers, weights x 2.4", {"bad_start"})
    still = data.network(seed=seed, dtype="float32")
    yield one(still, "float32_standstill", "rate 1e-10", {"rate_too_low"}, learning_rate=1e-10)
    yield from _flat(data, seed, best)


def _flat(data, seed, best):
    """A deep tanh network from small weights: the saddle at the constant answer."""
    network = data.network((8, 8, 8), "tanh", seed)
    for name in ("W1", "W2", "W3", "W4"):
        network[name][:] *= 0.39
    stopping = {"early_stopping": {"patience": 10, "least_improvement": 0.005}}
    for fault, settings in (("plateau", {}), ("premature_stop", stopping)):
        for epochs in (90, 60, 40, 25):  # as long as it stays flat
            run = data.train_all(_centred(data, network), [{}], optimizer="sgd", epochs=epochs,
                                 learning_rate=0.03, batch_size="full", **settings)[0]  # fmt: skip
            loss = run.history["train_loss"]
            flat = np.ptp(loss[-len(loss) // 4 :]) < 0.01 * loss[-1] and loss[-1] > HARM * best
            flat = flat and (run.ending == "early_stopping") == (fault == "premature_stop")
            if flat:
                break
        also = {"bad_start", "vanishing_gradients", "majority_class"}
        yield _seeded(data, run, fault, "small weights, deep tanh", also) if flat else None


def _centred(data, network):
    """The output bias at the best constant answer, so that nothing but the saddle is left."""
    centred = network.copy()
    y = data.train[1]
    if data.classes:
        counts = np.bincount(y, minlength=data.classes)
        centred["b4"][:] = np.log(np.maximum(counts, 1) / len(y))
    return centred


def _by_samples(data: Table, seed: int) -> Iterator[Seeded | None]:
    """Faults of the samples: too few and noisy, a class missing or rare, inputs off scale."""
    adam = {"optimizer": "adam", "learning_rate": 0.003, "seed": seed}
    random = np.random.default_rng(seed)
    _, best, _ = _grid(data, data.network(seed=seed), seed=seed)
    X, y = data.train
    rows = random.permutation(len(X))[:50]
    few = replace(data, train=(X[rows], _noised(y[rows], random)))
    run = few.train_all(few.network((64, 64), seed=seed), [{}], **(adam | {"epochs": 200}))[0]
    rose = run.history["validation_loss"][-1] > HARM * _reached(run)
    yield _seeded(few, run, "overfitting", "50 noisy samples") if rose else None
    scales = 10.0 ** random.uniform(0, 4, X.shape[1])
    off = _changed(data, lambda X, y: (X * scales, y))
    run = off.train_all(off.network(seed=seed), [{}], **adam)[0]
    harmed = run.diverged or run.history["validation_loss"][-1] > HARM * best
    yield _seeded(off, run, "unscaled_inputs", "features x 1 to 10^4") if harmed else None
    if data.classes > 2:
        kept = y != data.classes - 1
        without = replace(data, train=(X[kept], y[kept]))
        run = without.train_all(without.network(seed=seed), [{}], **adam)[0]
        yield _seeded(without, run, "missing_class", "a class left out", {"overfitting"})
    if data.classes:
        yield _rare(data, seed, random, adam)


def _changed(data, change):
    """The table with each of its parts changed."""
    parts = {name: change(*getattr(data, name)) for name in ("train", "validation", "test")}
    return replace(data, **parts)


def _noised(y, random):
    """A quarter of the classes drawn anew, or as much noise as signal."""
    if y.dtype.kind == "f":
        return y + random.normal(size=len(y))
    return np.where(random.random(len(y)) < 0.25, random.permutation(y), y)


def _rare(data, seed, random, adam):
    """One class against 8 % of another, blurred: the network names the frequent one alone."""

    def part(X, y):
        rare, often = np.flatnonzero(y == 1), np.flatnonzero(y == 0)
        rare = rare[: max(2, math.ceil(0.08 * len(often)))]
        rows = np.concatenate([often, rare])
        return X[rows] + 3 * random.normal(size=(len(rows), X.shape[1])), y[rows]

    few = replace(_changed(data, part), classes=2)
    network = few.network((8,), "tanh", seed)
    run = few.train_all(network, [{}], **(adam | {"penalty": {"l2": 0.02}}))[0]
    named = np.argmax(run.network.predict(few.train[0]), axis=1)
    alone = bool((named == named[0]).all())
    return _seeded(few, run, "majority_class", "8 % rare, blurred") if alone else None
