"""How MACE is asked, with a stand-in for its package that has the signature of mace-torch 0.3."""

from __future__ import annotations

import sys
from functools import lru_cache
from types import ModuleType, SimpleNamespace

import pytest
import torch
from ase.calculators.emt import EMT

from elatbot_flows.documents import MethodRecord
from elatbot_flows.errors import PotentialError
from elatbot_flows.potentials import load_potential, registry
from elatbot_flows.potentials.registry import check_potential_name

ASKED: list[dict] = []


class FakeCalculator(EMT):
    """EMT with the attributes of MACECalculator."""

    available_heads = ("default", "omat_pbe")

    def __init__(
        self, model_paths=None, models=None, device="cpu", default_dtype="", head=None, **options
    ):
        super().__init__()
        ASKED.append({"paths": model_paths, "device": device, "dtype": default_dtype, "head": head})
        torch.set_default_dtype(getattr(torch, default_dtype))
        self.device = torch.device(device)
        self.default_dtype = default_dtype
        self.models = [torch.nn.Linear(2, 1)]
        self.z_table = SimpleNamespace(zs=[13, 28, 29, 79])


def mace_mp(model=None, device="", default_dtype="float32", **options):
    sys.stdout.write("a greeting")
    if model not in ("medium", "medium-mpa-0", "mh-1"):
        raise RuntimeError("Model download failed and no local model found")
    return FakeCalculator(model, device=device, default_dtype=default_dtype, **options)


@pytest.fixture
def asked(monkeypatch):
    """What MACE was asked for."""
    package, calculators = ModuleType("mace"), ModuleType("mace.calculators")
    calculators.MACECalculator, calculators.mace_mp = FakeCalculator, mace_mp
    monkeypatch.setitem(sys.modules, "mace", package)
    monkeypatch.setitem(sys.modules, "mace.calculators", calculators)
    monkeypatch.setattr(registry, "_load_once", lru_cache(registry._load_once.__wrapped__))
    ASKED.clear()
    return ASKED


def test_a_published_model_by_its_name(asked, capsys):
    potential = load_potential("MACE-MP-0", check=False)
    record = MethodRecord(**potential.record())
    assert asked == [{"paths": "medium", "device": "cpu", "dtype": "float64", "head": None}]
    assert (record.family, record.package, record.device) == ("MACE", "mace-torch", "cpu")
    assert (record.dtype, record.training_functional) == ("float64", "PBE(+U), MPtrj")
    assert potential.elements == ("Al", "Ni", "Cu", "Au")
    assert len(record.weights_sha256) == 64
    assert capsys.readouterr().out == ""
    assert torch.get_default_dtype() == torch.float32, "other models of the process rely on it"


def test_a_model_file_in_single_precision(asked, tmp_path):
    file = tmp_path / "my.model"
    file.touch()
    potential = load_potential(str(file), dtype="float32", check=False)
    assert asked == [{"paths": str(file), "device": "cpu", "dtype": "float32", "head": None}]
    assert potential.dtype == "float32"


def test_a_head_is_asked_for_by_name_and_never_guessed(asked):
    load_potential("mace-mh-1:omat_pbe", check=False)
    assert asked[0]["head"] == "omat_pbe"
    with pytest.raises(PotentialError, match="no head 'pbe': give one of default, omat_pbe"):
        load_potential("mace-mh-1:pbe", check=False)


@pytest.mark.parametrize(
    ("name", "remedy"),
    [
        ("mace-nonsense", r"cannot be loaded.*give its \.model file"),
        ("no/such.model", "there is no file"),
    ],
)
def test_what_cannot_be_loaded_is_refused_with_the_remedy(asked, name, remedy):
    with pytest.raises(PotentialError, match=remedy):
        load_potential(name)


def test_without_the_package_the_remedy_is_to_install_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "mace.calculators", None)
    with pytest.raises(PotentialError, match="pip install mace-torch"):
        load_potential("mace-mpa-0")


@pytest.mark.parametrize("name", ["mace-mpa-0", "MACE-MP-0", "folder/my.model"])
def test_names_of_mace(name):
    assert check_potential_name(name).__name__.endswith("mace")
