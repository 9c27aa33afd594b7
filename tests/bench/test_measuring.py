"""Rows measured with contestants and times that are made up."""

import os
import sys
from dataclasses import replace

import numpy as np
import pytest

from clearprop.bench import Unsuitable, digits_fit, open_session, run_rows, select_rows
from clearprop.bench.cold_start import Command, measure_start
from clearprop.bench.digits_fit import measure_fit
from clearprop.bench.goals import Goal
from clearprop.bench.machine import _processor, version_of
from clearprop.bench.rows import ROWS, FitRow, Row, StartRow, TrainingRow
from clearprop.bench.run import run_rows as run
from clearprop.bench.task import Work
from clearprop.bench.threads import limited_to
from clearprop.bench.training_row import measure_training
from clearprop.engines.native import available_threads
from clearprop.errors import ArgumentError

WORK = Work((2, 4, 1), 8, "sgd", (0.5, 0.4), 64, 8)
ROW = TrainingRow("X1", "a small one", Goal(2), WORK)


def test_times_are_microseconds_per_network_and_step(session, peer):
    # 8 batches an epoch, 2 networks: a second an epoch is 62,500 µs.
    result = measure_training(ROW, session(peer("numpy"), ours=1.0, numpy=3.0))
    assert result.ours_us == pytest.approx(62_500)
    assert result.peers == pytest.approx({"numpy": 187_500})
    assert result.ratio == pytest.approx(3)
    assert result.loss_agrees is True
    assert result.reached is True
    assert (result.engine, result.threads) == ("reference", 2)


def test_the_limit_follows_from_the_machines_rate(session, peer):
    flops = 2 * 8 * (2 * 12 + 4)
    result = measure_training(ROW, session(peer()))
    assert result.limit_us == pytest.approx(1e6 * flops / 100e9)


def test_a_peer_that_trains_something_else_is_not_timed_and_spoils_the_ratio(session, peer):
    result = measure_training(ROW, session(peer("numpy"), peer("jax", error=0.05)))
    assert result.loss_agrees is False
    assert "jax" not in result.peers
    assert result.ratio is None
    assert result.skipped["jax"].startswith("its loss differs from ours by ")
    assert result.reached is False


def test_a_loss_that_is_not_finite_is_said_so(session, peer):
    result = measure_training(ROW, session(peer("jax", error=np.nan)))
    assert result.skipped == {"jax": "its loss or ours is not finite"}


def test_a_peer_that_declines_or_breaks_is_left_out_with_its_reason(session, peer):
    result = measure_training(
        ROW,
        session(
            peer("numpy"),
            peer("sklearn", fails=Unsuitable("trains one network at a time")),
            peer("jax", fails=AttributeError("no such thing\nand more")),
            peer("torch", fails=KeyError()),
        ),
    )
    assert result.skipped == {
        "sklearn": "trains one network at a time",
        "jax": "AttributeError: no such thing",
        "torch": "KeyError: ",
    }
    assert result.loss_agrees is True
    assert result.ratio is not None


def test_a_training_that_stands_still_is_no_check(session, peer):
    row = replace(ROW, work=replace(WORK, rates=(1e-7, 1e-7)))
    result = measure_training(row, session(peer()))
    assert result.failure is not None
    assert result.ours_us is None
    assert result.reached is False


def test_a_fit_is_checked_from_one_start_and_timed_as_users_call_it(session, peer):
    row = FitRow("X2", "fit", Goal(10), hidden=8, epochs=2)
    calls = []

    def timer(contestants):
        for each in contestants.values():
            each.reset()
            each.run(1)
        calls.append(list(contestants))
        return {"ours": 0.1, "sklearn": 2.0}

    result = measure_fit(row, replace(session(peer("sklearn")), timer=timer))
    assert calls == [["ours", "sklearn"]]
    assert result.differences["sklearn"] < 1e-3
    assert result.loss_agrees is True
    assert result.ratio == pytest.approx(20)
    assert result.ours_us == pytest.approx(1e5)


def test_a_fit_that_comes_to_another_loss_has_no_ratio(session, peer, monkeypatch):
    plain = digits_fit._sklearn
    monkeypatch.setattr(
        digits_fit,
        "_sklearn",
        lambda row, **more: plain(row, **more | {"learning_rate_init": 0.002}),
    )
    result = measure_fit(
        FitRow("X2", "fit", Goal(10), hidden=8, epochs=2), session(peer("sklearn"))
    )
    assert result.loss_agrees is False
    assert "sklearn" not in result.peers
    assert result.ratio is None


def test_a_fit_without_scikit_learn_in_play_is_timed_alone(session):
    result = measure_fit(FitRow("X2", "fit", Goal(10), hidden=8, epochs=1), session(ours=0.2))
    assert result.ours_us == pytest.approx(2e5)
    assert result.loss_agrees is None
    assert result.reached is None


def test_a_cold_start_stands_beside_importing_pytorch(session, peer):
    row = StartRow("X3", "nothing", Goal(seconds=1), ("-c", "pass"))
    result = measure_start(row, session(peer("torch"), ours=0.5, torch=2.0))
    assert result.peers == pytest.approx({"torch": 2e6})
    assert result.ratio == pytest.approx(4)
    assert result.reached is True
    assert measure_start(row, session(ours=1.5)).reached is False


def test_a_command_that_fails_is_a_failure_unless_it_need_not_be_there(session):
    row = StartRow("X3", "nothing", Goal(seconds=1), ("-c", "raise SystemExit(3)"))
    assert measure_start(row, session()).reached is False
    assert measure_start(replace(row, optional=True), session()) is None


def test_a_command_is_run_as_often_as_asked_in_a_folder_of_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    log = tmp_path / "log"
    script = f"open('left', 'w').close(); open({str(log)!r}, 'a').write('x')"
    command = Command(("-c", script))
    command.reset()
    command.run(3)
    assert log.read_text() == "xxx"
    assert not (tmp_path / "left").exists()
    with pytest.raises(RuntimeError, match="failed"):
        Command(("-c", "raise SystemExit(1)")).run(1)


def test_rows_are_measured_one_after_another_and_say_so(session, peer):
    said = []
    small = StartRow("X3", "nothing", Goal(seconds=1), ("-c", "pass"))
    gone = replace(small, id="X4", arguments=("-c", "raise SystemExit(1)"), optional=True)
    fit = FitRow("X2", "fit", Goal(10), hidden=8, epochs=1)
    results = list(run_rows([ROW, gone, fit, small], replace(session(peer()), say=said.append)))
    assert [result.row.id for result in results] == ["X1", "X2", "X3"]
    assert "X1, a small one: Numpy" in said
    assert "X3, nothing: timing" in said


def test_a_row_of_an_unknown_kind_is_refused(session):
    with pytest.raises(ArgumentError, match="row must be of a known kind"):
        list(run([Row("X", "?", Goal())], session()))


def test_a_session_knows_its_machine_and_who_is_missing(monkeypatch):
    monkeypatch.setattr(
        "clearprop.bench.run.installed_peers",
        lambda: {"jax": False, "sklearn": True, "numpy": True},
    )
    monkeypatch.setattr("clearprop.bench.machine.matrix_rate", lambda: 5e9)
    said = []
    session = open_session("reference", 1, said.append)
    assert list(session.peers) == ["sklearn", "numpy"]
    assert session.missing == {"JAX": "not installed"}
    assert (session.threads, session.machine.gflops) == (1, 5.0)
    assert session.machine.to_json()["versions"]["numpy"] == np.__version__
    assert said
    assert open_session().threads == available_threads()


@pytest.mark.parametrize(
    ("engine", "threads", "message"),
    [("fast", None, "engine must be one of"), ("auto", 0, "threads must be a whole number")],
)
def test_a_session_refuses_what_does_not_exist(engine, threads, message):
    with pytest.raises(ArgumentError, match=message):
        open_session(engine, threads)


def test_the_processor_has_a_name(tmp_path):
    file = tmp_path / "cpuinfo"
    file.write_text("processor : 0\nmodel name\t: Some CPU @ 3 GHz\n")
    assert _processor(file) == "Some CPU @ 3 GHz"
    file.write_text("nothing known\n")
    assert _processor(file)
    assert _processor(tmp_path / "none")
    assert version_of("no-such-package") is None


def test_everybody_gets_as_many_threads_and_afterwards_all_is_as_it_was(monkeypatch):
    monkeypatch.setenv("CLEARPROP_THREADS", "7")
    monkeypatch.delenv("NPROC", raising=False)
    with limited_to(1):
        assert os.environ["CLEARPROP_THREADS"] == os.environ["NPROC"] == "1"
    assert os.environ["CLEARPROP_THREADS"] == "7"
    assert "NPROC" not in os.environ


def test_without_affinity_the_processors_are_counted(monkeypatch):
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert available_threads() == 1


def test_reading_the_rows_imports_no_peer():
    code = (
        "import sys; from clearprop.bench import installed_peers, select_rows; select_rows('T1');"
        "installed_peers(); sys.exit(bool({'torch', 'jax', 'sklearn.neural_network'}"
        " & set(sys.modules)))"
    )
    assert Command(("-c", code)).works()
    assert len(select_rows(None)) == len(ROWS)
    assert sys.executable
