"""Documents of density functional calculations: one calculation, and all behind one tensor."""

from typing import Any

from pydantic import BaseModel, Field

__all__ = ["DFTFrame", "DFTRecord", "PerturbationPlan", "StaticCalculation", "StrainPlan"]


class DFTFrame(BaseModel):
    """What all calculations of one crystal share, so that their numbers can be subtracted."""

    mesh: tuple[int, int, int] = Field(description="Points of the k-mesh, which holds Gamma.")
    moments: list[float] | None = Field(
        None,
        description="Magnetic moments that calculations start from, collinear, one for each atom, "
        "Bohr magnetons; None without spin.",
    )
    width: float | None = Field(
        None,
        description="How wide occupations are smeared, eV; None for as wide as the first "
        "calculation of a crystal begins with.",
    )
    fixed: dict[str, Any] = Field(
        default_factory=dict,
        description="Whatever else the code fixes at the first calculation, by its own names.",
    )
    basis_slope: float | None = Field(
        None,
        description="Change of the energy with the logarithm of the number of plane waves, eV, by "
        "which energies and stresses are corrected; over the volume it is the Pulay pressure. None "
        "where that is not done.",
    )
    basis_doubt: float | None = Field(
        None,
        description="By how much corrected pressures over and under the cut-off differ, GPa: zero "
        "if energies and stresses agree about what too few plane waves do.",
    )


class StaticCalculation(BaseModel):
    """One self-consistent calculation of one crystal, or why there is none."""

    reason: str | None = Field(None, description="Machine-readable reason if it failed.")
    message: str | None = Field(None, description="The reason for people.")
    energy: float | None = Field(None, description="eV per cell.")
    forces: list[list[float]] | None = Field(None, description="eV/A, one row for each atom.")
    stress: list[list[float]] | None = Field(None, description="GPa, 3x3, positive under tension.")
    moments: list[float] | None = Field(
        None, description="Magnetic moments found, Bohr magnetons; None without spin."
    )
    gap: float | None = Field(
        None,
        description="Gap between full and empty bands on the k-mesh, eV, zero without one; None "
        "where the code does not tell.",
    )
    kpoints: int | None = Field(None, description="Irreducible k-points, where the code tells.")
    cycles: int | None = Field(
        None, description="Cycles to self-consistency, where the code tells."
    )
    cpu_seconds: float = Field(0.0, description="Processor time of it, with its child processes.")


class DFTRecord(BaseModel):
    """What a density functional was asked of one crystal, and what that took."""

    frame: DFTFrame | None = Field(None, description="What all its calculations share.")
    moments: list[float] | None = Field(
        None, description="Magnetic moments of the relaxed crystal, Bohr magnetons."
    )
    gap: float | None = Field(
        None,
        description="Gap of the relaxed crystal on the k-mesh, eV, zero without one; None where "
        "the code does not tell.",
    )
    low_spin_energy: float | None = Field(
        None,
        description="Energy that small moments led to less the one that high-spin moments led to, "
        "eV per atom of the crystal as given; the lower was gone on with. None where only one "
        "start was tried.",
    )
    energy: float | None = Field(None, description="Of the relaxed crystal, eV per cell.")
    relaxation_calculations: int = Field(0, description="Calculations to relax it.")
    calculations: int = Field(0, description="Calculations of perturbed crystals that were due.")
    missing: int = Field(0, description="Those of them without a usable result.")
    kpoints: list[int] = Field(
        default_factory=list, description="Irreducible k-points of each of them."
    )
    cycles: int = Field(0, description="Cycles to self-consistency of all calculations.")
    cpu_seconds: float = Field(0.0, description="Processor time of all calculations.")
    estimated_core_hours: float | None = Field(
        None, description="What all were expected to take before they began, where that is known."
    )
    energy_mismatch: float | None = Field(
        None,
        description="Relative error of K by what energies and stresses contradict each other: with "
        "plane waves, what `basis_doubt` does to the cell and so to K; else the largest relative "
        "difference between second derivatives from energies and from forces and stresses.",
    )


class PerturbationPlan(BaseModel):
    """Perturbed crystals, and what turns their numbers into second derivatives."""

    steps: list[list[float]] = Field(
        description="Coordinates of each: Mandel strain, and displacements in A."
    )
    ahead: list[int] = Field(description="For each direction the place of its step in `steps`.")
    behind: list[int | None] = Field(
        description="The place of the step to the other side; None where symmetry tells it."
    )
    opposite: list[int | None] = Field(
        description="The operation of the space group that takes the direction to its opposite."
    )
    kpoints: list[int] = Field(description="Irreducible k-points of each step.")


class StrainPlan(BaseModel):
    """Strained cells whose ions are relaxed, and to whose stresses a tensor is fitted."""

    deformations: list[list[list[float]]] = Field(
        description="Deformation gradients, atomate2's, reduced by symmetry."
    )
    kpoints: list[int] = Field(description="Irreducible k-points of each cell.")
