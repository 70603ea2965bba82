"""A solid solution, ordered crystals that stand for it, and what judges say of them together."""

from pydantic import BaseModel, Field
from pymatgen.core import Structure

from elatbot_flows.documents.elastic import ElasticResult
from elatbot_flows.documents.provenance import MethodRecord

__all__ = ["Approximants", "PooledModulus", "SolidSolutionDocument", "SolidSolutionVerdict"]


class Approximants(BaseModel):
    """Ordered crystals that stand for a disordered one together."""

    formula: str = Field(description="Formula of the alloy, as asked for.")
    alloy: Structure = Field(description="The disordered crystal.")
    structures: list[Structure] = Field(description="The approximants, not relaxed.")
    names: list[str] = Field(description="What judges call them.")
    objectives: list[float] = Field(
        description="How far pairs of near shells are from those of a random alloy; 0 is random."
    )
    off: float = Field(description="Largest deviation of a fraction from the one asked for.")
    settings: dict[str, float] = Field(description="How they were looked for.")
    version: str = Field(description="Version of sqsgenerator.")


class PooledModulus(BaseModel):
    """One modulus over all approximants that passed."""

    mean: float = Field(description="Mean, GPa.")
    spread: float | None = Field(
        description="Standard deviation between approximants, GPa; None for a single one. They "
        "are equally random, so that it is small; it says nothing of how wrong the judge is."
    )


class SolidSolutionVerdict(BaseModel):
    """What one judge says of a solid solution."""

    judge: MethodRecord = Field(description="Who.")
    passed: int = Field(description="Approximants that passed all gates.")
    bulk_modulus: PooledModulus | None = Field(None, description="K, VRH; None if none passed.")
    shear_modulus: PooledModulus | None = Field(None, description="G, VRH; None if none passed.")
    volume_per_atom: float | None = Field(None, description="Mean over those that passed, A^3.")
    results: list[ElasticResult] = Field(description="Of every approximant, failures included.")


class SolidSolutionDocument(BaseModel):
    """A solid solution before its judges."""

    approximants: Approximants = Field(description="What was judged.")
    judged: list[SolidSolutionVerdict] = Field(description="One for each judge, in their order.")
