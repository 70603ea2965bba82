"""Potentials by name: which are known, what they tell of themselves, how refusals read."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from ase.build import bulk

from elatbot_flows.errors import PotentialError
from elatbot_flows.potentials import DEFAULT_POTENTIAL, load_potential
from elatbot_flows.potentials.registry import check_potential_name
from elatbot_flows.schemas import PotentialRecord

EMT = "ase.calculators.emt:EMT"


@pytest.mark.parametrize(
    ("name", "family"),
    [
        ("7net-0", "sevennet"),
        ("SevenNet-0", "sevennet"),
        ("some/folder/checkpoint.pth", "sevennet"),
        ("chgnet", "chgnet"),
        ("CHGNet", "chgnet"),
        (EMT, "importable"),
        ("TensorNet-PES-MatPES-PBE-2025.2", "matgl"),
        ("materialyze/TensorNet-PES-MatPES-PBE-2025.2", "matgl"),
        ("./model", "matgl"),
        ("/models/model", "matgl"),
    ],
)
def test_a_name_finds_its_family_without_loading_anything(name, family):
    assert check_potential_name(name).__name__.endswith(family)


@pytest.mark.parametrize("name", ["nope", "GPT-4", "7-net", "emt"])
def test_an_unknown_name_is_refused_with_known_ones(name):
    with pytest.raises(PotentialError, match=rf"'{name}'.*7net-0.*directory of a MatGL"):
        load_potential(name)


@pytest.mark.parametrize(
    ("name", "remedy"),
    [
        ("7net-nonsense", "7net-0 comes with the sevenn package"),
        ("missing.pth", "7net-0 comes with the sevenn package"),
        ("./no/such/folder", "give one that holds a MatGL model"),
        ("no_such_module:Calculator", "not an ASE calculator"),
        ("ase.calculators.emt:Missing", "not an ASE calculator"),
        ("collections:OrderedDict", "not an ASE calculator"),
        ("json:dumps", "not an ASE calculator"),
    ],
)
def test_a_potential_that_cannot_be_loaded_is_refused_with_the_remedy(name, remedy):
    with pytest.raises(PotentialError, match=remedy):
        load_potential(name)


def test_a_name_of_the_hub_that_cannot_be_reached_names_the_remedy(monkeypatch, tmp_path):
    pytest.importorskip("matgl")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(PotentialError, match="download it and give its directory"):
        load_potential("somebody/TensorNet-that-does-not-exist")


def test_an_incomplete_directory_is_refused_with_what_is_missing(tmp_path):
    (tmp_path / "model.json").write_text("{}")
    with pytest.raises(PotentialError, match=r"model\.pt, state\.pt missing"):
        load_potential(str(tmp_path))


def test_a_directory_of_rubbish_is_refused(tmp_path):
    pytest.importorskip("matgl")
    for file in ("model.json", "model.pt", "state.pt"):
        (tmp_path / file).write_text("{}")
    with pytest.raises(PotentialError, match="cannot be loaded"):
        load_potential(str(tmp_path))


def test_an_analytic_potential_takes_no_device():
    with pytest.raises(PotentialError, match="leave device at cpu"):
        load_potential(EMT, "cuda")


def test_a_potential_is_loaded_once(emt):
    assert load_potential(EMT) is emt


def test_the_record_of_the_default_is_complete(sevennet):
    assert DEFAULT_POTENTIAL == "7net-0"
    record = PotentialRecord(**sevennet.record())
    from sevenn.util import pretrained_name_to_path

    weights = Path(pretrained_name_to_path("7net-0")).read_bytes()
    assert record.weights_sha256 == hashlib.sha256(weights).hexdigest()
    assert (record.family, record.package, record.device) == ("SevenNet", "sevenn", "cpu")
    assert record.dtype == "float32"
    assert record.training_functional == "PBE(+U), MPtrj"
    assert len(record.elements) == 89
    assert record.elements[:3] == ["H", "He", "Li"]
    assert "Po" not in record.elements


def test_the_record_of_an_analytic_potential_has_no_weights(emt):
    record = PotentialRecord(**emt.record())
    assert record.weights_sha256 is None
    assert (record.family, record.package) == ("EMT", "ase")
    assert "Ni" in record.elements


@pytest.mark.shared
def test_the_record_of_a_matgl_directory(shared, tensornet):
    record = PotentialRecord(**tensornet.record())
    weights = (Path(record.name) / "state.pt").read_bytes()
    assert record.weights_sha256 == hashlib.sha256(weights).hexdigest()
    assert (record.family, record.package, record.dtype) == ("TensorNet", "matgl", "float32")
    assert record.training_functional == "MatPES, PBE"
    assert len(record.elements) == 89


@pytest.mark.shared
def test_weights_of_an_older_convention_are_refused(shared):
    """They load, agree with themselves and are wrong for compounds (MgO 862 GPa)."""
    pytest.importorskip("matgl")
    folder = shared / "models" / "unconverted-TensorNet-MatPES-PBE-v2025.1-PES"
    with pytest.raises(PotentialError, match="older MatGL"):
        load_potential(str(folder))


def test_chgnet_comes_with_its_package():
    pytest.importorskip("chgnet")
    record = PotentialRecord(**load_potential("chgnet").record())
    assert (record.family, record.package) == ("CHGNet", "chgnet")
    assert len(record.weights_sha256) == 64
    assert "Po" not in record.elements


def test_elements_it_was_not_made_for_are_refused_by_name(sevennet):
    sevennet.require(["Ni", "Al"])
    with pytest.raises(PotentialError, match="7net-0 does not know At, Po"):
        sevennet.require(["Ni", "Po", "At"])


def test_only_real_evaluations_count(emt):
    atoms = bulk("Cu", a=3.6)
    atoms.calc = emt.calculator
    before = emt.evaluations
    atoms.get_potential_energy()
    atoms.get_forces()
    atoms.get_stress()
    first = emt.evaluations - before
    atoms.get_potential_energy()
    atoms.get_stress()
    assert emt.evaluations - before == first
    atoms.rattle(0.01)
    atoms.get_potential_energy()
    assert emt.evaluations - before > first
