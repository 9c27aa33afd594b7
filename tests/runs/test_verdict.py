import datetime
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from clearprop.errors import ArgumentError, DataError
from clearprop.runs import TableOptions
from clearprop.runs.report_contents import report_contents
from clearprop.runs.summary import summary
from clearprop.runs.table_training import (
    check_training,
    finish,
    make_network,
    prepare_table,
    train_on_table,
)
from clearprop.runs.verdict import verdict
from clearprop.training import Hooks

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=120)
LINE = pa.table({"x": X, "target": 5 + 3 * X})
CLASSES = pa.table({"x": X, "target": np.where(X > 0.3, "yes", "no")})


def trained(table, **options):
    training = {"epochs": 3, **options.pop("training", {})}
    chosen = TableOptions(hidden=(4,), training=training, **options)
    prepared = prepare_table(table, chosen)
    return finish(prepared, chosen, train_on_table(prepared, chosen, Hooks()))


def words(table, **options):
    return " ".join(verdict(trained(table, **options)))


def test_the_baseline_of_classes_is_the_training_rows_most_frequent():
    result = trained(CLASSES)
    train = result.prepared.targets(result.prepared.train)
    label = max(set(train.tolist()), key=train.tolist().count)
    share = np.mean(result.evaluations["test"].true == label)
    said = " ".join(verdict(result))
    assert f"always answering '{label}', which would be right for {share:.1%}" in said


def test_the_baseline_of_amounts_is_the_training_rows_mean():
    result = trained(LINE)
    mean = result.prepared.targets(result.prepared.train).mean()
    error = np.sqrt(np.mean((result.evaluations["test"].true - mean) ** 2))
    said = " ".join(verdict(result))
    assert f"the {error:.4g} of always answering the training rows' mean." in said


def test_a_bad_fit_explains_nothing():
    noise = pa.table({"x": X, "target": np.random.default_rng(1).permutation(X) ** 3})
    result = trained(noise, seed=3, training={"epochs": 1, "learning_rate": 1e-9})
    score = result.evaluations["test"].score
    assert score < 0
    assert f"explains nothing of the variance (R² {score:.3f})" in " ".join(verdict(result))
    assert summary(result)["test"]["r2"] == score


def test_a_target_that_does_not_vary_among_the_judged_rows_has_no_r2():
    result = trained(LINE, test=0.001)
    assert result.evaluations["test"].n == 1
    assert "One row is too few to tell R²: there is 1 test row," in " ".join(verdict(result))
    assert summary(result)["test"]["r2"] is None


def test_the_epoch_that_is_said_to_be_kept_is_kept():
    for validation in (0, 0.2):
        result = trained(LINE, validation=validation, patience=0, training={"learning_rate": 0.3})
        run = result.run
        assert run.kept_epoch == np.argmin(run.history[run.watched])
        last = (
            "the last was the best" if run.kept_epoch == run.epochs else f"epoch {run.kept_epoch}"
        )
        assert last in " ".join(verdict(result))
        loss = run.history[run.watched][run.kept_epoch]
        part = "validation" if validation else "train"
        assert result.evaluations[part].loss == pytest.approx(loss, rel=1e-4)


def test_early_stopping_is_told_with_its_patience():
    text = words(LINE, patience=2, training={"epochs": 50, "learning_rate": 1e-9})
    assert "2 without improvement" in text


def test_a_rate_that_was_asked_for_is_not_called_a_default():
    assert "fixed default" in words(LINE)
    assert "fixed default" not in words(LINE, training={"learning_rate": 0.01})


def test_the_batch_size_named_is_the_one_used():
    result = trained(LINE, training={"batch_size": 1000})
    n = len(result.prepared.train.X)
    assert summary(result)["batch_size"] == n
    assert f"batch {n})" in " ".join(verdict(result))


@pytest.mark.parametrize(
    ("table", "output"), [(LINE, "identity"), (CLASSES, "sigmoid")], ids=["amounts", "two classes"]
)
def test_the_output_suits_the_task(table, output):
    options = TableOptions()
    network = make_network(prepare_table(table, options).schema, options)
    assert network.architecture.activations[-1] == output


def test_choices_that_do_not_suit_the_table_are_refused_before_training():
    options = TableOptions(training={"class_weight": "balanced"})
    with pytest.raises(ArgumentError, match="class_weight needs targets that are classes"):
        check_training(prepare_table(LINE, options), options)


def test_a_table_without_anything_to_learn_from_is_refused_with_the_reason():
    table = pa.table({"x": [1.0] * 60, "target": np.arange(60) % 2})
    with pytest.raises(DataError, match="no column is left to learn from"):
        prepare_table(table, TableOptions())


def test_options_come_back_from_json_and_strange_ones_are_refused():
    options = TableOptions(target="y", drop=("a", "b"), hidden=(3, 2), training={"epochs": 7})
    assert TableOptions.from_json(options.to_json()) == options
    with pytest.raises(ArgumentError, match="exactly the keys"):
        TableOptions.from_json({"target": "y"})


def test_the_penalty_fades_with_the_number_of_rows():
    result = trained(LINE, l2=0.5)
    n = len(result.prepared.train.X)
    assert result.run.settings.penalty == {"l2": 0.5 / n}
    assert trained(LINE, l2=0).run.settings.penalty is None


def test_what_may_be_chance_is_not_called_better():
    labels = np.where(np.random.default_rng(2).random(120) < 0.5, "yes", "no")
    assert "not clearly different from" in words(pa.table({"x": X, "target": labels}))
    assert "better than" in words(CLASSES, training={"epochs": 60})
    assert "better than" in words(LINE, training={"epochs": 60})


def test_a_start_that_nothing_improved_on_is_said_first():
    result = trained(LINE, training={"optimizer": "sgd", "learning_rate": 1e30})
    first = verdict(result)[0]
    assert first.startswith("The training (sgd, batch 32) diverged at step")
    assert "no epoch had a lower validation loss than the untrained start, which was kept" in first


def test_two_features_of_any_kind_do_not_stop_the_report():
    times = [datetime.time(i % 24, i % 60) for i in range(120)]
    table = pa.table({"x": X, "at": times, "target": np.where(X > 0.3, "yes", "no")})
    contents = report_contents(trained(table), "t.csv", "", "m", table)
    assert contents.boundary.feature_names == ("x", "at")


def test_one_row_calls_nothing_better_or_worse():
    assert "not clearly different from" in words(LINE, test=0.001)


def test_an_enormous_r2_is_not_spelled_out_digit_by_digit():
    result = trained(LINE)
    judged = replace(result.evaluations["test"], score=-1.9475e26)
    told = " ".join(verdict(replace(result, evaluations={"test": judged})))
    assert "(R² -1.95e+26)" in told


def test_a_rule_that_finds_its_rate_itself_is_said_to():
    told = words(LINE, training={"optimizer": "prodigy", "learning_rate": "auto"})
    assert "prodigy (batch 32) finds its learning rate itself" in told
    assert "fixed default" not in told
