"""Means of weights, and what they are chosen by."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from elatbot_flows.engines.mini.generator_files import HASHES, METADATA
from elatbot_flows.engines.model_card import read_card
from elatbot_flows.training.data.records import write_records
from elatbot_flows.training.mini import averaging
from elatbot_flows.training.mini.averaging import average
from elatbot_flows.training.mini.plan import FIRST, Shape, first_model, write_base
from elatbot_flows.training.mini.records import Amounts, mini_records
from elatbot_flows.training.mini.rows import gather, tensors


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    out = tmp_path_factory.mktemp("models")
    for seed in (1, 2):
        shape = Shape(hidden_size=32, layers=1, heads=2, feed_forward=32, seed=seed)
        first_model(shape).save_pretrained(out / str(seed))
    return out / "1", out / "2"


def test_one_named_twice_counts_twice(models):
    one, other, both = average(models[:1]), average(models[1:]), average(models)
    more = average([models[0], *models])
    parts = [model.state_dict() for model in (one, other, both, more)]
    for first, second, mean, weighted in zip(*(part.values() for part in parts), strict=True):
        assert mean.numpy() == pytest.approx((first + second).numpy() / 2, abs=1e-6)
        assert weighted.numpy() == pytest.approx((2 * first + second).numpy() / 3, abs=1e-6)
    assert not both.training


def test_the_command_scores_validation_rows_alone(models, published, tmp_path, capsys):
    stiff = tensors(published, set())
    records = mini_records(gather(published), stiff, set(), Amounts(virtual=5))
    write_records(tmp_path / "records.jsonl.gz", records)
    paths = [str(published), str(tmp_path / "records.jsonl.gz")]
    averaging.main([*paths, "--weights", *map(str, models)])
    found = json.loads(capsys.readouterr().out)
    assert {"bulk_mae", "generation_loss", "infill_loss"} <= set(found)
    assert all(value > 0 for value in found.values())


def test_first_weights_say_which_release_they_are_of(tmp_path, models):
    release = Path(shutil.copytree(models[0], tmp_path / "release"))
    info = {"name": "elatbot-mini", "version": "1.0", "weights_sha256": "ab" * 32}
    document = {"info": info | {"elements": ["Ni"]}, "training": {"cpu_seconds": 2262}}
    (release / METADATA).write_text(json.dumps(document))
    np.save(release / HASHES, np.array([7], dtype=np.uint64))
    write_base(tmp_path / "base", before=release)
    assert json.loads((tmp_path / "base" / FIRST).read_text()) == info | {"cpu_seconds": 2262}
    card = read_card(tmp_path / "base")
    assert (card.dialect, card.training_formulas) == ("compact-2", (f"{7:016x}",))
