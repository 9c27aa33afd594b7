"""A machine, a clock and contestants that do what a test wants."""

from dataclasses import replace

import numpy as np
import pytest

from clearprop.bench import Machine, Session, timing
from clearprop.bench.ours import Ours
from clearprop.bench.task import Work, make_task

WORK = Work((2, 4, 1), 8, "sgd", (0.5,), 64, 8)


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch):
    monkeypatch.setattr(timing, "SETTLE", 0)


class Clock:
    """Seconds that pass only when they are told to."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


class Paced:
    """Something whose every repetition takes the same time by a clock; it keeps a diary."""

    def __init__(self, clock, seconds, name="", diary=None):
        self.clock, self.seconds, self.name = clock, seconds, name
        self.diary = [] if diary is None else diary

    def reset(self):
        self.diary.append((self.name, "reset"))

    def run(self, count):
        self.diary.append((self.name, count))
        self.clock.now += count * self.seconds


class Peer:
    """The reference engine in disguise, which may err on purpose."""

    package = "numpy"

    def __init__(self, name="numpy", *, error=0.0, fails=None):
        self.name, self.label, self.error, self.fails = name, name.title(), error, fails

    def prepare(self, task, threads):
        if self.fails is not None:
            raise self.fails
        trainer = Ours("reference").prepare(task, threads)
        honest, error = trainer.parameters, self.error
        trainer.parameters = lambda: honest() + np.float32(error)
        return trainer


def fixed(**seconds):
    """A timer that measures nothing: a second for whom no other time is given."""

    def timer(contestants, **_):
        return {name: seconds.get(name, 1.0) for name in contestants}

    return timer


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def task():
    return make_task(WORK)


@pytest.fixture
def session():
    """A session with the given peers, and times that are made up."""
    machine = Machine("a processor", 2, 0.0, "Linux", "3.13", 2, 100.0, {"numpy": "2.0"})

    def make(*peers, load=0.0, missing=None, **seconds):
        return Session(
            replace(machine, load=load),
            "reference",
            {peer.name: peer for peer in peers},
            missing or {},
            timer=fixed(**seconds),
        )

    return make


@pytest.fixture
def peer():
    """Make a peer; see `Peer`."""
    return Peer


@pytest.fixture
def paced(clock):
    """Make something that takes its time; see `Paced`."""

    def make(seconds, name="", diary=None):
        return Paced(clock, seconds, name, diary)

    return make
