import json
import os
import signal
from pathlib import Path

import numpy as np
import pytest

from clearprop.errors import Interrupted
from clearprop.runs import Job, RunDirectory, TableOptions

TRAIN = ("--learning-rate", "0.01", "--epochs", "30", "--hidden", "8", "--out", "run")


@pytest.fixture
def waves(tmp_path):
    """Two classes, which two columns tell apart with a little doubt."""
    random = np.random.default_rng(0)
    X = random.normal(size=(200, 2))
    kind = np.where(X[:, 0] + 0.3 * random.normal(size=200) > 0, "up", "down")
    lines = ["a,b,kind", *(f"{a:.4f},{b:.4f},{c}" for (a, b), c in zip(X, kind, strict=True))]
    path = tmp_path / "waves.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.fixture
def trained(clearprop, waves):
    def train(*more):
        return clearprop("train", waves, "--target", "kind", *TRAIN, *more)

    return train


def test_a_healthy_run_gets_a_clean_bill_in_words_and_in_json(clearprop, trained):
    assert "Diagnosis: nothing is wrong with the training." in trained().out
    answer = clearprop("diagnose", "run")
    assert (answer.code, answer.out, answer.err) == (0, "Nothing is wrong with the training.\n", "")
    contents = clearprop("diagnose", "run", "--json").json
    assert contents == {"run": "run", "healthy": True, "findings": [], "unchecked": {}}


def test_a_rate_that_is_too_low_is_told_by_train_and_by_diagnose(clearprop, trained):
    told = " ".join(trained("--learning-rate", 1e-6).out.split())
    assert "Diagnosis: rate too low. The learning rate 1e-06 (adam, batch 32)" in told
    answer = clearprop("diagnose", "run")
    assert answer.code == 0
    assert answer.out.startswith("Rate too low\n")
    assert "Evidence: distance" in answer.out
    assert "Raise the learning rate." in answer.out
    summary = json.loads(Path("run/run.json").read_bytes())["result"]["diagnosis"]
    again = clearprop("diagnose", "run", "--json").json
    assert {"run": "run", **summary} == again


def test_remedies_are_tried_on_the_rows_of_the_run(clearprop, trained):
    trained("--learning-rate", 1e-6)
    before = {path.name: path.read_bytes() for path in Path("run").iterdir()}
    answer = clearprop("diagnose", "run", "--try-remedies", "--json")
    (finding,) = answer.json["findings"]
    assert finding["tried"]["epochs"] == 10
    assert finding["tried"]["advised"].startswith("learning rate")
    told = clearprop("diagnose", "run", "--try-remedies").out
    assert "Tried for 10 epochs: learning rate" in told
    assert "  as it was" in told
    assert {path.name: path.read_bytes() for path in Path("run").iterdir()} == before


def test_a_divergence_is_told_with_its_place(clearprop, trained):
    answer = trained("--learning-rate", 1e9, "--optimizer", "sgd", "--json")
    assert answer.code == 1
    (finding,) = answer.json["diagnosis"]["findings"]
    assert finding["symptom"] == "rate_too_high"
    assert finding["evidence"]["when"].startswith("epoch ")


def test_a_threshold_can_be_changed(clearprop, trained, refused):
    trained("--learning-rate", 1e-6)
    answer = clearprop("diagnose", "run", "--threshold", "distance=1e-12", "--json")
    assert answer.json["healthy"]
    assert "did you mean 'distance'?" in refused("diagnose", "run", "--threshold", "distanc=1")
    assert "such as rising_share=0.4; got 'distance'" in refused(
        "diagnose", "run", "--threshold", "distance"
    )


def test_a_run_that_was_stopped_is_told_to_be_one(clearprop, waves):
    options = TableOptions(
        target="kind", hidden=(8,), training={"learning_rate": 1e-6, "epochs": 5000}
    )
    calls = []

    def stop(report):
        calls.append(report.epoch)
        if report.epoch == 8 and calls.count(8) == 1:
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(Interrupted):
        Job(str(waves), options, RunDirectory(Path("run"))).start([stop])
    answer = clearprop("diagnose", "run")
    assert answer.out.startswith("Rate too low\n")
    assert "of 5000 epochs; go on with: clearprop train --resume run" in answer.err


def test_the_report_shows_the_findings_or_the_clean_bill(clearprop, trained):
    trained()
    assert "Nothing is wrong with the training" in Path("run/report.html").read_text()
    trained("--learning-rate", 1e-6, "--overwrite")
    page = Path("run/report.html").read_text()
    assert "<h3>Rate too low</h3>" in page
    assert "Raise the learning rate." in page


@pytest.mark.parametrize("damage", ["nothing", "no run", "no checkpoint", "damaged", "other data"])
def test_what_is_no_run_or_a_spoilt_one_is_refused_in_one_sentence(
    clearprop, trained, waves, refused, damage
):
    if damage == "nothing":
        assert "nowhere is not a run directory: it has no run.json" in refused(
            "diagnose", "nowhere"
        )
        return
    if damage == "no run":
        Path("empty").mkdir()
        assert "empty is not a run directory" in refused("diagnose", "empty")
        return
    trained()
    if damage == "no checkpoint":
        Path("run/checkpoint.safetensors").unlink()
        message = refused("diagnose", "run")
        assert "run has no checkpoint.safetensors, so that there is no training" in message
        assert "begin it again with: clearprop train --resume run" in message
    elif damage == "damaged":
        Path("run/checkpoint.safetensors").write_bytes(b"x" * 100)
        message = refused("diagnose", "run")
        assert "run/checkpoint.safetensors cannot be used" in message
        assert "go on from the state before it with: clearprop train --resume run" in message
        Path("run/checkpoint.safetensors.previous").unlink()
        assert "--resume" not in refused("diagnose", "run")
    else:
        waves.write_text(waves.read_text().replace("up", "upwards"))
        assert "is not what run was trained on" in refused("diagnose", "run")


def test_constant_targets_are_refused_before_there_is_a_run(refused, tmp_path):
    path = tmp_path / "same.csv"
    path.write_text("x,target\n" + "".join(f"{i},3.5\n" for i in range(30)))
    assert "3.5" in refused("train", path, "--task", "regression")
