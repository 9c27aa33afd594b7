"""Remedies are tried before they are advised, and one that does not help is not advised."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from clearprop.diagnosis import trial as module
from clearprop.diagnosis.case import Case
from clearprop.diagnosis.remedies import ADVICE, CANDIDATES, Remedy, advice
from clearprop.network import Network
from diagnosis.test_symptoms import FAULTY
from diagnosis.trainings import IRIS, fit, net

UNTRIED = {"missing_class"}


@pytest.mark.parametrize("symptom", [each for each in FAULTY if each not in UNTRIED])
def test_the_remedy_that_is_advised_won_its_trial(symptom):
    found = FAULTY[symptom][0]().finding(try_remedies=True)
    tried = found.tried
    losses = [each["loss"] for each in tried["trials"]]
    assert losses == sorted(losses)
    limit = 0.98 * tried["untouched"]
    assert [each["helped"] for each in tried["trials"]] == [loss < limit for loss in losses]
    if tried["advised"] is not None:
        assert tried["advised"] == tried["trials"][0]["remedy"]
        assert losses[0] < limit
        assert found.remedy.startswith(f"Tried for {tried['epochs']} epochs: {tried['advised']} ")
    else:
        assert found.remedy.startswith(ADVICE[symptom].split(",")[0])
        assert "none of" in found.remedy


def test_what_cannot_be_tried_is_only_suggested():
    found = FAULTY["missing_class"][0]().finding(try_remedies=True)
    assert found.tried is None
    assert found.remedy == ADVICE["missing_class"]


def test_a_rate_that_is_too_low_is_raised(slow):
    found = slow.finding(try_remedies=True)
    assert found.tried["advised"].startswith("learning rate 0.0")
    assert found.tried["epochs"] == 13
    assert len(found.tried["trials"]) == 5


def test_a_divergence_is_repaired_by_a_lower_rate(lost):
    found = lost.finding(try_remedies=True)
    assert math.isfinite(found.tried["trials"][0]["loss"])
    assert found.tried["advised"] is not None


def test_a_remedy_that_does_not_help_is_not_advised(slow, monkeypatch):
    useless = (lambda _: [Remedy("learning rate 1e-9", member={"learning_rate": 1e-9})],)
    monkeypatch.setitem(CANDIDATES, "rate_too_low", useless)
    found = slow.finding(try_remedies=True)
    assert found.tried["advised"] is None
    assert not found.tried["trials"][0]["helped"]
    assert "But none of 1 remedies tried for 13 epochs clearly lowered" in found.remedy


def test_a_remedy_that_helps_once_by_luck_is_not_advised(slow, monkeypatch):
    real, calls = module.train_trials, []

    def once(case, symptom, remedies, epochs, seed):
        trials = real(case, symptom, remedies, epochs, seed)
        calls.append(seed)
        if len(calls) == 2:  # the second order of the samples
            trials[1] = module.Trial(trials[1].remedy, trials[0].loss)
        return trials

    monkeypatch.setattr(module, "train_trials", once)
    found = slow.finding(try_remedies=True)
    assert calls == [0, 1]
    assert found.tried["trials"][0]["helped"]
    assert found.tried["advised"] is None


def test_scaled_targets_are_judged_in_the_original_unit():
    X = IRIS[0]
    trained = fit(net(sizes=(4, 1), output="identity"), data=(X[:, :], 1000 * X[:, 0] + 5000))
    found = trained.finding(try_remedies=True)
    assert found.symptom == "exploding_gradients"
    by_name = {each["remedy"]: each["loss"] for each in found.tried["trials"]}
    scaled = by_name["targets scaled to mean 0 and spread 1"]
    # An R² above 0.5 in the unit of the targets, and no better than their noiseless fit allows.
    assert 30 < scaled < 0.5 * np.var(1000 * X[:, 0])
    assert found.tried["advised"] == "targets scaled to mean 0 and spread 1"


def test_what_can_differ_between_members_trains_in_one_population(slow, monkeypatch):
    sizes, real = [], module.train_population

    def counted(network, X, y, members, *rest, **more):
        sizes.append(len(members))
        return real(network, X, y, members, *rest, **more)

    monkeypatch.setattr(module, "train_population", counted)
    slow.finding(try_remedies=True)
    assert sizes == [6, 2]  # five rates beside the untouched one; the winner once more


def test_a_majority_is_judged_with_the_classes_weighted_alike():
    found = FAULTY["majority_class"][0]().finding(try_remedies=True)
    assert found.tried["judged_by"] == "class-balanced validation loss"
    assert found.tried["untouched"] > np.log(2)


def test_without_a_validation_part_a_fifth_is_set_apart():
    import clearprop as cp

    X, y = IRIS
    run = cp.train(net(), X, y, epochs=30, learning_rate=1e-6, record_weights="epoch")
    (found,) = cp.diagnose(run, X, y, try_remedies=True).findings
    assert found.tried["advised"] is not None


def test_what_the_run_did_already_is_not_advised():
    trained = FAULTY["overfitting"][0]()
    assert trained.run.kept_epoch == trained.run.best_epoch
    assert trained.finding().remedy == "Use dropout or an L2 penalty, or find more samples."
    last = replace(trained.run, kept_epoch=trained.run.epochs)
    assert "penalty, keep the best epoch, or" in advice(Case(last, None, None, {}), "overfitting")


def test_of_what_the_run_had_already_more_is_advised():
    trained = FAULTY["overfitting"][0]()
    old = trained.run.network
    regularised = replace(
        trained.run,
        network=Network.of(replace(old.architecture, dropout=(0.2, 0.2, 0.0)), old.parameters),
        settings=replace(trained.run.settings, penalty={"l2": 1e-4}),
    )
    case = Case(regularised, None, None, {})
    assert advice(case, "overfitting").startswith("Use more dropout or a stronger L2 penalty")
    tried = [remedy.member.get("dropout") for remedy in CANDIDATES["overfitting"][0](case)]
    assert tried == [None, None, 0.5]
