"""The tools behind the documentation: what they run, what they find wrong, what they make."""

from __future__ import annotations

from pathlib import Path

import pytest
from blocks import blocks
from check_site import page_problems, problems
from maths import mathml, on_page_content
from notebooks import notebook
from reference import fenced
from refresh import refreshed
from running import agree, run_page
from sources import function, with_sources

SESSION = """\
Text.

```pycon
>>> x = 2
>>> x + 1
3
>>> [][0]
Traceback (most recent call last):
    ...
IndexError: list index out of range
```

```text title="names.txt"
Ada
```

```console
$ cat names.txt
Ada
$ clearprop --version
0.1.0
```
"""


def outcomes(page, folder):
    return list(run_page(page, folder))


def test_a_page_that_tells_the_truth_agrees(tmp_path):
    found = outcomes(SESSION, tmp_path)
    assert len(found) == 5
    assert all(outcome.agrees for outcome in found)


@pytest.mark.parametrize(
    ("said", "instead"),
    [
        ("3\n", "4\n"),
        ("IndexError: list", "KeyError: list"),
        ("$ cat names.txt\nAda", "$ cat names.txt\nEve"),
    ],
)
def test_a_page_that_lies_is_found_and_can_be_refreshed(tmp_path, said, instead):
    page = SESSION.replace(said, instead, 1)
    assert sum(not outcome.agrees for outcome in outcomes(page, tmp_path)) == 1
    assert refreshed(page, tmp_path) == SESSION


def test_an_output_that_is_missing_is_found_and_written(tmp_path):
    page = SESSION.replace("3\n", "", 1)
    assert refreshed(page, tmp_path) == SESSION


def test_a_refreshed_output_keeps_the_ellipses_that_fit_and_foretells_no_time(tmp_path):
    said = "```pycon\n>>> print('a 1\\nb 2\\nin 0.5 s')\na ...\nb 3\n```\n"
    assert refreshed(said, tmp_path) == said.replace("b 3\n", "b 2\nin ... s\n")


def test_an_exception_that_no_page_expects_is_found(tmp_path):
    (outcome,) = outcomes("```python\nx = 1 / 0\n```\n", tmp_path)
    assert not outcome.agrees
    assert outcome.got.endswith("ZeroDivisionError: division by zero\n")


def test_a_block_that_is_not_run_says_why():
    (block,) = blocks("<!-- not run: needs a GPU -->\n```console\n$ clearprop\n```\n")
    assert not block.is_run
    assert block.not_run == "needs a GPU"


def test_a_fence_that_is_never_closed_is_refused():
    with pytest.raises(ValueError, match="line 3: the fence is never closed"):
        list(blocks("a\n\n```pycon\n>>> 1\n"))


@pytest.mark.parametrize(
    ("want", "got", "same"),
    [
        ("in ... s", "in 0.3 s", True),
        ("error 3.1e-12", "error 8.0e-12", True),
        ("error 3.1e-12", "error 0e+00", True),
        ("error 3.1e-12", "error 3.2e-11", False),
        ("error 3.1e-12", "error 3.1e-05", False),
        ("error 3.1e-12", "fault 3.1e-12", False),
        ("0.25", "0.26", False),
    ],
)
def test_only_errors_of_rounding_may_differ(want, got, same):
    assert agree(want, got) is same


FIGURE = """\
<!-- figure: A loss. -->
```pycon
>>> from clearprop.figures import loss_curves
>>> ax = loss_curves({"epoch": [0, 1], "train_loss": [2.0, 1.0]})
```
"""
PICTURE = """\
<!-- figure -->
```pycon
>>> from clearprop.experiments.lesson import Picture
>>> from clearprop.figures import loss_curves
>>> history = {"epoch": [0, 1], "train_loss": [2.0, 1.0]}
>>> picture = Picture("loss", "", "A loss.", lambda theme: loss_curves(history, theme=theme))
```
"""


@pytest.mark.parametrize("page", [FIGURE, PICTURE], ids=["a figure", "a lesson's picture"])
def test_a_figure_is_drawn_light_and_dark(tmp_path, page):
    drawn = []
    list(run_page(page, tmp_path, drawn.append))
    (figure,) = drawn
    assert figure.alternative == "A loss."
    assert figure.light.get_facecolor() != figure.dark.get_facecolor()
    lines = [axes.lines[0].get_ydata().tolist() for axes in (figure.light, figure.dark)]
    assert lines == [[2.0, 1.0], [2.0, 1.0]]


def test_a_figure_that_nobody_describes_is_refused(tmp_path):
    page = FIGURE.replace("figure: A loss.", "figure")
    with pytest.raises(ValueError, match="only the picture of a lesson describes itself"):
        list(run_page(page, tmp_path, [].append))


def test_functions_are_shown_as_they_stand():
    page = with_sources("```source\nactivations.tanh\nactivations.tanh_backward\n```\n")
    assert '```python title="src/clearprop/equations/activations.py"\ndef tanh(z' in page
    assert "    return da * (1 - a * a)\n```" in page
    with pytest.raises(ValueError, match="has no 'tanhh'"):
        function("activations.tanhh")


def test_a_formula_becomes_mathml_and_keeps_its_latex():
    page = on_page_content(r'<p><span class="arithmatex">\(a &lt; \frac{1}{2}\)</span></p>')
    assert page.startswith(r'<p><math alttext="a &lt; \frac{1}{2}" ')
    assert "<mfrac>" in page
    assert mathml(r"\lVert w \rVert_\infty", "inline").count('fence="true"') == 2
    with pytest.raises(ValueError, match="cannot be converted"):
        mathml(r"\nosuchcommand{x}", "inline")


def test_a_notebook_has_the_page_without_prompts_and_with_its_outputs():
    cells = notebook(SESSION, Path()).cells
    assert [cell.cell_type for cell in cells] == ["markdown"] + 5 * ["code"]
    assert [cell.source for cell in cells] == [
        "Text.",
        "x = 2\nx + 1",
        "[][0]",
        "%%writefile names.txt\nAda",
        "!cat names.txt",
        "!clearprop --version",
    ]
    assert cells[1].outputs[0].text == "3\n"
    assert cells[5].outputs[0].text == "0.1.0\n"


def test_a_notebook_shows_the_figures_that_its_page_draws():
    for page, shown in ((FIGURE, "ax.figure"), (PICTURE, 'picture.draw("light").figure')):
        cells = notebook(page, Path()).cells
        assert cells[0].source == "%matplotlib inline"
        assert cells[-1].source.endswith(f"\n{shown}")


COLLAPSED = """\
**1.** How much is it?

??? note "Answer"

    Count.

    ```pycon
    >>> 1 + 1
    2
    ```

    Two.

**2.** And now?
"""


def test_what_is_collapsed_on_a_page_is_collapsed_in_its_notebook():
    question, code, rest = notebook(COLLAPSED, Path()).cells
    answer = "<details><summary>Answer</summary>\n\nCount.\n\n</details>"
    assert question.source == f"**1.** How much is it?\n\n{answer}"
    assert code.metadata["jupyter"] == {"source_hidden": True, "outputs_hidden": True}
    more = "<details><summary>Go on</summary>\n\nTwo.\n\n</details>"
    assert rest.source == f"{more}\n\n**2.** And now?"


def test_the_pictures_of_a_page_travel_in_its_notebook(tmp_path):
    (tmp_path / "dot.svg").write_text("<svg/>")
    (cell,) = notebook("![A dot](dot.svg#only-light) and [a page](other.md).", tmp_path).cells
    assert cell.source == "![A dot](attachment:dot.svg) and a page."
    assert cell.attachments == {"dot.svg": {"image/svg+xml": "PHN2Zy8+"}}


def test_sessions_in_docstrings_are_put_between_fences():
    fence = "Sum.\n\n\n```pycon\n>>> 1 + 1\n2\n```\n\nMore.\n"
    assert fenced("Sum.\n\n>>> 1 + 1\n2\n\nMore.") == fence
    assert fenced("Sum.\n\nExample:\n    >>> 1\n    1") == "Sum.\n\nExamples:\n    >>> 1\n    1\n"


PAGE = "<!doctype html><html><head><title>t</title></head><body>{}</body></html>"


def test_a_sound_page_has_no_problems():
    body = '<p><a href="https://example.org">elsewhere</a><img src="a.png" alt="A dot"></p>'
    assert list(page_problems(PAGE.format(body))) == []


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ("<p><div></div></p>", "Unexpected end tag (p)"),
        ('<img src="a.png">', "no alternative text: a.png"),
        ('<img src="https://x.org/a.png" alt="a">', "<img> loads https://x.org/a.png"),
        ('<script src="//x.org/a.js"></script>', "<script> loads //x.org/a.js"),
        ('<p style="background: url(http://x.org/a)"></p>', "<p> loads http://x.org/a"),
        ('<svg><use href="https://x.org/a"></use></svg>', "<use> loads https://x.org/a"),
        ('<p id="a"></p><p id="a"></p>', "the id 'a' stands there twice"),
    ],
)
def test_what_is_wrong_with_a_page_is_found(body, problem):
    assert any(problem in found for found in page_problems(PAGE.format(body)))


def test_what_a_stylesheet_loads_from_elsewhere_is_found(tmp_path):
    (tmp_path / "a.css").write_text("@import 'https://x.org/font.css';")
    assert list(problems(tmp_path)) == ["a.css: loads https://x.org/font.css"]
