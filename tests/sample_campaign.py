"""A design that takes a second, and one job that plans several of them."""

from __future__ import annotations

from jobflow import Flow, Response, job

import samples
from elatbot_flows import DesignTarget, InverseDesignMaker
from elatbot_flows.jobs import BuildMaker
from elatbot_flows.judges import PotentialJudge
from elatbot_flows.proposers import GivenProposer


def maker():
    """Designs of two metals, which take a second."""
    return InverseDesignMaker(
        n=2,
        proposer=GivenProposer(materials=["Cu", "Ni"], expectation=None),
        build=BuildMaker(potential=samples.EMT, max_guesses=2, max_relaxed=1),
        judges=[PotentialJudge(potential=samples.EMT)],
        hull=None,
    )


def design():
    """One of them."""
    return maker().make(DesignTarget(bulk_modulus=(50, 250)))


@job
def rounds(number):
    """Plan one design after the other, as a campaign does."""
    if number == 0:
        return "done"
    made = design()
    made.append_name(f"round {number}: ", prepend=True)
    again = rounds(number - 1)
    again.name = "round"
    return Response(replace=Flow([made, again], output=again.output))


def campaign():
    return Flow([rounds(2)])
