"""Known crystals tell sound checkpoints from silently wrong ones, once per checkpoint."""

from __future__ import annotations

import json
import sys
from functools import lru_cache

import numpy as np
import pytest
from ase.calculators.calculator import Calculator, FileIOCalculator, all_changes
from ase.calculators.emt import EMT

from elatbot_flows.documents import MethodRecord
from elatbot_flows.errors import PotentialError
from elatbot_flows.files import cache_directory
from elatbot_flows.potentials import load_potential, registry, self_check
from elatbot_flows.potentials import matgl as matgl_family
from elatbot_flows.potentials.reference_crystals import CRYSTALS, REACTIONS
from elatbot_flows.potentials.self_check import check_potential, compare

EMT_NAME = "ase.calculators.emt:EMT"
UNCONVERTED = "unconverted-TensorNet-MatPES-PBE-v2025.1-PES"


@pytest.fixture(autouse=True)
def _fresh(monkeypatch, tmp_path):
    """An empty cache, and nothing loaded before."""
    monkeypatch.setenv("ELATBOT_FLOWS_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("ELATBOT_FLOWS_SELF_CHECK", raising=False)
    fresh = lru_cache(registry._load_once.__wrapped__)
    monkeypatch.setattr(registry, "_load_once", fresh)


@pytest.fixture
def counted(monkeypatch):
    """How many crystals were computed."""
    computed = []
    original = self_check._equilibrium

    def count(crystal, potential):
        computed.append(crystal.name)
        return original(crystal, potential)

    monkeypatch.setattr(self_check, "_equilibrium", count)
    return computed


class Weak(EMT):
    """EMT that is wrong about all but pure elements."""

    def calculate(self, atoms=None, properties=None, system_changes=all_changes):
        super().calculate(atoms, properties, system_changes)
        if len(set(atoms.symbols)) > 1:
            self.results["stress"] = np.zeros(6)


class Steep(EMT):
    """EMT whose numbers are not finite."""

    def calculate(self, atoms=None, properties=None, system_changes=all_changes):
        super().calculate(atoms, properties, system_changes)
        self.results["stress"] = np.full(6, np.nan)


class Program(FileIOCalculator):
    """A calculator that would run another program."""

    implemented_properties = ("energy", "forces", "stress")
    _legacy_default_command = "no-such-program"


class OnlyIron(Calculator):
    """Knows none of the crystals."""

    implemented_properties = ("energy", "forces", "stress")
    elements = ("Fe",)


def own(name):
    """Import path of a class of this file."""
    sys.modules.setdefault("own_calculators", sys.modules[__name__])
    return f"own_calculators:{name}"


def test_a_sound_checkpoint_passes_and_its_record_says_so():
    potential = load_potential("7net-0")
    assert MethodRecord(**potential.record()).checked is True
    assert potential.evaluations == 0, "the check is not the user's evaluations"
    (file,) = (cache_directory() / "self_checks").iterdir()
    remembered = json.loads(file.read_text())
    assert remembered["key"]["weights_sha256"] == potential.weights_sha256
    assert remembered["outcome"]["MgO bulk modulus"] == pytest.approx(135, rel=0.02)


@pytest.mark.shared
@pytest.mark.parametrize("functional", ["PBE", "r2SCAN"])
def test_converted_checkpoints_pass(functional, shared):
    folder = shared / "models" / f"TensorNet-PES-MatPES-{functional}-2025.1"
    assert load_potential(str(folder)).checked is True


@pytest.mark.parametrize("name", ["chgnet", "chgnet-r2scan"])
def test_chgnet_passes(name):
    pytest.importorskip("chgnet")
    assert load_potential(name).checked is True


@pytest.mark.shared
def test_a_silently_wrong_checkpoint_is_refused_by_its_numbers_alone(shared, monkeypatch):
    monkeypatch.setattr(matgl_family, "_OUTDATED", "no warning begins like this")
    folder = str(shared / "models" / UNCONVERTED)
    message = r"MgO bulk modulus -\d+\.\d instead of 160 GPa.*another version of matgl.*check=False"
    for _ in range(2):
        with pytest.raises(PotentialError, match=message):
            load_potential(folder)
    trusted = load_potential(folder, check=False)
    assert MethodRecord(**trusted.record()).checked is False
    wrong = {one.subject for one in compare(trusted) if not one.passed}
    assert wrong.isdisjoint({"Al", "Cu", "W", "Si", "Ti"}), "it is right about elements"
    assert {"MgO", "NaCl", "SrTiO3", "Si + TiC -> SiC + Ti"} <= wrong


def test_a_checkpoint_is_checked_once_for_all_processes(counted):
    load_potential("7net-0")
    assert len(counted) == len(CRYSTALS)
    registry._load_once.cache_clear()
    assert load_potential("7net-0").checked is True
    assert len(counted) == len(CRYSTALS)


def test_another_release_of_the_package_is_checked_again(counted):
    potential = load_potential("7net-0")
    potential.package_version += ".post1"
    check_potential(potential)
    assert len(counted) == 2 * len(CRYSTALS)


@pytest.mark.parametrize("damage", ["unwritable", "rubbish"])
def test_a_broken_cache_is_no_error(damage, monkeypatch, tmp_path):
    if damage == "unwritable":
        (tmp_path / "file").touch()
        monkeypatch.setenv("ELATBOT_FLOWS_CACHE", str(tmp_path / "file" / "below"))
    potential = load_potential("7net-0")
    if damage == "rubbish":
        (file,) = (cache_directory() / "self_checks").iterdir()
        file.write_text("[1, 2")
    assert check_potential(potential) is True


def test_the_environment_switches_it_off_but_an_argument_wins(monkeypatch, counted):
    monkeypatch.setenv("ELATBOT_FLOWS_SELF_CHECK", "off")
    assert load_potential(EMT_NAME).record()["checked"] is False
    assert not counted
    assert load_potential(EMT_NAME, check=True).checked is True


def test_emt_is_compared_on_its_own_elements():
    potential = load_potential(EMT_NAME)
    assert potential.checked is True
    assert {one.subject for one in compare(potential)} == {"Al", "Cu", "AuCu3"}


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("Weak", r"2 of 6 numbers fail\): AuCu3 volume none instead of 52\.65 A"),
        ("Steep", r"6 of 6 numbers fail\): Al volume none instead of 16\.61 A.*and 2 more"),
    ],
)
def test_numbers_that_make_no_crystal_are_refused(name, message):
    with pytest.raises(PotentialError, match=message) as refusal:
        load_potential(own(name))
    assert "weights" not in str(refusal.value), "it has none"


@pytest.mark.parametrize("name", ["Program", "OnlyIron"])
def test_it_does_not_apply_to_programs_and_to_few_elements(name):
    potential = load_potential(own(name))
    assert MethodRecord(**potential.record()).checked is None


def test_the_cache_directory_follows_the_platform(monkeypatch, tmp_path):
    monkeypatch.delenv("ELATBOT_FLOWS_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "local"))
    for platform, base in {"linux": "xdg", "darwin": "xdg", "win32": "local"}.items():
        monkeypatch.setattr(sys, "platform", platform)
        assert cache_directory() == tmp_path / base / "elatbot_flows"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setattr(sys, "platform", "linux")
    assert cache_directory().parts[-2:] == (".cache", "elatbot_flows")


def test_reference_data_are_whole():
    names = [crystal.name for crystal in CRYSTALS]
    assert len(set(names)) == len(names) <= 15
    for crystal in CRYSTALS:
        atoms = crystal.atoms()
        assert len(atoms) <= 5
        assert atoms.symbols.formula.reduce()[0].format("hill") == _hill(crystal.name)
    for reaction in REACTIONS:
        balance = sum(
            n * np.bincount(_formula(name), minlength=120)
            for name, n in reaction.coefficients.items()
        )
        assert not balance.any(), reaction.equation


def _hill(name):
    from ase.formula import Formula

    return Formula(name).reduce()[0].format("hill")


def _formula(name):
    from ase.symbols import symbols2numbers

    return symbols2numbers(name)
