"""VASP on both routes, with springs in the place of the binary, run by custodian."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pymatgen.io.vasp.inputs
import pytest
from jobflow import JobStore, run_locally
from maggma.stores import MemoryStore
from monty.json import MontyDecoder, MontyEncoder
from pymatgen.core import Lattice, Structure

from elatbot_flows.database.stores import open_store
from elatbot_flows.dft import DFTSettings, VaspCode
from elatbot_flows.documents import ElasticResult
from elatbot_flows.errors import DFTError
from elatbot_flows.judges import DFTElasticMaker
from elatbot_flows.judges.dft import DFT_THRESHOLDS
from elatbot_flows.potentials.measuring import primitive_cell
from elatbot_flows.potentials.settings import ValidationSettings
from elatbot_flows.running.runner import run_flow

pytestmark = pytest.mark.filterwarnings("ignore")  # POTCARs that pymatgen does not know

COMMAND = f"{sys.executable} {Path(__file__).parents[1] / 'vasp_stand_in.py'}"
SETTINGS = DFTSettings(k_spacing=0.8, smearing="methfessel-paxton", width=0.2)
CODE = VaspCode(
    SETTINGS,
    run_vasp_kwargs={
        "vasp_cmd": COMMAND,
        "vasp_gamma_cmd": COMMAND,
        "custodian_kwargs": {"polling_time_step": 0.05},
        "max_errors": 1,
    },
)
ALONE = replace(CODE, run_vasp_kwargs={"job_type": "direct", "vasp_cmd": COMMAND})
"""Without custodian, which refuses what did not converge."""
STRAINS = ValidationSettings(
    method="finite_strain", follow=0, max_force=5e-3, max_stress=0.1, max_steps=40
)
AL = Structure.from_spacegroup("Fm-3m", Lattice.cubic(4.0), ["Al"], [[0, 0, 0]])
SI = Structure.from_spacegroup("Fd-3m", Lattice.cubic(5.5), ["Si"], [[0, 0, 0]])
COUPLING, SPRING = 9.0, 12.0

POTCAR = """  PAW_PBE {0} 01Jan2000
   {1}
 parameters from PSCTR are:
   VRHFIN ={0}: none
   LEXCH  = PE
   TITEL  = PAW_PBE {0} 01Jan2000
   POMASS =   10.000; ZVAL   =   {1}    mass and valenz
   ENMAX  =  240.300; ENMIN  =  180.225 eV
 END of PSCTR-controll parameters
 local part
   1.0 2.0 3.0
 End of Dataset
"""


def cubic(c11, c12, c44):
    tensor = np.diag([c11 - c12] * 3 + [c44] * 3).astype(float)
    tensor[:3, :3] += c12
    return tensor


@pytest.fixture
def stand_in(tmp_path, monkeypatch):
    """Write POTCARs, and let the program know of a crystal; return how to tell it."""
    potcars = tmp_path / "potcars" / "POT_GGA_PAW_PBE_54"
    potcars.mkdir(parents=True)
    for symbol, valence in (("Al", 3.0), ("Si", 4.0), ("Ni", 16.0)):
        (potcars / f"POTCAR.{symbol}").write_text(POTCAR.format(symbol, valence))
    known = {"PMG_VASP_PSP_DIR": str(potcars.parent)}
    monkeypatch.setattr(pymatgen.io.vasp.inputs, "SETTINGS", known)
    monkeypatch.setenv("PMG_VASP_PSP_DIR", str(potcars.parent))  # for worker processes
    monkeypatch.setenv("VASP_STAND_IN", str(tmp_path / "crystal.json"))

    def tell(structure, edge, constants, **more):
        cell, _ = primitive_cell(structure.copy(), 0.01)
        cell.scale_lattice(cell.volume * (edge / structure.lattice.a) ** 3)
        coupling = np.zeros((3, 6))
        coupling[[0, 1, 2], [3, 4, 5]] = COUPLING if len(cell) > 1 else 0.0
        told = {
            "cell": cell.lattice.matrix.tolist(),
            "places": cell.frac_coords.tolist(),
            "constants": constants.tolist(),
            "coupling": coupling.tolist(),
            "spring": SPRING,
        }
        (tmp_path / "crystal.json").write_text(json.dumps(told | more))
        return cell.volume

    return tell


def judged(structure, tmp_path, settings=DFT_THRESHOLDS, code=CODE):
    flow = DFTElasticMaker(code=code, settings=settings).make([structure], ["mine"])
    store = JobStore(MemoryStore(), additional_stores={"data": MemoryStore()})
    run_locally(flow, store=store, log=False, create_folders=True, root_dir=tmp_path)
    (found,) = store.get_output(flow.output.uuid)
    plain = found if isinstance(found, dict) else found.model_dump()
    names = [document["name"] for document in store.query({})]
    return ElasticResult.model_validate({k: v for k, v in plain.items() if k[0] != "@"}), names


@pytest.mark.parametrize("settings", [DFT_THRESHOLDS, STRAINS])
def test_both_routes_give_back_what_was_put_in(stand_in, tmp_path, settings):
    clamped = cubic(160.0, 62.0, 105.0)
    volume = stand_in(SI, 5.43, clamped)
    softer = COUPLING**2 / SPRING / volume * 160.21766
    found, names = judged(SI, tmp_path, settings)
    assert found.status == "passed", found.message
    np.testing.assert_allclose(
        found.elastic_tensor, cubic(160.0, 62.0, 105.0 - softer), atol=0.05, rtol=1e-3
    )
    assert found.volume_per_atom == pytest.approx(volume / 2)
    assert found.method == settings.method
    if settings is DFT_THRESHOLDS:
        np.testing.assert_allclose(found.clamped_tensor, clamped, atol=0.05, rtol=1e-3)
        assert found.dft.energy_mismatch < 0.01
    assert {"dft collect", "tight relax 1", "tight relax 2", "dft assemble mine"} <= set(names)


def test_the_record_says_with_what_it_was_computed(stand_in, tmp_path):
    stand_in(AL, 4.04, cubic(110.0, 60.0, 30.0))
    found, names = judged(AL, tmp_path)
    assert found.bulk_modulus == pytest.approx(230 / 3, rel=1e-3)
    judge = found.judge
    assert (judge.name, judge.family, judge.package_version) == ("vasp", "VASP", "6.4.2")
    assert {"functional", "cutoff", "k_spacing", "spin", "smearing"} <= set(judge.settings)
    assert judge.settings["electrons"] == 3
    assert list(judge.settings["potcars"]) == ["PAW_PBE Al 01Jan2000"]
    assert len(judge.settings["potcars"]["PAW_PBE Al 01Jan2000"]) == 64
    assert found.dft.missing == 0
    assert found.dft.cycles == 9 * (2 + found.dft.calculations)
    assert found.dft.cpu_seconds == 8.0 * (2 + found.dft.calculations)
    assert [n for n in names if "static mine" in n] == [
        "dft static mine 1/2",
        "dft static mine 2/2",
    ]


@pytest.mark.parametrize(
    ("fault", "code", "why"),
    [
        ("electrons", CODE, "NELECT is 4.0, not 3"),
        ("no KPOINTS", CODE, "KPOINTS are (2, 2, 2), not (4, 4, 4)"),
        ("stuck", ALONE, "VASP did not converge"),
        ("crash", CODE, "the job ended without a result"),
    ],
)
def test_a_spoiled_piece_makes_it_incomplete(stand_in, tmp_path, fault, code, why):
    stand_in(AL, 4.04, cubic(110.0, 60.0, 30.0), fault=fault)
    found, _ = judged(AL, tmp_path, code=code)
    assert (found.status, found.reason) == ("failed", "incomplete")
    assert found.message.startswith("2 of 2 calculations are missing: ")
    assert why in found.message
    assert found.bulk_modulus is None
    assert found.elastic_tensor is None
    assert found.relaxed


def test_elements_without_a_potcar_are_refused(stand_in, tmp_path):
    stand_in(AL, 4.04, cubic(110.0, 60.0, 30.0))
    found, names = judged(Structure(AL.lattice, ["Mg"], [[0, 0, 0]]), tmp_path)
    assert found.reason == "unsupported_element"
    assert "Mg" in found.message
    assert names == ["dft relax mine", "dft perturb mine", "dft collect"]


def test_without_potcars_nothing_is_run(stand_in, tmp_path, monkeypatch):
    stand_in(AL, 4.04, cubic(110.0, 60.0, 30.0))
    monkeypatch.setattr(pymatgen.io.vasp.inputs, "SETTINGS", {})
    found, _ = judged(AL, tmp_path)
    assert found.reason == "unsupported_element"
    assert "PMG_VASP_PSP_DIR" in found.message


def test_without_the_command_it_is_incomplete(stand_in, tmp_path):
    stand_in(AL, 4.04, cubic(110.0, 60.0, 30.0))
    known = CODE.run_vasp_kwargs | {"vasp_cmd": "no_such_vasp", "vasp_gamma_cmd": "no_such_vasp"}
    found, _ = judged(AL, tmp_path, code=replace(CODE, run_vasp_kwargs=known))
    assert (found.reason, found.message) == ("incomplete", "its relaxation ended without a result")


@pytest.mark.slow
def test_a_second_run_takes_over_what_is_finished(stand_in, tmp_path, monkeypatch):
    stand_in(AL, 4.04, cubic(110.0, 60.0, 30.0), fault="crash")
    monkeypatch.chdir(tmp_path)
    store, _ = open_store(tmp_path / "run")
    first = run_flow(DFTElasticMaker(code=CODE).make([AL], ["mine"]), store, workers=2)
    assert set(first.failed) == {"dft static mine 1/2", "dft static mine 2/2"}
    stand_in(AL, 4.04, cubic(110.0, 60.0, 30.0))
    flow = DFTElasticMaker(code=CODE).make([AL], ["mine"])
    second = run_flow(flow, store, workers=2)
    assert not second.failed
    assert {"tight relax 1", "tight relax 2", "static"} <= set(second.resumed)
    assert {"dft static mine 1/2", "dft static mine 2/2"} <= set(second.finished)
    (found,) = store.get_output(flow.output.uuid)
    assert found["status"] == "passed"
    folders = [folder for folder in (tmp_path / "elatbot-jobs").iterdir() if folder.is_dir()]
    assert len(folders) == 7
    assert not (tmp_path / "INCAR").exists()


def test_inputs_are_those_of_the_settings(stand_in):
    alloy = Structure(Lattice.cubic(2.9), ["Ni", "Al"], [[0, 0, 0], [0.5, 0.5, 0.5]])
    code = VaspCode(SETTINGS, incar={"ALGO": "All"})
    from elatbot_flows.dft.relaxing import frame_of
    from elatbot_flows.judges.dft_relaxing import with_moments

    cell, frame = code.begun(alloy, frame_of(alloy, code, 0.01))
    inputs = code.maker("static", frame).input_set_generator.get_input_set(
        with_moments(cell, frame)
    )
    incar = inputs["INCAR"]
    assert {"ENCUT": 550, "SIGMA": 0.2, "ISMEAR": 1, "ISPIN": 2, "NSW": 0}.items() <= incar.items()
    assert incar["MAGMOM"] == [2.0 if s == "Ni" else 0.0 for s in map(str, cell.species)]
    assert incar["ALGO"] == "All"
    assert incar["GGA"] == "Pe"
    assert not {"METAGGA", "KSPACING"} & set(incar)
    assert tuple(inputs["KPOINTS"].kpts[0]) == frame.mesh
    assert frame.fixed["electrons"] == 19


def test_the_maker_can_be_stored():
    maker = DFTElasticMaker(code=CODE, settings=STRAINS)
    assert json.loads(json.dumps(maker, cls=MontyEncoder), cls=MontyDecoder) == maker


@pytest.mark.parametrize(
    "settings", [DFTSettings(), DFTSettings(functional="PW91", smearing="fermi-dirac")]
)
def test_what_vasp_does_not_have_is_refused(settings):
    with pytest.raises(DFTError):
        VaspCode(settings)


@pytest.mark.parametrize("limit", ["max_core_hours", "budget_hours"])
def test_core_hours_that_nobody_can_tell_are_not_limited_in_silence(limit):
    with pytest.raises(DFTError, match="--dft-budget"):
        DFTElasticMaker(code=CODE, **{limit: 2.0})
