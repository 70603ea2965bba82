"""What a prediction makes of the answers that a model gives."""

from __future__ import annotations

import numpy as np
import pytest

import samples
from elatbot_flows.engines.text_model import text_model
from elatbot_flows.text import tensor_text
from engines.tiny_models import make_tiny_llama
from scripted_engine import COPPER, CUBIC, predict, scripted

LOPSIDED = CUBIC.replace("[240.0, 150.0", "[270.0, 150.0")


SECOND = CUBIC.replace("240.0", "270.0")


UNSTABLE = CUBIC.replace("240.0", "140.0")


def test_a_model_of_chance_writes_symmetric_matrices_if_it_is_guided(tmp_path):
    model = text_model(str(make_tiny_llama(tmp_path / "model", scale=0.02)))
    settings = {"samples": 2, "sampling_temperature": 1.0, "journal": str(tmp_path / "journal")}
    free, held, again = (
        predict([COPPER, samples.fcc("Ni", 3.5)], model=model, guided=guided, **settings)
        for guided in (False, True, True)
    )
    assert [d.status for d in free] == ["failed", "failed"]
    texts = [[answer["text"] for answer in document.completions] for document in held]
    assert [len(set(two)) for two in texts] == [2, 2]
    assert all(tensor_text.parse(text) is not None for two in texts for text in two)
    # What chance writes may be more than any solid has.
    assert {d.reason for d in held} <= {None, "out_of_range"}
    assert held[0].model.settings["symmetric_matrices"]
    assert [d.completions for d in again] == [d.completions for d in held]


def test_a_tensor_is_projected_on_the_symmetry_of_the_crystal():
    model = scripted([("", [LOPSIDED])])
    found, kept = predict(COPPER, model=model), predict(COPPER, model=model, project_symmetry=False)
    assert np.array(found.raw_tensor)[0, 0] == 270
    tensor = np.array(found.elastic_tensor)
    assert tensor[0, 0] == tensor[1, 1] == pytest.approx(250)
    assert found.symmetry_distance == kept.symmetry_distance > 0.01
    assert kept.elastic_tensor == kept.raw_tensor == found.raw_tensor
    assert found.bulk_modulus_voigt == pytest.approx(kept.bulk_modulus_voigt)


def test_several_answers_are_averaged_and_their_spread_is_told():
    model = scripted([("", [CUBIC, "I cannot say", SECOND])])
    found = predict(COPPER, model=model, samples=3, sampling_temperature=0.7)
    assert (found.status, found.samples_asked, found.samples_parsed) == ("predicted", 3, 2)
    assert found.bulk_modulus == pytest.approx(185)
    assert found.bulk_modulus_std == pytest.approx(np.std([180, 190], ddof=1))
    assert np.array(found.elastic_tensor_std)[0, 0] == pytest.approx(np.std([240, 270], ddof=1))
    assert 0.6 < found.scor < 2 / 3
    texts = [answer["text"] for answer in found.completions]
    assert texts == [CUBIC, "I cannot say", SECOND]
    assert found.completions[1]["reason"]
    assert "reason" not in found.completions[0]


def test_an_unstable_tensor_has_those_moduli_alone_that_need_no_compliance():
    found = predict(COPPER, model=scripted([("", [UNSTABLE])]))
    assert (found.status, found.born_stable) == ("predicted", False)
    assert found.smallest_eigenvalue == pytest.approx(-10)
    assert found.bulk_modulus_voigt == pytest.approx(440 / 3)
    assert found.shear_modulus_voigt == pytest.approx(70)
    assert found.bulk_modulus is found.shear_modulus is found.bulk_modulus_average is None


def test_repairs_are_told():
    found = predict(COPPER, model=scripted([("", [f"The tensor is {CUBIC}"])]))
    assert found.status == "predicted"
    assert found.repairs
    assert found.completions[0]["repairs"] == found.repairs


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    """A real model with random weights: it has nothing to say, in many words."""
    return str(make_tiny_llama(tmp_path_factory.mktemp("models") / "tiny", context=1200))


@pytest.mark.parametrize("samples_", [1, 3])
def test_nothing_a_real_model_writes_is_dropped(tiny, samples_):
    giant = COPPER * (3, 3, 3)
    giant.translate_sites([0], [0.01, 0.02, 0.003])
    model = text_model(tiny)
    settings = {"samples": samples_, "sampling_temperature": float(samples_ > 1), "max_tokens": 40}
    babble, lost = predict([COPPER, giant], model=model, **settings)
    assert (babble.status, babble.samples_asked) == ("failed", samples_)
    assert len(babble.completions) == samples_
    assert all(answer["text"] and answer["reason"] for answer in babble.completions)
    assert len({answer["text"] for answer in babble.completions}) == samples_
    assert "raise max_tokens" in babble.message
    assert lost.reason == "prompt_too_long"
    assert lost.completions == []
    assert babble.model.context_length == 1200
    assert len(babble.model.weights_sha256) == 64
    again = predict([giant, COPPER, samples.fcc("Al")], model=model, **settings)
    assert again[1] == babble
