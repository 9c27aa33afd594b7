import csv
import io
import pickle
from pathlib import Path

import pytest

import clearprop as cp


@pytest.fixture
def trained(clearprop, flowers):
    clearprop("train", flowers, "--target", "kind", "--out", "run", "--epochs", 30)
    return Path("run/model.safetensors")


def _rows(text):
    return list(csv.DictReader(io.StringIO(text)))


def test_predictions_come_with_the_probability_of_each_class(clearprop, trained, flowers):
    rows = _rows(clearprop("predict", trained, flowers).out)
    assert len(rows) == 60
    for row in rows:
        p = {name: float(row[f"probability_{name}"]) for name in ("rose", "tulip")}
        assert sum(p.values()) == pytest.approx(1)
        assert row["prediction"] == max(p, key=p.get)


def test_other_order_extra_columns_and_no_target_change_nothing(clearprop, trained, flowers):
    before = clearprop("predict", trained, flowers).out
    table = list(csv.reader(io.StringIO(flowers.read_text())))
    shuffled = [[row[2], "extra", row[1], row[0]] for row in table]
    Path("other.csv").write_text("\n".join(",".join(row) for row in shuffled))
    assert clearprop("predict", trained, "other.csv").out == before


def test_a_run_directory_serves_as_its_model(clearprop, trained, flowers):
    assert clearprop("predict", "run", flowers).out == clearprop("predict", trained, flowers).out


def test_missing_columns_are_refused_by_name(refused, trained):
    Path("less.csv").write_text("length,color\n1,red\n")
    message = refused("predict", trained, "less.csv")
    assert "'colour'" in message
    assert "it has 'color'" in message
    assert "'wild'" in message


def test_a_category_never_seen_is_noted_and_predicted(clearprop, trained):
    Path("new.csv").write_text("length,colour,wild\n1,violet,true\n")
    answer = clearprop("predict", trained, "new.csv")
    assert answer.code == 0
    assert "not seen in training" in answer.err
    assert len(_rows(answer.out)) == 1


def test_output_goes_to_a_file_and_is_not_replaced_unasked(clearprop, refused, trained, flowers):
    assert clearprop("predict", trained, flowers, "--out", "p.csv").code == 0
    assert len(_rows(Path("p.csv").read_text())) == 60
    assert "p.csv exists" in refused("predict", trained, flowers, "--out", "p.csv")
    assert clearprop("predict", trained, flowers, "--out", "p.csv", "--overwrite").code == 0


def test_json_holds_predictions_and_probabilities(clearprop, trained, flowers):
    answer = clearprop("predict", trained, flowers, "--json").json
    assert answer["rows"] == len(answer["predictions"]) == len(answer["probabilities"]) == 60
    assert answer["classes"] == ["rose", "tulip"]
    assert answer["target"] == "kind"


def test_a_regression_predicts_in_the_targets_unit(clearprop):
    rows = "\n".join(f"{i},{5000 + 10 * i}.5" for i in range(60))
    Path("t.csv").write_text(f"x,y\n{rows}\n")
    clearprop("train", "t.csv", "--target", "y", "--epochs", 100, "--out", "run")
    answer = clearprop("predict", "run", "t.csv", "--json").json
    assert answer["classes"] is None
    assert answer["probabilities"] is None
    assert answer["predictions"][30] == pytest.approx(5300, abs=100)


def test_what_is_no_model_is_refused(refused, trained, flowers, tmp_path):
    whole = trained.read_bytes()

    def variant(contents):
        path = tmp_path / "other.safetensors"
        path.write_bytes(contents)
        return path

    assert "truncated" in refused("predict", variant(whole[:5]), flowers)
    assert "cannot be used" in refused("predict", variant(whole[:-10]), flowers)
    flipped = bytearray(whole)
    flipped[-20] ^= 1
    assert "SHA-256" in refused("predict", variant(bytes(flipped)), flowers)
    assert "pickle" in refused("predict", variant(pickle.dumps({"a": 1})), flowers)
    newer = whole.replace(b'"clearprop_format":"1"', b'"clearprop_format":"9"')
    assert newer != whole
    assert "upgrade clearprop" in refused("predict", variant(newer), flowers)
    assert "cannot read" in refused("predict", "nowhere.safetensors", flowers)
    assert "cannot read" in refused("predict", tmp_path, flowers)
    checkpoint = trained.parent / "checkpoint.safetensors"
    assert "is a clearprop checkpoint, not a model" in refused("predict", checkpoint, flowers)


def test_a_bare_network_is_refused_with_the_reason(refused, tmp_path, flowers):
    cp.save_model(tmp_path / "bare.safetensors", cp.Network([2, 1]))
    assert "bare network" in refused("predict", tmp_path / "bare.safetensors", flowers)


def test_bundled_tables_are_listed(clearprop):
    answer = clearprop("data")
    assert answer.code == 0
    names = [line.split()[0] for line in answer.out.splitlines()]
    assert names == ["breast_cancer", "diabetes", "digits", "iris", "moons", "wine"]
    assert [t["name"] for t in clearprop("data", "--json").json["tables"]] == names


def test_a_bundled_table_is_written_as_csv(clearprop, refused):
    assert clearprop("data", "iris", "--out", "iris.csv").code == 0
    rows = _rows(Path("iris.csv").read_text())
    assert len(rows) == 150
    assert {row["target"] for row in rows} == {"setosa", "versicolor", "virginica"}
    assert clearprop("data", "iris").out == Path("iris.csv").read_text()
    assert "iris.csv exists" in refused("data", "iris", "--out", "iris.csv")
    assert "--overwrite replaces what --out names" in refused("data", "iris", "--overwrite")
    described = clearprop("data", "iris", "--out", "again.csv", "--json").json
    assert (described["rows"], described["out"]) == (150, "again.csv")


def test_an_unknown_table_is_refused_with_the_closest_name(refused):
    assert "did you mean 'wine'" in refused("data", "wines")


def test_options_that_would_be_ignored_are_refused(refused):
    assert "got --out" in refused("data", "--out", "x.csv")


def test_a_written_table_trains_like_the_bundled_one(clearprop):
    clearprop("data", "wine", "--out", "wine.csv")
    quick = ("--epochs", 3, "--json")
    ours = clearprop("train", "wine", *quick).json
    theirs = clearprop("train", "wine.csv", "--target", "target", *quick).json
    for key in ("train", "validation", "test", "parameters"):
        assert ours[key] == theirs[key]
