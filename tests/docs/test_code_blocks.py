"""Every code block of the documentation runs and prints what its page says."""

from __future__ import annotations

from pathlib import Path

import pytest
from blocks import RUN, blocks
from running import run_page

DOCS = Path(__file__).parents[2] / "docs"
PAGES = sorted(DOCS.rglob("*.md"))
# Languages that are shown and not run: data, and code that a block of another page runs.
SHOWN = {"", "csv", "json", "source", "text", "yaml"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(DOCS)))
def test_a_page_prints_what_it_says(page, tmp_path):
    wrong = [
        f"{page}:{outcome.line + 1}: {outcome.source.rstrip()}\n"
        f"--- the page says\n{outcome.want.rstrip()}\n--- printed\n{outcome.got.rstrip()}"
        for outcome in run_page(page.read_text(encoding="utf-8"), tmp_path)
        if not outcome.agrees
    ]
    assert not wrong, "\n\n".join(wrong)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(DOCS)))
def test_every_block_names_a_language_that_is_run_or_shown(page):
    for block in blocks(page.read_text(encoding="utf-8")):
        assert block.language in {*RUN, *SHOWN}, f"{page}:{block.first + 1}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(DOCS)))
def test_a_block_with_a_figure_ends_in_the_line_that_makes_it(page):
    for block in blocks(page.read_text(encoding="utf-8")):
        if block.figure is not None:
            assert block.code.splitlines()[-1].startswith((">>> ax = ", ">>> picture = ")), (
                f"{page}:{block.last}"
            )
