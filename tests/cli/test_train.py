import csv
import json
from pathlib import Path

import numpy as np
import pytest

from clearprop.engines import native
from clearprop.storage import locked

QUICK = ("--epochs", "5", "--hidden", "4")


def test_a_table_gives_model_report_history_and_verdict(clearprop, flowers):
    answer = clearprop("train", flowers, "--target", "kind", *QUICK)
    assert answer.code == 0
    assert "names the right class for" in answer.out
    assert "(adam, batch 32) was chosen by" in answer.out
    assert "Confusion matrix" in answer.out
    assert "rose" in answer.out
    run = Path("runs/flowers-1")
    names = {path.name for path in run.iterdir()}
    assert {"model.safetensors", "report.html", "run.json", "history.csv"} <= names
    rows = list(csv.DictReader((run / "history.csv").read_text().splitlines()))
    assert [int(row["epoch"]) for row in rows] == list(range(6))
    assert "<title>" in (run / "report.html").read_text()


def test_json_is_one_object_with_everything_a_program_would_ask(clearprop, flowers):
    answer = clearprop("train", flowers, "--target", "kind", "--json", *QUICK)
    assert answer.err == ""
    result = answer.json
    keys = {
        *("model", "report", "task", "rows", "features", "parameters", "engine", "optimizer"),
        *("learning_rate", "batch_size", "epochs", "seconds", "train", "validation", "test"),
        "diverged",
    }
    assert keys <= result.keys()
    assert result["task"] == "classification"
    assert (result["rows"], result["optimizer"]) == (60, "adam")
    assert result["engine"] == ("reference" if native.core is None else "native")
    # length; red, blue, missing; wild
    assert result["features"] == 5
    assert result["parameters"] == (5 + 1) * 4 + (4 + 1) * 1
    assert [result[part]["rows"] for part in ("train", "validation", "test")] == [38, 10, 12]
    for part in ("train", "validation", "test"):
        assert 0 <= result[part]["accuracy"] <= 1
        assert result[part]["loss"] > 0
    assert np.sum(result["confusion_matrix"]) == 12
    assert json.loads(Path("runs/flowers-1/run.json").read_text())["result"] == result


def test_a_regression_reports_r2_and_residuals_in_the_targets_unit(clearprop, tmp_path):
    x = np.linspace(-1, 1, 80)
    rows = "\n".join(f"{a:.4f},{1000 + 300 * a:.3f}" for a in x)
    Path("line.csv").write_text(f"x,price\n{rows}\n")
    answer = clearprop("train", "line.csv", "--target", "price", "--json", "--epochs", 60)
    result = answer.json
    assert result["task"] == "regression"
    assert result["test"]["r2"] > 0.9
    assert result["confusion_matrix"] is None
    assert 0 < result["residuals"]["rmse"] < 60
    shown = clearprop("train", "line.csv", "--target", "price", "--epochs", 2)
    assert "R²" in shown.out
    assert "Residuals" in shown.out


def test_the_same_seed_gives_the_same_model_and_another_seed_another(clearprop, flowers):
    models = []
    for out, seed in (("a", 0), ("b", 0), ("c", 1)):
        clearprop("train", flowers, "--target", "kind", "--out", out, "--seed", seed, *QUICK)
        models.append(Path(out, "model.safetensors").read_bytes())
    assert models[0] == models[1]
    assert models[0] != models[2]


def test_two_features_get_a_decision_boundary_in_the_report(clearprop):
    clearprop("train", "moons", "--epochs", 1, "--hidden", 2)
    assert "Decision boundary" in Path("runs/moons-1/report.html").read_text()


def test_every_choice_reaches_the_training(clearprop, flowers):
    answer = clearprop(
        "train", flowers, "--target", "kind", "--json", "--epochs", 3, "--hidden", "5,3",
        "--activation", "tanh", "--dropout", 0.1, "--l2", 0.01, "--optimizer", "momentum",
        "--learning-rate", 0.02, "--schedule", "cosine", "--batch-size", "full", "--patience", 0,
        "--class-weight", "balanced", "--dtype", "float64", "--engine", "reference",
        "--drop", "colour", "--task", "classification", "--test", 0.5, "--validation", 0,
    )  # fmt: skip
    result = answer.json
    assert result["layer_sizes"] == [2, 5, 3, 1]
    assert (result["optimizer"], result["learning_rate"]) == ("momentum", 0.02)
    assert result["batch_size"] == 30
    assert result["validation"] is None
    report = Path(result["report"]).read_text()
    for words in ("tanh, tanh, sigmoid", "float64", "l2 0.01", "balanced", "cosine", "0.1, 0.1, 0"):
        assert words in report


def test_without_test_rows_the_verdict_says_what_it_rests_on(clearprop, flowers):
    common = ("train", flowers, "--target", "kind", "--test", 0, *QUICK)
    chosen = " ".join(clearprop(*common).out.split())
    assert "validation rows, by which it was chosen" in chosen
    alone = clearprop(*common, "--validation", 0)
    assert "the ones it learned from" in " ".join(alone.out.split())


def test_divergence_is_told_and_the_best_weights_are_kept(clearprop, tmp_path):
    x = np.linspace(-1, 1, 80)
    rows = "\n".join(f"{a:.4f},{a * a:.5f}" for a in x)
    Path("curve.csv").write_text(f"x,y\n{rows}\n")
    answer = clearprop(
        "train",
        "curve.csv",
        "--target",
        "y",
        "--optimizer",
        "sgd",
        "--learning-rate",
        1e6,
        "--json",
    )
    assert answer.code == 1
    assert answer.json["diverged"] is True
    assert answer.json["divergence"]["learning_rate"] == pytest.approx(1e6, rel=1e-3)
    assert answer.json["divergence"]["layer"] in (1, 2, 3)
    assert "diverged at step" in " ".join(answer.json["verdict"])
    predictions = clearprop("predict", "runs/curve-1", "curve.csv")
    assert predictions.code == 0
    assert "nan" not in predictions.out.lower()


def test_a_run_is_not_replaced_unasked(clearprop, refused, flowers):
    common = ("train", flowers, "--target", "kind", "--out", "here", *QUICK)
    assert clearprop(*common).code == 0
    before = Path("here/model.safetensors").read_bytes()
    assert "holds a run already" in refused(*common, "--seed", 1)
    assert Path("here/model.safetensors").read_bytes() == before
    assert clearprop(*common, "--seed", 1, "--overwrite").code == 0
    assert Path("here/model.safetensors").read_bytes() != before


def test_resuming_a_finished_run_gives_the_same_model(clearprop, flowers):
    clearprop("train", flowers, "--target", "kind", "--out", "here", *QUICK)
    before = Path("here/model.safetensors").read_bytes()
    answer = clearprop("train", "--resume", "here", "--json")
    assert answer.code == 0
    assert answer.json["epochs"] == 5
    assert Path("here/model.safetensors").read_bytes() == before


def test_resuming_on_changed_data_is_refused(clearprop, refused, flowers):
    clearprop("train", flowers, "--target", "kind", "--out", "here", *QUICK)
    flowers.write_text(flowers.read_text().replace("red", "green"))
    assert "is not what here was started with" in refused("train", "--resume", "here")


def test_bad_input_is_one_sentence_that_says_what_to_do(refused, flowers, tmp_path):
    train = ("train", flowers, "--target")
    text = flowers.read_text()
    assert "did you mean 'kind'" in refused(*train, "kint")
    assert "target must be given" in refused("train", flowers)
    assert "there is no file" in refused("train", "nowhere.csv")
    assert "did you mean 'iris'" in refused("train", "irs")
    assert "is a directory" in refused("train", tmp_path)
    assert "name a table" in refused("train")

    def variant(name, contents):
        path = tmp_path / name
        path.write_text(contents)
        return path

    assert "empty" in refused("train", variant("empty.csv", ""))
    one = text.replace("tulip", "rose")
    assert "one value 'rose'" in refused("train", variant("one.csv", one), "--target", "kind")
    ragged = text.replace("\n3,", "\n3,4,5,", 1)
    assert "row 11" in refused("train", variant("ragged.csv", ragged), "--target", "kind")
    hollow = "x,y,z\n" + "\n".join(f"{i},,{i % 2}" for i in range(40))
    assert "'y'" in refused("train", variant("hollow.csv", hollow), "--target", "z")
    holes = text.replace(",rose\n", ",\n", 1)
    assert "row 1" in refused("train", variant("holes.csv", holes), "--target", "kind")


@pytest.mark.parametrize(
    ("option", "value", "words"),
    [
        ("--learning-rate", "0", "learning_rate must be a finite number above zero"),
        ("--learning-rate", "-1", "learning_rate must be"),
        ("--learning-rate", "nan", "learning_rate must be"),
        ("--learning-rate", "fast", "learning-rate"),
        ("--batch-size", "0", "batch_size must be a whole number, 1 or more"),
        ("--batch-size", "-3", "batch_size"),
        ("--batch-size", "some", "'full'"),
        ("--activation", "rleu", "did you mean 'relu'"),
        ("--activation", "nothing", "softplus"),
        ("--hidden", "4,0", "hidden layer 2"),
        ("--hidden", "four", "whole numbers"),
        ("--optimizer", "adma", "did you mean 'adam'"),
        ("--schedule", "cosin", "did you mean 'cosine'"),
        ("--dropout", "1", "dropout"),
        ("--l2", "-1", "l2"),
        ("--epochs", "0", "epochs"),
        ("--patience", "-1", "patience"),
        ("--seed", "-1", "seed"),
        ("--dtype", "float16", "dtype"),
        ("--engine", "warp", "engine"),
        ("--task", "clustering", "task"),
        ("--test", "1", "test"),
        ("--drop", "colr", "did you mean 'colour'"),
        ("--drop", "kind", "must not name the target"),
        ("--class-weight", "heavy", "class_weight"),
    ],
)
def test_a_bad_option_is_named_and_nothing_is_written(refused, flowers, option, value, words):
    assert words in refused("train", flowers, "--target", "kind", option, value)
    assert not Path("runs").exists()


def test_resume_takes_nothing_else_and_needs_a_run(refused, flowers, tmp_path):
    assert "not a run directory" in refused("train", "--resume", tmp_path)
    assert "--resume takes nothing else" in refused("train", flowers, "--resume", tmp_path)
    assert "got --epochs" in refused("train", "--resume", tmp_path, "--epochs", 3)


def test_a_damaged_run_file_is_named(clearprop, refused, flowers):
    clearprop("train", flowers, "--target", "kind", "--out", "here", *QUICK)
    Path("here/run.json").write_text("{}")
    assert "run.json is damaged" in refused("train", "--resume", "here")


@pytest.mark.parametrize(
    "label", ["[/bold]", "[red]hot[/red]", "<script>alert(1)</script>", "$\\alpha$"]
)
def test_a_class_may_have_any_name(clearprop, label):
    rows = "\n".join(f"{i % 9},{label if i % 3 else 'x'}" for i in range(60))
    Path("t.csv").write_text(f"a,target\n{rows}\n")
    answer = clearprop("train", "t.csv", *QUICK)
    assert answer.code == 0
    assert f"always answering '{label}'" in " ".join(answer.out.split())
    assert "<script>alert" not in Path("runs/t-1/report.html").read_text()


def test_a_run_that_was_killed_while_replacing_another_has_no_model(clearprop, refused, flowers):
    clearprop("train", flowers, "--target", "kind", "--out", "here", *QUICK)
    run = json.loads(Path("here/run.json").read_text())
    Path("here/run.json").write_text(json.dumps(run | {"result": None}))
    assert "was not finished; go on with: clearprop train --resume here" in refused(
        "predict", "here", flowers
    )


def test_two_runs_without_a_place_take_two_places(clearprop, flowers, monkeypatch):
    from clearprop.runs import RunDirectory

    Path("runs/flowers-1").mkdir(parents=True)
    places = iter([RunDirectory(Path("runs/flowers-1")), RunDirectory(Path("runs/flowers-2"))])
    monkeypatch.setattr(RunDirectory, "for_source", lambda _: next(places))
    with locked("runs/flowers-1"):
        answer = clearprop("train", flowers, "--target", "kind", "--json", *QUICK)
    assert answer.json["run"] == "runs/flowers-2"


def test_the_current_directory_is_no_run_directory(refused, flowers):
    assert "a directory of its own" in refused("train", flowers, "--target", "kind", "--out", "")


def test_a_directory_is_no_place_for_a_table(clearprop, refused, flowers, tmp_path):
    clearprop("train", flowers, "--target", "kind", "--out", "here", *QUICK)
    assert "is a directory" in refused("predict", "here", flowers, "--out", tmp_path)
    assert "is a directory" in refused("data", "iris", "--out", tmp_path)


def test_many_notes_are_left_to_the_report(clearprop):
    constant = ",".join("1" for _ in range(7))
    names = ",".join(f"c{i}" for i in range(7))
    rows = "\n".join(f"{i},{constant},{i % 2}" for i in range(60))
    Path("t.csv").write_text(f"x,{names},target\n{rows}\n")
    answer = clearprop("train", "t.csv", *QUICK)
    assert answer.out.count("Note: column") == 4
    assert "3 more notes in the report." in answer.out


def test_a_choice_that_does_not_suit_the_table_leaves_nothing_behind(clearprop, refused):
    common = ("train", "diabetes", "--out", "here", "--epochs", 1)
    assert "targets that are classes" in refused(*common, "--class-weight", "balanced")
    assert not Path("here").exists()
    assert clearprop(*common).code == 0
