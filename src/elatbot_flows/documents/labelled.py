"""A material whose elasticity somebody knows, and what was written about it to teach a model."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field
from pymatgen.core import Structure

from elatbot_flows.documents.elastic import Matrix
from elatbot_flows.documents.training import Label, TaskRecord

__all__ = ["Averages", "Description", "LabelledMaterial", "MaterialRecords"]


class Averages(BaseModel):
    """Averages of a modulus over all directions."""

    voigt: float | None = Field(None, description="Upper bound, of Voigt, GPa.")
    reuss: float | None = Field(None, description="Lower bound, of Reuss, GPa.")
    vrh: float | None = Field(None, description="Mean of both, of Hill, GPa.")


class LabelledMaterial(BaseModel):
    """A material with elastic tensor or moduli, whoever says so."""

    material_id: str = Field(description="Identifier, such as 'mp-134' or 'alloys.csv, row 3'.")
    origin: str = Field(description="'materials_project', the name of a file, or 'candidates'.")
    label: Label = Field(
        description="Who says so: 'dft', the Materials Project; 'judge', an interatomic potential, "
        "which is not DFT; 'given', whoever brought the file."
    )
    labelled_by: str | None = Field(
        None, description="Version of the database, name of the judge, or name of the file."
    )
    last_updated: datetime = Field(description="When it came here or was changed here, UTC.")
    remote_updated: str | None = Field(None, description="Last change in the database it is from.")
    database_version: str | None = Field(
        None, description="Version of the Materials Project that last confirmed it."
    )
    place: int = Field(0, description="Place in the list it came in: the database's, the file's.")

    formula: str = Field(description="Reduced formula, one spelling for each composition.")
    written: str = Field(description="Formula as its origin writes it.")
    chemsys: str = Field(description="Chemical system, e.g. 'Al-Ni'.")
    crystal_system: str | None = Field(None, description="Capitalised, e.g. 'Cubic'.")
    spacegroup_number: int | None = Field(None, description="Space group.")
    temperature: float = Field(0.0, description="K.")
    structure: Structure | None = Field(None, description="The crystal, if it is known.")
    on_hull: bool | None = Field(None, description="Whether it is on the hull of its database.")
    energy_above_hull: float | None = Field(None, description="Above that hull, eV/atom.")

    elastic_tensor: Matrix | None = Field(
        None, description="6x6 tensor, Voigt order, IEEE axes, GPa."
    )
    bulk_modulus: Averages | None = Field(None, description="Bulk modulus, GPa.")
    shear_modulus: Averages | None = Field(None, description="Shear modulus, GPa.")

    verdict: str | None = Field(None, description="Verdict, if it was a candidate for a target.")
    probability: float | None = Field(None, description="Probability that the target is met.")
    target: dict[str, Any] | None = Field(
        None, description="That target: intervals (GPa), elements."
    )

    @property
    def voigt_bulk_modulus(self) -> float | None:
        """Voigt bulk modulus, GPa: of the tensor, else as told; all averages of a cubic one agree.

        None if it is not known.
        """
        if self.elastic_tensor is not None:
            return sum(sum(row[:3]) for row in self.elastic_tensor[:3]) / 9
        told = self.bulk_modulus or Averages()
        return told.vrh if told.voigt is None and self.crystal_system == "Cubic" else told.voigt


class Description(BaseModel):
    """A crystal in the words of robocrystallographer, or why there are none."""

    material_id: str = Field(description="The material.")
    made_from: str = Field(description="Hash of the crystal that was described.")
    words: str | None = Field(None, description="The description.")
    reason: str | None = Field(
        None, description="Machine-readable reason if there is none, such as 'timed_out'."
    )
    message: str | None = Field(None, description="The reason for people.")
    seconds: float = Field(description="Processor time it took, s.")
    last_updated: datetime = Field(description="When, UTC.")


class MaterialRecords(BaseModel):
    """What was written about one material, and what could not be."""

    material_id: str = Field(description="The material.")
    made_from: str = Field(description="Hash of material, description and settings.")
    origin: str = Field(description="Where the material comes from.")
    database_version: str | None = Field(None, description="Version of the Materials Project.")
    formula: str = Field(description="Reduced formula.")
    chemsys: str = Field(description="Chemical system, e.g. 'Al-Ni'.")
    crystal_system: str | None = Field(None, description="Capitalised, e.g. 'Cubic'.")
    temperature: float = Field(0.0, description="K.")
    on_hull: bool | None = Field(None, description="Whether it is on the hull of its database.")
    place: int = Field(0, description="Place in the list it came in.")
    step: str | None = Field(None, description="Step of cleaning that dropped it, if one did.")
    reason: str | None = Field(None, description="Why that step dropped it.")
    turned: bool = Field(False, description="Whether its tensor was turned.")
    records: list[TaskRecord] = Field(
        default_factory=list, description="One for each dialect and task."
    )
    dropped: dict[str, str] = Field(
        default_factory=dict, description="Reason by 'dialect/task' that cannot be written."
    )
    last_updated: datetime = Field(description="When, UTC.")
