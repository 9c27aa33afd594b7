"""The report: complete in itself, harmless, and true to its contents."""

import base64
import dataclasses
import hashlib
import re
import xml.etree.ElementTree as ET
from html.parser import HTMLParser

import numpy as np
import pytest

from clearprop import figures, report
from clearprop.errors import ArgumentError
from clearprop.report import Boundary, Report, WeightHistory, render, write_report
from clearprop.report.page import MOST_ROWS
from clearprop.report.pictures import pictures

VOID = {"meta", "link", "img", "br", "hr", "source"}
EPOCHS = np.arange(1, 11)


class Page(HTMLParser):
    """What a browser would make of the page; a tag that is not closed in order is an error."""

    def __init__(self, html):
        super().__init__(convert_charrefs=True)
        self.open, self.tags, self.images, self.links = [], [], [], []
        self.words, self.ids = [], []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        assert len(values) == len(attrs), f"an attribute of <{tag}> is given twice"
        self.tags.append((tag, values))
        if tag == "img":
            self.images.append(values)
        self.links += [values[name] for name in ("src", "href", "srcset") if name in values]
        self.ids += [values["id"]] if "id" in values else []
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" not in self.open:
            self.words.append(data)

    @property
    def text(self):
        return " ".join(" ".join(self.words).split())


def curves(score, **changes):
    columns = {
        "epoch": EPOCHS,
        "learning_rate": np.full(10, 0.1),
        "train_loss": 1.0 / EPOCHS,
        "validation_loss": 1.1 / EPOCHS,
        f"train_{score}": 1 - 0.5 / EPOCHS,
        f"validation_{score}": 1 - 0.6 / EPOCHS,
    }
    return {k: v for k, v in (columns | changes).items() if v is not None}


BOUNDARY = Boundary(
    feature_names=("width", "height"),
    points=np.array([[0.2, 0.2], [0.8, 0.8]]),
    labels=np.array([0, 1]),
    class_names=["cat", "dog"],
    grid_x=np.linspace(0, 1, 20),
    grid_y=np.linspace(0, 1, 20),
    field=np.broadcast_to(np.linspace(0, 1, 20), (20, 20)),
    misclassified=np.array([False, True]),
)
WEIGHTS = WeightHistory(
    np.arange(11), np.random.default_rng(0).normal(size=(11, 6)), [1] * 4 + [2] * 2
)
CLASSIFICATION = Report(
    data_name="pets.csv",
    task="classification",
    verdict=("It names 9 of 10 pets.", "Guessing would name 5."),
    scores={
        "train": {"loss": 0.1, "accuracy": 0.95, "rows": np.int64(1200)},
        "validation": {"loss": 0.2, "accuracy": 0.92},
        "test": {"loss": 0.21, "accuracy": 0.9},
    },
    history=curves("accuracy"),
    optimizer="adam",
    batch_size=32,
    best_epoch=9,
    confusion=([[5, 1], [0, 4]], ["cat", "dog"]),
    boundary=BOUNDARY,
    weight_history=WEIGHTS,
    network=(("layers", "2 → 4 → 1"), ("parameters", "17")),
    settings=(("learning rate", "0.1 (batch size 32, adam)"), ("stopping", "none")),
    columns=(("width", "number", "standardised"), ("fur", "category", "3 columns")),
    data=(("rows", "1,500"),),
    notes=("Column “id” was left out.",),
    reproducibility=(("seed", "0"),),
    command="clearprop train pets.csv --seed 0",
    model_path="out/model.safetensors",
)
REGRESSION = Report(
    data_name="prices",
    task="regression",
    verdict=("It explains most of the spread.",),
    scores={"train": {"r2": 0.9, "rmse": 3.5}, "test": {"r2": 0.81234, "rmse": 4.0}},
    history=curves("r2"),
    optimizer="sgd",
    batch_size=1,
    predictions=(np.arange(50.0), np.arange(50.0) + 1),
)


@pytest.fixture(scope="module")
def classified():
    return Page(render(CLASSIFICATION))


@pytest.fixture(scope="module")
def regressed():
    return Page(render(REGRESSION))


def changed(base=REGRESSION, **changes):
    return dataclasses.replace(base, **changes)


@pytest.fixture(scope="module")
def one_picture():
    only_loss = {"epoch": [1, 2], "train_loss": [0.9, 0.7]}
    return pictures(dataclasses.replace(REGRESSION, history=only_loss, predictions=None))


@pytest.fixture
def drawn_once(monkeypatch, one_picture):
    """Pages about words need no figures drawn anew."""
    monkeypatch.setattr("clearprop.report.page.pictures", lambda _: one_picture)


def kinds(page):
    return [i.removeprefix("figure-") for i in page.ids if i.startswith("figure-")]


def svgs(page):
    for image in page.images:
        kind, data = image["src"].split(";base64,")
        raw = base64.b64decode(data, validate=True)
        yield kind, raw


def test_a_classification_shows_its_figures_in_order(classified):
    assert kinds(classified) == [
        "loss",
        "score",
        "confusion",
        "boundary",
        "weights",
        "learning-rate",
    ]


def test_a_regression_shows_its_figures_in_order(regressed):
    assert kinds(regressed) == ["loss", "score", "predicted", "residuals", "learning-rate"]


def test_the_sections_come_in_the_order_of_importance(classified):
    heads = [
        "Result",
        "Figures",
        "What was trained",
        "How it was trained",
        "The data",
        "How to use the model",
        "How to get this again",
    ]
    at = [classified.text.index(head) for head in heads]
    assert at == sorted(at)


def test_the_contents_are_on_the_page(classified):
    for words in (
        "Training report: pets.csv",
        "It names 9 of 10 pets.",
        "Guessing would name 5.",
        "90.0% Test accuracy",
        "Train 0.1 95.0% 1,200",
        "Validation 0.2 92.0% —",
        "Test 0.21 90.0%",
        "layers 2 → 4 → 1",
        "learning rate 0.1 (batch size 32, adam)",
        "rows 1,500",
        "Column “id” was left out.",
        "fur category 3 columns",
        "seed 0",
        "clearprop predict out/model.safetensors FILE",
        "clearprop train pets.csv --seed 0",
    ):
        assert words in classified.text


def test_a_regression_leads_with_its_test_r2(regressed):
    assert "0.8123 Test R²" in regressed.text
    assert "Part of the data R² RMSE Train 0.9 3.5 Test 0.8123 4" in regressed.text


def test_every_section_without_contents_is_left_out(regressed):
    for head in ("What was trained", "How it was trained", "The data", "How to use", "again"):
        assert head not in regressed.text


@pytest.mark.parametrize("name", ["classified", "regressed"])
def test_every_image_is_embedded_in_both_themes_with_the_same_alternative_text(name, request):
    page = request.getfixturevalue(name)
    light, dark = page.images[0::2], page.images[1::2]
    assert len(light) == len(dark) == len(kinds(page))
    for day, night in zip(light, dark, strict=True):
        assert (day["class"], night["class"]) == ("by-day", "by-night")
        assert day["alt"] == night["alt"]
        assert day["alt"].endswith(".")
        assert re.search(r"\d", day["alt"])
        assert day["src"] != night["src"]
        assert int(day["width"]) > 300
        assert int(day["height"]) > 100


@pytest.mark.parametrize("name", ["classified", "regressed"])
def test_nothing_on_the_page_leaves_the_page(name, request):
    page = request.getfixturevalue(name)
    assert all(link.startswith("data:") for link in page.links)
    assert not {tag for tag, _ in page.tags} & {"script", "iframe", "object", "form", "base"}
    assert not any(key.startswith("on") or key == "style" for _, a in page.tags for key in a)
    policy = next(a["content"] for _, a in page.tags if a.get("http-equiv"))
    assert policy.startswith("default-src 'none'; img-src data:; style-src 'sha256-")
    for kind, raw in svgs(page):
        if kind == "data:image/svg+xml":
            root = ET.fromstring(raw)  # noqa: S314 - our own
            for element in root.iter():
                for key, value in element.attrib.items():
                    if key.endswith("href"):
                        assert value.startswith(("#", "data:image/png"))


def test_the_policy_lets_in_this_style_sheet_and_no_other(drawn_once):
    html = render(REGRESSION)
    style = re.search(r"<style>(.*)</style>", html, re.DOTALL)[1]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in html
    assert "url(" not in style
    assert "@import" not in style


def test_the_style_sheet_and_the_figures_agree_on_the_paper(drawn_once):
    html = render(REGRESSION)
    assert f"--card: {figures.LIGHT.background};" in html
    assert f"--card: {figures.DARK.background};" in html


def test_the_page_has_what_valid_html_needs(drawn_once):
    html = render(CLASSIFICATION)
    page = Page(html)
    assert html.startswith('<!doctype html>\n<html lang="en">')
    assert [tag for tag, _ in page.tags].count("h1") == 1
    assert [tag for tag, _ in page.tags].count("title") == 1
    assert len(page.ids) == len(set(page.ids))
    labels = [a["aria-labelledby"] for _, a in page.tags if "aria-labelledby" in a]
    assert set(labels) <= set(page.ids)


HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</style><script>",
    "{{ 7 * 7 }}{% raw %}",
    "$\\frac{$",
    "a\x00b\x1b[31m\u202egnp",
    "\ud800lone",
    "--><!--",
    "&lt;b&gt;",
    "'; rm -rf ~ #",
    "_under",
    "大きさ",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_are_words_and_nothing_else(name, drawn_once):
    page = Page(
        render(
            changed(
                data_name=name,
                title=name,
                verdict=(name,),
                headline=(name, name),
                scores={name: {name: 1.0}},
                network=((name, name),),
                settings=((name, name),),
                columns=((name, name, name),),
                data=((name, name),),
                notes=(name,),
                reproducibility=((name, name),),
                command=name,
                model_path=name,
            )
        )
    )
    plain = Page(
        render(
            changed(
                data_name="x",
                title="x",
                verdict=("x",),
                headline=("x", "x"),
                scores={"x": {"x": 1.0}},
                network=(("x", "x"),),
                settings=(("x", "x"),),
                columns=(("x", "x", "x"),),
                data=(("x", "x"),),
                notes=("x",),
                reproducibility=(("x", "x"),),
                command="x",
                model_path="x",
            )
        )
    )
    assert page.tags == plain.tags
    shown = figures.words.clean(name)
    assert "".join(page.words).count(shown) >= 14
    assert "{{" not in name or "49" not in page.text


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_are_harmless_inside_the_figures(name):
    boundary = dataclasses.replace(
        BOUNDARY, feature_names=(name, name), class_names=[name, name + "2"]
    )
    with figures.house_defaults():
        svg = figures.as_svg(figures.decision_boundary(boundary))
    tree = ET.fromstring(svg)  # noqa: S314 - our own
    assert {e.tag.split("}")[1] for e in tree.iter()} <= {
        "svg",
        "style",
        "defs",
        "g",
        "path",
        "text",
        "tspan",
        "use",
        "image",
        "clipPath",
        "rect",
    }
    shown = figures.words.short(name, 48)
    assert shown in "".join(tree.itertext())
    assert shown[:24] in figures.describe_decision_boundary(boundary) or len(shown) > 24


def test_the_way_to_use_the_model_can_be_pasted_into_a_shell(drawn_once):
    page = Page(render(changed(model_path="my model's; rm x")))
    assert "clearprop predict 'my model'\"'\"'s; rm x' FILE" in page.text


def test_a_diverged_run_is_reported():
    lost = np.where(EPOCHS > 4, np.nan, 10.0**EPOCHS)
    history = curves(
        "accuracy", train_loss=lost, validation_loss=lost, train_accuracy=lost * np.nan
    )
    page = Page(
        render(
            changed(
                CLASSIFICATION,
                history=history,
                best_epoch=None,
                boundary=None,
                weight_history=None,
                scores={"train": {"loss": np.nan, "accuracy": np.nan}},
                confusion=None,
            )
        )
    )
    assert "not a number Train accuracy" in page.text
    assert "then not finite" in page.images[0]["alt"]


def test_one_epoch_without_validation_is_reported():
    history = {"epoch": [1], "train_loss": [0.7], "learning_rate": [0.1]}
    page = Page(render(changed(history=history, predictions=None, scores={})))
    assert kinds(page) == ["loss", "learning-rate"]
    assert page.images[0]["alt"] == "Loss over 1 epoch: training 0.7."
    assert "Part of the data" not in page.text
    assert "headline" not in [a.get("class") for _, a in page.tags]


def test_a_broad_figure_has_the_width_of_the_page_and_a_last_one_is_not_left_alone():
    names = [f"class number {i}" for i in range(20)]
    page = Page(
        render(
            changed(
                CLASSIFICATION,
                confusion=(np.eye(20, dtype=int) * 7, names),
                boundary=None,
                weight_history=None,
            )
        )
    )
    layout = {a["id"]: a.get("class") for tag, a in page.tags if tag == "figure"}
    assert layout == {
        "figure-loss": None,
        "figure-score": None,
        "figure-confusion": "broad",
        "figure-learning-rate": "alone",
    }


def test_the_largest_page_stays_small():
    rng = np.random.default_rng(0)
    n, long = 5000, np.arange(1, 6_001)
    boundary = Boundary(
        ("a", "b"),
        rng.uniform(0, 1, (n, 2)),
        rng.integers(0, 20, n),
        [f"c{i}" for i in range(20)],
        np.linspace(0, 1, 300),
        np.linspace(0, 1, 300),
        rng.dirichlet(np.ones(20), (300, 300)),
        rng.random(n) < 0.3,
    )
    biggest = changed(
        CLASSIFICATION,
        history={
            "epoch": long,
            "train_loss": rng.random(6_000),
            "learning_rate": 1.0 / long,
            "validation_loss": rng.random(6_000),
            "train_accuracy": rng.random(6_000),
        },
        confusion=(rng.integers(0, 999, (20, 20)), boundary.class_names),
        predictions=(rng.normal(size=n), rng.normal(size=n)),
        boundary=dataclasses.replace(
            boundary,
            field=np.repeat(
                np.repeat(rng.dirichlet(np.ones(20), (30, 30)), 10, axis=0), 10, axis=1
            ),
        ),
        weight_history=WeightHistory(
            np.arange(500), rng.normal(size=(500, 3000)), np.repeat([1, 2, 3], 1000)
        ),
        columns=[(f"column {i}", "number", "standardised") for i in range(5000)],
        notes=["something"] * 5000,
    )
    html = render(biggest)
    assert len(html.encode()) < 2_500_000
    page = Page(html)
    assert f"and {5000 - MOST_ROWS:,} more columns" in page.text
    assert f"and {5000 - MOST_ROWS:,} more notes" in page.text
    assert page.text.count("standardised") == MOST_ROWS


def test_a_heavy_svg_is_embedded_as_a_png(monkeypatch):
    monkeypatch.setattr("clearprop.report.embedding._SVG_ROOM", 10)
    drawn = pictures(changed(predictions=None, history=curves("r2", train_r2=None)))
    assert [picture.kind for picture in drawn] == ["loss", "learning-rate"]
    for picture in drawn:
        assert picture.light.startswith("data:image/png;base64,iVBORw0KGgo")
        assert picture.width / picture.height > 1.5


def test_the_same_contents_give_the_same_page():
    assert render(REGRESSION) == render(REGRESSION)


def test_the_headline_of_the_caller_comes_first(drawn_once):
    assert "93 to 97% Balanced" in Page(render(changed(headline=("Balanced", "93 to 97%")))).text


def test_scores_without_the_usual_one_have_no_headline_but_a_table(drawn_once):
    page = Page(render(changed(scores={"test": {"mean_error": 2.0}})))
    assert "Part of the data Mean error Test 2" in page.text
    assert "headline" not in [a.get("class") for _, a in page.tags]


def test_an_unknown_task_is_refused():
    with pytest.raises(ArgumentError, match="task must be one of classification, regression"):
        render(changed(task="clustering"))


def test_the_written_file_is_the_rendered_page(tmp_path, drawn_once):
    target = tmp_path / "report.html"
    target.write_text("old")
    write_report(target, REGRESSION)
    assert target.read_text("utf-8") == render(REGRESSION)
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]


def test_a_failed_rendering_leaves_the_old_page(tmp_path):
    target = tmp_path / "report.html"
    target.write_text("old")
    with pytest.raises(ArgumentError):
        write_report(target, changed(history={"epoch": [1]}))
    assert target.read_text() == "old"


def test_the_public_names_are_sorted_and_there():
    assert report.__all__ == ["Boundary", "Report", "WeightHistory", "render", "write_report"]
    assert all(hasattr(report, name) for name in report.__all__)
