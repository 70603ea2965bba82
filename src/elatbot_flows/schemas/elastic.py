"""Document of one elastic tensor."""

from typing import Literal

from pydantic import BaseModel, Field

from elatbot_flows.schemas.provenance import PotentialRecord

__all__ = ["ElasticResult"]

Matrix = list[list[float]]


class ElasticResult(BaseModel):
    """Elastic tensor of a relaxed crystal and what follows from it."""

    elastic_tensor: Matrix = Field(description="6x6 tensor, Voigt order, IEEE axes, GPa.")
    smallest_eigenvalue: float = Field(
        description="Smallest eigenvalue of the tensor (Mandel scaling), GPa."
    )
    born_stable: bool = Field(description="Whether the tensor is positive definite.")
    ion_relaxation: Literal["relaxed", "clamped"] = Field(
        description="Whether atoms were relaxed in the strained cells."
    )
    bulk_modulus: float | None = Field(
        None, description="Bulk modulus (VRH), GPa; None if the crystal is not stable."
    )
    shear_modulus: float | None = Field(
        None, description="Shear modulus (VRH), GPa; None if the crystal is not stable."
    )
    youngs_modulus: float | None = Field(
        None, description="Young's modulus (VRH), GPa; None if the crystal is not stable."
    )
    poisson_ratio: float | None = Field(None, description="Homogeneous Poisson ratio.")
    pugh_ratio: float | None = Field(None, description="Bulk over shear modulus, K/G.")
    universal_anisotropy: float | None = Field(None, description="Universal anisotropy index.")
    fit_residual: float = Field(
        description="Root mean square of stress minus tensor times strain over all strains, GPa."
    )
    strain_magnitudes: list[float] = Field(description="Strain magnitudes applied (fractions).")
    n_deformations: int = Field(description="Strained cells computed after symmetry reduction.")
    n_unconverged: int = Field(description="Strained cells whose ions did not converge.")
    max_force: float = Field(description="Convergence threshold of the ions, eV/A.")
    evaluations: int = Field(description="Evaluations of the potential for the tensor.")
    potential: PotentialRecord = Field(description="The potential that was used.")
