"""Potentials by name: which are known, what they tell of themselves, how refusals read."""

from __future__ import annotations

import sys

import numpy as np
import pytest
import torch
from ase.build import bulk
from ase.calculators import emt as ase_emt

from elatbot_flows.documents import MethodRecord
from elatbot_flows.errors import PotentialError
from elatbot_flows.potentials import load_potential, registry
from elatbot_flows.potentials.registry import check_potential_name

EMT = "ase.calculators.emt:EMT"


@pytest.mark.parametrize(
    ("name", "family"),
    [
        ("7net-0", "sevennet"),
        ("SevenNet-0", "sevennet"),
        ("some/folder/checkpoint.pth", "sevennet"),
        ("7net-mf-ompa:mpa", "sevennet"),
        ("chgnet", "chgnet"),
        ("chgnet-r2scan", "chgnet"),
        ("CHGNet-PES-MatPES-PBE-2025.2.10", "matgl"),
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
        ("platform:machine", "not an ASE calculator"),
        ("7net-0:mpa", "trained on one data set: leave out ':mpa'"),
    ],
)
def test_a_potential_that_cannot_be_loaded_is_refused_with_the_remedy(name, remedy):
    with pytest.raises(PotentialError, match=remedy):
        load_potential(name)


def test_a_name_of_the_hub_that_cannot_be_reached_names_the_remedy(monkeypatch, tmp_path):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(PotentialError, match="download it and give its directory"):
        load_potential("somebody/TensorNet-that-does-not-exist")


def test_a_published_name_that_cannot_be_downloaded_says_why(monkeypatch, tmp_path):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(PotentialError, match=r"offline.*check name and network"):
        load_potential("TensorNet-PES-MatPES-PBE-2025.2")


def test_an_incomplete_directory_is_refused_with_what_is_missing(tmp_path):
    (tmp_path / "model.json").write_text("{}")
    with pytest.raises(PotentialError, match=r"model\.pt, state\.pt missing"):
        load_potential(str(tmp_path))


def test_a_directory_of_rubbish_is_refused(tmp_path):
    for file in ("model.json", "model.pt", "state.pt"):
        (tmp_path / file).write_text("{}")
    with pytest.raises(PotentialError, match="cannot be loaded"):
        load_potential(str(tmp_path))


@pytest.mark.parametrize("name", ["7net-0", "chgnet", EMT, "materialyze/TensorNet"])
@pytest.mark.parametrize(
    ("device", "remedy"),
    [
        ("mps", "give cpu, cuda or cuda:N"),
        ("gpu", "give cpu, cuda or cuda:N"),
        ("cuda:first", "give cpu, cuda or cuda:N"),
        ("cuda", "leave device at cpu"),
        ("cuda:1", "leave device at cpu"),
    ],
)
def test_a_device_that_is_not_there_is_refused_before_loading(name, device, remedy, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(registry, "_load_once", None)
    with pytest.raises(PotentialError, match=remedy):
        load_potential(name, device)


def test_a_gpu_too_many_is_refused(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    with pytest.raises(PotentialError, match="give cuda:0 to cuda:1"):
        load_potential("7net-0", "cuda:2")


@pytest.mark.parametrize(
    ("name", "dtype", "remedy"),
    [
        ("7net-0", "double", "give float32 or float64"),
        ("chgnet", "float64", "leave dtype out, or give float32"),
        (EMT, "float32", "computes in float64, not in float32, and takes no dtype"),
    ],
)
def test_a_type_it_cannot_compute_in_is_refused(name, dtype, remedy):
    with pytest.raises(PotentialError, match=remedy):
        load_potential(name, dtype=dtype)


def five_point(energy, step):
    """Derivative at zero, with an error of the fourth order."""
    near, far = energy(step) - energy(-step), energy(2 * step) - energy(-2 * step)
    return (8 * near - far) / (12 * step)


@pytest.mark.parametrize(
    "name", ["7net-0", pytest.param("TensorNet-PES-MatPES-PBE-2025.1", marks=pytest.mark.shared)]
)
def test_double_precision_is_double_from_the_positions_on(name, request):
    """Forces and stresses are derivatives of the energy to 1e-8, which rounded positions spoil."""
    if name != "7net-0":
        name = str(request.getfixturevalue("shared") / "models" / name)
    potential = load_potential(name, dtype="float64")
    assert MethodRecord(**potential.record()).dtype == "float64"
    assert potential.weights_sha256 == load_potential(name).weights_sha256
    cell = bulk("NiAl", "cesiumchloride", a=2.9)
    cell.rattle(0.05, seed=1)
    cell.positions += 17.3
    cell.calc = potential.calculator
    force, stress = cell.get_forces()[1, 2], cell.get_stress()[5]

    def moved(step):
        other = cell.copy()
        other.positions[1, 2] += step
        other.calc = potential.calculator
        return other.get_potential_energy()

    def sheared(step):
        other = cell.copy()
        strain = np.eye(3)
        strain[0, 1] = strain[1, 0] = step
        other.set_cell(cell.cell @ strain, scale_atoms=True)
        other.calc = potential.calculator
        return other.get_potential_energy() / (2 * cell.cell.volume)

    assert abs(force) > 0.1
    assert -five_point(moved, 1e-4) == pytest.approx(force, abs=1e-8)
    assert five_point(sheared, 1e-4) == pytest.approx(stress.item(), abs=1e-8)


def test_a_potential_is_loaded_once():
    first = load_potential(EMT)
    assert load_potential(EMT, "cpu") is first
    assert load_potential(name=EMT, dtype=None) is first


class Network(ase_emt.EMT):
    """EMT that pretends to be a network of PyTorch."""

    def __init__(self, network, elements=None):
        super().__init__()
        self.network = network
        if elements:
            self.supported_elements = elements


def make_network(device="cuda", default_dtype="float32"):
    """A function that takes both settings."""
    assert device == "cpu"
    torch.manual_seed(0)
    return Network(torch.nn.Linear(2, 1, dtype=getattr(torch, default_dtype)), ["Cu", "Al"])


def make_default():
    """A function that takes none."""
    return Network(torch.nn.Linear(2, 1))


def test_a_function_by_import_path_gets_device_and_dtype():
    sys.modules["own_functions"] = sys.modules[__name__]
    potential = load_potential("own_functions:make_network")
    record = MethodRecord(**potential.record())
    assert (record.family, record.package, record.dtype) == ("Network", "own_functions", "float32")
    assert potential.elements == ("Al", "Cu")
    double = load_potential("own_functions:make_network", dtype="float64")
    assert (double.device, double.dtype) == ("cpu", "float64")
    assert len(double.weights_sha256) == 64
    with pytest.raises(PotentialError, match="computes in float32, not in float64"):
        load_potential("own_functions:make_default", dtype="float64")


def test_chgnet_comes_with_its_package():
    pytest.importorskip("chgnet")
    chgnet = load_potential("chgnet")
    record = MethodRecord(**chgnet.record())
    assert (record.family, record.package) == ("CHGNet", "chgnet")
    assert len(record.weights_sha256) == 64
    assert "Po" not in chgnet.elements


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
