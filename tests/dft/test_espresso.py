"""Quantum ESPRESSO: its files, and real calculations where Debian's packages are installed."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from jobflow import JobStore, run_locally
from maggma.stores import MemoryStore
from pymatgen.core import Lattice, Structure

import samples
from elatbot_flows.dft import DFTSettings, EspressoCode
from elatbot_flows.dft.espresso_reading import grids_in, moments_in
from elatbot_flows.dft.static import calculate
from elatbot_flows.documents import DFTFrame
from elatbot_flows.errors import DFTError
from elatbot_flows.judges import DFTElasticMaker

DEBIAN = Path("/usr/share/espresso/pseudo")
SI = EspressoCode(
    DFTSettings(cutoff=300, k_spacing=0.45, width=0.1),
    folder=str(DEBIAN),
    files={"Si": "Si.pbe-rrkj.UPF"},
    density_factor=4.0,
)
real = pytest.mark.skipif(
    shutil.which("pw.x") is None or not (DEBIAN / "Si.pbe-rrkj.UPF").is_file(),
    reason="Quantum ESPRESSO and Debian's pseudopotentials are not installed",
)


@pytest.fixture
def folder(tmp_path):
    for name in ("Al.pbe-n-kjpaw.UPF", "si_ONCV_PBE-1.2.upf", "README.txt"):
        (tmp_path / name).write_text(name)
    return tmp_path


def test_pseudopotentials_are_found_by_element(folder, monkeypatch):
    code = EspressoCode(command="true", folder=str(folder))
    assert code.elements() == ("Al", "Si")
    monkeypatch.setenv("ESPRESSO_PSEUDO", str(folder))
    before = code.pseudopotentials()
    assert EspressoCode(command="true").pseudopotentials() == before
    (folder / "Al.pbe-n-kjpaw.UPF").write_text("another")
    assert EspressoCode(command="true").pseudopotentials() != before


def test_of_several_for_one_element_nobody_chooses(folder):
    (folder / "Al.pz-vbc.UPF").touch()
    with pytest.raises(DFTError, match="Al has 2 pseudopotentials"):
        EspressoCode(command="true", folder=str(folder)).elements()
    chosen = EspressoCode(command="true", folder=str(folder), files={"Al": "Al.pz-vbc.UPF"})
    assert chosen.elements() == ("Al",)


def test_what_is_not_there_is_named_with_the_remedy(tmp_path, monkeypatch):
    monkeypatch.delenv("ESPRESSO_PSEUDO", raising=False)
    with pytest.raises(DFTError, match="apt-get install quantum-espresso"):
        EspressoCode(command="mpirun-that-is-not-there pw.x", folder=str(tmp_path)).elements()
    with pytest.raises(DFTError, match="set ESPRESSO_PSEUDO"):
        EspressoCode(command="true").elements()


@pytest.mark.slow
@real
def test_silicon():
    flow = DFTElasticMaker(code=SI).make([samples.diamond()], ["Si"])
    done = run_locally(flow, store=JobStore(MemoryStore()), log=False, ensure_success=True)
    (found,) = done[flow.output.uuid][1].output
    assert found.status == "passed", found.message
    assert found.bulk_modulus == pytest.approx(88, rel=0.05)
    assert found.volume_per_atom == pytest.approx(20.45, rel=0.02)
    assert found.judge.package_version.startswith(("6.", "7."))
    assert found.dft.frame.fixed["nr1"] > 1
    assert found.dft.cycles > found.dft.calculations
    assert found.dft.cpu_seconds > 0


@real
def test_a_calculation_that_does_not_converge_says_so():
    impatient = replace(SI, settings=replace(SI.settings, max_cycles=2))
    found, _ = calculate(samples.diamond(), DFTFrame(mesh=(1, 1, 1)), impatient)
    assert found.reason == "scf_not_converged"
    assert found.energy is None


@real
def test_gaps_are_found():
    found, _ = calculate(samples.diamond(), DFTFrame(mesh=(4, 4, 4)), SI)
    assert found.gap == pytest.approx(0.6, abs=0.2)


@real
def test_moments_are_found():
    settings = DFTSettings(cutoff=350, width=0.3)
    iron = {"Fe": "Fe.pbe-spn-rrkjus_psl.0.2.1.UPF"}
    code = EspressoCode(settings, folder=str(DEBIAN), files=iron)
    crystal = Structure(Lattice.cubic(2.83), ["Fe", "Fe"], [[0] * 3, [0.5] * 3])
    frame = DFTFrame(mesh=(4, 4, 4), moments=[4.0])
    found, _ = calculate(crystal.get_primitive_structure(), frame, code)
    assert found.reason is None, found.message
    assert found.moments[0] > 1.5


@real
def test_what_the_program_says_of_its_error_is_kept():
    crowded = DFTFrame(mesh=(1, 1, 1), fixed={"nr1": 4, "nr2": 4, "nr3": 4})
    found, _ = calculate(samples.diamond(), crowded, SI)
    assert found.reason == "calculation_error"
    assert "pw.x: " in found.message
    assert "exit status" not in found.message


def test_grids_have_room_and_few_factors():
    text = """
     Dense  grid:    18163 G-vectors     FFT dimensions: (  40,  40,  45)
     Smooth grid:     6487 G-vectors     FFT dimensions: (  27,  27,  30)
"""
    assert grids_in(text) == {"nr1": 45, "nr2": 45, "nr3": 50, "nr1s": 30, "nr2s": 30, "nr3s": 36}
    assert grids_in("nothing") == {}


@pytest.mark.parametrize(
    "line",
    [
        "     atom:    {}    charge:   14.5451    magn:    {}    constr:    0.0000",
        "     atom   {} (R=0.390)  charge= 14.5451  magn=  {}",
    ],
)
def test_moments_of_old_and_new_versions_are_read(line):
    steps = [[2.0, -1.0], [1.8485, -1.5]]
    lines = [line.format(atom, value) for step in steps for atom, value in enumerate(step, start=1)]
    assert moments_in("\n".join(lines)) == [1.8485, -1.5]
    assert moments_in("no spin") is None
