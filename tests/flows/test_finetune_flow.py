"""The whole way: records in, a model that is scored, merged and found by its folder."""

from __future__ import annotations

import pytest
from jobflow import run_locally

from elatbot_flows.documents import TrainedModel
from elatbot_flows.engines.text_model import text_model
from elatbot_flows.errors import TrainingError
from elatbot_flows.flows import FineTuningFlowMaker
from elatbot_flows.flows.stages import Stage, assign_stages, stages_in
from elatbot_flows.jobs import FineTuneMaker, may_resume
from elatbot_flows.training.data.records import write_records
from training.finetune.small import quick, small_llama, tensor_records


@pytest.fixture
def maker(tmp_path):
    base = small_llama(tmp_path / "base")
    train = FineTuneMaker(base=base, folder=str(tmp_path / "out"), settings=quick(epochs=1))
    return FineTuningFlowMaker(train_maker=train, most_tested=1)


@pytest.mark.slow
def test_records_become_a_model_that_is_found_by_its_folder(maker, tmp_path):
    file = tmp_path / "records.jsonl"
    write_records(file, tensor_records(4))
    flow = maker.make(str(file))
    outputs = run_locally(flow, ensure_success=True, log=False)
    trained = TrainedModel.model_validate(outputs[flow.output.uuid][1].output)
    assert (trained.evaluation[0].records, trained.evaluation[0].asked) == (2, 1)
    assert trained.evaluation[0].coded == 2
    assert trained.leaks["leaks"] == []
    assert trained.merged_same == {"same": 2, "asked": 2}
    found = text_model(trained.merged)
    assert found.check_task(None) == "tensor_from_composition"
    stored = TrainedModel.model_validate_json((tmp_path / "out/trained_model.json").read_text())
    assert stored == trained


def test_a_whole_model_is_not_merged(maker):
    maker.train_maker.settings = quick(method="full", epochs=1)
    names = [job.name for job in maker.make("records.jsonl").jobs]
    assert names == ["check records", "train", "score", "register"]


def test_records_may_be_those_of_another_job(maker):
    from jobflow import job

    @job
    def write():
        return "records.jsonl"

    made = write()
    uuids = {j.uuid: j for j in maker.make(made.output).jobs}
    waiting = [j for j in uuids.values() if made.uuid in j.input_uuids]
    assert len(waiting) == 4


def test_stages_can_run_elsewhere(maker):
    flow = maker.make("records.jsonl")
    assert set(stages_in(flow)) == {"check", "train", "score", "merge", "register"}
    assign_stages(flow, {"train": Stage(worker="gpu")}, Stage(worker="cpu"))
    workers = [job.config.manager_config["worker"] for job in flow.jobs]
    assert workers == ["cpu", "gpu", "cpu", "cpu", "cpu"]
    assert [may_resume(job) for job in flow.jobs] == [False, False, True, True, False]


def test_a_number_of_questions_has_to_be_one():
    with pytest.raises(TrainingError, match="most_tested"):
        FineTuningFlowMaker(most_tested=0)
