"""The registry of slips: for each, the terms it happens in, what it leads to, and words.

In the words, `{t}` is the term, `{i}` its layer, `{next}` the layer after it, and `{into}` what
goes into it; `search.py` fills them in.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from clearprop.ledgers import slips_back as back
from clearprop.ledgers import slips_forward as forward
from clearprop.ledgers import slips_update as update

__all__ = ["SLIPS", "Slip"]


class Slip(NamedTuple):
    """One way to go wrong.

    Attributes:
        name: for programs.
        kinds: of the terms it can happen in.
        recompute: what it leads to; see `slips_forward.py`.
        words: what happened.
        mend: what to do instead.
    """

    name: str
    kinds: tuple[str, ...]
    recompute: forward.Recompute
    words: str
    mend: str


_GRADIENTS = ("d_activation", "delta", "dW", "db")
_STEPS = ("update_W", "update_b", "W_new", "b_new")
_TOTALS = ("total_dW", "total_db")


# The first that fits is named first, so the telling ones stand before those that fit anything.
SLIPS: tuple[Slip, ...] = (
    Slip("bias_forgotten", ("z",), forward.bias_forgotten,
         "the bias b{i} was forgotten", "add b{i} to the weighted sum"),
    Slip("activation_forgotten", ("z",), forward.from_z_before,
         "the activation of the layer before was forgotten: z{before} went in, not {into}",
         "put {into}, not z{before}, into layer {i}"),
    Slip("activation_forgotten", ("a",), forward.activation_forgotten,
         "the activation was forgotten: {t} is z{i}", "apply {f} to z{i}"),
    Slip("weights_transposed", ("z",), forward.forward_transposed,
         "W{i} was used transposed", "z{i}[j] sums {into}[i]·W{i}[i,j] over the inputs i"),
    Slip("bias_subtracted", ("z",), forward.bias_subtracted,
         "the bias b{i} was subtracted", "add b{i} to the weighted sum"),
    Slip("negative_inside", ("a",), forward.negative_inside,
         "{f} was taken of −z{i}: a sign in the exponent", "take {f} of z{i} itself"),
    Slip("derivative_as_value", ("a",), forward.derivative_as_value,
         "the derivative of {f} was taken for {f}", "apply {f} itself to z{i}"),
    Slip("other_activation", ("a",), forward.other_activation,
         "another activation than {f} was applied", "layer {i} has {f}"),
    Slip("fprime_missing", ("delta",), back.fprime_missing,
         "the derivative f′(z{i}) is missing", "multiply d_activation{i} by f′(z{i})"),
    Slip("fprime_extra", ("delta",), back.fprime_twice,
         "f′(z{i}) was multiplied in once too often", "use f′(z{i}) once; {fprime_extra}"),
    Slip("fprime_at_a", ("delta",), back.fprime_at_a,
         "f′ was evaluated at a{i} instead of z{i}",
         "put z{i} into f′, or a{i} into its form in a"),
    Slip("fprime_form_at_z", ("delta",), back.fprime_form_at_z,
         "z{i} was put into the form of f′ that wants a{i}", "put a{i} into it: {slope}"),
    Slip("value_for_fprime", ("delta",), back.value_for_fprime,
         "a{i} = f(z{i}) was multiplied in where f′(z{i}) belongs", "multiply by f′(z{i})"),
    Slip("softmax_diagonal", ("delta",), back.softmax_diagonal,
         "only the diagonal a(1 − a) of softmax's derivative was used",
         "every output depends on every z: subtract the mean of d_activation{i} as well"),
    Slip("logits_for_output", ("delta",), back.from_logits_instead,
         "y was subtracted from z{i} instead of a{i}", "delta{i} begins with a{i} − y"),
    Slip("fprime_of_other", ("delta",), back.fprime_of_other,
         "the derivative of another function than {f} was used", "f′ of {f} is {slope}"),
    Slip("weights_transposed", ("d_activation",), back.back_transposed,
         "W{next} was used without transposing it", "d_activation{i} = delta{next} W{next}ᵀ"),
    Slip("updated_before_use", ("d_activation",), back.updated_before_use,
         "W{next} was updated before it was used", "go back through the old W{next}; update last"),
    Slip("before_fprime", ("d_activation",), back.back_before_fprime,
         "d_activation{next} came back through W{next}, not delta{next}",
         "multiply by f′(z{next}) first"),
    Slip("one_path_only", ("d_activation",), back.one_path_only,
         "only one of the neurons that {a} feeds was counted",
         "sum delta{next}[k]·W{next}[j,k] over all k"),
    Slip("weights_left_out", ("d_activation",), back.weights_left_out,
         "W{next} was left out on the way back", "multiply each delta{next}[k] by W{next}[j,k]"),
    Slip("own_output_as_input", ("dW",), back.own_output_as_input,
         "a{i} was used where the layer's input {into} belongs",
         "dW{i}[i,j] = {into}[i]·delta{i}[j]"),
    Slip("before_fprime", ("dW", "db"), back.gradient_before_fprime,
         "d_activation{i} was used where delta{i} belongs: f′ is missing", "use delta{i}"),
    Slip("activation_forgotten", ("dW",), back.z_as_input,
         "z{before} was used where the layer's input {into} belongs", "use {into}"),
    Slip("input_forgotten", ("dW",), back.input_forgotten,
         "the layer's input {into} was not multiplied in", "dW{i}[i,j] = {into}[i]·delta{i}[j]"),
    Slip("bias_times_input", ("db",), back.bias_times_input,
         "the bias gradient was multiplied by an input or by the bias",
         "a bias has the input 1: db{i} is delta{i}, summed over the samples"),
    Slip("other_layers_delta", ("dW", "db"), back.next_delta,
         "the delta of another layer was used", "use delta{i}"),
    Slip("added", _STEPS, update.added,
         "the step was added, it goes against the gradient", "subtract: w_new = w − η·g"),
    Slip("rate_forgotten", _STEPS, update.rate_forgotten,
         "the learning rate was forgotten", "multiply the step by η = {eta}"),
    Slip("old_weight_forgotten", ("W_new", "b_new"), update.old_weight_forgotten,
         "only the step was given, not the old weight and the step", "begin at the old weight"),
    Slip("penalty_forgotten", (*_TOTALS, *_STEPS), update.penalty_forgotten,
         "the penalty's part of the gradient was forgotten", "add penalty_d{p}"),
    Slip("clip_forgotten", (*_TOTALS, *_STEPS), update.clip_forgotten,
         "the gradient was not clipped", "clip it before the step"),
    Slip("memory_forgotten", _STEPS, update.memory_forgotten,
         "what {rule} remembers from the steps before was left out", "begin with the given slots"),
    Slip("no_bias_correction", _STEPS, update.uncorrected,
         "Adam's correction for its start at zero was left out",
         "divide m by 1 − β1^t and v by 1 − β2^t"),
    Slip("plain_descent", _STEPS, update.plain_descent,
         "the step of plain gradient descent was taken", "the optimizer here is {rule}"),
    Slip("indices_swapped", _STEPS, update.update_transposed,
         "the gradient was used transposed: two indices are swapped",
         "W[i,j] moves by the gradient [i,j]"),
    Slip("indices_swapped", ("dW",), back.transposed,
         "the gradient is transposed: two indices are swapped",
         "dW{i}[i,j] = {into}[i]·delta{i}[j]"),
    Slip("sign", ("z", "losses", "loss", *_GRADIENTS, *_TOTALS), forward.sign,
         "the sign is wrong", "{sign}"),
    Slip("samples_forgotten", ("loss", *_GRADIENTS), forward.times(forward.n_samples),
         "the mean's 1/n was forgotten: the samples were summed", "divide by n = {n}"),
    Slip("samples_twice", _GRADIENTS, forward.times(lambda world: 1 / forward.n_samples(world)),
         "1/n was divided by once too often", "delta holds the 1/n already: sum over the samples"),
    Slip("sample_weights_forgotten", ("loss",), forward.weights_of_samples_forgotten,
         "the sample weights were forgotten", "weigh each sample's loss by sample_weight"),
    Slip("outputs_forgotten", ("losses", "loss", *_GRADIENTS), forward.times(forward.n_outputs),
         "the mean over the outputs was forgotten: they were summed", "divide by the {k} outputs"),
    Slip("factor_two", ("losses", "loss", *_GRADIENTS), forward.times(lambda _: 2.0),
         "{twice}", "{loss_name} here is {loss_formula}"),
    Slip("half", ("losses", "loss", *_GRADIENTS), forward.times(lambda _: 0.5),
         "{halved}", "{loss_name} here is {loss_formula}"),
    Slip("logarithm", ("losses", "loss"), forward.times(lambda _: 1 / np.log(10)),
         "the logarithm to base 10 was taken", "take the natural logarithm"),
    Slip("decimal", ("z", "a", "losses", "loss", "cost", "penalty", *_GRADIENTS, "penalty_dW",
                     *_TOTALS, *_STEPS), forward.decimal,
         "the decimal point slipped", "count the decimals again"),
    Slip("entries_swapped", ("z", "a", "losses", *_GRADIENTS, *_TOTALS, *_STEPS), forward.swapped,
         "two entries are exchanged", "look at which index belongs to which neuron"),
)  # fmt: skip
