"""The shipped generator: reproducible, obedient, and it knows what it does not know."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from monty.json import MontyDecoder, MontyEncoder

from elatbot_flows.engines.completion import Completion
from elatbot_flows.engines.mini.generator import load_generator
from elatbot_flows.engines.mini.generator_files import HASHES, METADATA, WEIGHTS, find_folder
from elatbot_flows.errors import GeneratorError, ParseError, TargetError
from elatbot_flows.targets import CRYSTAL_SYSTEMS, DesignTarget, Interval
from elatbot_flows.text.compact import parse_answer, parse_design
from elatbot_flows.text.formula import parse_formula

ALLOY = ("Ni", "Al", "Ti", "Co", "Fe", "Cr")


def between(low, high, **limits):
    return DesignTarget(bulk_modulus=Interval(low, high), **limits)


def proposals(completions):
    return [parse_answer(completion.text) for completion in completions]


def symbols(formula):
    return {element.symbol for element in parse_formula(formula).elements}


def test_same_seed_same_samples_whatever_the_batch(mini):
    target = between(150, 170)
    first = mini.generate(target, 30, seed=3)
    again = mini.generate(target, 30, seed=3, batch_size=7)
    other = mini.generate(target, 30, seed=4)
    assert [c.text for c in first] == [c.text for c in again]
    assert first == mini.generate(target, 30, seed=3)
    assert [c.text for c in first] != [c.text for c in other]


def test_completion_says_where_it_comes_from(mini):
    completion = mini.generate(between(150, 170), 3, seed=3, temperature=0.5)[2]
    assert completion.model == f"{mini.info.name} {mini.info.version}"
    assert completion.sampling == {"temperature": 0.5, "top_p": 1.0, "index": 2}
    assert 150 <= parse_design(completion.prompt).bulk_modulus <= 170
    text = json.dumps(completion, cls=MontyEncoder)
    assert json.loads(text, cls=MontyDecoder) == completion
    assert isinstance(completion, Completion)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_limits_are_obeyed(mini, data):
    allowed = data.draw(st.lists(st.sampled_from(mini.info.elements), min_size=1, unique=True))
    most = data.draw(st.none() | st.integers(1, 5))
    systems = data.draw(st.none() | st.sampled_from([("Cubic",), ("Hexagonal", "Trigonal")]))
    sites = data.draw(st.integers(1, 20))
    target = between(60, 200, elements=tuple(allowed), max_elements=most, max_sites=sites)
    completions = mini.generate(target, 8, seed=0, temperature=1.5, systems=systems)
    assert len(completions) == 8
    for completion in completions:
        proposal = parse_answer(completion.text)
        used = symbols(proposal.formula)
        assert used <= set(allowed)
        assert len(used) <= (most or 9)
        formula = "".join(completion.text.split(",")[0].split())
        assert parse_formula(formula).num_atoms <= sites
        assert proposal.crystal_system in (systems or CRYSTAL_SYSTEMS)


def test_argument_elements_narrows_the_target(mini):
    found = proposals(mini.generate(between(60, 200), 20, seed=0, elements=("W", "C", "Ti")))
    assert set.union(*(symbols(p.formula) for p in found)) == {"W", "C", "Ti"}
    with pytest.raises(TargetError, match="no element is left"):
        mini.generate(between(60, 200, excluded_elements=("W",)), 1, seed=0, elements=("W",))


def test_excluded_elements_never_come(mini):
    target = between(60, 200, excluded_elements=("O", "Al"))
    for proposal in proposals(mini.generate(target, 200, seed=0, temperature=1.2)):
        assert not symbols(proposal.formula) & {"O", "Al"}


def test_pure_elements_only_if_nothing_else_is_allowed(mini):
    assert {
        p.formula for p in proposals(mini.generate(between(150, 200, elements=("Ni",)), 5, seed=0))
    } == {"Ni"}
    assert all(
        len(symbols(p.formula)) > 1 for p in proposals(mini.generate(between(150, 200), 99, seed=0))
    )


def test_a_restricted_set_is_diverse_and_more_so_when_hot(mini):
    target = between(150, 170, elements=ALLOY)
    distinct = [
        len({p.formula for p in proposals(mini.generate(target, 400, seed=0, temperature=t))})
        for t in (0.3, 1.0)
    ]
    assert distinct[1] >= 60
    assert distinct[0] < distinct[1]


def test_samples_follow_the_bulk_modulus_asked_for(mini):
    medians = []
    for modulus in (60, 200):
        completions = mini.generate(between(modulus, modulus), 100, seed=0)
        pairs = [(p.formula, p.crystal_system) for p in proposals(completions)]
        medians.append(np.median([mean for mean, _ in mini.predict_bulk_modulus(pairs)]))
    assert medians == pytest.approx([60, 200], rel=0.15)


def test_without_bulk_modulus_the_prompt_leaves_it_open(mini):
    target = DesignTarget(poisson_ratio=Interval(0.2, 0.3))
    completions = mini.generate(target, 5, seed=0)
    assert {parse_design(c.prompt).bulk_modulus for c in completions} == {None}


def test_implied_bulk_modulus_is_asked_for(mini):
    target = DesignTarget(shear_modulus=Interval(50, 60), pugh_ratio=Interval(2.0, 2.0))
    for completion in mini.generate(target, 5, seed=0):
        assert 100 <= parse_design(completion.prompt).bulk_modulus <= 120


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
def test_novelty_is_that_of_the_training_rows(mini, shared):
    from elatbot_flows.training.data.bulk_modulus import load_rows, split_rows

    split = split_rows(load_rows(shared / "data" / "bulk_modulus_to_formula.jsonl.gz").rows)
    assert not any(mini.is_novel(row.formula) for row in split.train)
    assert all(mini.is_novel(row.formula) for row in (*split.test, *split.validation))


def test_novelty_ignores_how_a_formula_is_written(mini):
    assert mini.is_novel("Ni3Al") == mini.is_novel("Al2Ni6")
    assert mini.is_novel("Og7Xe3")


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
    with pytest.raises(TargetError, match=message):
        mini.generate(target, 1, seed=0)


def test_target_that_excludes_everything(mini):
    with pytest.raises(TargetError, match="no element"):
        mini.check_target(between(150, 170, excluded_elements=mini.info.elements))


@pytest.mark.parametrize(("low", "high"), [(5, 8), (40, 40), (100, 120), (250, 260), (340, 360)])
def test_targets_within_reach_are_accepted(mini, low, high):
    mini.check_target(between(low, high))


@pytest.mark.parametrize(
    "setting",
    [{"n": -1}, {"n": 1, "batch_size": 0}, {"n": 1, "temperature": -1.0}, {"n": 1, "top_p": 0.0}],
)
def test_settings_out_of_range(mini, setting):
    with pytest.raises(GeneratorError, match="generate needs"):
        mini.generate(between(150, 170), **setting, seed=0)


def test_unknown_crystal_system(mini):
    with pytest.raises(GeneratorError, match="no crystal system"):
        mini.generate(between(150, 170), 1, seed=0, systems=("cubic",))


def test_no_samples_no_completions(mini):
    assert mini.generate(between(150, 170), 0, seed=0) == []


def test_loading_twice_gives_the_same_object(mini):
    assert load_generator("elatbot-mini") is mini


def test_unknown_generator_names_the_remedy():
    with pytest.raises(GeneratorError, match="use 'elatbot-mini', or train"):
        load_generator("elatbot-maxi")


@pytest.fixture
def copy(tmp_path, mini):
    return shutil.copytree(find_folder("elatbot-mini"), tmp_path / "copy")


def test_a_copy_works_from_its_folder(copy, mini):
    other = load_generator(str(copy))
    assert other.info == mini.info
    assert other.generate(between(90, 95), 4, seed=1) == mini.generate(between(90, 95), 4, seed=1)


@pytest.mark.parametrize("name", ["config.json", WEIGHTS, "tokenizer.json", METADATA, HASHES])
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
