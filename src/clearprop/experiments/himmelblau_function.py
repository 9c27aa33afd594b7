"""Himmelblau's function: its derivatives by hand, its minima by algebra, and what checks them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from clearprop import figures
from clearprop.equations.gradients import central_differences
from clearprop.experiments.compare import close, holds
from clearprop.experiments.lesson import Check, Picture
from clearprop.experiments.walks import walk
from clearprop.figures import Path2D, Surface

__all__ = [
    "ETA",
    "STARTS",
    "checks_of_minima",
    "checks_of_the_function",
    "f",
    "gradient",
    "hessian",
    "limits_of",
    "minima_by_descent",
    "seen_from_above",
    "surface",
]

Floats = NDArray[np.float64]

STARTS = ((1.0, 1.0), (-1.0, 1.0), (-1.0, -1.0), (1.0, -2.0))  # one for each minimum
ETA = 0.01  # a rate that all four minima can hold
_MINIMA = {
    "A": ("3.000000", "2.000000"),
    "B": ("-2.805118", "3.131312"),
    "C": ("-3.779310", "-3.283186"),
    "D": ("3.584428", "-1.848126"),
}  # as published
_CUT = "its y is printed with the sixth decimal cut, not rounded"


def f(w: Floats) -> Floats:
    """`(x² + y − 11)² + (x + y² − 7)²` of places `(..., 2)`."""
    x, y = w[..., 0], w[..., 1]
    return (x * x + y - 11) ** 2 + (x + y * y - 7) ** 2


def gradient(w: Floats) -> Floats:
    """`∂f/∂x = 4x u + 2v`, `∂f/∂y = 2u + 4y v`, with `u = x² + y − 11` and `v = x + y² − 7`."""
    x, y = w[..., 0], w[..., 1]
    u, v = x * x + y - 11, x + y * y - 7
    return np.stack([4 * x * u + 2 * v, 2 * u + 4 * y * v], axis=-1)


def hessian(w: Floats) -> Floats:
    """Second derivatives at one place `(2,)`: `(2, 2)`."""
    x, y = w
    mixed = 4 * (x + y)
    return np.array([[12 * x * x + 4 * y - 42, mixed], [mixed, 12 * y * y + 4 * x - 26]])


def minima_by_descent() -> dict[str, Floats]:
    """The four minima, each found by gradient descent at a rate that all of them can hold."""
    ends = walk("sgd", gradient, STARTS, ETA, 2000)[-1]
    return dict(zip(_MINIMA, ends, strict=True))


def limits_of(minima: dict[str, Floats]) -> dict[str, float]:
    """2/λmax at each minimum."""
    return {name: float(2 / np.linalg.eigvalsh(hessian(w))[-1]) for name, w in minima.items()}


def surface(minima: dict[str, Floats], places: int) -> Surface:
    """F over both inputs, with the minima."""
    across = np.linspace(-5.2, 5.2, places)
    named = [(name, float(w[0]), float(w[1])) for name, w in minima.items()]
    z = f(np.stack(np.meshgrid(across, across), axis=-1))
    return Surface(across, across, z, "x", "y", named)


def seen_from_above(
    kind: str, walks: list[Path2D], minima: dict[str, Floats], name: str, caption: str
) -> Picture:
    """Contours with walks over them."""
    plane = surface(minima, 71)
    return Picture(
        kind,
        caption,
        figures.describe_surface_2d(plane, walks, name=name),
        lambda theme: figures.surface_2d(plane, walks, name=name, theme=theme),
    )


def checks_of_the_function() -> list[Check]:
    """Both derivatives against differences."""
    places = np.array([[0.0, 0.0], [1.5, -2.5], [-3.0, 4.0], [2.2, 0.7]])

    def measured(function: Callable[[Floats], Floats]) -> Floats:
        return np.stack([central_differences(function, w, 1e-5) for w in places])

    bent = [measured(lambda w: gradient(w)[..., 0]), measured(lambda w: gradient(w)[..., 1])]
    return [
        close(
            "gradient by hand at four places", measured(f), gradient(places), tolerance=1e-8,
            relative=True, source="finite differences",
        ),
        close(
            "second derivatives by hand there", np.stack(bent, axis=1),
            [hessian(w) for w in places], tolerance=1e-8, relative=True,
            source="finite differences",
        ),
    ]  # fmt: skip


def checks_of_minima(minima: dict[str, Floats], eta: float) -> list[Check]:
    """Where the minima lie, how low, and which of them hold a descent at this rate."""
    ends = np.stack(list(minima.values()))
    checks = [
        close(
            f"minimum {name}", [float(text) for text in _MINIMA[name]], w, tolerance=1e-6,
            source="published", note=_CUT if name in "BD" else "",
        )
        for name, w in minima.items()
    ]  # fmt: skip
    checks += [
        close(
            "minima, against the roots of x⁴ − 22x² + x + 114 and y = 11 − x²", _roots(),
            ends[np.argsort(ends[:, 0])], tolerance=1e-9, source="by algebra",
        ),
        close("f at the minima", np.zeros(4), f(ends), tolerance=1e-20, source="by hand"),
    ]  # fmt: skip
    limits = limits_of(minima)
    near, begun = ends + 1e-6, 1e-6 * np.sqrt(2)
    away = np.linalg.norm(walk("sgd", gradient, near, eta, 3000)[-1] - ends, axis=-1)
    held = away < 1.000001 * begun  # a step too small for a float leaves it where it began
    stayed = [name for name, stays in zip(minima, held, strict=True) if stays]
    should = [name for name in minima if eta < limits[name]]
    checks.append(
        holds(
            f"minima that hold gradient descent at η = {eta:g}, begun a millionth away",
            ", ".join(should) or "none",
            ", ".join(stayed) or "none",
            stayed == should,
            source="2/λmax",
        )
    )
    return checks


def _roots() -> Floats:
    """Where u and v are both 0, by rising x: y from u = 0, put into v = 0, leaves a quartic."""
    x = np.sort(np.roots([1, 0, -22, 1, 114]).real)
    return np.stack([x, 11 - x * x], axis=-1)
