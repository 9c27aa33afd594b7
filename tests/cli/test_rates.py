"""`clearprop rates`: the map, the choice, the journal and the quick look, from the command line."""

from __future__ import annotations

import sys
from dataclasses import replace

import pytest
from PIL import Image

import clearprop.cli.rates as command
import clearprop.rates.memory as memory
from clearprop.errors import Interrupted

SMALL = ("--hidden", "4", "--dropout", "0", "--epochs", "6", "--optimizers", "sgd")


def test_the_json_has_cells_summary_choice_and_curvature(clearprop):
    answer = clearprop(
        "rates", "iris", *SMALL, "--rates", "0.5,0.01", "--seeds", 2, "--batch-sizes", "8,full",
        "--json",
    )  # fmt: skip
    assert answer.code == 0
    assert answer.err == ""
    cells, summary = answer.json["cells"], answer.json["summary"]
    assert {(c["learning_rate"], c["batch_size"], c["seed"]) for c in cells} == {
        (rate, size, seed) for rate in (0.01, 0.5) for size in (8, 96) for seed in (0, 1)
    }
    assert all(c["optimizer"] == "sgd" and c["validation_loss"] > 0 for c in cells)
    assert len(summary) == 4
    assert all(0 <= row["share_learned"] <= 1 for row in summary)
    assert {"rate", "interval", "verdict", "cost_in_full_runs"} <= set(answer.json["choice"])
    assert answer.json["choice"]["batch_size"] == 8
    assert answer.json["curvature"]["threshold"] == pytest.approx(
        2 / answer.json["curvature"]["largest"]
    )


def test_the_words_say_what_to_use_and_what_became_of_each(clearprop):
    answer = clearprop("rates", "iris", *SMALL, "--rates", "0.01,0.1", "--seeds", 2)
    assert answer.code == 0
    assert "The learning rate" in answer.out
    assert "(sgd, batch 32)" in " ".join(answer.out.split())
    assert "2/λmax" not in answer.out
    assert "unstable above" in " ".join(answer.out.split())
    assert "of 2" in answer.out


def test_adam_has_no_threshold_and_the_words_say_why(clearprop):
    answer = clearprop("rates", "iris", "--hidden", "4", "--epochs", "4", "--rates", "0.01")
    assert "No stability threshold: adam divides" in " ".join(answer.out.split())


def test_figures_are_drawn_and_not_over_others(clearprop, refused, tmp_path):
    figures = [f"--{name}={tmp_path / name}.png" for name in ("figure", "losses", "weights")]
    small = ("rates", "iris", *SMALL, "--rates", "0.01,0.1", "--seeds", 2)
    assert clearprop(*small, *figures).code == 0
    for name in ("figure", "losses", "weights"):
        with Image.open(tmp_path / f"{name}.png") as image:
            assert len(image.convert("L").getcolors()) > 10
    assert "another --figure" in refused(*small, figures[0])
    assert "--overwrite replaces what --figure names" in refused(*small, "--overwrite")
    assert clearprop(*small, figures[0], "--overwrite", "--json").json["figures"] == {
        "figure": str(tmp_path / "figure.png")
    }
    assert "must end in .png or .svg" in refused(*small, "--losses", "losses.gif")


def test_a_journal_gives_the_same_cells_again(clearprop, tmp_path):
    small = ("rates", "iris", *SMALL, "--rates", "0.01,0.1", "--journal", tmp_path / "j", "--json")
    first, second = clearprop(*small), clearprop(*small)
    assert first.json["cells"] == second.json["cells"]
    assert first.json["summary"] == second.json["summary"]
    assert (tmp_path / "j" / "trials.jsonl").read_bytes().count(b"\n") == 1 + 2 * 4


def test_the_quick_look_is_a_band(clearprop):
    answer = clearprop("rates", "iris", "--quick", "--json")
    low, high = answer.json["range_test"]["band"]
    assert 0 < low <= high
    assert "suggests learning rates from" in clearprop("rates", "iris", "--quick").out


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--rates", ""], "learning_rates must hold at least one value"),
        (["--rates", "0.1,-1"], "learning_rates must be a finite number above zero; got -1"),
        (["--rates", "0.1,low"], "--rates must be numbers above zero"),
        (["--seeds", "0"], "seeds must be a whole number"),
        (["--batch-sizes", "many"], "--batch-sizes must be a whole number or 'full'"),
        (["--batch-sizes", ""], "--batch-sizes and --optimizers must name at least one each"),
        (["--optimizers", "adma"], "did you mean 'adam'"),
        (["--quick", "--seeds", "3"], "--quick takes nothing else; got --seeds"),
        (["--rates", "1e30", "--optimizers", "sgd"], "all diverged"),
    ],
)
def test_bad_input_is_refused_in_one_sentence(refused, options, message):
    assert message in refused("rates", "iris", "--epochs", "2", *options)


def test_a_loss_that_never_falls_is_said(clearprop, monkeypatch):
    real = command.range_test
    monkeypatch.setattr(
        command, "range_test", lambda *a, **k: replace(real(*a, **k), suggestions={})
    )
    assert "never falls" in clearprop("rates", "iris", "--quick").out


def test_stopped_by_a_signal_it_says_what_is_kept(clearprop, monkeypatch, tmp_path):
    def stopped(*arguments, **choices):
        raise Interrupted("training was stopped in epoch 2 of 6; its state is in a file", 15, None)

    monkeypatch.setattr(command, "sweep", stopped)
    answer = clearprop("rates", "iris", "--journal", tmp_path / "j")
    assert answer.code == 143
    assert "stopped in epoch 2 of 6; the trainings that are finished are in" in answer.err


def test_figures_that_cannot_be_drawn_are_refused_before_the_sweep(refused, monkeypatch):
    monkeypatch.delattr(command, "sweep")
    small = ("rates", "iris", *SMALL, "--rates", "0.01,0.1,0.01", "--seeds", "3")
    message = refused(*small, "--figure", "no/where/x.png")
    assert "--figure must name a file in a directory that exists; there is no no/where" in message
    message = refused(*small, "--figure", "x.png", "--losses", "./x.png")
    assert "--figure and --losses must name different files" in message
    monkeypatch.setattr(memory, "_MOST_RECORDED", 5 * 7 * 35)  # five trainings, 35 parameters
    message = refused(*small, "--weights", "w.png")
    assert "rates times seeds must be at most 5 for the weights" in message
    assert "got 6" in message


def test_weights_that_a_journal_lacks_are_refused(refused, monkeypatch, tmp_path):
    monkeypatch.setattr(sys.modules["clearprop.rates.sweep"], "records_fit", lambda *_: False)
    small = ("rates", "iris", *SMALL, "--rates", "0.01", "--weights", tmp_path / "w.png")
    assert "--weights needs weights" in refused(*small)
