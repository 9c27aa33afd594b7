"""Which engine serves."""

from __future__ import annotations

import pytest

from clearprop.engines import ENGINES, base, choose_engine, native
from clearprop.engines.reference import ReferenceEngine
from clearprop.errors import ArgumentError


class Narrow(ReferenceEngine):
    """An engine that serves one batch size only."""

    name = "narrow"

    def refuses(self, plan):
        return None if plan.batch_size == 1 else "it takes one sample at a time"


@pytest.fixture
def two_engines(monkeypatch):
    here = {"narrow": "narrow:Narrow", **ENGINES}
    monkeypatch.setattr(base, "ENGINES", here)
    real = base._load
    monkeypatch.setattr(base, "_load", lambda key: Narrow() if key == "narrow" else real(key))


def test_the_reference_engine_serves_when_it_is_asked_for(case):
    assert choose_engine("reference", case().plan).name == "reference"


def test_auto_prefers_the_compiled_core_where_there_is_one(case, monkeypatch):
    if native.core is not None:
        assert choose_engine("auto", case().plan).name == "native"
    monkeypatch.setattr(native, "core", None)
    assert choose_engine("auto", case().plan).name == "reference"


def test_auto_takes_the_first_that_serves(case, two_engines):
    assert choose_engine("auto", case(batch_size=1).plan).name == "narrow"
    assert choose_engine("auto", case(batch_size=7).plan).name != "narrow"


def test_an_engine_that_was_asked_for_and_refuses_says_why(case, two_engines):
    assert choose_engine("narrow", case(batch_size=1).plan).name == "narrow"
    with pytest.raises(
        ArgumentError, match=r"'narrow' cannot serve .*it takes one sample at a time"
    ):
        choose_engine("narrow", case(batch_size=7).plan)


def test_an_unknown_engine_is_refused(case):
    with pytest.raises(
        ArgumentError, match=r"engine must be one of auto, native, reference; got 'refernce'"
    ):
        choose_engine("refernce", case().plan)
