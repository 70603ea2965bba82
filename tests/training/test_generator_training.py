"""A micro model trained on made-up rows: it learns, it repeats itself, its folder is complete."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch

from elatbot_flows.engines.drawing import draw_materials
from elatbot_flows.engines.mini.generator import load_generator
from elatbot_flows.engines.text_model import text_model
from elatbot_flows.errors import ElatbotError
from elatbot_flows.targets import DesignTarget, Interval
from elatbot_flows.text.compact import vocabulary
from elatbot_flows.training.augment import Augmentation
from elatbot_flows.training.data.bulk_modulus import load_rows, split_rows
from elatbot_flows.training.generator import GeneratorTraining, main, train_generator
from elatbot_flows.training.likelihood import answer_loss, design_texts
from elatbot_flows.training.loop import fit
from elatbot_flows.training.model import build_model
from elatbot_flows.training.scores import error_scores
from elatbot_flows.training.vocabulary import build_tokenizer

MICRO = GeneratorTraining(
    epochs=3, batch_size=8, hidden_size=32, layers=1, heads=2, feed_forward=32, learning_rate=5e-3
)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    metals = ("Ni", "Al", "Ti", "Co", "Fe", "Cr", "W", "Mo")
    records = [
        {
            "formula": f"{a}3{b}",
            "crystal_system": "Cubic",
            "K_voigt_GPa": 60.0 + 20 * i + j,
            "temperature_K": 0,
        }
        for i, a in enumerate(metals)
        for j, b in enumerate(metals)
        if a != b
    ]
    path = tmp_path_factory.mktemp("data") / "rows.jsonl"
    path.write_text("\n".join(map(json.dumps, records)))
    return path


@pytest.fixture(scope="module")
def report(data, tmp_path_factory):
    return train_generator(data, tmp_path_factory.mktemp("model"), MICRO)


def test_the_folder_can_be_used(report):
    generator = load_generator(str(report.folder))
    assert generator.info == report.info
    target = DesignTarget(bulk_modulus=Interval(60, 200))
    drawn = draw_materials(text_model(str(report.folder)), target, 5, seed=0)
    assert all(each.formula and each.reason is None for each in drawn)


def test_the_folder_says_what_was_done(report, data):
    document = json.loads((report.folder / "generator.json").read_text())
    training = document["training"]
    assert training["seed"] == 0
    assert training["settings"]["hidden_size"] == 32
    assert sum(training["rows"].values()) == 56
    assert training["command"].startswith("python -m elatbot_flows.training.generator rows.jsonl")
    assert sum(document["info"]["bulk_modulus_histogram"]) == training["rows"]["train"]
    assert set(document["metrics"]) >= {"nll_true", "nll_shuffled", "mae", "rho"}
    card = (report.folder / "README.md").read_text()
    assert "Materials Project" in card
    assert f"{report.metrics['mae']:.1f} GPa" in card
    assert str(data.parent) not in card + json.dumps(document)


def test_formulas_are_stored_as_hashes(report, data):
    hashes = np.load(report.folder / "training_formulas.npy", allow_pickle=False)
    split = split_rows(load_rows(data).rows)
    assert hashes.dtype == np.uint64
    assert len(hashes) == len(split.train)
    generator = load_generator(str(report.folder))
    assert not any(generator.is_unseen(row.formula) for row in split.train)
    assert all(generator.is_unseen(row.formula) for row in split.test)


def test_one_seed_one_result(report, data, tmp_path):
    again = train_generator(data, tmp_path, MICRO)
    assert again.info.weights_sha256 == report.info.weights_sha256
    assert again.metrics == report.metrics


def test_training_lowers_the_loss_on_held_out_rows(data):
    split = split_rows(load_rows(data).rows)
    _, short = fit(split, GeneratorTraining(**{**vars(MICRO), "epochs": 1}), Augmentation())
    _, long = fit(split, GeneratorTraining(**{**vars(MICRO), "epochs": 8}), Augmentation())
    assert long["loss"] < short["loss"]


def test_filling_does_not_change_a_loss(data):
    torch.manual_seed(0)
    model = build_model(MICRO).eval()
    texts = design_texts(load_rows(data).rows[:2])
    longer = (texts[0][0], "Ni 3 Al 2 Ti 4 Co 5 , Cubic")
    with torch.no_grad():
        alone, together = answer_loss(model, texts), answer_loss(model, [*texts, longer])
    assert torch.allclose(alone, together[:2], atol=1e-4)


def test_tokenizer_has_one_token_per_word():
    tokenizer = build_tokenizer()
    text = "design bulk 1 5 0 from Ni K :"
    tokens = tokenizer(text)["input_ids"]
    assert [vocabulary()[token] for token in tokens] == ["<s>", *text.split()]


def test_scores_of_a_perfect_and_a_useless_prediction():
    labels = np.array([10.0, 20.0, 30.0])
    assert error_scores(labels, labels) == {
        "mae": 0.0,
        "median": 0.0,
        "r2": 1.0,
        "rho": pytest.approx(1.0),
    }
    assert error_scores(labels, labels[::-1])["rho"] == pytest.approx(-1.0)


def test_command_line(data, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("elatbot_flows.training.generator.GeneratorTraining", lambda **_: MICRO)
    main([str(data), "--out", str(tmp_path / "out"), "--epochs", "3"])
    printed = capsys.readouterr().out
    report = json.loads(printed[printed.index("{") :])  # other tests may have set up logging
    assert report["best"]["epoch"] >= 1
    assert (tmp_path / "out" / "model.safetensors").is_file()


def test_empty_data_is_refused(tmp_path):
    (tmp_path / "rows.jsonl").write_text("")
    with pytest.raises(ElatbotError, match="no usable row"):
        train_generator(tmp_path / "rows.jsonl", tmp_path / "out", MICRO)
