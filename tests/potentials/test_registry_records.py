"""Who a potential is: hashes, versions and elements of its record."""

from __future__ import annotations

import json

import pytest
import torch

from elatbot_flows.documents import MethodRecord
from elatbot_flows.errors import PotentialError
from elatbot_flows.potentials import DEFAULT_POTENTIAL, load_potential
from elatbot_flows.potentials.weights import weights_sha256


def test_the_record_of_the_default_is_complete(sevennet):
    assert DEFAULT_POTENTIAL == "7net-0"
    record = MethodRecord(**sevennet.record())
    assert len(record.weights_sha256) == 64
    assert (record.family, record.package, record.device) == ("SevenNet", "sevenn", "cpu")
    assert record.dtype == "float32"
    assert record.checked is True
    assert record.training_functional == "PBE(+U), MPtrj"
    assert len(sevennet.elements) == 89
    assert sevennet.elements[:3] == ("H", "He", "Li")
    assert "Po" not in sevennet.elements


def test_the_same_weights_have_the_same_hash_and_others_another():
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.BatchNorm1d(2))
    before = weights_sha256([model])
    assert weights_sha256([model.double()]) == before
    assert weights_sha256([model, model]) != before
    with torch.no_grad():
        model[0].bias[0] += 1e-6
    assert weights_sha256([model]) != before


def test_the_record_of_an_analytic_potential_has_no_weights(emt):
    record = MethodRecord(**emt.record())
    assert record.weights_sha256 is None
    assert (record.family, record.package) == ("EMT", "ase")
    assert "Ni" in emt.elements


@pytest.mark.shared
def test_the_record_of_a_matgl_directory(shared, tensornet):
    record = MethodRecord(**tensornet.record())
    assert len(record.weights_sha256) == 64
    assert (record.family, record.package, record.dtype) == ("TensorNet", "matgl", "float32")
    assert record.training_functional == "MatPES, PBE"
    assert len(tensornet.elements) == 89


@pytest.mark.shared
def test_weights_of_an_older_convention_are_refused(shared):
    """They load, agree with themselves and are wrong for compounds (MgO 862 GPa)."""
    folder = shared / "models" / "unconverted-TensorNet-MatPES-PBE-v2025.1-PES"
    with pytest.raises(PotentialError, match="older MatGL"):
        load_potential(str(folder))


@pytest.mark.parametrize("part", ["model.json", "model.pt"])
def test_a_matgl_directory_that_names_other_code_is_refused(tmp_path, part):
    touch = {"args": ["touch", str(tmp_path / "owned")]}
    trap = {"@module": "subprocess", "@class": "Popen", "init_args": touch}
    model = {"@module": "matgl.models", "@class": "TensorNet", "@model_version": 1}
    kwargs = {"element_types": ["Cu"], "bond_expansion": None}
    hostile = part == "model.pt"
    (tmp_path / "model.json").write_text(json.dumps(model if hostile else model | trap))
    torch.save(kwargs | ({"trap": trap} if hostile else {}), tmp_path / "model.pt")
    torch.save({}, tmp_path / "state.pt")
    with pytest.raises(PotentialError, match="names code of 'subprocess'"):
        load_potential(str(tmp_path))
    assert not (tmp_path / "owned").exists()


def test_a_calculator_of_ones_own_has_its_source_for_a_version(tmp_path, monkeypatch):
    """What was computed before it was edited is not taken for what it says now."""
    monkeypatch.syspath_prepend(tmp_path)
    versions = set()
    for number, name in enumerate(("mine_before", "mine_after")):
        text = f"from ase.calculators.emt import EMT\n\nclass Mine(EMT):\n    number = {number}\n"
        (tmp_path / f"{name}.py").write_text(text)
        versions.add(load_potential(f"{name}:Mine").record()["package_version"])
    assert len(versions) == 2
    assert all(version.startswith("source ") for version in versions)
