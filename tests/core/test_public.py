"""The public surface: what `import clearprop` offers, and that it offers it lightly."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import clearprop as cp

SOURCE = Path(cp.__file__).parent


def test_every_public_name_is_there_and_listed():
    assert cp.__all__ == sorted(cp.__all__)
    for name in cp.__all__:
        assert getattr(cp, name) is not None
        assert name in dir(cp)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="has no attribute 'tarin'"):
        cp.tarin  # noqa: B018 - looking it up is the test


def _all(path):
    """What a module declares as public, read without running it."""
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "__all__":
            return ast.literal_eval(node.value)
    return None


@pytest.mark.parametrize(
    "path", sorted(SOURCE.rglob("*.py")), ids=lambda p: str(p.relative_to(SOURCE))
)
def test_every_module_says_what_it_is_and_what_is_public(path):
    tree = ast.parse(path.read_text())
    assert ast.get_docstring(tree)
    declared = _all(path)
    defines = any(isinstance(node, ast.FunctionDef | ast.ClassDef) for node in tree.body)
    if defines:
        assert declared is not None
        names = {getattr(node, "name", "") for node in ast.walk(tree)}
        names |= {getattr(node, "id", "") for node in ast.walk(tree)}
        names |= {
            alias.name
            for node in ast.walk(tree)
            for alias in getattr(node, "names", [])
            if hasattr(alias, "name")
        }
        assert set(declared) <= names
