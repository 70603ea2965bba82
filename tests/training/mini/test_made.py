"""From rows to a folder that is asked: teachers, records, a micro training, a release."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest

from elatbot_flows.engines.drawing import draw_materials
from elatbot_flows.engines.mini import scope
from elatbot_flows.engines.mini.generator import load_generator
from elatbot_flows.engines.mini.generator_files import describe_generator
from elatbot_flows.engines.mini.plan import Plan
from elatbot_flows.engines.text_model import text_model
from elatbot_flows.jobs import PredictElasticMaker
from elatbot_flows.targets import DesignTarget, Interval
from elatbot_flows.text.compact import vocabulary
from elatbot_flows.training.data.leaks import check_leaks
from elatbot_flows.training.data.records import read_records, write_records
from elatbot_flows.training.finetune import FineTuning, fine_tune
from elatbot_flows.training.mini import aims
from elatbot_flows.training.mini import records as making
from elatbot_flows.training.mini.plan import Shape, first_model, write_base
from elatbot_flows.training.mini.records import Amounts, mini_records
from elatbot_flows.training.mini.release import release
from elatbot_flows.training.mini.rows import part_in, tensors
from elatbot_flows.training.mini.teacher import Teacher
from elatbot_flows.training.mini.virtual import virtual
from elatbot_flows.uncertainty.elements import element_table
from scripted_engine import output_of

FEW = Amounts(bulk=1, design=2, shear=1, virtual=30)
SHAPE = Shape(hidden_size=32, layers=1, heads=2, feed_forward=32)


@pytest.fixture(scope="module")
def records(rows, published, tmp_path_factory):
    found = mini_records(rows, tensors(published, set()), {"Al3Ni"}, FEW)
    path = tmp_path_factory.mktemp("records") / "records.jsonl.gz"
    write_records(path, found)
    return read_records(path)


@pytest.fixture(scope="module")
def folder(records, rows, tmp_path_factory):
    out = tmp_path_factory.mktemp("mini")
    write_base(out / "base", SHAPE)
    settings = FineTuning(
        "full", learning_rate=5e-3, epochs=1, dropout=0.1, packing=True, device="cpu"
    )
    fine_tune(records, str(out / "base"), out / "run", settings)
    return out, release([out / "run"], records, rows, out / "mini")


def test_records_leak_nothing_and_have_all_tasks(records):
    assert not check_leaks(records).leaks
    assert {record.task for record in records} == {
        *("bulk_modulus", "shear_modulus", "generation", "infill", "tensor")
    }
    guessed = [record for record in records if record.label == "guess"]
    assert {record.split for record in guessed} == {"train"}
    for record in records:
        assert record.split == part_in(record.formula, {"Al3Ni"})


def test_a_teacher_knows_what_it_was_told_beside(rows):
    named = [(row.counts, row.crystal_system) for row in rows]
    bulk = [row.bulk_modulus for row in rows]
    teacher = Teacher(named, [0.4 * k for k in bulk], bulk)
    assert teacher.each(named[:3], bulk[:3]).shape == (2, 3)
    assert teacher(named, bulk) == pytest.approx(0.4 * np.array(bulk), rel=0.2)


def test_virtual_materials_are_new_and_alike(rows):
    drawn = virtual(rows, 40, {"Ti3Ni"}, np.random.default_rng(0))
    formulas = [row.formula for row in drawn]
    assert 5 < len(set(formulas)) == len(formulas) < 40  # there are no more
    assert not set(formulas) & ({row.formula for row in rows} | {"Ti3Ni"})


def test_similar_elements_begin_alike():
    weights = first_model(Shape()).get_input_embeddings().weight.detach().numpy()
    names = vocabulary()

    def likeness(first, second):
        one, other = weights[names.index(first)], weights[names.index(second)]
        return one @ other / np.linalg.norm(one) / np.linalg.norm(other)

    assert likeness("Nb", "Ta") > likeness("Nb", "Cl") + 0.2
    assert set(element_table()[0]) <= set(names)


def test_the_folder_can_be_used(folder):
    out, document = folder
    spec = str(out / "mini")
    generator = load_generator(spec)
    assert generator.info.parameters == document["info"]["parameters"]
    model = text_model(spec)
    assert model.dialect == "compact-2"
    assert "shear_modulus" in model.tasks
    target = DesignTarget(bulk_modulus=Interval(60, 200), shear_modulus=Interval(30, 90))
    drawn = draw_materials(model, target, 5, seed=0)
    assert all(each.formula and each.reason is None for each in drawn)
    card = (out / "mini" / "README.md").read_text()
    assert f"{generator.info.parameters:,} parameters" in card
    assert "The weights are those of run;" in card
    assert "run began with new weights" in card
    assert json.loads((out / "mini" / "generator.json").read_text())["metrics"]["bulk_modulus"]


def test_what_is_written_for_a_shear_modulus_is_taken_into_account(folder, tmp_path, monkeypatch):
    monkeypatch.setattr(aims, "_FEWEST", 1)
    monkeypatch.setattr(scope, "_FEWEST_ROWS", 3)
    copy = shutil.copytree(folder[0] / "mini", tmp_path / "mini")
    drawn = aims.write_aims(copy, 2)
    assert drawn == sorted(drawn)
    assert drawn[0] == 5  # no material is so soft
    assert list(describe_generator(str(copy)).shear_modulus_drawn) == drawn
    given = replace(
        describe_generator("elatbot-mini"), shear_modulus_drawn=(20.0, 30.0, 40.0, 60.0)
    )
    plan = Plan(given, DesignTarget(shear_modulus=Interval(38, 38)), None)
    assert plan.draw(np.random.default_rng(0)).shear_modulus == pytest.approx(23)


def test_shear_moduli_and_tensors_are_predicted(folder):
    out, _ = folder
    model = text_model(str(out / "mini"))
    materials = (["Ni3Al"], None, None, ["Cubic"])
    shear, tensor = (
        output_of(PredictElasticMaker(model=model, task=task).make(*materials))[0]
        for task in ("shear_modulus", "tensor")
    )
    assert shear.bulk_modulus is shear.elastic_tensor is None
    assert shear.status == "failed" or shear.shear_modulus > 0
    assert tensor.status == "failed" or np.shape(tensor.elastic_tensor) == (6, 6)
    mean, std = load_generator(str(out / "mini")).predict_shear_modulus([("Ni3Al", "Cubic")])[0]
    assert 0 < mean < 999
    assert std > 0


def test_what_was_only_guessed_counts_as_unseen(folder, records):
    out, _ = folder
    generator, card = load_generator(str(out / "mini")), text_model(str(out / "mini")).card
    told = {r.formula for r in records if r.split == "train" and r.label != "guess"}
    only = {r.formula for r in records if r.label == "guess"} - told
    assert only
    for known in (generator, card):
        assert all(known.is_unseen(formula) for formula in only)
        assert not any(known.is_unseen(formula) for formula in told)


def test_the_command_writes_records_and_base(published, tmp_path, monkeypatch):
    monkeypatch.setattr(making, "Amounts", lambda: FEW)
    held = tmp_path / "held.txt"
    held.write_text("Al3Ti\nTiAl3\n")
    making.main([str(published), "--held-out", str(held), "--out", str(tmp_path / "out")])
    found = read_records(tmp_path / "out" / "records.jsonl.gz")
    assert {r.split for r in found if r.formula in ("TiAl3", "Al3Ti", "Fe3W")} == {"test"}
    assert (tmp_path / "out" / "base" / "model.safetensors").is_file()
