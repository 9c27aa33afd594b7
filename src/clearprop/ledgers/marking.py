"""Marking: which of a learner's numbers is the first that is wrong, and why.

Terms are judged in the order in which a step computes them. A number is right if it agrees with the
ledger, or with what follows from the learner's own earlier numbers while these are right. After the
first mistake, numbers that follow from the learner's own are told apart from new mistakes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from clearprop.ledgers.answers import Precision, read, tolerance
from clearprop.ledgers.search import Likely, find_slips
from clearprop.ledgers.terms import entry_name
from clearprop.ledgers.world import World
from clearprop.ledgers.writing import number, paragraph

if TYPE_CHECKING:
    from clearprop.ledgers.step import Ledger

__all__ = ["Finding", "Judge", "Mark", "Marking", "mark"]

Array = NDArray[np.float64]

_LEARNERS = 32  # simulated, who round on the way
_MARGIN = 1.5  # beyond the furthest of them
_TELLING = 6  # with so many digits, an answer 0.1 % off is not rounded but computed otherwise


@dataclass(frozen=True)
class Finding:
    """One wrong term.

    Attributes:
        name: of the term, such as `delta1`.
        index: its first wrong entry.
        given: the learner's number there.
        expected: the right one; where earlier numbers are wrong, what follows from those.
        wrong: how many of the term's entries are wrong.
        slips: what likely happened, the likeliest first; empty where nothing known fits.
    """

    name: str
    index: tuple[int, ...]
    given: float
    expected: float
    wrong: int
    slips: tuple[Likely, ...]

    def to_json(self) -> dict[str, Any]:
        """Plain JSON types."""
        return {
            "name": self.name,
            "index": list(self.index),
            "given": self.given,
            "expected": self.expected,
            "wrong_entries": self.wrong,
            "slips": [slip._asdict() for slip in self.slips],
        }


class Mark(NamedTuple):
    """One answered term: "right", "follows" from an earlier mistake, or "wrong"."""

    name: str
    status: str


@dataclass(frozen=True)
class Marking:
    """What marking found.

    Attributes:
        marks: every answered term in the order of computation.
        findings: the wrong ones.
    """

    marks: tuple[Mark, ...]
    findings: tuple[Finding, ...]

    @property
    def right(self) -> bool:
        """Whether every answer is right."""
        return not self.findings

    @property
    def first(self) -> Finding | None:
        """The first wrong term, or None."""
        return self.findings[0] if self.findings else None

    def to_json(self) -> dict[str, Any]:
        """Plain JSON types."""
        return {
            "right": self.right,
            "marks": {mark.name: mark.status for mark in self.marks},
            "first_wrong": None if self.first is None else self.first.to_json(),
            "findings": [finding.to_json() for finding in self.findings],
        }

    def __str__(self) -> str:
        named = {
            status: ", ".join(mark.name for mark in self.marks if mark.status == status)
            for status in ("right", "follows")
        }
        if not self.marks:
            return "No number was handed in."
        if self.first is None:
            return paragraph(f"All right: {named['right']}.")
        lines = _explain(self.first, "First wrong: ", "it should be")
        if named["follows"]:
            lines.append(f"These follow from it, and will mend with it: {named['follows']}.")
        for finding in self.findings[1:]:
            words = "from the numbers before it, it should be"
            lines += _explain(finding, "Wrong as well: ", words)
        if named["right"]:
            lines.append(f"Right: {named['right']}.")
        return "\n".join(paragraph(line) for line in lines)


def _explain(finding: Finding, opening: str, should: str) -> list[str]:
    place = entry_name(finding.name, finding.index)
    digits = 4 if f"{finding.given:.4g}" != f"{finding.expected:.4g}" else 8
    given, expected = number(finding.given, digits), number(finding.expected, digits)
    more = finding.wrong - 1
    also = f" ({more} more of its entries {'are' if more > 1 else 'is'} wrong)" if more else ""
    lines = [f"{opening}{place} is {given}; {should} {expected}{also}."]
    if not finding.slips:
        return [*lines, "  No single known slip gives this number; work it out again."]
    first, *others = finding.slips
    where = (
        "" if first.name_of_term == finding.name else f"in {first.name_of_term}, not handed in, "
    )
    lines.append(f"  Likely slip: {where}{first.words}.")
    lines.append(f"  To mend it: {first.mend}.")
    more_words = dict.fromkeys(other.words for other in others if other.words != first.words)
    if more_words:
        lines.append(f"  The same number would come out if {'; or '.join(more_words)}.")
    return lines


def mark(step: Ledger, answers: Mapping[str, Any]) -> Marking:
    """See `Ledger.mark`."""
    given = read(step, answers)
    if not given:
        return Marking((), ())
    judge = Judge(step, given)
    marks, findings = [], []
    for name in given:
        off = judge.off(name)
        slips: tuple[Likely, ...] = ()
        if off.any():
            slips = find_slips(judge, name, off)
        else:
            off = judge.doubtful(name)
            slips = find_slips(judge, name, off, exact=True) if off.any() else ()
            off &= bool(slips)
        if off.any():
            findings.append(_finding(judge, name, off, slips))
            marks.append(Mark(name, "wrong"))
        else:
            marks.append(Mark(name, "follows" if findings and judge.differs(name) else "right"))
    return Marking(tuple(marks), tuple(findings))


def _finding(judge: Judge, name: str, off: NDArray[np.bool_], slips: tuple[Likely, ...]) -> Finding:
    index = tuple(int(i) for i in np.argwhere(off)[0])
    expected = judge.targets(name)[1]
    if judge.near(name, expected, judge.ours[name])[index]:
        expected = judge.ours[name]  # no rounding on the way
    return Finding(
        name, index, float(judge.given[name][index]), float(expected[index]), int(off.sum()), slips
    )


class Judge:
    """What is close enough for one learner.

    Attributes:
        step: the ledger.
        given: the answers, full arrays in the order of computation.
        ours: the world without answers.
        theirs: the world of the learner's own numbers.
        precision: how many digits the learner writes.
    """

    def __init__(self, step: Ledger, given: Mapping[str, Array]) -> None:
        self.step, self.given = step, dict(given)
        self.ours, self.theirs = World(step), World(step, given)
        self._from_z = World(step, given, from_z=True)
        self.precision = Precision(given)
        self._random = np.random.default_rng(0)  # the same learners in every marking
        self._noisy = {name: self._round(name, values) for name, values in given.items()}
        self._rounded = (
            (self.ours, World(step, rounding=self._round)),
            (self.theirs, World(step, self._noisy, rounding=self._round)),
        )
        self._bands: dict[str, Array] = {}
        self._targets: dict[str, list[Array]] = {}

    def targets(self, name: str) -> list[Array]:
        """What is right: ours first, then whatever follows from the learner's own numbers."""
        if name not in self._targets:
            with np.errstate(all="ignore"):
                self._targets[name] = [
                    self.ours[name],
                    *self.theirs.derivations(name),
                    *self._from_z.derivations(name),
                ]
        return self._targets[name]

    def band(self, name: str) -> Array:
        """How far rounding on the way may have led: as far as the furthest simulated learner."""
        if name not in self._bands:
            with np.errstate(all="ignore"):
                spreads = [
                    self.spread(rounded.derived(name), exact.derived(name))
                    for exact, rounded in self._rounded
                ]
            self._bands[name] = np.maximum(*spreads)
        return self._bands[name]

    def spread(self, rounded: Array, exact: Array) -> Array:
        """How far simulated learners `(learners, ...)` may come from the exact `(...)`."""
        far = np.abs(rounded - exact).reshape((-1, *exact.shape))
        return np.asarray(_MARGIN * np.where(np.isfinite(far), far, 0.0).max(axis=0))

    def rounding_world(self, names: Iterable[str], slipped: Mapping[str, Array]) -> World:
        """Simulated learners who gave these answers, rounded, and who may have slipped."""
        noisy = {name: self._noisy[name] for name in names}
        return World(self.step, noisy, slipped, self._round)

    def near(
        self, name: str, values: Array, target: Array, band: Array | None = None
    ) -> NDArray[np.bool_]:
        """Whether values are the target, rounded to three digits, perhaps also on the way."""
        size, own = np.abs(target), np.abs(self.ours[name])
        scale = np.clip(size / np.where(own > 0, own, np.inf), 1.0, 100.0)
        band = scale * self.band(name) if band is None else band
        limit = tolerance(values, target) + band
        return np.asarray(np.abs(values - target) <= limit)

    def exactly(self, name: str, target: Array) -> NDArray[np.bool_]:
        """Whether the answers are the target to the last digit written."""
        values = self.given[name]
        limit = 1.01 * self.precision.half_unit(values) + 1e-9 * np.abs(target)
        return np.asarray(np.abs(values - target) <= limit)

    def off(self, name: str) -> NDArray[np.bool_]:
        """Answers that are neither ours nor follow from the learner's own."""
        values = self.given[name]
        good = [self.near(name, values, target) for target in self.targets(name)]
        return np.asarray(~np.isnan(values) & ~np.any(good, axis=0))

    def doubtful(self, name: str) -> NDArray[np.bool_]:
        """Answers that three digits would excuse, but that were written with many more."""
        values = self.given[name]
        if self.precision.significant < _TELLING:
            return np.zeros(values.shape, dtype=bool)
        slack = 100 * (self.precision.half_unit(values) + self.band(name))
        close = [
            np.abs(values - target) <= slack + 1e-6 * np.abs(target)
            for target in self.targets(name)
        ]
        return np.asarray(~np.isnan(values) & ~np.any(close, axis=0))

    def differs(self, name: str) -> bool:
        """Whether some answer is not ours, but follows from the learner's own."""
        values = self.given[name]
        return bool((~np.isnan(values) & ~self.near(name, values, self.ours[name])).any())

    def _round(self, name: str, value: Array) -> Array:
        """A term as many learners might have rounded it: `(learners, ...)`."""
        noise = self._random.uniform(-1, 1, (_LEARNERS, *self.step[name].shape))
        return value + noise * self.precision.half_unit(value)
