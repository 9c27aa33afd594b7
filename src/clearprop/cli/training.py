"""`clearprop train`: start or resume a job, show how it goes, say what came of it."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from clearprop.cli.output import fail, print_json, say
from clearprop.errors import Interrupted, LockedError
from clearprop.runs import Job, RunDirectory, TableOptions
from clearprop.training import Report

__all__ = ["progress_bar", "resume_training", "start_training"]

_MOST_NOTES = 4
_MOST_CLASSES = 12  # a wider confusion matrix does not fit a terminal; the report has it


def start_training(
    source: str, options: TableOptions, out: Path | None, *, overwrite: bool, as_json: bool
) -> int:
    """Train on a table from the beginning; the exit code."""
    command = shlex.join(["clearprop", *sys.argv[1:]])
    while True:
        directory = RunDirectory(out) if out is not None else RunDirectory.for_source(source)
        job = Job(source, options, directory, command)
        try:
            return _follow(directory, partial(job.start, overwrite=overwrite), as_json=as_json)
        except LockedError:
            if out is not None:
                raise  # without --out, the next number is as good


def resume_training(path: Path, *, as_json: bool) -> int:
    """Go on with the run in a directory; the exit code."""
    directory = RunDirectory(path)
    return _follow(directory, partial(Job.resume, directory), as_json=as_json)


def _follow(
    directory: RunDirectory,
    work: Callable[[list[Callable[[Report], None]]], dict[str, Any]],
    *,
    as_json: bool,
) -> int:
    try:
        with progress_bar() as bar:
            result = work([bar])
    except Interrupted as stop:
        if stop.runs is None:
            again = f"{stop}; begin again with: clearprop train --resume {directory.path}"
            return fail(again, 128 + stop.signal)
        message = f"{stop}; the best network so far is in {directory.model}; go on with: "
        return fail(f"{message}clearprop train --resume {directory.path}", 128 + stop.signal)
    except KeyboardInterrupt:
        again = f"; go on with: clearprop train --resume {directory.path}"
        return fail("stopped" + again * directory.checkpoint.exists(), 130)
    if as_json:
        print_json(result)
    else:
        _print_result(result)
    if result["diverged"] and as_json:
        say("the training diverged; the verdict says where")
    return 1 if result["diverged"] else 0


@contextmanager
def progress_bar() -> Iterator[Callable[[Report], None]]:
    """A bar on standard error with epoch, loss and rate; silent where nobody is watching."""
    console = Console(stderr=True)
    columns = (
        TextColumn("epoch {task.fields[epoch]}"),
        BarColumn(bar_width=None),
        TextColumn("loss {task.fields[loss]}  rate {task.fields[rate]}"),
        TimeRemainingColumn(compact=True),
    )
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as bar:
        task = bar.add_task("", total=1.0, epoch="0", loss="...", rate="...")

        def show(report: Report) -> None:
            bar.update(
                task,
                completed=report.fraction,
                epoch=f"{report.epoch}/{report.epochs}",
                loss=f"{report.loss[0]:.4f}",
                rate=f"{report.learning_rate[0]:.2g}",
            )

        yield show


def _print_result(result: dict[str, Any]) -> None:
    """The verdict first, then the numbers behind it, then where everything is."""
    console = Console(highlight=False)
    console.print()
    first, *rest = result["verdict"]
    console.print(first, style="bold", markup=False)
    for sentence in rest:
        console.print(sentence, markup=False)
    console.print()
    console.print(_scores(result))
    console.print()
    labels = result["classes"]
    if labels is not None and len(labels) <= _MOST_CLASSES:
        console.print(_confusion(result["confusion_matrix"], labels))
    if result["residuals"] is not None:
        console.print(_residuals(result["residuals"]))
    console.print()
    _print_diagnosis(console, result["diagnosis"])
    for note in result["notes"][:_MOST_NOTES]:
        console.print(f"Note: {note}.", style="dim", markup=False)
    if len(result["notes"]) > _MOST_NOTES:
        console.print(
            f"{len(result['notes']) - _MOST_NOTES} more notes in the report.", style="dim"
        )
    console.print(_network(result), style="dim", markup=False)
    console.print(f"Model   {result['model']}", soft_wrap=True, markup=False)
    console.print(f"Report  {result['report']}", soft_wrap=True, markup=False)


def _print_diagnosis(console: Console, found: dict[str, Any]) -> None:
    """What is wrong with the training, or a clean bill."""
    if found["healthy"]:
        console.print("Diagnosis: nothing is wrong with the training.")
    for finding in found["findings"]:
        title = finding["symptom"].replace("_", " ")
        console.print(
            f"Diagnosis: {title}. {finding['cause']} {finding['remedy']}",
            style="yellow",
            markup=False,
        )
    console.print()


def _scores(result: dict[str, Any]) -> Table:
    score = "accuracy" if result["task"] == "classification" else "r2"
    table = Table("", "rows", "loss", {"r2": "R²"}.get(score, score), box=None, pad_edge=False)
    for column in table.columns[1:]:
        column.justify = "right"
    for name in ("train", "validation", "test"):
        part = result[name]
        if part is not None:
            table.add_row(name, str(part["rows"]), _number(part["loss"]), _number(part[score]))
    return table


def _number(value: float | None) -> str:
    return "not finite" if value is None else f"{value:.4f}"


def _confusion(counts: list[list[int]], labels: list[Any]) -> Table:
    table = Table(
        "true \\ predicted",
        *(escape(str(label)) for label in labels),
        box=None,
        pad_edge=False,
        title="Confusion matrix",
        title_justify="left",
        title_style="",
    )
    for column in table.columns[1:]:
        column.justify = "right"
    for label, row in zip(labels, counts, strict=True):
        table.add_row(escape(str(label)), *(str(n) if n else "·" for n in row))
    return table


def _residuals(residuals: dict[str, Any]) -> Table:
    table = Table(
        "mean",
        "RMSE",
        "mean absolute",
        "quartiles",
        "largest",
        box=None,
        pad_edge=False,
        title="Residuals: predicted minus true",
        title_justify="left",
        title_style="",
    )
    quartiles = " … ".join(f"{q:.4g}" for q in residuals["quartiles"])
    single = (f"{residuals[key]:.4g}" for key in ("mean", "rmse", "mean_absolute"))
    table.add_row(*single, quartiles, f"{residuals['largest']:.4g}")
    return table


def _network(result: dict[str, Any]) -> str:
    layers = "-".join(str(size) for size in result["layer_sizes"])
    note = f" ({result['engine_note']})" if result["engine_note"] else ""
    return (
        f"Network {layers} with {result['parameters']} parameters, {result['optimizer']} at "
        f"learning rate {result['learning_rate']:g} and batch {result['batch_size']}, "
        f"{result['epochs']} epoch{'s' * (result['epochs'] != 1)} in {result['seconds']:.1f} s "
        f"on the {result['engine']} engine{note}."
    )
