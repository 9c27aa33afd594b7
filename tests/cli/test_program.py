import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from clearprop import __version__

PROGRAM = [sys.executable, "-c", "from clearprop.cli import main; main()"]


def test_without_a_command_the_help_is_shown(clearprop):
    answer = clearprop()
    assert answer.code == 0
    for command in ("train", "predict", "data"):
        assert command in answer.out


def test_help_names_every_option_with_its_default(clearprop):
    answer = clearprop("train", "--help")
    assert answer.code == 0
    for words in ("--learning-rate", "--json", "chosen for this table", "runs/<table>-<number>"):
        assert words in answer.out


def test_version(clearprop):
    assert clearprop("--version").out.strip() == __version__


@pytest.mark.parametrize("arguments", [["tarin"], ["train", "--lerning-rate", "1"], ["predict"]])
def test_bad_usage_is_one_sentence_and_exit_code_2(refused, arguments):
    assert refused(*arguments)


def test_a_full_disk_is_exit_code_1(clearprop, monkeypatch, flowers):
    def full(handle, data):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    answer = clearprop("train", flowers, "--target", "kind", "--epochs", 1)
    assert answer.code == 1
    assert "no space left on device" in answer.err


def test_memory_that_runs_out_is_exit_code_1(clearprop, monkeypatch, flowers):
    def none_left(*arguments, **options):
        raise MemoryError

    monkeypatch.setattr("clearprop.runs.job.prepare_table", none_left)
    answer = clearprop("train", flowers, "--target", "kind")
    assert answer.code == 1
    assert "not enough memory" in answer.err


def test_importing_loads_nothing_heavy_and_the_help_no_numbers():
    heavy = ["matplotlib", "sklearn", "pyarrow", "scipy", "torch", "pandas", "jinja2", "starlette"]
    code = "import clearprop, sys; clearprop.Network; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    assert "clearprop.network" in loaded
    assert not set(heavy) & set(loaded)
    code = "import clearprop.cli.program, sys; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    assert "clearprop.cli.app" in loaded
    assert not {"numpy", "rich.progress", *heavy} & set(loaded)


def _start(directory, *arguments):
    return subprocess.Popen(
        [*PROGRAM, *arguments],
        cwd=directory,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _wait_for(path, child):
    while not path.exists():
        assert child.poll() is None, child.communicate()
        time.sleep(0.01)  # polling only: nothing depends on how long it takes


@pytest.mark.parametrize(
    "arguments", [["data", "iris"], ["data"], ["--help"], ["data", "iris", "--out", "/dev/full"]]
)
def test_an_output_that_cannot_take_more_is_one_sentence(tmp_path, arguments):
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [*PROGRAM, *arguments], cwd=tmp_path, stdout=full, stderr=subprocess.PIPE, text=True,
            check=False,
        )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.startswith("clearprop: cannot write")
    assert "no space left on device" in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_closed_output_is_one_sentence(tmp_path):
    command = f"{sys.executable} -c 'from clearprop.cli import main; main()' data >&-"
    done = subprocess.run(
        ["/bin/sh", "-c", command], stderr=subprocess.PIPE, text=True, check=False, cwd=tmp_path
    )
    assert done.returncode == 1
    assert done.stderr == ("clearprop: standard output is closed; there is nowhere to print.\n")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_stopped_or_killed_run_resumes_to_the_same_model(tmp_path, number):
    arguments = ("train", "moons", "--epochs", "60", "--patience", "0", "--hidden", "8",
                 "--dropout", "0.1", "--json", "--out")  # fmt: skip
    whole = _start(tmp_path, *arguments, "whole")
    expected = json.loads(whole.communicate()[0])
    child = _start(tmp_path, *arguments, "cut")
    _wait_for(tmp_path / "cut" / "checkpoint.safetensors", child)
    child.send_signal(number)
    _, err = child.communicate()
    if number == signal.SIGKILL:
        assert child.returncode == -signal.SIGKILL
    else:
        assert child.returncode == 128 + number
        assert "go on with: clearprop train --resume cut" in err
        assert (tmp_path / "cut" / "model.safetensors").exists()
        assert (tmp_path / "cut" / "report.html").exists()
    resumed = _start(tmp_path, "train", "--resume", "cut", "--json")
    got = json.loads(resumed.communicate()[0])
    for key in ("train", "validation", "test", "epochs", "kept_epoch"):
        assert got[key] == expected[key]
    models = [Path(tmp_path, name, "model.safetensors").read_bytes() for name in ("whole", "cut")]
    assert models[0] == models[1]


def test_two_processes_cannot_use_one_run_directory(tmp_path):
    arguments = ("train", "moons", "--epochs", "100000", "--patience", "0", "--out", "here",
                 "--learning-rate", "fixed")  # fmt: skip
    first = _start(tmp_path, *arguments)
    _wait_for(tmp_path / "here" / "checkpoint.safetensors", first)
    try:
        second = _start(tmp_path, *arguments, "--overwrite")
        _, err = second.communicate()
        assert second.returncode == 2
        assert "another process is using here" in err
    finally:
        first.kill()
        first.communicate()
