"""Materials drawn and judged for `learning.py`; what was judged once is never computed again."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from pymatgen.core import Structure

from elatbot_flows.documents import CandidateDocument, Polymorph
from elatbot_flows.engines.drawing import draw_materials
from elatbot_flows.jobs import BuildMaker
from elatbot_flows.potentials import load_potential

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from elatbot_flows.engines.text_model import TextModel
    from elatbot_flows.targets import DesignTarget

REWARD, PROOF = "7net-0", "TensorNet-MatPES"
BATCH = 200
MOST_BATCHES = 40
CHEAP = BuildMaker(max_guesses=6, other_systems=2, max_relaxed=2, keep=1)
AS_GIVEN = BuildMaker(max_relaxed=1, keep=1)
Material = tuple[str, str]


@dataclass
class Judges:
    """Bulk moduli of materials by two potentials, kept in a file.

    Parameters
    ----------
    file
        JSON lines of what was judged.
    proof
        Folder of the potential that gives no reward.
    """

    file: Path
    proof: str
    max_sites: int
    known: dict[str, dict[str, Any]] = field(default_factory=dict)
    asked: int = 0

    def __post_init__(self) -> None:
        """Read what is known."""
        self.file.parent.mkdir(parents=True, exist_ok=True)
        for line in self.file.read_text().splitlines() if self.file.is_file() else ():
            said = json.loads(line)
            self.known[_key(said["judge"], (said["formula"], said["system"]))] = said

    @cached_property
    def potentials(self) -> dict[str, Any]:
        """Both, by name; loaded when something has to be computed."""
        return {REWARD: load_potential(REWARD, "cpu"), PROOF: load_potential(self.proof, "cpu")}

    def modulus(self, judge: str, material: Material) -> float | None:
        """K of the lowest crystal, GPa; None where no crystal could be made or relaxed.

        The judge of the proof relaxes the crystal that the other one found lowest.
        """
        found = self.known.get(_key(judge, material))
        if found is None:
            found = self._judge(judge, material)
            self.known[_key(judge, material)] = found
            with self.file.open("a") as out:
                out.write(json.dumps(found) + "\n")
        return found["modulus"]

    def calls(self, judge: str) -> tuple[int, int, float]:
        """Materials judged, evaluations of the potential, and processor time (s), all in all."""
        own = [said for said in self.known.values() if said["judge"] == judge]
        return (
            len(own),
            sum(said["evaluations"] for said in own),
            sum(said["seconds"] for said in own),
        )

    def _judge(self, judge: str, material: Material) -> dict[str, Any]:
        formula, system = material
        candidate = CandidateDocument(
            candidate_id="-", run_id="-", formula=formula, proposed_crystal_system=system
        )
        said = {"judge": judge, "formula": formula, "system": system, "modulus": None}
        maker = CHEAP
        if judge == PROOF:
            maker = AS_GIVEN
            first = self.known[_key(REWARD, material)].get("structure")
            if first is None:
                return said | {"evaluations": 0, "seconds": 0.0}
            crystal = Polymorph(structure=Structure.from_dict(first), source="7net-0", label="-")
            candidate = candidate.updated(polymorphs=[crystal])
        begin = time.process_time()
        built = maker.build(candidate, self.potentials[judge], self.max_sites, seed=0)
        said["seconds"] = round(time.process_time() - begin, 3)
        said["evaluations"] = built.build_evaluations
        if built.polymorphs:
            said["modulus"] = built.polymorphs[0].bulk_modulus
            if judge == REWARD:
                said["structure"] = built.polymorphs[0].structure.as_dict()
        return said


def _key(judge: str, material: Material) -> str:
    return f"{judge} {material[0]} {material[1]}"


def drawn(
    model: TextModel, target: DesignTarget, n: int, seed: int, temperature: float
) -> list[Material]:
    """Materials in the order of their draws, repeats too."""
    found = draw_materials(model, target, n, seed=seed, temperature=temperature, guidance=0.0)
    return [(str(d.formula), str(d.crystal_system)) for d in found if d.reason is None]


def unseen(
    model: TextModel,
    target: DesignTarget,
    n: int,
    seed: int,
    temperature: float,
    taken: Collection[str] = (),
) -> list[Material]:
    """The first `n` different formulas that are neither `taken` nor known to elatbot-mini."""
    from elatbot_flows.engines.mini.generator import load_generator

    base, found = load_generator("elatbot-mini"), {}
    for batch in range(MOST_BATCHES):
        for formula, system in drawn(model, target, BATCH, 1000 * seed + batch, temperature):
            if formula not in taken and formula not in found and base.is_unseen(formula):
                found[formula] = system
            if len(found) == n:
                return list(found.items())
    return list(found.items())
