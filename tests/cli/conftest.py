import json
import sys
from dataclasses import dataclass

import pytest

from clearprop.cli import main


@dataclass
class Answer:
    code: int
    out: str
    err: str

    @property
    def json(self):
        return json.loads(self.out)


@pytest.fixture
def clearprop(monkeypatch, capsys, tmp_path):
    """Run a command in an empty directory, in this process."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["clearprop", *map(str, arguments)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as stop:
            main()
        return Answer(stop.value.code, *capsys.readouterr())

    return run


@pytest.fixture
def refused(clearprop):
    """Run a command that must be refused: exit code 2, one sentence, nothing on standard output."""

    def run(*arguments):
        answer = clearprop(*arguments)
        assert answer.code == 2, answer
        assert answer.out == ""
        assert answer.err.startswith("clearprop: ")
        assert answer.err.count("\n") == 1
        assert answer.err.endswith((".\n", "?\n"))
        assert "Traceback" not in answer.err
        return answer.err

    return run


@pytest.fixture
def flowers(tmp_path):
    """A small table with numbers, categories, truth values and missing values."""
    lines = ["length,colour,wild,kind"]
    for i in range(60):
        colour = ("red", "blue", "")[i % 3]
        wild = ("true", "false")[i % 2]
        lines.append(f"{i % 7 + (10 if i % 2 else 0)},{colour},{wild},{('rose', 'tulip')[i % 2]}")
    path = tmp_path / "flowers.csv"
    path.write_text("\n".join(lines) + "\n")
    return path
