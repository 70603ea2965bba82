"""From candidates in a store to a model that designs take up, by both ways of learning."""

from __future__ import annotations

from pathlib import Path

import pytest
from jobflow import run_locally

from elatbot_flows import DesignTarget
from elatbot_flows.database.collections import candidate_store
from elatbot_flows.database.stores import embedded_store
from elatbot_flows.documents import TrainedModel, VerdictLessons
from elatbot_flows.engines.drawing import draw_materials
from elatbot_flows.engines.latest import release
from elatbot_flows.engines.text_model import text_model
from elatbot_flows.errors import EngineError, LeakError, StoreError, TrainingError
from elatbot_flows.flows import ExpertIterationMaker, PreferenceTuningMaker
from elatbot_flows.flows.stages import stages_in
from elatbot_flows.jobs import FineTuneMaker, verdict_lessons
from elatbot_flows.jobs.resume import may_resume
from elatbot_flows.training.data.leaks import base_formulas
from elatbot_flows.training.finetune import FineTuning, PreferenceTuning
from elatbot_flows.training.verdicts.tried import VerdictSettings
from training.verdicts.candidates import judged

CANDIDATES = [
    judged(n, formula, word)
    for n, (formula, word) in enumerate(
        [(f, "hit") for f in ("Zr3Al5", "Hf7Al2", "TiPd7", "Nb2Rh9")]
        + [(f, "miss") for f in ("Zr5Pd9", "Hf7Rh8", "Ti8Al9", "Nb5Al8")]
    )
]
ALL = VerdictSettings(validation=0.0)
QUICK = {"epochs": 2, "batch_size": 4, "warmup_steps": 1, "learning_rate": 1e-4, "device": "cpu"}


def maker(folder, *, pairs, base="elatbot-mini", method="full", **settings):
    kind, flow = (
        (PreferenceTuning, PreferenceTuningMaker) if pairs else (FineTuning, ExpertIterationMaker)
    )
    train = FineTuneMaker(
        base=base, folder=str(folder), settings=kind(method=method, **QUICK | settings)
    )
    return flow(train_maker=train, verdicts=ALL)


def run(flow):
    outputs = run_locally(flow, ensure_success=True, log=False)
    return TrainedModel.model_validate(outputs[flow.output.uuid][1].output)


@pytest.fixture
def store(tmp_path):
    """Folder of a run whose candidates were published."""
    made = embedded_store(tmp_path / "run")
    made.connect()
    other = judged(99, "Ti3Al7", run_id="other", verdict="hit")
    candidate_store(made).update([*CANDIDATES, other], key="candidate_id")
    return str(tmp_path / "run")


@pytest.mark.slow
@pytest.mark.parametrize(("pairs", "method"), [(False, "full"), (True, "lora")])
def test_a_store_becomes_a_model_that_designs_take_up(store, tmp_path, pairs, method):
    trained = run(maker(tmp_path / "taught", pairs=pairs, method=method).make(store))
    assert trained.objective == ("preferences" if pairs else "answers")
    assert trained.records["train"] == (20 if pairs else 5)
    assert trained.leaks["leaks"] == []
    model = text_model(trained.merged or trained.folder)
    assert model.tasks == ("generation",)
    assert model.elements == text_model("elatbot-mini").elements
    assert model.is_unseen("Zr3Al5") is False
    assert model.is_unseen("Zr5Pd9") is not pairs
    assert set(base_formulas("elatbot-mini")) < set(base_formulas(trained.merged or trained.folder))
    target = DesignTarget(bulk_modulus=(95, 105), elements=("Al", "Zr", "Pd"))
    model.check_target(target)
    assert {one.reason for one in draw_materials(model, target, 8, seed=1)} == {None}
    with pytest.raises(EngineError, match="trained for"):
        model.check_task("bulk_modulus")


def test_only_some_candidates_of_a_store_may_be_taken(store):
    def hits(**settings):
        found = verdict_lessons.original(
            store, "elatbot-mini", VerdictSettings(validation=0.0, **settings)
        )
        return {r.formula for r in VerdictLessons.model_validate(found).records}

    assert len(hits()) == 5
    assert hits(run_id="other") == {"Ti3Al7"}
    assert len(hits(target=DesignTarget(bulk_modulus=(95, 105)))) == 5
    with pytest.raises(TrainingError, match="'other_target': 9"):
        hits(target=DesignTarget(bulk_modulus=(150, 170)))
    with pytest.raises(StoreError, match="holds no results"):
        verdict_lessons.original(store + "2", "elatbot-mini")


def test_candidates_may_be_the_output_of_a_job_and_stages_are_told(tmp_path):
    from jobflow import job

    @job
    def give():
        return CANDIDATES

    made = give()
    flow = maker(tmp_path, pairs=True).make(made.output)
    first = next(flow.iterflow())[0]
    assert made.uuid in first.input_uuids
    assert not may_resume(first)
    assert set(stages_in(flow)) == {"check", "train", "score", "register"}


@pytest.mark.parametrize("pairs", [False, True])
def test_candidates_about_test_formulas_are_refused(tmp_path, pairs):
    lessons = verdict_lessons.original(CANDIDATES, "elatbot-mini", ALL).records
    tested = lessons[0].model_copy(update={"split": "test", "record_id": "t"})
    flow = maker(tmp_path / "taught", pairs=pairs).make(CANDIDATES, [tested])
    with pytest.raises(LeakError, match="Zr3Al5"):
        run_locally(flow, ensure_success=True, raise_immediately=True, log=False)
    assert not Path(tmp_path / "taught").exists()


def test_each_way_has_its_settings():
    with pytest.raises(TrainingError, match="kind PreferenceTuning"):
        PreferenceTuningMaker(train_maker=FineTuneMaker())
    with pytest.raises(TrainingError, match="not PreferenceTuning"):
        ExpertIterationMaker(train_maker=FineTuneMaker(settings=PreferenceTuning()))


@pytest.fixture(autouse=True, scope="module")
def _released():
    yield
    release()
