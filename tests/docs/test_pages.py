"""What the documentation must have: a derivation for every equation file, with its check."""

from __future__ import annotations

from pathlib import Path

import pytest
from blocks import blocks

import clearprop.equations

PAGES = Path(__file__).parents[2] / "docs" / "derivations"
FILES = sorted(
    path.stem
    for path in Path(clearprop.equations.__file__).parent.glob("*.py")
    if path.stem != "__init__"
)


@pytest.mark.parametrize("name", FILES)
def test_every_equation_file_has_a_derivation_with_code_and_a_check(name):
    page = (PAGES / f"{name}.md").read_text(encoding="utf-8")
    found = list(blocks(page))
    shown = [line for block in found if block.language == "source" for line in block.code.split()]
    assert shown, "no function is shown"
    assert all(line.startswith(f"{name}.") for line in shown)
    assert any(block.language == "pycon" and block.is_run for block in found), "nothing is checked"


@pytest.mark.parametrize("name", FILES)
def test_the_table_of_derivations_names_every_page(name):
    assert f"]({name}.md)" in (PAGES / "index.md").read_text(encoding="utf-8")
