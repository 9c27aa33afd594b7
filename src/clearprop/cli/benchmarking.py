"""`clearprop bench`: measure, and print the table or draw the curves."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.table import Table

from clearprop.bench import (
    Machine,
    Result,
    draw_curves,
    goals_reached,
    measure_curves,
    open_session,
    run_rows,
    select_rows,
)
from clearprop.bench.peers import LABELS
from clearprop.bench.rows import TrainingRow
from clearprop.cli.output import print_json
from clearprop.cli.writing import refuse_existing
from clearprop.errors import ArgumentError
from clearprop.figures import as_png, as_svg, house_defaults
from clearprop.storage.atomic import write_atomically

__all__ = ["draw_figure", "print_table"]

_HEADS = {
    "jax": "JAX",
    "torch": "PyTorch",
    "torch_compiled": "compiled\nPyTorch",
    "sklearn": "scikit-\nlearn",
    "numpy": "NumPy",
}
_WIDTH = 100
_BUSY = 0.5  # load for each processor above which times say little


def print_table(only: str | None, engine: str, threads: int | None, *, as_json: bool) -> None:
    """Measure the rows and print them, as a table or as one JSON object."""
    rows = select_rows(only)
    with _progress() as say:
        session = open_session(engine, threads, say)
        results = list(run_rows(rows, session))
    if as_json:
        print_json(
            {
                "machine": session.machine.to_json(),
                "rows": [result.to_json() for result in results],
            }
        )
        return
    console = Console(highlight=False, width=_WIDTH)
    for line in (*_tables(results), *_notes(results, session.missing)):
        console.print(line)
    console.print(_about(session.machine), style="dim", markup=False)
    console.print(_verdict(results), style="bold", markup=False)


def draw_figure(
    path: Path, engine: str, threads: int | None, *, overwrite: bool, as_json: bool
) -> None:
    """Measure the curves of cost and write them as PNG or SVG."""
    kinds = {".png": as_png, ".svg": as_svg}
    if path.suffix.lower() not in kinds:
        raise ArgumentError(f"--figure must end in .png or .svg; got {path.name!r}")
    refuse_existing(path, overwrite=overwrite, option="--figure")
    with _progress() as say:
        session = open_session(engine, threads, say)
        curves = measure_curves(session)
    with house_defaults():
        figure = draw_curves(curves)
        write_atomically(path, kinds[path.suffix.lower()](figure.axes[0]))
    if as_json:
        print_json(
            {
                "machine": session.machine.to_json(),
                "figure": str(path),
                "curves": [curve.to_json() for curve in curves],
            }
        )
    else:
        print(f"{len(curves)} curves in {path}", file=sys.stderr)


@contextmanager
def _progress() -> Iterator[Callable[[str], None]]:
    """What is being measured, on standard error; silent where nobody is watching."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda _: None
        return
    with console.status("") as status:
        yield lambda words: status.update(words)


def _tables(results: Sequence[Result]) -> Iterator[Table]:
    """Rows of training in microseconds a step; whole calls in milliseconds."""
    steps = [result for result in results if isinstance(result.row, TrainingRow)]
    calls = [result for result in results if not isinstance(result.row, TrainingRow)]
    if steps:
        yield _table(steps, "Training: microseconds per network and step", 1.0, limit=True)
    if calls:
        yield _table(calls, "Whole calls: milliseconds", 1e-3, limit=False)


def _table(results: Sequence[Result], heading: str, scale: float, *, limit: bool) -> Table:
    table = Table(box=None, title=f"\n{heading}", title_justify="left", title_style="bold")
    table.padding, table.pad_edge = (0, 1, 0, 0), False
    peers = [name for name in _HEADS if any(name in result.peers for result in results)]
    table.add_column("", no_wrap=True)
    table.add_column("")
    heads = ["ours", *(_HEADS[name] for name in peers), *["limit"] * limit, "times\nfastest"]
    for head in heads:
        table.add_column(head, justify="right", no_wrap=True)
    table.add_column("  goal", no_wrap=True)
    for result in results:
        times = [result.ours_us, *(result.peers.get(name) for name in peers)]
        times += [result.limit_us] * limit
        shown = [_number(None if time is None else time * scale) for time in times]
        title = result.row.title.replace("batch ", "batch\u00a0")  # not torn apart
        table.add_row(result.row.id, title, *shown, _times(result), _goal(result))
    return table


def _times(result: Result) -> str:
    if result.loss_agrees is False:
        return "differs"
    return _number(result.ratio)


def _goal(result: Result) -> str:
    """The goal behind a mark that says whether it is reached; a second part on a second line."""
    mark = {True: "✓", False: "✗", None: " "}[result.reached]
    return f"{mark} {result.goal}".replace(", ", ",\n  ")


def _number(value: float | None) -> str:
    """Three digits that matter; a dash where there is nothing.

    >>> [_number(v) for v in (None, 0.02215, 1.96, 29217.0)]
    ['–', '0.022', '1.96', '29,217']
    """
    if value is None:
        return "–"  # noqa: RUF001 - a dash is meant
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2g}" if value < 0.1 else f"{value:.2f}"


def _notes(results: Sequence[Result], missing: Mapping[str, str]) -> Iterator[str]:
    """What the numbers cannot say: who is missing, who was left out, who disagrees."""
    yield ""
    for label, reason in missing.items():
        yield f"{label}: {reason}."
    reasons: dict[tuple[str, str], list[str]] = {}
    for result in results:
        for skip in result.skipped.items():
            reasons.setdefault(skip, []).append(result.row.id)
        if result.failure is not None:
            yield f"{result.row.id}: {result.failure}."
    for (name, reason), ids in reasons.items():
        yield f"{LABELS[name]}: {reason} ({', '.join(ids)})."


def _about(machine: Machine) -> str:
    threads = f"{machine.threads} thread{'s' * (machine.threads != 1)}"
    busy = ""
    if machine.load is not None and machine.load > _BUSY * machine.cores:
        busy = f" The machine was busy (load {machine.load:.1f}): measure again on an idle one."
    return (
        f"Times the fastest: the fastest peer's time over ours. Limit: matrix products alone, at "
        f"{machine.gflops:,.0f} GFLOP/s.\nfloat32, {threads} for everybody, "
        f"{machine.processor}.{busy}"
    )


def _verdict(results: Sequence[Result]) -> str:
    yes, no, unknown = goals_reached(results)
    beyond = f"; {unknown} had nothing to be compared with" if unknown else ""
    return f"{yes} of {yes + no + unknown} goals reached{beyond}."
