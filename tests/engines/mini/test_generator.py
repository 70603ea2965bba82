"""The shipped generator knows its rows, what it expects, and what it does not know."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest

from elatbot_flows.engines.mini.generator import load_generator
from elatbot_flows.engines.mini.generator_files import HASHES, METADATA, WEIGHTS, find_folder
from elatbot_flows.engines.model_card import CARD
from elatbot_flows.errors import GeneratorError, ParseError, TargetError
from elatbot_flows.targets import DesignTarget, Interval

ALLOY = ("Ni", "Al", "Ti", "Co", "Fe", "Cr")


def between(low, high, **limits):
    return DesignTarget(bulk_modulus=Interval(low, high), **limits)


def test_predictions_of_well_known_materials(mini):
    # Experimental values in GPa, rounded; W and Al from Simmons and Wang (1971).
    known = {
        ("AlNi3", "Cubic"): 177,
        ("W", "Cubic"): 310,
        ("Al", "Cubic"): 76,
        ("NaCl", "Cubic"): 24,
    }
    found = mini.predict_bulk_modulus(list(known))
    errors = [abs(mean - value) for (mean, _), value in zip(found, known.values(), strict=True)]
    assert np.mean(errors) < 20
    assert all(0 < spread < 80 for _, spread in found)


def test_predictions_do_not_depend_on_company(mini):
    pairs = [("Ni3Al", "Cubic"), ("TiO2", "Tetragonal"), ("W", "Cubic"), ("Fe2O3", "Trigonal")]
    together = mini.predict_bulk_modulus(pairs)
    alone = [mini.predict_bulk_modulus([pair])[0] for pair in pairs]
    assert together == [pytest.approx(value, rel=1e-4) for value in alone]
    assert mini.predict_bulk_modulus([]) == []


@pytest.mark.parametrize(
    ("pair", "error", "message"),
    [
        (("XeF2", "Cubic"), GeneratorError, "does not know Xe"),
        (("Ni3Al", "cubic"), GeneratorError, "no crystal system"),
        (("Ni3Al?", "Cubic"), ParseError, "not a formula"),
    ],
)
def test_predictions_that_are_refused(mini, pair, error, message):
    with pytest.raises(error, match=message):
        mini.predict_bulk_modulus([pair])


@pytest.mark.shared
def test_unseen_means_not_one_of_the_training_rows(mini, shared):
    from elatbot_flows.training.data.bulk_modulus import load_rows, split_rows

    split = split_rows(load_rows(shared / "data" / "bulk_modulus_to_formula.jsonl.gz").rows)
    assert not any(mini.is_unseen(row.formula) for row in split.train)
    assert all(mini.is_unseen(row.formula) for row in (*split.test, *split.validation))


def test_unseen_ignores_how_a_formula_is_written(mini):
    assert mini.is_unseen("Ni3Al") == mini.is_unseen("Al2Ni6")
    assert mini.is_unseen("Og7Xe3")


@pytest.mark.parametrize(
    ("target", "message"),
    [
        (between(600, 700), "was trained on bulk moduli of .* near 600:700 GPa"),
        (between(150, 170, temperature=300.0), "knows 0 K only"),
        (between(150, 170, elements=("Ni", "Xe", "Og")), "does not know Og, Xe"),
        (
            DesignTarget(shear_modulus=Interval(300, 400), pugh_ratio=Interval(2, 3)),
            "near 600:1200 GPa",
        ),
    ],
)
def test_targets_out_of_reach_are_refused(mini, target, message):
    with pytest.raises(TargetError, match=message):
        mini.check_target(target)


def test_target_that_excludes_everything(mini):
    with pytest.raises(TargetError, match="no element"):
        mini.check_target(between(150, 170, excluded_elements=mini.info.elements))


@pytest.mark.parametrize(("low", "high"), [(5, 8), (40, 40), (100, 120), (250, 260), (340, 360)])
def test_targets_within_reach_are_accepted(mini, low, high):
    mini.check_target(between(low, high))


def test_loading_twice_gives_the_same_object(mini):
    assert load_generator("elatbot-mini") is mini


def test_unknown_generator_names_the_remedy():
    with pytest.raises(GeneratorError, match="use 'elatbot-mini', or a folder"):
        load_generator("elatbot-maxi")


@pytest.fixture
def copy(tmp_path, mini):
    return shutil.copytree(find_folder("elatbot-mini"), tmp_path / "copy")


def test_a_copy_works_from_its_folder(copy, mini):
    other = load_generator(str(copy))
    assert other.info == mini.info
    pairs = [("Ni3Al", "Cubic")]
    assert other.predict_bulk_modulus(pairs) == mini.predict_bulk_modulus(pairs)


@pytest.mark.parametrize("name", ["config.json", WEIGHTS, "tokenizer.json", METADATA, HASHES, CARD])
def test_missing_file_is_named(copy, name):
    (copy / name).unlink()
    with pytest.raises(GeneratorError, match=f"lacks {name}"):
        load_generator(str(copy))


def test_other_format_version(copy):
    document = json.loads((copy / METADATA).read_text())
    (copy / METADATA).write_text(json.dumps({**document, "format_version": 99}))
    with pytest.raises(GeneratorError, match="format version 99, this package reads 1"):
        load_generator(str(copy))


def test_metadata_of_another_generator(copy):
    document = json.loads((copy / METADATA).read_text())
    document["info"]["weights_sha256"] = "0" * 64
    (copy / METADATA).write_text(json.dumps(document))
    with pytest.raises(GeneratorError, match="not those that"):
        load_generator(str(copy))


def test_other_vocabulary(copy):
    text = (copy / "tokenizer.json").read_text()
    (copy / "tokenizer.json").write_text(text.replace('"Cubic"', '"cubic"'))
    with pytest.raises(GeneratorError, match="another vocabulary"):
        load_generator(str(copy))


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        (METADATA, b"{", "not JSON"),
        (METADATA, b"[]", "not a JSON object"),
        (METADATA, b'{"format_version": 1}', "incomplete"),
        (WEIGHTS, b"garbage", "cannot be read|not those that"),
        (HASHES, b"garbage", "not an array"),
    ],
)
def test_damaged_file(copy, name, content, message):
    (copy / name).write_bytes(content)
    with pytest.raises(GeneratorError, match=message):
        load_generator(str(copy))
