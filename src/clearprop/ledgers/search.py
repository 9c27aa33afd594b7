"""The search for a slip: which of the registry gives the learner's number."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from clearprop.equations.losses import FROM_LOGITS
from clearprop.ledgers.formulas import LOSS_FORMULAS, input_of
from clearprop.ledgers.slips import SLIPS, Slip
from clearprop.ledgers.terms import Term
from clearprop.ledgers.world import World

if TYPE_CHECKING:
    from clearprop.ledgers.marking import Judge

__all__ = ["Likely", "find_slips"]

Array = NDArray[np.float64]

_MOST_NAMED = 3
_FEW = 4
_ROUGHLY = 0.1  # further off, rounding is no excuse
_SLOPES = {
    "identity": "1",
    "sigmoid": "a(1 − a)",
    "tanh": "1 − a²",
    "relu": "1 where z > 0, else 0",
    "leaky_relu": "1 where z > 0, else 0.01",
}


class Likely(NamedTuple):
    """A slip that gives the learner's number.

    Attributes:
        name: of the slip, such as `fprime_missing`.
        name_of_term: where it happened: the wrong term itself, or one before it that was not
            handed in.
        words: what happened.
        mend: what to do instead.
    """

    name: str
    name_of_term: str
    words: str
    mend: str


class _Candidate(NamedTuple):
    """A slip that fits, and how well: the smaller, the better."""

    fit: tuple[int, ...]
    slip: Slip
    term: Term
    value: Array


def find_slips(
    judge: Judge, name: str, off: NDArray[np.bool_], *, exact: bool = False
) -> tuple[Likely, ...]:
    """The slips that give the wrong entries, the likeliest first.

    A slip that fits to the last digit is likelier than one that fits roughly; one that explains the
    whole term than one that explains some entries; one that explains more of the other answers; one
    in the term itself than one before it.

    Args:
        judge: of the learner.
        name: the wrong term.
        off: its wrong entries.
        exact: only slips that fit to the last digit.
    """
    found = [c for c in _candidates(judge, name, off) if not exact or c.fit[0] == 0]
    if not found:
        return ()
    found.sort(key=lambda candidate: candidate.fit)
    best = found[0]
    same = [
        c for c in found
        if c is best or (c.fit[0] == best.fit[0] and _equal(c.value[off], best.value[off]))
    ]  # fmt: skip
    named = {(c.slip.name, c.term): c for c in reversed(same)}  # each once, at its best
    chosen = sorted(named.values(), key=lambda candidate: candidate.fit)[:_MOST_NAMED]
    return tuple(_likely(judge, candidate) for candidate in chosen)


def _equal(values: Array, others: Array) -> bool:
    return bool(np.allclose(values, others, rtol=2e-3, atol=1e-12))


class _Outcome(NamedTuple):
    """What a slip in a place makes of the term: its value, the world, how far rounding leads."""

    value: Array
    world: World
    band: Callable[[], Array | None]  # worked out only where it decides


def _candidates(judge: Judge, name: str, off: NDArray[np.bool_]) -> Iterator[_Candidate]:
    """Every slip that gives the wrong entries: in the term, or before it where none is given."""
    terms = judge.step.terms
    names = list(terms)
    before = [n for n in reversed(names[: names.index(name)]) if n not in judge.given]
    for distance, place in enumerate([name, *before]):
        for order, slip in enumerate(SLIPS):
            if terms[place].kind not in slip.kinds:
                continue
            for outcome in _outcomes(judge, name, place, slip):
                fit = _fit(judge, name, off, outcome)
                if fit is not None:
                    rank = (*fit, _unexplained(judge, outcome.world), distance, order)
                    yield _Candidate(rank, slip, terms[place], outcome.value)


def _outcomes(judge: Judge, name: str, place: str, slip: Slip) -> Iterator[_Outcome]:
    """Every array that the slip may lead to.

    In the term itself, the slip may have been made with the learner's own numbers as they are
    written, or with the unrounded ones.
    """
    step, term = judge.step, judge.step.terms[place]
    others = {key: value for key, value in judge.given.items() if key != place}
    for answers in (others, {}) if place == name else (others,):
        with np.errstate(all="ignore"):
            for k, slipped in enumerate(slip.recompute(World(step, answers), term)):
                if slipped.shape != step[place].shape or not np.isfinite(slipped).all():
                    continue
                world = World(step, others, {place: slipped})
                value = slipped if place == name else world.derived(name)
                if np.isfinite(value).all():
                    band = partial(_band, judge, (name, place), (slip, k), value)
                    yield _Outcome(value, world, band)


def _band(
    judge: Judge, where: tuple[str, str], what: tuple[Slip, int], value: Array
) -> Array | None:
    """How far rounding on the way leads when the slip is made, too; None if that is not known."""
    (name, place), (slip, k) = where, what
    others = [key for key in judge.given if key != place]
    with np.errstate(all="ignore"):
        rounded = judge.rounding_world(others, {})
        found = slip.recompute(rounded, judge.step.terms[place])
        if k >= len(found) or found[k].shape[-value.ndim or None :] != judge.step[place].shape:
            return None
        if place == name:
            return judge.spread(found[k], value)
        return judge.spread(judge.rounding_world(others, {place: found[k]}).derived(name), value)


def _fit(
    judge: Judge, name: str, off: NDArray[np.bool_], outcome: _Outcome
) -> tuple[int, int] | None:
    """How exactly the slip gives the wrong entries, and whether it explains the whole term."""
    given, value = judge.given[name], outcome.value
    near = judge.near(name, given, value)
    if not near[off].all():
        roughly = np.abs(given - value)[off] <= _ROUGHLY * np.abs(value)[off]
        band = outcome.band() if roughly.all() else None
        if band is None:
            return None
        near = judge.near(name, given, value, np.minimum(band, _ROUGHLY * np.abs(value)))
        if not near[off].all():
            return None
    exactly = judge.exactly(name, value)[off].all()
    right = judge.targets(name)[1]
    if not exactly and judge.near(name, value, right)[off].any():
        return None  # the slip makes no difference here
    whole = bool(near[~np.isnan(given)].all())
    rounded = (np.abs(given - value)[off] <= _three_digits(value)[off]).all()
    return _closeness(judge, bool(exactly), bool(rounded)), (0 if whole else 1)


def _closeness(judge: Judge, exactly: bool, rounded: bool) -> int:
    """0 for the learner's last digit, 1 for three digits, 2 for rounding on the way, too."""
    if exactly or (rounded and judge.precision.significant <= _FEW):
        return 0  # with few digits, the last one is chance
    return 1 if rounded else 2


def _three_digits(value: Array) -> Array:
    size = np.where(value == 0, 1.0, np.abs(value))
    return np.asarray(0.505 * 10.0 ** (np.floor(np.log10(size)) - 2))


def _unexplained(judge: Judge, world: World) -> int:
    """How many answered terms do not follow in a world with the slip."""
    with np.errstate(all="ignore"):
        return sum(
            not any(
                judge.near(name, values, target)[~np.isnan(values)].all()
                for target in world.derivations(name)
            )
            for name, values in judge.given.items()
        )


def _likely(judge: Judge, candidate: _Candidate) -> Likely:
    words = _fields(judge, candidate.term)
    slip = candidate.slip
    return Likely(
        slip.name,
        candidate.term.name,
        slip.words.format_map(words),
        slip.mend.format_map(words),
    )


def _fields(judge: Judge, term: Term) -> dict[str, object]:
    """What the words of a slip may name, for one term."""
    step, i = judge.step, max(1, term.layer)
    loss = step.plan.loss
    f = step.plan.architecture.activations[i - 1]
    half = loss == "half_squared_error"
    squared = loss.endswith("squared_error")
    output = term.kind in ("z", "a", "losses", "loss") or term.layer == len(
        step.plan.architecture.activations
    )
    matched = loss in FROM_LOGITS and output
    return {
        "t": term.name,
        "i": i,
        "before": i - 1,
        "next": i + 1,
        "into": input_of(i),
        "a": f"a{i}",
        "f": f,
        "p": f"W{i}",
        "slope": _SLOPES.get(f, "in equations/activations.py"),
        "eta": f"{step.learning_rate:g}",
        "rule": step.plan.rule,
        "n": len(step.data.X),
        "k": step["y"].shape[1],
        "loss_name": loss,
        "loss_formula": LOSS_FORMULAS[loss],
        "fprime_extra": (
            f"with {loss} and {f} it is already in a{i} − y" if matched else
            f"it is in delta{i} already"
        ),
        "sign": (
            "delta is output − target here, and the step goes against it"
            if output and term.kind in ("delta", "d_activation")
            else "look for a minus sign lost or added on the way"
        ),
        "twice": (
            "the ½ of the loss was forgotten" if half else "a factor 2 is too much"
        ),
        "halved": (
            "the factor 2 of the square's derivative was forgotten"
            if squared and not half
            else "a factor ½ is too much"
        ),
    }  # fmt: skip
