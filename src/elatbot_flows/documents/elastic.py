"""Document of one judged crystal: relaxed, strained, and let through or not."""

from typing import Any, Literal

from pydantic import BaseModel, Field
from pymatgen.core import Structure

from elatbot_flows.documents.dft import DFTRecord
from elatbot_flows.documents.provenance import MethodRecord

__all__ = ["DFTCrystal", "ElasticResult"]

Matrix = list[list[float]]


class ElasticResult(BaseModel):
    """What one judge says of the elasticity of one crystal, or why it says nothing."""

    source: str | None = Field(None, description="File or step the crystal came from.")
    formula: str | None = Field(None, description="Reduced formula.")
    chemsys: str | None = Field(None, description="Chemical system, e.g. 'Al-Ni'.")
    elements: list[str] = Field(default_factory=list, description="Chemical symbols, sorted.")
    status: Literal["passed", "failed"] = Field(description="Whether it passed every gate.")
    reason: str | None = Field(None, description="Machine-readable reason if it failed.")
    message: str | None = Field(None, description="The reason for people.")

    structure: Structure | None = Field(None, description="Relaxed primitive cell.")
    crystal_system: str | None = Field(None, description="Crystal system after relaxation.")
    spacegroup_number: int | None = Field(None, description="Space group after relaxation.")
    initial_spacegroup_number: int | None = Field(
        None, description="Space group before relaxation."
    )
    volume_change: float | None = Field(
        None, description="Relative change of the volume per atom in the relaxation."
    )
    displacement: float | None = Field(
        None,
        description="Root mean square displacement of the atoms in the relaxation after removing "
        "the change of volume, A; None if the crystals do not match any more.",
    )
    nsites: int | None = Field(None, description="Atoms in the relaxed primitive cell.")
    volume_per_atom: float | None = Field(None, description="Volume after relaxation, A^3/atom.")
    energy_per_atom: float | None = Field(None, description="Energy of the potential, eV/atom.")
    relaxed: bool = Field(False, description="Whether the relaxation converged.")
    residual_force: float | None = Field(
        None, description="Largest force on an atom after it, symmetry aside, eV/A."
    )
    residual_stress: float | None = Field(
        None, description="Largest component of the stress after it, symmetry aside, GPa."
    )

    bulk_modulus: float | None = Field(
        None, description="Bulk modulus (VRH), GPa; None unless passed."
    )
    shear_modulus: float | None = Field(
        None, description="Shear modulus (VRH), GPa; None unless passed."
    )
    youngs_modulus: float | None = Field(
        None, description="Young's modulus (VRH), GPa; None unless passed."
    )
    bulk_modulus_std: float | None = Field(
        None, description="Standard deviation the judge itself gives its bulk modulus, GPa."
    )
    shear_modulus_std: float | None = Field(
        None, description="Standard deviation the judge itself gives its shear modulus, GPa."
    )
    poisson_ratio: float | None = Field(None, description="Homogeneous Poisson ratio.")
    pugh_ratio: float | None = Field(None, description="Bulk over shear modulus, K/G.")
    universal_anisotropy: float | None = Field(None, description="Universal anisotropy index.")

    elastic_tensor: Matrix | None = Field(
        None, description="6x6 relaxed-ion tensor, Voigt order, IEEE axes, GPa."
    )
    clamped_tensor: Matrix | None = Field(
        None, description="The same with ions clamped, GPa; linear response only."
    )
    ieee_axes: Matrix | None = Field(
        None, description="These axes as rows of unit length, in the axes of `structure`."
    )
    ion_relaxation: Literal["relaxed", "clamped"] = Field(
        "relaxed", description="Whether `elastic_tensor` and the moduli include ion relaxation."
    )
    born_stable: bool | None = Field(
        None, description="Whether the tensor is positive definite; None if there is none."
    )
    smallest_eigenvalue: float | None = Field(
        None, description="Smallest eigenvalue of the tensor (Mandel scaling), GPa."
    )
    softest_mode: float | None = Field(
        None,
        description="Smallest curvature of the energy along displacements of the atoms in the "
        "primitive cell (or the supercell of the settings), eV/A^2; linear response only.",
    )
    residual: float | None = Field(
        None,
        description="Linear response: relative size of the antisymmetric part of the measured "
        "second derivatives. Finite strain: root mean square of stress - C strain, GPa.",
    )
    modes_followed: int = Field(
        0,
        description="Soft modes or unstable strains that were followed downhill; all other fields "
        "are about the crystal they led to.",
    )
    energy_gained: float | None = Field(
        None, description="Energy that following them gained, eV/atom; None if none was followed."
    )
    near_gates: list[str] = Field(
        default_factory=list, description="Gates it passed by little, in words for people."
    )
    method: str = Field(description="'linear_response', 'finite_strain' or that of the judge.")
    evaluations: int = Field(0, description="Evaluations of the potential.")
    recalled: bool = Field(
        False, description="Whether an earlier run computed it; `evaluations` is 0 then."
    )
    settings: dict[str, Any] = Field(
        default_factory=dict, description="Thresholds: forces eV/A, stress GPa, lengths A."
    )
    judge: MethodRecord = Field(description="Who says so.")
    versions: dict[str, str] = Field(default_factory=dict, description="Package versions.")
    dft: DFTRecord | None = Field(
        None, description="What a density functional was asked and what that took; None for others."
    )

    def updated(self, **fields: Any) -> "ElasticResult":
        """Return a copy with some fields changed."""
        return self.model_copy(update=fields)

    def failed(self, reason: str, message: str) -> "ElasticResult":
        """Return a copy that failed, with the reason for programs and for people."""
        return self.updated(status="failed", reason=reason, message=message)


class DFTCrystal(BaseModel):
    """A crystal on its way through a density functional code."""

    result: ElasticResult = Field(description="What is known of it so far.")
