"""Curves: what a step costs as samples, width, depth and population grow."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from clearprop.bench.contestant import Contestant
from clearprop.bench.ours import Ours
from clearprop.bench.session import Session
from clearprop.bench.task import Task, Work, make_task, rates_between
from clearprop.bench.threads import limited_to

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["CURVES", "Curve", "Plan", "draw_curves", "measure_curves"]

_SMALL = Work((2, 4, 4, 1), 32, "sgd", (0.05,), 4096)
_MIDDLE = Work((64, 32, 10), 32, "sgd", (0.05,), 1024)
_BESIDE = ("jax", "numpy")  # the first of these that takes part stands beside ours


@dataclass(frozen=True)
class Plan:
    """What one curve is to measure.

    Attributes:
        name: the title.
        along: what grows.
        per: what the cost is of, "epoch" or "step".
        sizes: the values along the way.
        work: the work at one of them.
        amount: what the cost should be in proportion to, in words and as a number of the task.
    """

    name: str
    along: str
    per: str
    sizes: tuple[int, ...]
    work: Callable[[int], Work]
    amount: tuple[str, Callable[[Task], float]]


@dataclass(frozen=True)
class Curve:
    """One measured curve; all tuples are as long as `sizes`.

    Attributes:
        name, along, per: as in `Plan`.
        sizes: the values along the way.
        costs: microseconds for an epoch or a step, by contestant, ours first.
        amount: what the cost should be in proportion to, in words.
        amounts: and in numbers.
    """

    name: str
    along: str
    per: str
    sizes: tuple[int, ...]
    costs: dict[str, tuple[float, ...]]
    amount: str
    amounts: tuple[float, ...]

    def to_json(self) -> dict[str, Any]:
        """Plain JSON types."""
        return {
            "name": self.name,
            "along": self.along,
            "per": self.per,
            "sizes": list(self.sizes),
            "costs_us": {name: list(each) for name, each in self.costs.items()},
            "in_proportion_to": {self.amount: list(self.amounts)},
        }


def _parameters(task: Task) -> float:
    return float(task.architecture.n_parameters)


CURVES: tuple[Plan, ...] = (
    Plan(
        "Samples (2-4-4-1, batch 32)",
        "samples",
        "epoch",
        tuple(2**k for k in range(8, 19, 2)),
        lambda n: replace(_SMALL, n_samples=n),
        ("samples", lambda task: float(task.work.n_samples)),
    ),
    Plan(
        "Width (64-w-10, batch 32)",
        "neurons of the hidden layer",
        "step",
        tuple(2**k for k in range(2, 13, 2)),
        lambda n: replace(_MIDDLE, sizes=(64, n, 10)),
        ("parameters", _parameters),
    ),
    Plan(
        "Depth (64-32-…-10, batch 32)",
        "hidden layers of 32",
        "step",
        (1, 2, 4, 8, 16, 32),
        lambda n: replace(_MIDDLE, sizes=(64, *[32] * n, 10)),
        ("parameters", _parameters),
    ),
    Plan(
        "Population (2-4-4-1, batch 32)",
        "networks",
        "step",
        (1, 4, 16, 64, 256, 1024),
        lambda n: replace(_SMALL, rates=rates_between(0.003, 0.3, n) if n > 1 else (0.05,)),
        ("networks", lambda task: float(task.n_networks)),
    ),
)


def measure_curves(session: Session, plans: Sequence[Plan] = CURVES) -> list[Curve]:
    """Measure every curve: ours, and the fastest kind of peer that is there."""
    beside = [session.peers[name] for name in _BESIDE if name in session.peers][:1]
    return [_measure(plan, session, beside) for plan in plans]


def _measure(plan: Plan, session: Session, beside: Sequence[Contestant]) -> Curve:
    contestants: list[Contestant] = [Ours(session.engine), *beside]
    costs: dict[str, list[float]] = {each.label: [] for each in contestants}
    amounts = []
    for size in plan.sizes:
        session.say(f"{plan.name}: {size}")
        task = make_task(plan.work(size))
        with limited_to(session.threads):
            trainers = {each.name: each.prepare(task, session.threads) for each in contestants}
            times = session.timer(trainers, target=0.04, rounds=3)
        parts = 1 if plan.per == "epoch" else task.n_batches
        for each in contestants:
            costs[each.label].append(1e6 * times[each.name] / parts)
        amounts.append(plan.amount[1](task))
    measured = {label: tuple(each) for label, each in costs.items()}
    return Curve(
        plan.name, plan.along, plan.per, plan.sizes, measured, plan.amount[0], tuple(amounts)
    )


def draw_curves(curves: Sequence[Curve], theme: str = "light") -> Figure:
    """All curves in one figure, two beside each other."""
    from matplotlib.figure import Figure

    from clearprop.figures.performance import cost_curve
    from clearprop.figures.style import theme_named

    rows = -(-len(curves) // 2)
    figure = Figure(figsize=(9.6, 3.5 * rows), facecolor=theme_named(theme).background)
    figure.set_layout_engine("constrained", w_pad=0.12, h_pad=0.12)
    for i, curve in enumerate(curves):
        cost_curve(
            curve.sizes,
            curve.costs,
            curve.amounts,
            name=curve.name,
            along=curve.along,
            per=curve.per,
            amount=curve.amount,
            ax=figure.add_subplot(rows, 2, i + 1),
            theme=theme,
        )
    return figure
