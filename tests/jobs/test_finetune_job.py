"""Jobs of a training: what they take, refuse and hand on."""

from __future__ import annotations

import pytest

from elatbot_flows.errors import LeakError, TrainingError
from elatbot_flows.jobs import FineTuneMaker, check_training_records
from elatbot_flows.jobs.finetune import given_records
from elatbot_flows.training.data.records import write_records
from elatbot_flows.training.finetune import PRESETS
from training.finetune.small import tensor_records

RECORDS = tensor_records(4)


def check(*args, **kwargs):
    return check_training_records.original(*args, **kwargs)


def test_records_come_as_a_file_as_themselves_or_as_a_job_wrote_them(tmp_path):
    file = tmp_path / "records.jsonl.gz"
    write_records(file, RECORDS)
    plain = [record.model_dump(mode="json") for record in RECORDS]
    for given in (str(file), RECORDS, plain):
        assert given_records(given) == RECORDS
    with pytest.raises(TrainingError, match="no list of training records"):
        given_records([{"record_id": "a"}])


def test_a_test_formula_that_is_trained_on_is_refused_by_name():
    leaking = [*RECORDS, RECORDS[0].model_copy(update={"split": "test", "record_id": "again"})]
    with pytest.raises(LeakError, match=RECORDS[0].formula):
        check(leaking)
    report = check(leaking, strict=False)
    assert [leak.seen_in for leak in report.leaks] == [["r0"]]


def test_what_the_base_was_trained_on_is_asked_for_where_it_is_known(tmp_path):
    assert check(RECORDS, str(tmp_path)).base_formulas is None
    known = RECORDS[-1].model_copy(update={"formula": "TiC"})
    with pytest.raises(LeakError, match="the base model"):
        check([*RECORDS[:-1], known], "elatbot-mini")


def test_a_preset_takes_its_own_records_alone(tmp_path):
    maker = FineTuneMaker.from_preset("elatbot-dft-3", "b", str(tmp_path / "out"), epochs=1.0)
    assert maker.settings.epochs == 1
    assert maker.settings.learning_rate == PRESETS["elatbot-dft-3"].settings.learning_rate
    with pytest.raises(TrainingError, match="records are tensor_from_composition in elatbot-const"):
        FineTuneMaker.make.original(maker, RECORDS)
    with pytest.raises(TrainingError, match="there is no preset"):
        FineTuneMaker(preset="elatbot-dft-5")
