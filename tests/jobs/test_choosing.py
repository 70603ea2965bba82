"""Whom a density functional is asked about."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

import samples
from elatbot_flows.documents import CandidateDocument, DFTVerdict, ElasticResult, Evidence
from elatbot_flows.errors import StructureError
from elatbot_flows.jobs.choosing import chosen_for_dft, crystal_for_dft

P = {"sure": 0.95, "likely": 0.7, "even": 0.5, "doubtful": 0.2, "hopeless": 0.05}


@dataclass
class Referee:
    budget: int = 2
    budget_hours: float | None = None
    calibration_share: float = 0.0
    hours: tuple[float, ...] = ()

    def core_hours(self, structure):
        if structure.composition.reduced_formula == "Ce":
            raise StructureError("f electrons", "f_electrons")
        return structure.volume / 10


def candidate(name, probability, element="Cu", volume=10.0, **fields):
    verdict = "hit" if probability >= 0.5 else "open" if probability >= 0.1 else "miss"
    usual = {"run_id": "run", "status": "passed", "formula": element, "verdict": verdict}
    structure = samples.fcc(element)
    structure.scale_lattice(volume)
    usual |= {"probability": probability, "structure": structure}
    return CandidateDocument(candidate_id=name, **usual | fields)


def chosen(referee, *candidates):
    found = chosen_for_dft(candidates, referee)
    assert len(found) == len(candidates)
    return {c.candidate_id: o.reason for c, o in zip(candidates, found, strict=True) if o.chosen}


EVERYBODY = [candidate(name, p) for name, p in P.items()]


def test_the_best_are_chosen():
    assert chosen(Referee(), *EVERYBODY) == {"sure": "best", "likely": "best"}


def test_a_share_goes_to_what_is_least_sure():
    found = chosen(Referee(budget=4, calibration_share=0.25), *EVERYBODY, candidate("z", 0.45))
    assert found == {"sure": "best", "likely": "best", "even": "best", "z": "calibration"}


def test_nothing_is_set_aside_where_all_are_chosen():
    found = chosen(Referee(budget=5, calibration_share=0.5), *EVERYBODY)
    assert set(found.values()) == {"best"}
    assert len(found) == 5


def test_hits_that_lie_above_the_hull_come_last():
    off = candidate(
        "off",
        0.99,
        hull={"status": "unstable", "evaluations": 0, "potential": samples.method("emt")},
    )
    assert set(chosen(Referee(), off, *EVERYBODY)) == {"sure", "likely"}


def test_core_hours_are_spent_where_they_bring_most():
    dear = candidate("dear", 0.9, volume=100.0)
    cheap = [candidate(f"cheap {n}", 0.6, volume=20.0) for n in range(5)]
    assert chosen(Referee(budget=9), dear, *cheap)["dear"] == "best"
    found = chosen(Referee(budget=9, budget_hours=7.0), dear, *cheap)
    assert set(found) == {"cheap 0", "cheap 1", "cheap 2"}
    assert set(chosen(Referee(budget=9, budget_hours=1.0), dear, *cheap)) == set()


def test_equals_are_taken_by_their_cost():
    found = chosen(Referee(budget=1), candidate("a", 0.8, volume=50.0), candidate("b", 0.8))
    assert set(found) == {"b"}


def test_what_the_code_refuses_takes_nothing_of_the_budget():
    refused = candidate("ce", 0.99, element="Ce")
    (offer, *_) = chosen_for_dft([refused, *EVERYBODY], Referee())
    assert (offer.chosen, offer.reason, offer.message) == (False, "f_electrons", "f electrons")
    assert set(chosen(Referee(), refused, *EVERYBODY)) == {"sure", "likely"}


def test_reasons_say_what_was_known():
    even = chosen_for_dft(EVERYBODY, Referee())[2]
    assert (even.reason, even.message) == ("outranked", "others came first")
    assert even.uncertainty == 1.0
    assert even.core_hours == pytest.approx(1.0)


def test_sixty_atoms_do_not_fit_into_one_core_hour():
    from pymatgen.core import Lattice, Structure

    from elatbot_flows.judges import DFTElasticMaker
    from emt_code import EMTCode

    rows = [[x / 5, y / 4, z / 3] for x in range(5) for y in range(4) for z in range(3)]
    large = Structure(Lattice.orthorhombic(12.8, 10.2, 7.7), ["Cu"] * 59 + ["Au"], rows)
    judge = DFTElasticMaker(code=EMTCode(), max_core_hours=0.001)
    (offer,) = chosen_for_dft([candidate("x", 0.9, structure=large)], judge)
    assert (offer.chosen, offer.reason) == (False, "too_expensive")
    assert "core-hours, more than the 0.001 allowed" in offer.message


def ended(gained, lattice, status="passed", polymorph=0):
    result = ElasticResult(
        status=status,
        structure=samples.fcc("Cu", lattice),
        energy_gained=gained,
        method="linear_response",
        judge=samples.method("potential", "potential"),
    )
    return Evidence(polymorph=polymorph, result=result)


@pytest.mark.parametrize(
    ("evidence", "lattice"),
    [
        ([ended(None, 3.6), ended(0.073, 3.7), ended(0.02, 3.8)], 3.7),
        ([ended(None, 3.6), ended(0.002, 3.7)], None),
        ([ended(None, 3.6), ended(0.073, 3.7, "failed")], None),
        ([ended(None, 3.6), ended(0.073, 3.7, polymorph=1)], None),
        ([], None),
    ],
)
def test_where_a_judge_found_a_saddle_the_crystal_below_it_is_asked_about(evidence, lattice):
    asked = candidate("a", 0.8, volume=30.0, polymorph=0, evidence=evidence)
    expected = asked.structure.volume if lattice is None else samples.fcc("Cu", lattice).volume
    assert crystal_for_dft(asked).volume == pytest.approx(expected)
    assert asked.doubts == (lattice is not None)


def test_a_hit_that_a_judge_followed_downhill_comes_after_hits_that_are_minima():
    saddle = candidate("saddle", 0.95, polymorph=0, evidence=[ended(0.025, 3.7)])
    assert set(chosen(Referee(), saddle, *EVERYBODY)) == {"sure", "likely"}


def test_nothing_speaks_against_a_crystal_whose_lower_end_was_measured():
    judged = DFTVerdict(judge="gpaw", status="measured", verdict_before="hit")
    saddle = candidate("a", 0.9, polymorph=0, evidence=[ended(0.025, 3.7)])
    refused = judged.model_copy(update={"status": "failed"})
    assert saddle.updated(dft=judged).doubts == 0
    assert saddle.updated(dft=refused).doubts == 1
