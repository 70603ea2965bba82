"""Scores of predictions in files, some of them broken."""

from __future__ import annotations

import gzip
import json

import numpy as np
import pytest

GOOD = (np.diag([200.0, 200, 200, 80, 80, 80]) + 0.0).tolist()
BETTER = (np.diag([210.0, 200, 200, 80, 80, 80]) + 0.0).tolist()


@pytest.fixture
def file(tmp_path):
    def write(records, name="rows.jsonl"):
        path = tmp_path / name
        text = "\n".join(r if isinstance(r, str) else json.dumps(r) for r in records).encode()
        path.write_bytes(gzip.compress(text) if name.endswith(".gz") else text)
        return path

    return write


def rows():
    nan = [[float("nan")] * 6] * 6
    return [
        {"label": GOOD, "crystal_system": "cubic", "my model": GOOD, "texts": str(BETTER)},
        {"label": str(BETTER), "my model": [[1.0]], "texts": "[[200.0, 1"},
        {"label": None, "my model": GOOD, "texts": "x"},
        {"label": "?", "my model": GOOD, "texts": "x"},
        {"label": GOOD, "my model": nan},
    ]


@pytest.mark.parametrize("name", ["rows.jsonl", "rows.jsonl.gz"])
def test_json(command, file, name):
    ended = command("evaluate", file(rows(), name), "--json")
    assert ended.code == 0, ended.err
    found = json.loads(ended.out)
    assert list(found) == ["my model", "texts"]
    first, second = found.values()
    assert first["unparsable_reasons"] == {"wrong_shape": 1, "not_finite": 1}
    assert (first["n"], first["missing"], first["unlabelled"]) == (1, 0, 1)
    assert (first["k_voigt_mae"], first["unparsable_labels"]) == (0, 1)
    assert (second["n"], second["missing"], second["unparsable"]) == (1, 1, 1)
    assert second["k_voigt_mae"] == pytest.approx(10 / 9)
    assert second["k_voigt_difference"]["to"] == "my model"
    assert second["off_symmetry"] == {"0.01": 1, "0.05": 0}


def test_table_and_files(command, file, tmp_path):
    out = tmp_path / "scores"
    ended = command("evaluate", file(rows()), "--out", out, "--baseline", "--bootstrap", "10")
    assert ended.code == 0, ended.err
    for words in ("my model", "texts", "mean of labels", "1.111", "1 records without a label"):
        assert words in ended.out
    assert "my model: unparsable: not_finite 1, wrong_shape 1" in ended.out
    scores = json.loads((out / "scores.json").read_text())
    assert list(scores) == ["my model", "texts", "mean of labels"]
    lines = [json.loads(line) for line in (out / "unparsable.jsonl").read_text().splitlines()]
    assert [(u["row"], u["model"]) for u in lines] == [
        (4, None), (2, "my model"), (5, "my model"), (2, "texts"),
    ]  # fmt: skip


def test_chosen_fields_and_no_bootstrap(command, file):
    arguments = ("--model", "texts", "--label", "my model", "--bootstrap", "0", "--json")
    found = json.loads(command("evaluate", file(rows()), *arguments).out)
    assert list(found) == ["texts"]
    assert (found["texts"]["n"], found["texts"]["k_voigt_difference"]) == (1, None)


def described(formula, system="cubic"):
    return {"formula": formula, "crystal_system": system, "label": GOOD, "m": BETTER}


def trained(formula, **more):
    return {"formula": formula, "elastic_tensor_GPa": GOOD, "crystal_system": "cubic", **more}


def test_baselines(command, file):
    train = file([trained(f) for f in ("Ni", "Al", "Cu", "Ni3Al")] + [{}], "train.jsonl")
    rows = file([described("AlNi3"), described("NiAl")])
    ended = command("evaluate", rows, "--train", train, "--json", "--bootstrap", "9")
    found = json.loads(ended.out)
    kinds = ("random_forest", "composition", "nearest", "mean")
    assert list(found) == ["m", *(f"baseline: {kind}" for kind in kinds)]
    assert "training" not in found["m"]
    for kind in kinds:
        scores = found[f"baseline: {kind}"]
        assert (scores["n"], scores["k_voigt_mae"]) == (2, pytest.approx(0, abs=1e-9))
        assert scores["training"] == {
            "rows": 3, "left_out": 1, "unusable": {"no_formula": 1}, "extrapolated": 0,
        }  # fmt: skip
    ended = command("evaluate", rows, "--train", train, "--baseline-model", "nearest")
    assert "baselines nearest: learned from 3 rows; 1 left out" in ended.out
    assert "unusable: no_formula 1" in ended.out


def test_baseline_in_temperature(command, file):
    rows = [described("NiAl") | {"temperature_K": t} for t in (100, 900)]
    train = [trained("AlNi", temperature=t) for t in (50, 150)]
    arguments = ("--train", file(train, "t.jsonl"), "--json", "--baseline-model")
    asked = file([*rows, described("Cu")])
    found = json.loads(command("evaluate", asked, *arguments, "temperature").out)
    scores = found["baseline: temperature"]
    assert (scores["n"], scores["unparsable_reasons"]) == (2, {"no_temperature": 1})
    assert scores["training"]["extrapolated"] == 1
    everything = json.loads(
        command("evaluate", file(rows), *arguments[:1], file([*train, trained("Cu")], "u.jsonl"),
                "--json").out
    )  # fmt: skip
    assert list(everything)[-1] == "baseline: temperature"


def test_by_system(command, file):
    rows = file([described("Ni"), described("Zn", "hexagonal"), described("Cu", None)])
    plain = json.loads(command("evaluate", rows, "--json").out)["m"]
    assert "by_system" not in plain
    found = json.loads(command("evaluate", rows, "--json", "--by-system").out)["m"]
    error = pytest.approx(10 / 9)
    assert found.pop("by_system") == {
        "cubic": {"n": 1, "k_voigt_mae": error},
        "hexagonal": {"n": 1, "k_voigt_mae": error},
    }
    assert found == plain
    printed = command("evaluate", rows, "--by-system").out
    assert "by crystal system" in printed
    assert "hexag." in printed
    assert "by crystal system" not in command("evaluate", rows).out
    unknown = command("evaluate", file([described("Ni", None)]), "--by-system").out
    assert "by crystal system" not in unknown
    assert "add 'crystal_system' or 'spacegroup_number'" in unknown


REFUSED = {
    "no labels": ([{"m": GOOD}], (), "--label"),
    "no models": ([{"label": GOOD, "formula": "Cu"}], (), "add one per model"),
    "unknown model": (rows(), ("--model", "x"), "fields of models: my model, texts"),
    "no rows": ([], (), "give one JSON object per line"),
    "not objects": (["[1, 2]"], (), "record 1 is not a JSON object"),
    "not JSON": (["label: 3"], (), "is not a file of JSON lines"),
    "too deep": (["[" * 100_000], (), "is not a file of JSON lines"),
    "negative resamples": (rows(), ("--bootstrap", "-1"), "--bootstrap is -1"),
    "baseline without rows": (rows(), ("--baseline-model", "nearest"), "give --train FILE"),
    "unknown baseline": (
        rows(),
        ("--train", "x.jsonl", "--baseline-model", "svm"),
        "choose one of random_forest",
    ),
    "no training file": (rows(), ("--train", "x.jsonl"), "there is no data file x.jsonl"),
    "negative seed": (rows(), ("--seed", "-1"), "--seed is -1"),
}


def refused(ended, words):
    assert (ended.code, ended.out) == (2, "")
    assert len(ended.err.splitlines()) == 1
    assert ended.err.startswith("error: ")
    assert words in ended.err


@pytest.mark.parametrize("case", REFUSED)
def test_impossible_evaluations_are_told_in_one_line(command, file, case):
    records, arguments, words = REFUSED[case]
    refused(command("evaluate", file(records), *arguments), words)


def test_files_that_cannot_be_read(command, tmp_path):
    refused(command("evaluate", tmp_path / "none.jsonl"), "there is no data file")
    cut = tmp_path / "cut.jsonl.gz"
    cut.write_bytes(gzip.compress(json.dumps(rows()[0]).encode())[:-12])
    refused(command("evaluate", cut), "is not a file of JSON lines")


@pytest.mark.shared
def test_published_predictions(command, shared):
    path = shared / "data" / "published_predictions.jsonl.gz"
    ended = command("evaluate", path, "--json", "--bootstrap", "100")
    best = json.loads(ended.out)["prompt4"]
    assert (round(best["k_voigt_mae"], 3), round(best["k_voigt_r2"], 4)) == (7.586, 0.9598)
    assert best["k_voigt_difference"] is None


def test_baselines_need_formulas(command, file):
    path = file(rows())
    ended = command("evaluate", path, "--train", file([trained("Ni")], "train.jsonl"))
    refused(
        ended, "no baseline for record 1: it has no formula; baselines need a field 'formula' or"
    )


@pytest.mark.shared
def test_baselines_next_to_published_models(command, shared):
    data = shared / "data"
    ended = command(
        "evaluate", data / "published_predictions.jsonl.gz", "--json", "--bootstrap", "0",
        "--train", data / "elastic_tensors_0K.jsonl.gz", "--baseline-model", "nearest",
        "--baseline-model", "mean",
    )  # fmt: skip
    found = json.loads(ended.out)
    nearest = found["baseline: nearest"]
    assert (nearest["n"], nearest["training"]["rows"], nearest["training"]["left_out"]) == (
        252, 452, 254,
    )  # fmt: skip
    assert round(found["prompt4"]["k_voigt_mae"], 3) == 7.586
    assert 20 < nearest["k_voigt_mae"] < found["baseline: mean"]["k_voigt_mae"]
