"""Scans of cut-off and k-mesh, with a code whose dependence on both is known."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import ClassVar

import pytest
from jobflow import JobStore, run_locally
from maggma.stores import MemoryStore
from monty.json import MontyDecoder, MontyEncoder

import samples
from elatbot_flows.dft import DFTSettings
from elatbot_flows.dft.convergence import converged_settings, enough
from elatbot_flows.dft.widths import METALLIC
from elatbot_flows.documents import ConvergenceDocument, ConvergencePoint, ElasticResult
from elatbot_flows.errors import DFTError
from elatbot_flows.judges import DFTConvergenceMaker, DFTElasticMaker
from elatbot_flows.potentials.settings import ValidationSettings
from elatbot_flows.report.dft_convergence import draw_convergence
from emt_code import EMTCode


def factor(cutoff, points):
    """By which all numbers of the code are wrong: 16 % at 250 eV, 1 % at 1000; 32 % with 5."""
    return (1 + 0.16 * (250 / cutoff) ** 2) * (1 + 8 / points**2)


@dataclass(frozen=True)
class RoughCode(EMTCode):
    name: ClassVar[str] = "rough"

    def calculator(self, frame):
        made = super().calculator(frame)
        scale, original = factor(self.settings.cutoff, frame.mesh[0]), made.calculate

        def calculate(atoms=None, *arguments, **more):
            original(atoms, *arguments, **more)
            for key in ("energy", "forces", "stress"):
                made.results[key] = made.results[key] * scale

        made.calculate = calculate
        return made


CODE = RoughCode(DFTSettings(cutoff=800.0, k_spacing=0.2))
JUDGE = DFTElasticMaker(code=CODE, settings=ValidationSettings(follow=0))
MAKER = DFTConvergenceMaker(
    judge=JUDGE, k_spacings=(0.5, 0.2, 0.12, 0.1), cutoffs=(250, 500, 650, 800)
)


def run(maker, crystal):
    flow = maker.make(crystal)
    done = run_locally(flow, store=JobStore(MemoryStore()), log=False, ensure_success=True)
    return ConvergenceDocument.model_validate(done[flow.output.uuid][1].output), done


@pytest.fixture(scope="module")
def scanned():
    return run(MAKER, samples.fcc("Cu", 3.6))


def test_points_are_those_of_the_code(scanned):
    document, _ = scanned
    meshes = [point.mesh[0] for point in document.by_mesh]
    assert {point.width for point in document.by_mesh} == {METALLIC}
    assert meshes == sorted(set(meshes))
    fine = document.by_mesh[-1]
    exact = fine.bulk_modulus / factor(fine.cutoff, fine.mesh[0])
    for point in [*document.by_mesh, *document.by_cutoff]:
        wrong = factor(point.cutoff, point.mesh[0])
        assert point.bulk_modulus == pytest.approx(exact * wrong, rel=2e-3)
        assert point.cpu_seconds > 0


def test_what_is_enough_is_what_the_formula_says(scanned):
    document, _ = scanned
    shear = document.by_mesh[-1].shear_constants[0] / factor(800, document.by_mesh[-1].mesh[0])
    for points, answer in (
        (document.by_mesh, document.k_spacing),
        (document.by_cutoff, document.cutoff),
    ):
        last = factor(points[-1].cutoff, points[-1].mesh[0])
        fine = [
            abs(factor(p.cutoff, p.mesh[0]) - last) * shear < 3
            and abs(factor(p.cutoff, p.mesh[0]) / last - 1) < 0.02
            for p in points
        ]
        first = points[fine.index(True)]
        assert answer in (first.k_spacing, first.cutoff)
        assert 0 < fine.index(True) < len(points) - 1
    assert f"a cut-off of {document.cutoff:g} eV" in document.message


def test_the_answer_can_be_handed_to_the_judge(scanned):
    document = ConvergenceDocument.model_validate_json(scanned[0].model_dump_json())
    settings = converged_settings(document)
    assert settings == replace(CODE.settings, cutoff=document.cutoff, k_spacing=document.k_spacing)
    sure = replace(JUDGE, code=replace(CODE, settings=settings))
    flow = sure.make([samples.fcc("Cu", 3.6)], ["Cu"])
    done = run_locally(flow, store=JobStore(MemoryStore()), log=False, ensure_success=True)
    result = ElasticResult.model_validate(done[flow.output.uuid][1].output[0])
    finest = document.by_mesh[-1]
    exact = finest.bulk_modulus / factor(finest.cutoff, finest.mesh[0])
    wrong = factor(document.cutoff, result.dft.frame.mesh[0])
    assert result.bulk_modulus == pytest.approx(exact * wrong, rel=2e-3)
    assert (settings.cutoff, settings.k_spacing) not in {
        (point.cutoff, point.k_spacing) for point in [*document.by_mesh, *document.by_cutoff]
    }  # nobody computed that before


def test_a_setting_of_both_scans_is_computed_once(scanned):
    _, done = scanned
    names = {str(e.output.result.source) for k in done.values() for e in k.values() if _is(e)}
    assert len(names) == 7
    assert len(MAKER.points()) == 8


def _is(response):
    return type(response.output).__name__ == "DFTCrystal"


def test_a_figure_is_drawn(scanned, tmp_path):
    draw_convergence(scanned[0], tmp_path / "convergence.png")
    assert (tmp_path / "convergence.png").read_bytes().startswith(b"\x89PNG")


def test_a_point_that_fails_is_no_convergence(tmp_path):
    judge = replace(JUDGE, code=EMTCode(CODE.settings, fails_below=1000))
    document, _ = run(replace(MAKER, judge=judge), samples.fcc("Cu", 3.6))
    assert document.settings is None
    assert document.by_mesh[0].message.startswith("a calculation of the relaxation failed")
    assert "no cut-off was shown to be enough" in document.message
    with pytest.raises(DFTError, match="no cut-off"):
        converged_settings(document)
    draw_convergence(document, tmp_path / "convergence.svg")


def points(*rows):
    return [
        ConvergencePoint(
            cutoff=500, k_spacing=1 / n, mesh=(n, n, n), bulk_modulus=k, shear_constants=[c] * 3
        )
        for n, k, c in rows
    ]


@pytest.mark.parametrize(
    ("rows", "place"),
    [
        ([(4, 80, 40), (6, 80, 31), (8, 80, 30)], 1),
        ([(4, 80, 30), (6, 80, 38), (8, 80, 30)], None),  # by chance at first
        ([(4, 90, 30), (6, 80, 30), (8, 80, 30)], 1),
        ([(4, 80, 40), (8, 80, 30), (8, 80, 30)], None),  # the same mesh twice
        ([(4, 80, 30), (6, None, 30), (8, 80, 30)], None),
        ([(4, 80, 30), (6, 80, 30), (8, None, 30)], None),
    ],
)
def test_enough_is_what_all_finer_ones_agree_with(rows, place):
    assert enough(points(*rows), 3.0, 0.02) == place


def test_the_maker_can_be_stored_and_refuses_scans_of_one_point():
    assert json.loads(json.dumps(MAKER, cls=MontyEncoder), cls=MontyDecoder) == MAKER
    for wrong in ({"cutoffs": (500.0,)}, {"k_spacings": (0.2, -0.1)}):
        with pytest.raises(DFTError):
            DFTConvergenceMaker(**wrong)
