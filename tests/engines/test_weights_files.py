"""What files are."""

from __future__ import annotations

import hashlib
import subprocess

import pytest

from elatbot_flows.engines.weights_files import hub_commit, local_folder, weights_sha256
from elatbot_flows.errors import EngineError


def test_hash_is_that_of_sha256sum(tmp_path):
    (tmp_path / "model-1.safetensors").write_bytes(b"one")
    assert weights_sha256(tmp_path) == hashlib.sha256(b"one").hexdigest()
    (tmp_path / "model-2.safetensors").write_bytes(b"two")
    command = "sha256sum *.safetensors | sha256sum"
    done = subprocess.run(command, cwd=tmp_path, shell=True, capture_output=True, check=True)  # noqa: S602
    assert weights_sha256(tmp_path) == done.stdout.decode().split()[0]
    (tmp_path / "model-2.safetensors").write_bytes(b"three")
    assert weights_sha256(tmp_path) != done.stdout.decode().split()[0]


def test_no_weights(tmp_path):
    with pytest.raises(EngineError, match="safetensors"):
        weights_sha256(tmp_path)


def test_commit_of_the_hub(tmp_path):
    folder = tmp_path / "models--a--b" / "snapshots" / ("0123456789" * 4)
    folder.mkdir(parents=True)
    assert hub_commit(folder) == "0123456789" * 4
    assert hub_commit(folder.parent) is None


def test_folders_and_names(tmp_path):
    assert local_folder(str(tmp_path)) == tmp_path
    assert local_folder("elatbot-mini").name == "elatbot_mini"
    assert local_folder("meta-llama/Llama-2-7b-chat-hf") is None
    for wrong in (tmp_path / "none", "./none", "a/b/c"):
        with pytest.raises(EngineError, match="no folder"):
            local_folder(str(wrong))
