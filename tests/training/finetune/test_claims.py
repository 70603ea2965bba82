"""A folder belongs to one training."""

from __future__ import annotations

import pytest

from elatbot_flows.errors import TrainingError
from elatbot_flows.training.finetune.claims import claimed, read_trained

CLAIM = {"base": "b", "records": "r", "dialect": "elatbot", "settings": {"rank": 8, "targets": ()}}


def test_the_same_training_goes_on(tmp_path):
    for _ in range(2):
        with claimed(tmp_path / "new", CLAIM):
            pass


def test_another_training_is_named_by_what_differs(tmp_path):
    with claimed(tmp_path, CLAIM):
        pass
    other = CLAIM | {"records": "s", "settings": {"rank": 4, "targets": ()}}
    with (
        pytest.raises(TrainingError, match="another training, with other rank, records"),
        claimed(tmp_path, other),
    ):
        pass


def test_what_is_no_training_is_left_alone(tmp_path):
    (tmp_path / "thesis.tex").write_text("")
    with pytest.raises(TrainingError, match=r"holds thesis\.tex"), claimed(tmp_path, CLAIM):
        pass
    assert (tmp_path / "thesis.tex").exists()


def test_a_folder_that_cannot_be_made_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(TrainingError, match="cannot be made"), claimed(tmp_path / "file/a", CLAIM):
        pass


def test_two_processes_do_not_train_in_one_folder(tmp_path):
    with (
        claimed(tmp_path, CLAIM),
        pytest.raises(TrainingError, match="another process trains"),
        claimed(tmp_path, CLAIM),
    ):
        pass


def test_documents_of_others_are_refused(tmp_path):
    assert read_trained(tmp_path) is None
    (tmp_path / "trained_model.json").write_text("{}")
    with pytest.raises(TrainingError, match="no document of a training"):
        read_trained(tmp_path)
