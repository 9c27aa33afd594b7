"""`clearprop bench`: the table, its JSON, the figure, and what is refused."""

import json
import sys
from dataclasses import replace

import pytest

from clearprop.bench import Result, Unsuitable
from clearprop.bench.cold_start import Command
from clearprop.bench.curves import CURVES
from clearprop.bench.goals import Goal
from clearprop.bench.rows import ROWS, StartRow, TrainingRow
from clearprop.bench.task import Work
from clearprop.cli import benchmarking, main

SMALL = {
    "T1": TrainingRow("T1", "2-4-1, batch 8", Goal(2), Work((2, 4, 1), 8, "sgd", (0.5,), 64, 8)),
    "S1": StartRow("S1-import", "nothing", Goal(seconds=1), ("-c", "pass")),
}


@pytest.fixture
def bench(monkeypatch, capsys, tmp_path, session, peer):
    """Run the command on small rows with made-up times; the exit code and what was printed."""
    monkeypatch.chdir(tmp_path)
    peers = [peer("numpy"), peer("sklearn", fails=Unsuitable("is not for this"))]
    made = session(*peers, missing={"JAX": "not installed"}, ours=0.25, numpy=1.0, load=3.0)

    def open_session(engine, threads, say):
        return made

    monkeypatch.setattr(benchmarking, "open_session", open_session)
    monkeypatch.setattr(
        benchmarking,
        "select_rows",
        lambda only: [SMALL[name] for name in (only or "T1,S1").split(",")],
    )
    monkeypatch.setattr(
        "clearprop.cli.benchmarking.measure_curves",
        lambda session, plain=benchmarking.measure_curves: plain(
            session, [replace(CURVES[0], sizes=(32, 64)), replace(CURVES[3], sizes=(1, 2))]
        ),
    )

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["clearprop", "bench", *map(str, arguments)])
        with pytest.raises(SystemExit) as stop:
            main()
        return stop.value.code, *capsys.readouterr()

    return run


def test_the_table_shows_times_ratio_goal_and_who_is_missing(bench):
    code, out, err = bench()
    assert code == 0
    assert err == ""
    row = next(line for line in out.splitlines() if line.startswith("T1"))
    assert row.split() == [
        "T1", "2-4-1,", "batch", "8", "31,250", "125,000", "0.0045", "4.00", "✓", "≥", "2"
    ]  # fmt: skip
    assert "JAX: not installed." in out
    assert "scikit-learn: is not for this (T1)." in out
    assert "The machine was busy (load 3.0)" in out
    assert "the fastest peer's time over ours" in out
    assert out.rstrip().splitlines()[-1] == "2 of 2 goals reached."


def test_the_table_fits_in_a_hundred_columns(bench, capsys):
    peers = dict.fromkeys(("jax", "torch", "torch_compiled", "sklearn", "numpy"), 239_200.4)
    everything = [
        Result(row, 2, ours_us=113_047.2, peers=peers, limit_us=15_318.0) for row in ROWS.values()
    ]
    console = benchmarking.Console(width=100)
    for table in benchmarking._tables(everything):
        console.print(table)
    lines = capsys.readouterr().out.splitlines()
    assert max(len(line) for line in lines) <= 100
    text = "\n".join(lines)
    assert "…" not in text
    assert text.count("239,200") == 5 * 11
    for row in ROWS.values():
        assert row.id in text


def test_a_goal_without_anything_to_compare_with_is_said_so():
    row = ROWS["T1"]
    assert benchmarking._verdict([Result(row, 2), Result(row, 2, failure="no")]) == (
        "0 of 2 goals reached; 1 had nothing to be compared with."
    )


def test_a_row_whose_losses_differ_shows_that(session, peer, capsys):
    result = Result(
        SMALL["T1"], 2, ours_us=1.0, peers={"numpy": 9.0}, differences={"jax": 0.5}, tolerance=0.1,
        failure="it is wrong",
    )  # fmt: skip
    console = benchmarking.Console(width=100)
    for line in (*benchmarking._tables([result]), *benchmarking._notes([result], {})):
        console.print(line)
    out = capsys.readouterr().out
    assert "differs ✗ ≥ 2" in out
    assert "T1: it is wrong." in out


def test_json_is_one_object_with_machine_and_rows(bench):
    code, out, _ = bench("--json", "--only", "T1")
    assert code == 0
    written = json.loads(out)
    assert written["machine"]["threads"] == 2
    (row,) = written["rows"]
    assert row["id"] == "T1"
    assert row["ours_us"] == 31_250
    assert row["peers"] == {"numpy": 125_000}
    assert row["ratio"] == 4
    assert row["loss_agrees"] is True
    assert row["reached"] is True


@pytest.mark.parametrize("name", ["curves.png", "curves.SVG"])
def test_the_figure_is_written_where_it_was_asked_for(bench, tmp_path, name):
    code, out, err = bench("--figure", name)
    assert (code, out) == (0, "")
    assert err == f"2 curves in {name}\n"
    start = (tmp_path / name).read_bytes()[:4]
    assert start in (b"\x89PNG", b"<svg")


def test_the_figure_with_json_gives_its_numbers(bench, tmp_path):
    code, out, _ = bench("--figure", "curves.svg", "--json")
    written = json.loads(out)
    assert code == 0
    assert written["figure"] == "curves.svg"
    samples, networks = written["curves"]
    assert samples["sizes"] == [32, 64]
    assert samples["costs_us"] == {"ours": [250_000, 250_000], "Numpy": [1e6, 1e6]}
    assert networks["in_proportion_to"] == {"networks": [1, 2]}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--figure", "curves.pdf"], "--figure must end in .png or .svg; got 'curves.pdf'"),
        (["--figure", "a.png", "--only", "T1"], "--figure takes nothing else; got --only"),
        (["--overwrite"], "the table takes nothing else; got --overwrite"),
    ],
)
def test_bad_usage_is_one_sentence_and_exit_code_2(bench, arguments, message):
    code, out, err = bench(*arguments)
    assert (code, out) == (2, "")
    assert err == f"clearprop: {message}.\n"


def test_a_figure_is_not_written_over_another_unasked(bench, tmp_path):
    (tmp_path / "a.png").write_bytes(b"mine")
    code, _, err = bench("--figure", "a.png")
    assert code == 2
    assert "use --overwrite" in err
    assert bench("--figure", "a.png", "--overwrite")[0] == 0


def test_an_unknown_row_is_refused_before_anything_is_measured(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["clearprop", "bench", "--only", "T3-adm"])
    with pytest.raises(SystemExit) as stop:
        main()
    out, err = capsys.readouterr()
    assert (stop.value.code, out) == (2, "")
    assert err.endswith("got 'T3-adm'; did you mean 'T3-adam'?\n")


def test_progress_is_shown_to_who_is_watching(monkeypatch):
    shown = []

    class Watched(benchmarking.Console):
        is_terminal = True

    monkeypatch.setattr(benchmarking, "Console", Watched)
    with benchmarking._progress() as say:
        say("T1: timing")
        shown.append("here")
    assert shown == ["here"]


def test_the_help_needs_neither_the_room_nor_numpy():
    code = (
        "import sys, clearprop.cli.program; sys.exit(bool({'numpy', 'clearprop.bench',"
        " 'clearprop.cli.benchmarking'} & set(sys.modules)))"
    )
    assert Command(("-c", code)).works()
