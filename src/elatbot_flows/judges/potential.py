"""Job: relax crystals, whatever they came from, and compute their elastic tensors."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from jobflow import Maker, job

from elatbot_flows.documents import ElasticResult, PotentialRecord
from elatbot_flows.elasticity import moduli_from_tensor
from elatbot_flows.potentials.validation import ValidationSettings

if TYPE_CHECKING:
    from pymatgen.core import Structure

    from elatbot_flows.potentials import Potential
    from elatbot_flows.potentials.validation import Validation

__all__ = ["MODULI", "ElasticValidationMaker", "validate_crystal"]

MODULI = ("bulk_modulus", "shear_modulus", "youngs_modulus", "poisson_ratio", "pugh_ratio")
"""The moduli a target may ask for, as fields of our documents."""

_PACKAGES = ("elatbot_flows", "ase", "numpy", "pymatgen", "spglib", "torch")


@dataclass
class ElasticValidationMaker(Maker):
    """Relax crystals and compute their elastic tensors, one result for each.

    Goes behind any job that ends in a structure or a list of structures:
    ``ElasticValidationMaker().make(relax_job.output.structure)``.

    Parameters
    ----------
    name
        The job name.
    potential, device, dtype
        The potential, where it runs and in which precision; None for the model's own.
    settings
        Method, thresholds and gates.
    """

    name: str = "validate elasticity"
    potential: str = "7net-0"
    device: str = "cpu"
    dtype: str | None = None
    settings: ValidationSettings = field(default_factory=ValidationSettings)

    @job
    def make(
        self, structures: Structure | list[Structure], sources: list[str] | None = None
    ) -> ElasticResult | list[ElasticResult]:
        """Validate one crystal or a chunk of them; a bad one never spoils the others.

        Parameters
        ----------
        structures
            One structure or a list.
        sources
            What to call them, one word for each of a list.

        Returns
        -------
        ElasticResult or list of ElasticResult
            As many as there were structures, in their order.
        """
        from elatbot_flows.potentials import load_potential

        potential = load_potential(self.potential, self.device, self.dtype)
        if not isinstance(structures, list):
            return validate_crystal(structures, potential, self.settings)
        names: list[str] | list[None] = sources or [None] * len(structures)
        return [
            validate_crystal(structure, potential, self.settings, source=name)
            for structure, name in zip(structures, names, strict=True)
        ]


def validate_crystal(
    structure: Structure,
    potential: Potential,
    settings: ValidationSettings,
    source: str | None = None,
) -> ElasticResult:
    """Validate one crystal and write down what came of it.

    Parameters
    ----------
    structure
        The crystal as it was built.
    potential
        The potential.
    settings
        Method, thresholds and gates.
    source
        What to call it.
    """
    from elatbot_flows.potentials.validation import validate_structure

    found = validate_structure(structure, potential, settings)
    formula = structure.composition.reduced_formula
    elements = sorted(element.symbol for element in structure.composition.elements)
    fields = _crystal_fields(structure, found, settings) | _tensor_fields(found)
    return ElasticResult(
        source=source,
        formula=formula,
        chemsys="-".join(elements),
        elements=elements,
        status=found.status,
        reason=found.reason,
        message=found.message,
        relaxed=found.relaxed,
        residual=found.residual,
        evaluations=found.evaluations,
        method=settings.method,
        settings=asdict(settings),
        potential=PotentialRecord(**potential.record()),
        versions={package: version(package) for package in _PACKAGES},
        **fields,
    )


def _crystal_fields(
    before: Structure, found: Validation, settings: ValidationSettings
) -> dict[str, Any]:
    """The relaxed crystal and how far it is from the one that was built."""
    after = found.structure
    fields: dict[str, Any] = {"structure": after, "nsites": len(after)}
    if found.energy is None:
        return fields
    per_atom = after.volume / len(after)
    number, system = _symmetry(after, settings.symprec)
    return fields | {
        "energy_per_atom": found.energy / len(after),
        "volume_per_atom": per_atom,
        "volume_change": per_atom / (before.volume / len(before)) - 1,
        "initial_spacegroup_number": _symmetry(before, settings.symprec)[0],
        "spacegroup_number": number,
        "crystal_system": system,
        "displacement": _displacement(before, after),
    }


def _symmetry(structure: Structure, symprec: float) -> tuple[int, str]:
    from pymatgen.symmetry.analyzer import SpacegroupAnalyzer

    analyzer = SpacegroupAnalyzer(structure, symprec=symprec)
    return analyzer.get_space_group_number(), analyzer.get_crystal_system().capitalize()


def _displacement(before: Structure, after: Structure) -> float | None:
    """Root mean square displacement, A, with volumes made equal."""
    from pymatgen.analysis.structure_matcher import StructureMatcher

    matcher = StructureMatcher(ltol=0.4, stol=0.6, angle_tol=15, primitive_cell=True, scale=True)
    found = matcher.get_rms_dist(before, after)
    return None if found is None else float(found[0] * (after.volume / len(after)) ** (1 / 3))


def _tensor_fields(found: Validation) -> dict[str, Any]:
    """Tensors as lists; moduli only of a crystal that passed."""
    fields: dict[str, Any] = {"softest_mode": found.softest_mode}
    if found.tensor is None or found.smallest_eigenvalue is None:
        return fields
    fields |= {
        "elastic_tensor": found.tensor.tolist(),
        "clamped_tensor": None if found.clamped is None else found.clamped.tolist(),
        "smallest_eigenvalue": found.smallest_eigenvalue,
        "born_stable": found.smallest_eigenvalue > 0,
    }
    if found.status == "validated":
        moduli = moduli_from_tensor(found.tensor)
        names = (*MODULI, "universal_anisotropy")
        fields |= {name: getattr(moduli, name) for name in names}
    return fields
