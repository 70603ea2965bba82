"""``elatbot train``: a file says what is taught; what is wrong in it is named."""

from __future__ import annotations

import json

import pytest
from jobflow import run_locally
from monty.json import MontyDecoder, MontyEncoder
from typer.testing import CliRunner

from elatbot_flows.cli import train
from elatbot_flows.cli.app import app
from elatbot_flows.cli.train_config import read_training
from elatbot_flows.errors import TrainingError
from elatbot_flows.training.data.records import write_records
from training.finetune.small import small_llama, tensor_records

CONFIG = """
base: base
records: records.jsonl
settings: {method: lora, epochs: 1, batch_size: 4, learning_rate: 1e-3, device: cpu}
most_tested: 1
"""


@pytest.fixture
def config(tmp_path):
    """Write a configuration beside a base and records."""
    small_llama(tmp_path / "base")
    write_records(tmp_path / "records.jsonl", tensor_records(4))
    file = tmp_path / "training.yaml"
    file.write_text(CONFIG)
    return file


@pytest.fixture
def here(monkeypatch):
    """Run jobs in this process, as another one would get them."""

    def run(flow, store, *_, **__):
        sent = MontyDecoder().decode(json.dumps(flow, cls=MontyEncoder))
        run_locally(sent, store=store, ensure_success=True, log=False)

    monkeypatch.setattr(train, "run_shown", run)


@pytest.mark.slow
def test_a_file_is_all_it_takes_and_the_same_command_goes_on(config, tmp_path, here):
    out = tmp_path / "run"
    first = CliRunner().invoke(app, ["train", str(config), "--out", str(out), "--json"])
    assert first.exit_code == 0, first.output
    found = json.loads(first.stdout)
    assert found["evaluation"][0]["asked"] == 1
    assert found["folder"] == str(out / "model")
    progress = json.loads((out / "model" / "progress.json").read_text())
    assert progress["step"] == progress["of"] == 1
    again = CliRunner().invoke(app, ["train", str(config), "--out", str(out)])
    assert again.exit_code == 0, again.output
    assert "4 records in 1 steps" in again.output
    assert f"--model {out / 'model' / 'merged'}" in again.output
    assert json.loads((out / "model" / "trained_model.json").read_text()) == found


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("rank: 8\n", "rank: Extra inputs are not permitted; known are base"),
        ("preset: elatbot-7b\n", "no preset 'elatbot-7b'"),
        ("most_tested: 0\n", "most_tested: Input should be greater"),
        ("records:\n", "records or candidates: one of them is needed"),
        ("method: expert\n", "candidates are missing"),
        ("method: ppo\n", "method: Input should be 'expert' or 'dpo'"),
    ],
)
def test_what_is_wrong_in_the_file_is_named(tmp_path, change, words):
    file = tmp_path / "training.yaml"
    lines = [line for line in CONFIG.splitlines() if change.split(":")[0] != line.split(":")[0]]
    file.write_text("\n".join(lines) + f"\n{change}")
    with pytest.raises(TrainingError, match=words):
        read_training(file).maker(tmp_path, tmp_path)


def test_a_file_may_name_candidates_to_learn_from(tmp_path):
    file = tmp_path / "training.yaml"
    verdicts = "verdicts: {target: {bulk_modulus: [95, 105]}, pairs_each: 2}\n"
    file.write_text(
        f"base: elatbot-mini\ncandidates: run\nsettings: {{beta: 2e-1}}\nmethod: dpo\n{verdicts}"
    )
    flow, folder = read_training(file).flow(tmp_path, tmp_path / "out")
    lessons = next(flow.iterflow())[0]
    assert (lessons.name, folder) == ("lessons", str(tmp_path / "out" / "model"))
    assert lessons.function_args[0] == str(tmp_path / "run")
    assert lessons.function_args[2].target.bulk_modulus.high == 105
    assert lessons.function_kwargs == {"pairs": True}
    assert read_training(file).maker(tmp_path, tmp_path).train_maker.settings.beta == 0.2
    file.write_text("base: elatbot-mini\ncandidates: run\nrecords: tests.jsonl\n")
    flow, _ = read_training(file).flow(tmp_path, tmp_path / "out")
    lessons = next(flow.iterflow())[0]
    assert (lessons.function_args[3], flow.name) == (
        str(tmp_path / "tests.jsonl"),
        "expert iteration",
    )
    file.write_text("base: b\ncandidates: run\nverdicts: {pears_each: 2}\n")
    with pytest.raises(TrainingError, match="verdicts: there is no 'pears_each'; known are target"):
        read_training(file).flow(tmp_path, tmp_path)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ("{rnak: 4}", "there is no 'rnak'; known are method, rank"),
        ("{learning_rate: fast}", "learning_rate is 'fast': it must be a number"),
        ("{method: dora}", "choose from lora"),
        ("{batch_size: many}", "batch_size"),
    ],
)
def test_settings_are_checked_before_anything_is_loaded(tmp_path, settings, words):
    file = tmp_path / "training.yaml"
    file.write_text(f"base: b\nrecords: r\nsettings: {settings}\n")
    with pytest.raises(TrainingError, match=words):
        read_training(file).maker(tmp_path, tmp_path)


def test_files_that_cannot_be_read_are_told(tmp_path):
    with pytest.raises(TrainingError, match="cannot be read"):
        read_training(tmp_path / "absent.yaml")
    (tmp_path / "odd.yaml").write_text("base: [")
    with pytest.raises(TrainingError, match="is no YAML"):
        read_training(tmp_path / "odd.yaml")


def test_elsewhere_the_file_says_where_the_model_goes(tmp_path):
    file = tmp_path / "training.yaml"
    file.write_text("base: b\nrecords: r\n")
    with pytest.raises(TrainingError, match="folder is missing"):
        read_training(file).maker(tmp_path, None)
    file.write_text("base: hub/model\nrecords: r\nfolder: there\npreset: elatbot\n")
    maker = read_training(file).maker(tmp_path, None).train_maker
    assert (maker.base, maker.folder) == ("hub/model", str(tmp_path / "there"))
