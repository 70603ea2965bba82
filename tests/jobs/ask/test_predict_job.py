"""Asking text models about materials: numbers, failures in their places, nothing dropped."""

from __future__ import annotations

import json

import pytest
from jobflow import Flow, job
from monty.json import MontyDecoder, jsanitize
from pymatgen.core import Composition, Lattice, Structure

import samples
from elatbot_flows.documents import TextPrediction
from elatbot_flows.engines.text_model import TextModel, text_model
from elatbot_flows.errors import EngineError, StructureError, TargetError
from elatbot_flows.jobs import PredictElasticMaker, PredictModulusMaker
from engines.fake_server import answer, serving
from scripted_engine import COPPER, CUBIC, asked, output_of, predict, scripted


def test_one_crystal_gives_one_document():
    found = predict(COPPER, "copper.cif")
    assert isinstance(found, TextPrediction)
    assert (found.source, found.formula, found.crystal_system) == ("copper.cif", "Cu", "Cubic")
    assert (found.status, found.reason, found.task) == ("predicted", None, "tensor_from_structure")
    assert found.bulk_modulus == pytest.approx(180)
    assert found.bulk_modulus_average == "vrh"
    assert found.shear_modulus_voigt == pytest.approx(90)
    assert (found.symmetry, found.born_stable) == ("m-3m", True)
    assert found.smallest_eigenvalue == pytest.approx(90)
    assert found.symmetry_distance == pytest.approx(0, abs=1e-12)
    assert found.structure == COPPER
    assert (found.samples_asked, found.samples_parsed, found.scor) == (1, 1, None)
    assert found.prompt.startswith("Human: Given a material's symmetry")
    (answer,) = found.completions
    assert answer["text"] == CUBIC
    assert answer["bulk_modulus_voigt"] == pytest.approx(180)
    assert found.model.weights_sha256 == "0" * 64
    assert found.settings["max_tokens"] == 512


def test_a_list_gives_a_list_also_of_one():
    (found,) = predict([COPPER])
    assert found.formula == "Cu"
    assert predict([]) == []


def bad_chunk():
    """Materials that cannot be predicted among some that can, and what is wrong with them."""
    disordered = Structure(Lattice.cubic(3), [{"Cu": 0.5, "Ni": 0.5}], [[0, 0, 0]])
    dummy = Structure(Lattice.cubic(3), ["X0+"], [[0, 0, 0]])
    flat = Structure(Lattice([[3, 0, 0], [0, 3, 0], [3, 3, 0]]), ["Cu"], [[0, 0, 0]])
    giant = COPPER * (5, 5, 5)
    giant.translate_sites([0], [0.01, 0.02, 0.003])
    return [
        (COPPER, None),
        (disordered, "disordered"),
        (samples.fcc("Al", 4.05), None),
        (dummy, "unknown_element"),
        (flat, "not_described"),
        (None, "no_structure"),
        (giant, "prompt_too_long"),
        ("Cu", "no_structure"),
        (7, "not_a_material"),
        (samples.fcc("Pb", 4.9), "wrong"),
        (samples.fcc("Ni", 3.5), None),
    ]


def test_a_bad_material_spoils_no_other_and_keeps_its_place():
    chunk = bad_chunk()
    model = scripted([("Material Pb", ["no idea..."]), ("", [CUBIC])], longest=9000)
    found = predict([given for given, _ in chunk], [f"file {i}" for i in range(11)], model=model)
    assert [document.source for document in found] == [f"file {i}" for i in range(11)]
    for (given, reason), document in zip(chunk, found, strict=True):
        assert document.status == ("failed" if reason else "predicted")
        if reason == "wrong":
            assert document.reason
            assert "cut off after 2 tokens: raise max_tokens" in document.message
            assert document.completions[0]["text"] == "no idea..."
            assert document.samples_asked == 1
        else:
            assert document.reason == reason
        if reason:
            assert document.message
            assert document.bulk_modulus is document.elastic_tensor is None
        if isinstance(given, Structure):
            assert document.structure == given
    assert found[1].formula == "Cu0.5Ni0.5"
    assert found[10].formula == "Ni"


@pytest.mark.slow
def test_robocrystallographer_may_fail(monkeypatch):
    robocrys = pytest.importorskip("robocrys")

    def refuse(*_):
        raise ValueError("too strange")

    monkeypatch.setattr(robocrys.StructureCondenser, "condense_structure", refuse)
    found = predict(COPPER, task="tensor_from_words")
    assert (found.status, found.reason) == ("failed", "not_described")
    assert "too strange" in found.message


def test_a_job_that_goes_on_describes_crystals_as_before(tmp_path, monkeypatch):
    """Robocrystallographer may choose other words in another process."""
    from elatbot_flows.text import robocrys_text

    told = iter(["one way", "another way", "a third way", *[StructureError("never")] * 2])

    def describe(_):
        words = next(told)
        if isinstance(words, str):
            return words
        raise words

    monkeypatch.setattr(robocrys_text, "describe", describe)
    settings = {"model": scripted(log=str(tmp_path / "log")), "task": "tensor_from_words"}
    journal = str(tmp_path / "journal")
    for _ in range(2):
        (found,) = predict([COPPER], journal=journal, **settings)
        assert "one way" in found.prompt
    assert asked(tmp_path / "log") == 1
    assert "another way" in predict(samples.fcc("Al"), journal=journal, **settings).prompt
    assert "a third way" in predict(COPPER, **settings).prompt
    found = predict(samples.fcc("Ni"), journal=journal, **settings)
    assert found.status == "failed"


def test_equal_questions_are_asked_once(tmp_path):
    model = scripted(log=str(tmp_path / "log"))
    found = predict([COPPER, COPPER, samples.fcc("Al", 4.05), COPPER], model=model)
    assert [document.status for document in found] == ["predicted"] * 4
    assert asked(tmp_path / "log") == 2


def test_alloys_at_finite_temperature_need_no_crystal():
    materials = ["Ni72.1Al10.4Cr1Fe3.2Ti13.3", Composition("Ti44Al56"), {"Ni": 3, "Al": 1}, "Ni3Al"]
    systems = ["cubic", "Tetragonal", "Cubic", "cubical"]
    found = predict(materials, None, [300, 298.5, 4, 4], systems, task="tensor")
    assert [document.status for document in found] == ["predicted"] * 3 + ["failed"]
    assert "at 300K temperature" in found[0].prompt
    assert "at 298.5K temperature" in found[1].prompt
    assert (found[1].formula, found[1].temperature) == ("Ti11Al14", 298.5)
    assert [document.symmetry for document in found] == ["cubic", "tetragonal", "cubic", None]
    assert found[1].elastic_tensor[0][0] == pytest.approx(240)
    assert found[3].reason == "unknown_system"


def test_impossible_temperatures_fail_alone():
    found = predict(["Cu"] * 3, None, [300, -1, float("nan")], "Cubic", task="tensor")
    assert [document.reason for document in found] == [
        None,
        "wrong_temperature",
        "wrong_temperature",
    ]


def test_columns_of_another_length_are_refused():
    with pytest.raises(TargetError, match="2 temperatures for 1 materials"):
        PredictElasticMaker(model=scripted()).make.original(
            PredictElasticMaker(model=scripted()), [COPPER], None, [1, 2]
        )


def test_it_goes_behind_any_job_with_a_structure():
    @job
    def relax(structure):
        return {"structure": structure}

    first = relax(COPPER)
    second = PredictElasticMaker(model=scripted(), task="tensor_from_structure").make(
        first.output["structure"]
    )
    assert output_of(Flow([first, second]), second.uuid).formula == "Cu"


def test_the_embedded_model_predicts_by_the_same_maker():
    maker = PredictElasticMaker()
    xenon = samples.fcc("Xe", 6)
    found = output_of(maker.make([COPPER, xenon, "Ni3Al"], None, None, [None, None, "Cubic"]))
    assert [document.task for document in found] == ["bulk_modulus"] * 3
    copper, strange, alloy = found
    assert 100 < copper.bulk_modulus == copper.bulk_modulus_voigt < 180
    assert copper.bulk_modulus_average == "voigt"
    assert copper.model.dialect == "compact-2"
    assert (strange.status, strange.reason) == ("failed", "unsupported_element")
    assert 140 < alloy.bulk_modulus < 220
    assert copper == output_of(PredictModulusMaker().make(COPPER))


def test_a_readable_answer_stays_the_same_when_held_to_its_format():
    plain, guided = (output_of(PredictModulusMaker(guided=g).make(COPPER)) for g in (False, True))
    assert guided.settings["guided"] is True
    assert plain.bulk_modulus == guided.bulk_modulus


def test_what_a_model_cannot_do_is_said_before_it_is_loaded():
    with pytest.raises(EngineError, match=r"elatbot-mini cannot be asked for poetry: .*bulk_mod"):
        PredictElasticMaker(task="poetry").checked_task()
    with pytest.raises(EngineError, match="use GenerateMaker"):
        PredictElasticMaker(task="generation").checked_task()


def test_makers_and_models_survive_json():
    maker = PredictElasticMaker(model=text_model("elatbot-mini"), task="bulk_modulus")
    again = MontyDecoder().process_decoded(json.loads(json.dumps(jsanitize(maker.as_dict()))))
    assert again == maker
    assert hash(again.model) == hash(maker.model)
    assert isinstance(again.model, TextModel)


@pytest.fixture
def known(tmp_path):
    """Bulk moduli of Ni3Al around 100 K, and of something else."""
    file = tmp_path / "known.csv"
    file.write_text(
        "formula,temperature,bulk_modulus_voigt,crystal_system\n"
        "Ni3Al,90,174.0,cubic\nNi3Al,110,172.0,cubic\nCu,100,140.0,cubic\n"
    )
    return str(file)


def test_known_values_stand_before_the_question_and_beside_the_answer(known):
    materials, kelvin = ["Ni3Al", "Ni3Al", "Pt"], [100, 0, 300]
    found = predict(materials, None, kelvin, "Cubic", task="bulk_modulus", knowledge=known,
                    references=2, model=scripted([("", ["150.25"])]))  # fmt: skip
    alloy, cold, other = found
    assert "AlNi3, cubic, 90 K: Voigt bulk modulus 174 GPa\n" in alloy.prompt
    assert alloy.bulk_modulus == 150.25
    assert alloy.retrieval.bulk_modulus_voigt == pytest.approx(173)
    assert alloy.retrieval.support == "bracketed"
    assert [row["temperature"] for row in alloy.retrieval.references] == [90, 110]
    assert alloy.retrieval.references[0]["source"] == "known.csv, row 1"
    assert cold.reason == "no_structure"
    assert cold.retrieval is None
    assert (other.retrieval.support, other.retrieval.bulk_modulus_voigt) == ("none", None)


def test_known_values_need_questions_at_finite_temperature(known):
    with pytest.raises(EngineError, match="ElaTBot's words"):
        PredictElasticMaker(knowledge=known).predict([])
    maker = PredictElasticMaker(model=scripted(), task="tensor_from_words", knowledge=known)
    with pytest.raises(EngineError, match="finite temperature"):
        maker.predict([])
    with pytest.raises(EngineError, match="no file"):
        PredictElasticMaker(model=scripted(), task="tensor", knowledge="nowhere.csv").predict([])


def test_a_server_is_asked_by_the_same_maker():
    """It refuses one prompt for good; the other materials have their answers."""

    def behave(body, _):
        if "Material Pb" in body["prompt"]:
            return 400, {"error": {"message": "no lead here"}}
        usual = answer("/v1/completions", body)
        return 200, usual | {"choices": [c | {"text": CUBIC} for c in usual["choices"]]}

    with serving(behave) as server:
        model = text_model("tiny", engine="server", url=server.url, adapter="lora")
        found = predict([COPPER, samples.fcc("Pb", 4.9), COPPER.copy()], model=model)
        prompts = [body["prompt"] for _, body in server.requests]
    copper, lead, again = found
    assert copper.bulk_modulus == again.bulk_modulus == pytest.approx(180)
    assert copper.prompt.startswith("Human: Given a material's symmetry")
    assert sum("Material Cu" in prompt for prompt in prompts) == 1
    assert lead.status == "failed"
    assert "no lead here" in lead.message
    assert (copper.model.engine, copper.model.adapter) == ("server", "lora")
