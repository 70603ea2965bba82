"""What a training leaves is loaded by vLLM: folders are names, the adapter apart and merged."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from engines.vllm_server import ask_in_process, vllm_python
from training.finetune.small import tensor_lessons

pytestmark = pytest.mark.slow


def test_vllm_says_what_was_learned(by_heart, tmp_path):
    """And refuses at once, with a remedy, an adapter of a kind that it does not know."""
    trained, _ = by_heart
    other = shutil.copytree(trained.adapter, tmp_path / "dora", ignore=_large)
    config = json.loads((other / "adapter_config.json").read_text())
    (other / "adapter_config.json").write_text(json.dumps({**config, "use_dora": True}))
    models = [(trained.folder, None), (trained.model, str(other)), (trained.merged, None)]
    asked = tensor_lessons()
    free, held, refusal, *merged = ask_in_process(vllm_python(), models, asked, tmp_path)
    assert (
        [lesson.row()[1] for lesson in asked] == [text.removeprefix(" ") for text in free] == held
    )
    assert merged == [free, held]
    assert "DoRA" in refusal
    assert "write_merged" in refusal


def _large(folder, names):
    return [name for name in names if (Path(folder) / name).is_dir()]
