import json

import pytest
from jobflow import run_locally

from alloys import EMT, write_alloys
from elatbot_flows.documents import TunedPotential
from elatbot_flows.errors import ElatbotError
from elatbot_flows.jobs import FineTunePotentialMaker
from elatbot_flows.potentials import load_potential
from elatbot_flows.training.potential.material import FormulaParts
from elatbot_flows.training.potential.settings import TeachingSettings

TINY = TeachingSettings(epochs=1, batch_pairs=1, learning_rate=3e-4, warmup_steps=1, average=0.5)
PARTS = FormulaParts(withheld_in=0, validation_in=2, salt="l")


def maker(folder, **changes):
    settings = {"start": "7net-0", "teacher": EMT, "prototypes": None}
    settings |= {"parts": PARTS, "settings": TINY, "scored": 1, **changes}
    return FineTunePotentialMaker(folder=str(folder), **settings)


def test_crystals_become_a_potential_and_its_card(tmp_path, monkeypatch):
    monkeypatch.setenv("ELATBOT_FLOWS_SELF_CHECK", "off")  # three alloys make no universal one
    job = maker(tmp_path / "tuned").make([write_alloys(tmp_path / "alloys.jsonl")])
    document = run_locally(job, ensure_success=True)[job.uuid][1].output
    card = TunedPotential.model_validate_json((tmp_path / "tuned" / "card.json").read_text())
    assert card == TunedPotential.model_validate(document)
    tuned = load_potential(card.weights)
    assert tuned.weights_sha256 == card.weights_sha256 != card.start_sha256
    assert [score.potential for score in card.scores] == [
        "7net-0",
        EMT,
        card.weights,
    ]
    assert card.crystals["learned"] + card.crystals["checked"] == 3
    assert len(card.curve) == 2
    json.dumps(card.settings)


@pytest.mark.parametrize(
    ("changes", "message"),
    [({"start": "chgnet"}, "'chgnet' cannot be fine-tuned"), ({"most_sites": 1}, "no crystal")],
)
def test_what_cannot_be_done_is_one_clear_error(changes, message, tmp_path):
    job = maker(tmp_path, **changes).make([write_alloys(tmp_path / "alloys.jsonl")])
    with pytest.raises(ElatbotError, match=message):
        run_locally(job, raise_immediately=True)
