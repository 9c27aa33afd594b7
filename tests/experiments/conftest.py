"""Each lesson is taught once for all its tests."""

from __future__ import annotations

import functools

import pytest

from clearprop.experiments import learn


@pytest.fixture(scope="session")
def taught():
    """`taught(name, **changes)`: the lesson, from the first test that asks for it."""
    return functools.cache(learn)
