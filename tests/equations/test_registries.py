"""What holds for every file of `equations/`: public names, registries, purity, size."""

from __future__ import annotations

import ast
import importlib
import inspect
import io
import subprocess
import sys
import tokenize
from pathlib import Path

import pytest

import clearprop.equations
from clearprop.equations import activations, initialisers, losses, penalties, schedules, updates

FOLDER = Path(clearprop.equations.__file__).parent
FILES = sorted(FOLDER.glob("*.py"))
MODULES = [
    importlib.import_module(f"clearprop.equations.{file.stem}")
    for file in FILES
    if file.stem != "__init__"
]

# Every function that a registry holds: (module, name in the registry, function).
PAIRS = [
    (module, name, pair)
    for module, registry in (
        (activations, activations.ACTIVATIONS),
        (losses, losses.LOSSES),
        (penalties, penalties.PENALTIES),
    )
    for name, pair in registry.items()
]
SINGLES = [
    *((updates, name, f) for name, f in updates.UPDATES.items()),
    *((schedules, name, f) for name, f in schedules.SCHEDULES.items()),
    *((initialisers, name, f) for name, (f, _) in initialisers.INITIALISERS.items()),
]


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_public_names_are_sorted_exist_and_leave_out_no_public_function(module):
    assert module.__all__ == sorted(set(module.__all__))
    own = {
        name
        for name, value in vars(module).items()
        if inspect.isfunction(value)
        and value.__module__ == module.__name__
        and not name.startswith("_")
    }
    assert own <= set(module.__all__)
    assert all(hasattr(module, name) for name in module.__all__)
    assert all(inspect.getdoc(getattr(module, name)) for name in own)


@pytest.mark.parametrize(("module", "name", "pair"), PAIRS, ids=[name for _, name, _ in PAIRS])
def test_a_pair_is_a_function_and_directly_below_it_its_way_back(module, name, pair):
    forward, backward = pair
    assert (forward.__name__, backward.__name__) == (name, f"{name}_backward")
    assert {forward.__name__, backward.__name__} <= set(module.__all__)
    lines, start = inspect.getsourcelines(forward)
    _, start_of_backward = inspect.getsourcelines(backward)
    assert start_of_backward - (start + len(lines)) <= 2
    ours, back = (list(inspect.signature(f).parameters.values()) for f in pair)
    n_more = 2 if module is activations else 0  # da and a beside z
    assert [p.name for p in ours if p.default is not p.empty] == [
        p.name for p in back if p.default is not p.empty
    ]
    assert len(back) == len(ours) + n_more


@pytest.mark.parametrize(("module", "name", "function"), SINGLES, ids=[n for _, n, _ in SINGLES])
def test_a_registered_function_is_public_and_bears_its_name(module, name, function):
    assert function.__name__ == name
    assert name in module.__all__


@pytest.mark.parametrize("module", [activations, losses, penalties])
def test_every_public_pair_is_registered(module):
    registry = {name for owner, name, _ in PAIRS if owner is module}
    pairs = {name for name in module.__all__ if f"{name}_backward" in module.__all__}
    assert pairs == registry


def test_every_public_rule_schedule_and_initialiser_is_registered():
    for module, helpers in (
        (updates, {"evaluated", "initial_slots", "SCALARS", "SLOTS", "UPDATES"}),
        (schedules, {"SCHEDULES"}),
        (initialisers, {"INITIALISERS"}),
    ):
        registered = {name for owner, name, _ in SINGLES if owner is module}
        assert registered == set(module.__all__) - helpers


def test_slots_are_declared_for_every_rule():
    assert updates.SLOTS.keys() == updates.UPDATES.keys()
    assert {name for names in updates.SLOTS.values() for name in names} >= updates.SCALARS.keys()


@pytest.mark.parametrize("name", updates.UPDATES)
def test_every_rule_has_the_one_face(name):
    parameters = list(inspect.signature(updates.UPDATES[name]).parameters.values())
    assert [p.name for p in parameters[:5]] == ["w", "g", "slots", "t", "eta"]
    assert all(p.default is not p.empty for p in parameters[5:])


def test_losses_from_logits_name_a_loss_and_an_activation():
    for loss, activation in losses.FROM_LOGITS.items():
        assert loss in losses.LOSSES
        assert activation in activations.ACTIVATIONS


def test_kinked_activations_exist():
    assert activations.ACTIVATIONS.keys() >= activations.KINKED


def lines_of_code(source):
    """Lines that hold code: no blanks, no comments, no docstrings."""
    docstrings = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef) and ast.get_docstring(
            node
        ):
            docstrings |= set(range(node.body[0].lineno, node.body[0].end_lineno + 1))
    silent = {
        tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT,
        tokenize.ENDMARKER,
    }  # fmt: skip
    lines = set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type not in silent:
            lines |= set(range(token.start[0], token.end[0] + 1))
    return len(lines - docstrings)


def test_lines_of_code_are_counted_without_docstrings_comments_and_blanks():
    source = '''"""Doc."""

# why
x = (
    1,  # one
)


def f():
    """D

    D."""
    return 1
'''
    assert lines_of_code(source) == 5


def test_the_equations_fit_into_700_lines_of_code_and_what_goes_beyond_into_200():
    beyond = {"curvature", "rate_free", "second"}  # nobody needs these to understand a training
    for limit, files in (
        (700, [file for file in FILES if file.stem not in beyond]),
        (200, [file for file in FILES if file.stem in beyond]),
    ):
        assert sum(lines_of_code(file.read_text("utf-8")) for file in files) <= limit


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_an_equation_knows_arrays_python_and_other_equations_only(file):
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            names = [node.module]
        else:
            continue
        for name in names:
            root = name.partition(".")[0]
            pure = root in sys.stdlib_module_names or root == "array_api_compat"
            assert pure or name.startswith("clearprop.equations."), name
            assert root not in {"random", "time", "os", "logging", "io", "pathlib", "warnings"}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_an_equation_is_a_function_that_checks_prints_and_stores_nothing(file):
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        forbidden = ast.ClassDef | ast.Global | ast.Nonlocal | ast.Raise | ast.Try | ast.Assert
        assert not isinstance(node, forbidden | ast.With), ast.dump(node)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id not in {"print", "open", "exec", "eval", "setattr", "input"}
        if isinstance(node, ast.Assign | ast.AugAssign):  # no writing into what was handed in
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            assert not any(isinstance(t, ast.Subscript | ast.Attribute) for t in targets)


def test_importing_the_equations_loads_no_other_room():
    program = (
        "import sys\n"
        + "".join(f"import {module.__name__}\n" for module in MODULES)
        + "print([m for m in sys.modules if m.startswith('clearprop.')"
        " and not m.startswith('clearprop.equations')], 'torch' in sys.modules)"
    )
    result = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "[] False"
