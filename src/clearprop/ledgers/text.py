"""A ledger in print: worked arithmetic where the network is small, else a line for each array."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from clearprop.equations.activations import ACTIVATIONS
from clearprop.equations.losses import FROM_LOGITS
from clearprop.ledgers.formulas import formula, input_of
from clearprop.ledgers.terms import Term, entry_name
from clearprop.ledgers.writing import WIDTH, number, paragraph, wrapped

if TYPE_CHECKING:
    from clearprop.ledgers.step import Ledger

__all__ = ["Section", "as_text", "sections", "worked"]

_SMALL = 60  # parameters
_FEW_SAMPLES = 4
_MOST_ENTRIES = 12  # of one array, worked
_MOST_PRODUCTS = 8  # of one sum, written out
_PARTS = {
    "Forward": ("z", "a", "losses", "loss", "penalty", "cost"),
    "Back": ("d_activation", "delta", "dW", "db", "penalty_dW", "total_dW", "total_db"),
    "Update": ("W_new", "b_new"),
}


class Section(NamedTuple):
    """A heading and the lines below it, none longer than 100 columns."""

    title: str
    lines: tuple[str, ...]


def as_text(step: Ledger) -> str:
    """All sections, one below the other."""
    parts = ["\n".join([title, *lines]) for title, lines in sections(step)]
    return "\n\n".join(parts)


def sections(step: Ledger) -> list[Section]:
    """Heading, forward, back, update and check."""
    outline = repr(step.network).removeprefix("Network(").removesuffix(")")
    n = len(step.data.X)
    head = paragraph(
        f"  {step.plan.loss}, {n} sample{'s' * (n != 1)}; step {step.t} of {step.plan.rule}, "
        f"learning rate {step.learning_rate:g}"
    ).split("\n")
    if any(step.network.architecture.dropout):
        head.append("  Dropout is left out: the network computes as it does when it predicts.")
    result = [Section(*_folded(outline, head))]
    small = step.plan.architecture.n_parameters <= _SMALL and n <= _FEW_SAMPLES
    if small:
        for title, kinds in _PARTS.items():
            lines = [
                line
                for name, term in step.terms.items()
                if term.kind in kinds
                for line in worked(step, name)
            ]
            result.append(Section(_title(step, title), tuple(lines)))
    else:
        result.append(Section("Every array", tuple(_summary(step))))
    result.append(Section("Check", tuple(_checked(step))))
    return result


def _folded(outline: str, head: list[str]) -> tuple[str, tuple[str, ...]]:
    first, *more = paragraph(outline).split("\n")
    return first, (*more, *head)


def _title(step: Ledger, title: str) -> str:
    if title != "Update":
        return title
    return f"Update: {step.plan.rule}, η = {step.learning_rate:g}"


# Worked arithmetic --------------------------------------------------------------------------------


def worked(step: Ledger, name: str) -> Iterator[str]:
    """The equation of an array that the step computes, and below it the numbers of each entry."""
    array, term = step[name], step.terms[name]
    equation = f"  {name} = {_equation(step, name, term)}"
    if array.ndim == 0:
        yield f"{equation} = {number(float(array))}"
        return
    yield equation
    entries = list(np.ndindex(array.shape))
    for index in entries[:_MOST_ENTRIES]:
        parts, glue = _numbers(step, term, index)
        value = number(float(array[index]))
        opening = f"    {entry_name(name, index)} = "
        yield from wrapped(opening, parts, glue, f" = {value}") if parts else [opening + value]
    if len(entries) > _MOST_ENTRIES:
        yield f'    and {len(entries) - _MOST_ENTRIES} more: step["{name}"]'


def _equation(step: Ledger, name: str, term: Term) -> str:
    if term.kind in ("W_new", "b_new") and step.plan.rule == "sgd":
        parameter = name.removesuffix("_new")
        return f"{parameter} − η · {_gradient(step, parameter)}"
    return formula(step, name)


def _gradient(step: Ledger, parameter: str) -> str:
    """The name of the gradient that the optimizer sees."""
    return f"total_d{parameter}" if f"total_d{parameter}" in step else f"d{parameter}"


def _numbers(step: Ledger, term: Term, index: tuple[int, ...]) -> tuple[list[str], str]:
    """The numbers that go into one entry, and what stands between them."""
    i = term.layer
    if term.kind == "z":
        s, j = index
        products = list(zip(step[input_of(i)][s], step[f"W{i}"][:, j], strict=True))
        return [*_products(products), _in_sum(step[f"b{i}"][j])], " + "
    if term.kind == "a":
        return _activated(step, i, index), ""
    if term.kind == "d_activation":
        return _back(step, i, index)
    if term.kind == "delta":
        return _delta(step, i, index)
    if term.kind == "dW":
        row, j = index
        products = list(zip(step[input_of(i)][:, row], step[f"delta{i}"][:, j], strict=True))
        return _products(products), " + "
    if term.kind == "db":
        deltas = step[f"delta{i}"][:, index[0]]
        few = 1 < len(deltas) <= _MOST_PRODUCTS
        return [_in_sum(delta) for delta in deltas] if few else [], " + "
    if term.kind in ("W_new", "b_new"):
        return _step(step, f"{term.kind[0]}{i}", index)
    if term.kind == "losses":
        return _loss(step, index[0]), ""
    if term.kind in ("total_dW", "total_db") and step.plan.clip is None:
        parts = [f"{kind}{i}" for kind in (term.kind[6:], f"penalty_{term.kind[6:]}")]
        shown = [_in_sum(step[part][index]) for part in parts if part in step]
        return shown if len(shown) > 1 else [], " + "
    return [], ""


def _products(pairs: list[tuple[float, float]]) -> list[str]:
    """`1·2`, `3·4`, ...; of a long sum only its length."""
    if len(pairs) > _MOST_PRODUCTS:
        return [f"({len(pairs)} products)"]
    (a, b), *rest = pairs
    return [f"{number(a)}·{_in_sum(b)}", *(f"{_in_sum(a)}·{_in_sum(b)}" for a, b in rest)]


def _in_sum(value: float) -> str:
    text = number(value)
    return f"({text})" if text.startswith("−") else text


def _activated(step: Ledger, i: int, index: tuple[int, ...]) -> list[str]:
    name, z = step.plan.architecture.activations[i - 1], step[f"z{i}"]
    if name == "identity":
        return [number(z[index])]
    if name == "softmax":
        row = ", ".join(number(value) for value in z[index[0]])
        return [f"softmax({row})[{index[1]}]"] if z.shape[1] <= _MOST_PRODUCTS else []
    return [f"{name}({number(z[index])})"]


def _back(step: Ledger, i: int, index: tuple[int, ...]) -> tuple[list[str], str]:
    if i == step.plan.architecture.n_layers:
        return _output(step, index), ""
    s, j = index
    pairs = list(zip(step[f"delta{i + 1}"][s], step[f"W{i + 1}"][j], strict=True))
    return _products(pairs), " + "


def _output(step: Ledger, index: tuple[int, ...]) -> list[str]:
    """`∂C/∂a` at the output, in numbers."""
    a = step[f"a{step.plan.architecture.n_layers}"][index]
    y = step["y"][index]
    difference = f"({number(a)} − {_in_sum(y)})"
    words = {
        "mean_squared_error": f"2·{difference}",
        "half_squared_error": difference,
        "mean_absolute_error": f"sign{difference}",
        "huber": f"{difference} within [−1, 1]",
        "binary_cross_entropy": f"(−{number(y)}/{number(a)} + {number(1 - y)}/{number(1 - a)})",
        "categorical_cross_entropy": f"−{number(y)}/{number(a)}",
    }[step.plan.loss]
    over_outputs = step.plan.loss != "categorical_cross_entropy"
    return [_bare(words + _divided(step, index[0], over_outputs=over_outputs))]


def _bare(text: str) -> str:
    """`(a − y)` without its brackets, where nothing follows them."""
    return text[1:-1] if text[0] == "(" and text.endswith(")") else text


def _divided(step: Ledger, s: int, *, over_outputs: bool) -> str:
    """What the means divide by, as far as that is not 1, and the sample's weight."""
    k, n = step["y"].shape[1], len(step.data.X)
    weight = "" if step.data.weights is None else f"·{number(step.data.weights[s])}"
    return f"{f'/{k}' * (over_outputs and k > 1)}{weight}{f'/{n}' * (n > 1)}"


def _delta(step: Ledger, i: int, index: tuple[int, ...]) -> tuple[list[str], str]:
    name = step.plan.architecture.activations[i - 1]
    if i == step.plan.architecture.n_layers and step.plan.loss in FROM_LOGITS:
        words = f"({number(step[f'a{i}'][index])} − {_in_sum(step['y'][index])})"
        over = step.plan.loss == "binary_cross_entropy"
        return [_bare(words + _divided(step, index[0], over_outputs=over))], ""
    if name == "softmax":
        return [], ""
    z, a = step[f"z{i}"][index], step[f"a{i}"][index]
    slope = float(ACTIVATIONS[name][1](np.ones_like(z), z, a))
    return [number(step[f"d_activation{i}"][index]), _in_sum(slope)], " · "


def _step(step: Ledger, parameter: str, index: tuple[int, ...]) -> tuple[list[str], str]:
    old = number(step[parameter][index])
    if step.plan.rule != "sgd":
        return [old, _in_sum(step[f"update_{parameter}"][index])], " + "
    g = _in_sum(step[_gradient(step, parameter)][index])
    return [old, f"{step.learning_rate:g}·{g}"], " − "


def _loss(step: Ledger, s: int) -> list[str]:
    """The loss of one sample where there is one output."""
    output, y = step[f"a{step.plan.architecture.n_layers}"][s], step["y"][s]
    if len(output) != 1:
        return []
    r = f"{number(output[0])} − {_in_sum(y[0])}"
    words = {
        "mean_squared_error": f"({r})²",
        "half_squared_error": f"½·({r})²",
        "mean_absolute_error": f"|{r}|",
        "binary_cross_entropy": {
            0.0: f"−ln(1 − {number(output[0])})",
            1.0: f"−ln {number(output[0])}",
        }.get(float(y[0]), ""),
    }
    return [words[step.plan.loss]] if words.get(step.plan.loss) else []


# A line for each array ----------------------------------------------------------------------------


def _summary(step: Ledger) -> Iterator[str]:
    """Name, shape, smallest, mean and largest number, and equation."""
    names = max(len(name) for name in step)
    shapes = {name: "×".join(map(str, step[name].shape)) or "1" for name in step}
    width = max(map(len, shapes.values()))
    yield (
        f"  {'':{names}}  {'shape':>{width}}  {'smallest':>10}  {'mean':>10}  {'largest':>10}  "
        "computed by"
    )
    for name in step:
        array = step[name].astype(np.float64)
        three = (array.min(), array.mean(), array.max())
        numbers = "  ".join(f"{number(value):>10}" for value in three)
        line = f"  {name:{names}}  {shapes[name]:>{width}}  {numbers}  {formula(step, name)}"
        yield line if len(line) <= WIDTH else f"{line[: WIDTH - 1]}…"
    yield ""
    first = next(iter(step.plan.architecture.shapes))
    yield f'  step["{first}"] gives the numbers, step.table() every one of them with its equation,'
    yield f'  step.factors("{first}[0,0]") the chain rule of one weight.'


def _checked(step: Ledger) -> Iterator[str]:
    """What the finite differences say, in one sentence, and one for each kind of exception."""
    checks = step.checks.values()
    total = sum(len(check.values) for check in checks)
    skipped = sum(step[check.name].size for check in checks) - total
    agreeing = sum(check.reasons.count("") for check in checks)
    largest = max(
        (error for c in checks for error, why in zip(c.errors, c.reasons, strict=True) if not why),
        default=0.0,
    )
    yield from paragraph(
        f"  {agreeing:,} of {total:,} gradients agree with central differences; largest relative "
        f"error among them {largest:.1g}."
    ).split("\n")
    if skipped:
        yield f"  {skipped:,} more were not checked; step.check() checks all."
    why = {
        "kink": "at a kink, where the difference is no derivative",
        "rounding": "lost in the rounding of the cost",
        "curvature": "where the nudge is too long for the curvature",
        "mismatch": "NOT AGREEING, and no reason was found",
    }
    for reason, words in why.items():
        places = [
            entry_name(check.name, check.indices[k].tolist())
            for check in checks
            for k, each in enumerate(check.reasons)
            if each == reason
        ]
        if places:
            shown = ", ".join(places[:6]) + f" and {len(places) - 6} more" * (len(places) > 6)
            yield from paragraph(f"  {len(places)} {words}: {shown}.").split("\n")
