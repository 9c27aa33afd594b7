"""The exception tree is what its docstring draws."""

from __future__ import annotations

import pytest

from clearprop import errors


def test_the_public_names_are_the_tree():
    defined = {
        name
        for name, value in vars(errors).items()
        if isinstance(value, type) and issubclass(value, BaseException)
    }
    assert errors.__all__ == sorted(defined)
    for name in errors.__all__:
        assert name in errors.__doc__
        assert getattr(errors, name).__doc__


@pytest.mark.parametrize(
    ("error", "parents"),
    [
        (errors.ArgumentError, (errors.ClearpropError, ValueError)),
        (errors.DataError, (errors.ClearpropError, ValueError)),
        (errors.FileError, (errors.ClearpropError, OSError)),
        (errors.DamagedFileError, (errors.FileError,)),
        (errors.NewerFileError, (errors.FileError,)),
        (errors.LockedError, (errors.FileError,)),
        (errors.Interrupted, (KeyboardInterrupt,)),
    ],
)
def test_each_error_can_be_caught_as_what_it_also_is(error, parents):
    assert issubclass(error, parents[0])
    assert all(issubclass(error, parent) for parent in parents)


def test_everything_but_the_interruption_is_a_clearprop_error():
    for name in errors.__all__:
        error = getattr(errors, name)
        assert issubclass(error, errors.ClearpropError) is (name != "Interrupted")


def test_an_interruption_is_not_swallowed_by_except_exception():
    assert not issubclass(errors.Interrupted, Exception)
    error = errors.Interrupted("stopped", 15, runs=["r"])
    assert (str(error), error.signal, error.runs) == ("stopped", 15, ["r"])
