"""Trainings that have a fault, made by really training, and trainings that have none."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.datasets import load_iris, make_moons

import clearprop as cp


@dataclass
class Trained:
    """A run and what it was trained on."""

    run: Any
    X: Any
    y: Any
    validation: Any

    def diagnose(self, **more):
        return cp.diagnose(self.run, self.X, self.y, validation=self.validation, **more)

    def symptoms(self, **more):
        return [finding.symptom for finding in self.diagnose(**more).findings]

    def finding(self, **more):
        (found,) = self.diagnose(**more).findings
        return found


def scaled(X):
    return (X - X.mean(axis=0)) / X.std(axis=0)


IRIS = scaled(load_iris().data), load_iris().target
MOONS = make_moons(240, noise=0.25, random_state=0)


def split(X, y):
    """Every fourth row to validation."""
    out = np.arange(len(X)) % 4 == 0
    return X[~out], y[~out], (X[out], y[out])


def fit(network, data=IRIS, parts=None, **settings):
    """Train with the weights recorded, watched by a quarter of the rows."""
    X, y, validation = parts or split(*data)
    usual = {"epochs": 40, "learning_rate": 0.01, "record_weights": "epoch"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a run that diverges says so
        run = cp.train(network, X, y, validation=validation, **(usual | settings))
    return Trained(run, X, y, validation)


def net(hidden=(16, 16), activation="relu", sizes=(4, 3), output="softmax", **more):
    return cp.Network([sizes[0], *hidden, sizes[1]], hidden=activation, output=output, **more)
