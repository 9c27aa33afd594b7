"""Every choice is checked when it is made; the error names argument, rule and value."""

from __future__ import annotations

import json
from dataclasses import fields
from types import MappingProxyType

import numpy as np
import pytest

from clearprop.equations.losses import FROM_LOGITS, LOSSES
from clearprop.equations.schedules import SCHEDULES, cosine
from clearprop.equations.updates import UPDATES
from clearprop.errors import ArgumentError
from clearprop.training import DEFAULT_RATES, Settings
from clearprop.training.choices import Choices, combine
from clearprop.training.settings import rule_options

nan, inf = float("nan"), float("inf")


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("loss", "mse", "loss must be one of"),
        ("loss", 3, "loss must be one of"),
        ("optimizer", "adm", "optimizer must be one of .*did you mean 'adam'"),
        ("optimizer", None, "optimizer must be a name or a mapping"),
        ("optimizer", {"momentum": 0.9}, "optimizer must be a name or a mapping"),
        ("optimizer", {"name": "sgd", "momentum": 0.9}, "no option 'momentum'; it has no options"),
        ("optimizer", {"name": "adam", "bta1": 0.9}, "did you mean 'beta1'.*its options are"),
        ("optimizer", {"name": "momentum", "momentum": 1}, "momentum must be .*; got 1"),
        ("optimizer", {"name": "rmsprop", "rho": -0.1}, "rho must be"),
        ("optimizer", {"name": "adam", "epsilon": 0}, "epsilon must be .*above zero; got 0"),
        ("optimizer", {"name": "adamw", "weight_decay": -1}, "weight_decay must be .*; got -1"),
        ("optimizer", {"name": "adam", "beta1": "0.9"}, "beta1 must be a finite number; got '0.9'"),
        ("learning_rate", 0, "learning_rate must be a finite number above zero; got 0"),
        ("learning_rate", -1.0, "got -1.0"),
        ("learning_rate", nan, "got nan"),
        ("learning_rate", inf, "got inf"),
        ("learning_rate", "auto", "got 'auto'"),
        ("batch_size", 0, "batch_size must be a whole number, 1 or more; got 0"),
        ("batch_size", 2.0, "got 2.0"),
        ("batch_size", "all", "got 'all'"),
        ("epochs", 0, "epochs must be a whole number, 1 or more; got 0"),
        ("epochs", True, "got True"),
        ("schedule", "cosin", "schedule must be one of .*did you mean 'cosine'"),
        ("schedule", "warm_up+cosin", "did you mean 'cosine'"),
        ("schedule", "cosine+step", "may join one schedule with warm_up and with plateau"),
        ("schedule", "plateau+plateau", "each once; got 'plateau\\+plateau'"),
        ("schedule", "", "schedule must be one of .*plateau, .*; got ''"),
        ("schedule", {"drops": 2}, "schedule must be a name or a mapping"),
        ("schedule", {"name": "step", "drop": 2}, "no option 'drop'; did you mean 'drops'"),
        ("schedule", {"name": "constant", "x": 2}, "it has no options"),
        ("schedule", {"name": "warm_up", "then": 1}, "no option 'then'"),
        ("schedule", {"name": "step", "drops": "2"}, "drops must be a finite number; got '2'"),
        ("schedule", {"name": "sgdr", "cycles": 1.5}, "schedule must give a factor"),
        ("schedule", {"name": "polynomial", "power": -1}, "does not after 100 % of it"),
        ("schedule", {"name": "exponential", "final": -2}, "schedule must give a factor, zero"),
        ("schedule", {"name": "cosine", "final": -0.5}, "schedule must give a factor"),
        ("schedule", {"name": "cosine", "warm_up": -1}, "schedule warm_up must be"),
        ("schedule", {"name": "cosine", "warm_up": 1}, "schedule warm_up must be"),
        ("schedule", {"name": "cosine", "warm_up": "x"}, "schedule warm_up must be"),
        ("penalty", "l2", "penalty must be a mapping from names to strengths, or None; got 'l2'"),
        ("penalty", 0.1, "penalty must be a mapping"),
        ("penalty", {"l3": 0.1}, "penalty must be one of l1, l2, leaving_range; got 'l3'"),
        ("penalty", {"l2": -1}, r"penalty\['l2'\] must be a finite number, zero or above; got -1"),
        ("clip", 3, "clip must be a mapping with 'norm' or 'value' and a limit; got 3"),
        ("clip", {}, "clip must be a mapping"),
        ("clip", {"norm": 1, "value": 1}, "clip must be a mapping"),
        ("clip", {"nrm": 1}, "clip must be one of norm, value"),
        ("clip", {"norm": 0}, "clip must be a finite number above zero"),
        ("early_stopping", 0, "early_stopping patience must be a whole number, 1 or more; got 0"),
        ("early_stopping", True, "early_stopping must be .*got True"),
        ("early_stopping", 2.5, "early_stopping must be .*got 2.5"),
        ("early_stopping", {"patience": 2.5}, "early_stopping patience must be a whole number"),
        ("early_stopping", {"patience": "3"}, "patience must be a finite number"),
        ("early_stopping", {"patient": 3}, "no option 'patient'; did you mean 'patience'"),
        ("early_stopping", {"least_improvement": -1}, "early_stopping least_improvement must be"),
        ("reduce_on_plateau", 3, "reduce_on_plateau must be True, a mapping"),
        ("reduce_on_plateau", {"patience": 0}, "reduce_on_plateau patience must be"),
        ("reduce_on_plateau", {"factor": 1}, "factor must lie between 0 and 1; got 1"),
        ("reduce_on_plateau", {"factor": 0}, "factor must lie between"),
        ("reduce_on_plateau", {"lowest": 2}, "lowest must lie between 0 and 1; got 2"),
        ("reduce_on_plateau", {"lowest": -1}, "lowest must lie between"),
        ("restore_best", "yes", "restore_best must be True or False; got 'yes'"),
        ("shuffle", "no", "shuffle must be True or False; got 'no'"),
        ("shuffle", None, "shuffle must be True or False; got None"),
        ("class_weight", "balancd", "class_weight must be .*'balancd'; did you mean"),
        ("class_weight", 3, "class_weight must be 'balanced' or a mapping; got 3"),
        ("record_weights", "batch", "record_weights must be a whole .* got 'batch'"),
        ("record_weights", 0, "record_weights must be"),
        ("record_weights", True, "record_weights must be"),
        ("divergence_factor", 1, "divergence_factor must be a finite number above 1; got 1"),
        ("divergence_factor", nan, "divergence_factor must be"),
        ("divergence_factor", inf, "divergence_factor must be"),
        ("divergence_factor", "10", "divergence_factor must be .*got '10'"),
        ("score", "f1", "score must be one of accuracy, r2; got 'f1'"),
        ("engine", "cuda", "engine must be one of auto, native, reference; got 'cuda'"),
        ("seed", -1, "seed must be a whole number from 0 to 4294967295; got -1"),
        ("seed", 2**32, "seed must be"),
        ("seed", None, "seed must be"),
    ],
)  # fmt: skip
def test_a_bad_value_is_refused_by_argument_rule_and_value(name, value, words):
    with pytest.raises(ArgumentError, match=words) as caught:
        Settings(**{name: value})
    assert "\n" not in str(caught.value)


def test_an_unknown_setting_is_answered_with_the_closest():
    with pytest.raises(ArgumentError, match=r"'lerning_rate' is not a setting.*'learning_rate'"):
        combine(None, {"lerning_rate": 1})
    assert combine(None, {"epochs": 3}) == Settings(epochs=3)


def test_single_choices_go_before_the_settings():
    base = Settings(epochs=3, optimizer="sgd")
    assert combine(base, {"epochs": 4}) == Settings(epochs=4, optimizer="sgd")
    assert combine(base, {}) == base
    with pytest.raises(ArgumentError, match="settings must be a Settings; got 3"):
        combine(3, {})


def test_the_choices_are_the_fields_of_the_settings():
    assert set(Choices.__annotations__) == {field.name for field in fields(Settings)}
    settings = {field.name: field.type for field in fields(Settings)}
    assert {name: ref.__forward_arg__ for name, ref in Choices.__annotations__.items()} == settings


GOOD = [
    {"optimizer": {"name": "momentum", "momentum": 0}},
    {"batch_size": "full", "epochs": np.int64(3), "learning_rate": np.float32(0.5)},
    {"early_stopping": 5},
    {"early_stopping": np.int64(5)},
    {"early_stopping": {"least_improvement": 0.1}},
    {"reduce_on_plateau": True},
    {"reduce_on_plateau": False},
    {"reduce_on_plateau": {"factor": 0.1, "lowest": 1}},
    {"schedule": {"name": "cosine", "warm_up": 0.1, "final": 0.2}},
    {"schedule": {"name": "cosine", "warm_up": 0}},
    {"penalty": MappingProxyType({"l1": 0, "leaving_range": 2})},
    {"clip": {"value": 1}},
    {"class_weight": {0: 1.0}},
    {"class_weight": "balanced"},
    {"record_weights": np.int64(2)},
    {"restore_best": np.bool_(True), "shuffle": False, "score": "r2", "engine": "reference"},
    {"loss": "huber", "divergence_factor": 2},
]


@pytest.mark.parametrize("options", GOOD, ids=str)
def test_good_values_pass_and_every_value_is_written(options):
    settings = Settings(**options)
    written = settings.to_json()
    assert written.keys() == {field.name for field in fields(Settings)}
    assert Settings(**written).to_json() == written
    resolved = {"optimizer", "learning_rate", "early_stopping", "reduce_on_plateau"}
    assert all(written[key] == options[key] for key in options.keys() - resolved)


def test_json_gives_the_same_settings_back():
    settings = Settings(
        optimizer={"name": "adamw", "weight_decay": 0.1}, schedule="cosine", penalty={"l2": 0.1},
        early_stopping=3, record_weights="step", learning_rate=0.5,
    )  # fmt: skip
    written = settings.to_json()
    assert Settings(**json.loads(json.dumps(written))).to_json() == written
    assert written["optimizer"]["beta2"] == 0.999
    assert written["early_stopping"]["patience"] == 3
    assert Settings().to_json()["learning_rate"] == DEFAULT_RATES["adam"]


@pytest.mark.parametrize("rule", sorted(UPDATES))
def test_every_rule_has_a_default_rate_and_known_options(rule):
    settings = Settings(optimizer=rule)
    assert settings.rule == rule
    assert settings.base_rate == DEFAULT_RATES[rule] > 0
    assert Settings(optimizer=rule, learning_rate=7).base_rate == 7
    name, options = rule_options({"name": rule} | rule_options(rule)[1])
    assert (name, options) == rule_options(rule)


def test_the_default_rates_are_those_of_the_rules():
    assert DEFAULT_RATES.keys() == UPDATES.keys()


@pytest.mark.parametrize("name", sorted(SCHEDULES))
def test_every_schedule_is_a_function_of_the_progress(name):
    factor = Settings(schedule=name).schedule_function()
    assert [factor(t) for t in (0.0, 0.3, 1.0)] == [SCHEDULES[name](t) for t in (0.0, 0.3, 1.0)]


def test_any_schedule_can_be_warmed_up():
    factor = Settings(schedule={"name": "cosine", "final": 0.1, "warm_up": 0.2}).schedule_function()
    assert [factor(t) for t in (0, 0.1)] == [0, 0.5]
    expected = [cosine(t, 0.1) for t in (0, 0.5, 1)]
    assert [factor(t) for t in (0.2, 0.6, 1)] == pytest.approx(expected, rel=1e-14)


NAMES = ["plateau", "cyclical", "one_cycle", "wsd", "coslog4"]


@pytest.mark.parametrize("name", NAMES)
def test_a_schedule_is_joined_with_a_warm_up_and_a_plateau_by_plus(name):
    whole = "constant" if name == "plateau" else name
    plain = Settings(schedule=name).schedule_function()
    assert [plain(t) for t in (0.3, 0.7)] == [SCHEDULES[whole](t) for t in (0.3, 0.7)]
    joined = Settings(schedule=f"warm_up + {name}" + "+plateau" * (name != "plateau"))
    assert joined.plateau() == Settings(reduce_on_plateau=True).plateau()
    factor = joined.schedule_function()
    expected = [SCHEDULES[whole](t) for t in (0.3, 0.7)]
    assert [factor(0.05 + 0.95 * t) for t in (0.3, 0.7)] == pytest.approx(expected, rel=1e-12)
    assert factor(0.025) == 0.5
    again = Settings(**joined.to_json())
    assert again.plateau() == joined.plateau()
    assert again.schedule_function()(0.4) == factor(0.4)


def test_plateau_as_a_schedule_keeps_the_options_that_are_given_apart():
    chosen = Settings(schedule="cosine+plateau", reduce_on_plateau={"patience": 3})
    assert chosen.plateau()["patience"] == 3
    assert Settings(schedule="cosine").plateau() is None
    with pytest.raises(ArgumentError, match="reduce_on_plateau must be True, a mapping or left"):
        Settings(schedule="plateau", reduce_on_plateau=False)


def test_watching_fills_in_the_defaults():
    assert Settings(early_stopping=7).stopping() == {"patience": 7, "least_improvement": 0}
    assert Settings().stopping() is None
    assert Settings().plateau() is None
    assert Settings(reduce_on_plateau=False).plateau() is None
    expected = {"patience": 10, "least_improvement": 0.0, "factor": 0.5, "lowest": 1e-3}
    assert Settings(reduce_on_plateau=True).plateau() == expected
    assert Settings(reduce_on_plateau={"factor": 0.2}).plateau() == expected | {"factor": 0.2}
    assert Settings(clip={"norm": 2}).clipping() == ("norm", 2.0)
    assert Settings().clipping() is None


@pytest.mark.parametrize("loss", sorted(LOSSES))
@pytest.mark.parametrize("output", ["identity", "sigmoid", "softmax", "tanh"])
def test_a_loss_from_logits_needs_its_output(loss, output):
    settings = Settings(loss=loss)
    if loss in FROM_LOGITS and output != FROM_LOGITS[loss]:
        with pytest.raises(ArgumentError, match=rf"{loss!r} .* needs output='{FROM_LOGITS[loss]}'"):
            settings.loss_for(output)
    else:
        assert settings.loss_for(output) == loss


def test_the_loss_follows_from_the_output():
    assert Settings().loss_for("sigmoid") == "binary_cross_entropy"
    assert Settings().loss_for("softmax") == "categorical_cross_entropy"
    assert Settings().loss_for("tanh") == Settings().loss_for("identity") == "mean_squared_error"
