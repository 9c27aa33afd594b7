"""`clearprop rates`: the map of learning rates of a table, the choice, or a quick look."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from clearprop.cli.output import fail, print_json
from clearprop.cli.training import progress_bar
from clearprop.cli.writing import refuse_existing
from clearprop.errors import ArgumentError, Interrupted
from clearprop.figures import Line, Panel, as_png, as_svg, house_defaults, rate_map, rate_multiples
from clearprop.rates import Cell, Choice, RateMap, choose_learning_rate, range_test, sweep
from clearprop.rates.memory import check_records_fit
from clearprop.rates.sweep import DEFAULT_GRID
from clearprop.runs import TableOptions, open_table
from clearprop.runs.table_training import make_network, prepare_table
from clearprop.storage import write_atomically
from clearprop.training import Report

__all__ = ["Swept", "show_map", "show_quick"]

_KINDS = {".png": as_png, ".svg": as_svg}


@dataclass(frozen=True)
class Swept:
    """What is swept, and where figures and journal go.

    Attributes:
        learning_rates: None for the usual ones.
        seeds: how many.
        batch_sizes: samples a step.
        optimizers: names.
        journal: a directory, or None.
        figures: where to write "map", "losses" and "weights", as far as they are asked for.
    """

    learning_rates: Sequence[float] | None
    seeds: int
    batch_sizes: Sequence[int | str]
    optimizers: Sequence[str]
    journal: Path | None
    figures: Mapping[str, Path]


def show_map(
    source: str, options: TableOptions, swept: Swept, *, overwrite: bool, as_json: bool
) -> int:
    """Sweep, choose, draw and print; the exit code."""
    _check_figures(swept.figures, overwrite=overwrite)
    try:
        with progress_bar() as bar:
            found, choice = _sweep(source, options, swept, [bar])
    except Interrupted as stop:
        kept = f"; the trainings that are finished are in {swept.journal}" if swept.journal else ""
        return fail(f"{stop.args[0].partition(';')[0]}{kept}", 128 + stop.signal)
    for option, path in swept.figures.items():
        with house_defaults():
            ax = _DRAWN[option](found)
            write_atomically(path, _KINDS[path.suffix.lower()](ax))
    if as_json:
        print_json({**found.to_json(), "choice": choice.to_json(), "figures": _paths(swept)})
    else:
        _print(found, choice, swept)
    return 0


def show_quick(source: str, options: TableOptions, *, as_json: bool) -> int:
    """The range test alone; the exit code."""
    prepared = prepare_table(open_table(source), options)
    network = make_network(prepared.schema, options)
    look = range_test(network, prepared.train.X, prepared.train.y, options.settings())
    if as_json:
        print_json({"range_test": look.to_json()})
        return 0
    if look.band is None:
        print("The loss never falls: no rule reads a learning rate off it.")
        return 0
    print(
        f"A range test ({look.optimizer}, batch {look.batch_size}) suggests learning rates from "
        f"{look.band[0]:.2g} to {look.band[1]:.2g}; its rules disagree:"
    )
    for rule, rate in look.suggestions.items():
        print(f"  {rule.replace('_', ' '):14} {rate:.2g}")
    print("It is a quick look at one seed; without --quick, rates are tried.")
    return 0


def _sweep(
    source: str, options: TableOptions, swept: Swept, on_steps: list[Callable[[Report], None]]
) -> tuple[RateMap, Choice]:
    prepared = prepare_table(open_table(source), options)
    network = make_network(prepared.schema, options)
    X, y, part = prepared.train.X, prepared.train.y, prepared.validation
    validation = (part.X, part.y) if len(part.X) else None
    settings = replace(options.settings(), early_stopping=None)
    if "weights" in swept.figures:
        count = swept.seeds * len(set(swept.learning_rates or range(DEFAULT_GRID[2])))
        check_records_fit(count, network, settings.epochs)
    found = sweep(
        network,
        X,
        y,
        settings,
        learning_rates=swept.learning_rates,
        seeds=swept.seeds,
        batch_sizes=swept.batch_sizes,
        optimizers=swept.optimizers,
        validation=validation,
        journal=swept.journal,
        on_steps=on_steps,
    )
    choice = choose_learning_rate(network, X, y, settings, validation=validation, on_steps=on_steps)
    return found, choice


def _groups(found: RateMap) -> dict[str, list[Cell]]:
    """Cells by optimizer and batch size, as they are named in figures."""
    groups: dict[str, list[Cell]] = {}
    for cell in found.cells:
        groups.setdefault(f"{cell.optimizer}, batch {cell.batch_size}", []).append(cell)
    return groups


def _draw_map(found: RateMap) -> Any:
    groups: dict[str, list[list[str]]] = {}
    for name, cells in _groups(found).items():
        rows: dict[int, list[str]] = {}
        for cell in cells:
            rows.setdefault(cell.seed, []).append(cell.label)
        groups[name] = list(rows.values())
    limit = found.curvature.threshold
    thresholds = {} if limit is None else {_limit_name(found): limit}
    return rate_map(sorted({c.learning_rate for c in found.cells}), groups, thresholds=thresholds)


def _limit_name(found: RateMap) -> str:
    """Whose limit it is; for plain gradient descent it has a formula that everybody knows."""
    rule = found.curvature.optimizer["name"]
    return "2/λmax, full batch" if rule == "sgd" else f"stable for {rule}, full batch, below"


def _draw_losses(found: RateMap) -> Any:
    name, cells = next(iter(_groups(found).items()))
    panels = _panels(
        cells, lambda cell: [(range(len(cell.trial.train_loss)), cell.trial.train_loss)]
    )
    return rate_multiples(panels, f"Training loss by learning rate ({name})", "loss", log=True)


def _draw_weights(found: RateMap) -> Any:
    """Of the first seed."""
    name, cells = next(iter(_groups(found).items()))
    seed = cells[0].seed

    def histories(cell: Cell) -> list[tuple[Any, Any]]:
        weights, epochs = cell.trial.weights, cell.trial.weight_epochs
        if cell.seed != seed or not weights or epochs is None:
            return []
        return [(epochs, history) for history in zip(*weights, strict=True)]

    panels = _panels(cells, histories)
    if not any(panel.lines for panel in panels):
        raise ArgumentError("--weights needs weights, and those of all trainings are too many")
    return rate_multiples(panels, f"Weights by learning rate ({name}, seed {seed})", "value")


def _panels(
    cells: Sequence[Cell], lines: Callable[[Cell], Sequence[tuple[Any, Any]]]
) -> list[Panel]:
    rates: dict[float, list[Line]] = {}
    for cell in cells:
        drawn = rates.setdefault(cell.learning_rate, [])
        drawn += [Line(x, y, cell.label) for x, y in lines(cell)]
    return [Panel(f"{rate:g}", drawn) for rate, drawn in rates.items()]


_DRAWN = {"figure": _draw_map, "losses": _draw_losses, "weights": _draw_weights}


def _check_figures(figures: Mapping[str, Path], *, overwrite: bool) -> None:
    """What cannot be written is refused before the sweep, not after it."""
    if not figures:
        refuse_existing(None, overwrite=overwrite, option="--figure")
    for option, path in figures.items():
        if path.suffix.lower() not in _KINDS:
            raise ArgumentError(f"--{option} must end in .png or .svg; got {path.name!r}")
        refuse_existing(path, overwrite=overwrite, option=f"--{option}")
    if len({path.resolve() for path in figures.values()}) < len(figures):
        names = " and ".join(f"--{option}" for option in figures)
        raise ArgumentError(f"{names} must name different files")


def _paths(swept: Swept) -> dict[str, str]:
    return {option: str(path) for option, path in swept.figures.items()}


def _print(found: RateMap, choice: Choice, swept: Swept) -> None:
    console = Console(highlight=False)
    console.print()
    console.print(choice.verdict, style="bold", markup=False)
    console.print(
        f"The choice took {choice.cost:.2g} times as long as a full training, the map "
        f"{found.seconds:.1f} s.",
        markup=False,
    )
    console.print()
    console.print(_table(found))
    console.print()
    limit = found.curvature
    if limit.threshold is None:
        console.print(f"No stability threshold: {limit.reason}.", style="dim", markup=False)
    else:
        console.print(
            f"λmax at the start is {limit.largest:.6g}: {limit.optimizer['name']} on the full "
            f"batch of {limit.n_samples} is unstable above {limit.threshold:.6g}, where the cost "
            "is near its quadratic. A guide, no law.",
            style="dim",
            markup=False,
        )
    for option, path in _paths(swept).items():
        console.print(f"{option.capitalize():8}{path}", soft_wrap=True, markup=False)


def _table(found: RateMap) -> Table:
    validated = found.cells[0].trial.validation_loss is not None
    heads = ("rate", "optimizer", "batch", "label", "learned")
    table = Table(*heads, "validation loss" if validated else "loss", box=None, pad_edge=False)
    for column in (table.columns[i] for i in (0, 2, 4, 5)):
        column.justify = "right"
    for row in found.rows:
        share = "" if row.share_learned is None else f"{row.share_learned:.0%} of {row.seeds}"
        labels = ", ".join(
            name if count == row.seeds else f"{count} {name}" for name, count in row.labels.items()
        )
        table.add_row(
            f"{row.learning_rate:g}",
            row.optimizer,
            str(row.batch_size),
            labels,
            share,
            f"{row.watched:.4g}" if row.watched < float("inf") else "diverged",
        )
    return table
