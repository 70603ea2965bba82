"""What a VASP calculation says, unless it is not the one that was asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from elatbot_flows.documents import StaticCalculation

if TYPE_CHECKING:
    from elatbot_flows.dft.settings import DFTSettings
    from elatbot_flows.documents import DFTFrame

__all__ = ["calculation_of", "task_of"]

_ELECTRONS = 1e-4


def calculation_of(document: Any, frame: DFTFrame, settings: DFTSettings) -> StaticCalculation:
    """Numbers of the last step of a VASP calculation, or why they cannot be used.

    Parameters
    ----------
    document
        emmet's ``TaskDoc``.
    frame
        k-mesh, electrons and POTCARs that it should have had.
    settings
        Cut-off and smearing that it should have had.

    Returns
    -------
    StaticCalculation
        With the reason ``"scf_not_converged"``, ``"not_as_asked"``, ``"not_finite"`` or
        ``"calculation_error"`` if there are no numbers.
    """
    task = task_of(document)
    seconds = _seconds(task)
    steps = task.calcs_reversed[0].output.ionic_steps if task.calcs_reversed else None
    if not steps:
        return _without("calculation_error", "the document has no ionic steps", seconds)
    if wrong := _not_as_asked(task, frame, settings):
        return _without("not_as_asked", wrong, seconds)
    if task.state is None or task.state.value != "successful":
        errors = ", ".join(map(str, (task.analysis.errors or []) if task.analysis else []))
        return _without("scf_not_converged", errors or "VASP did not converge", seconds)
    last = steps[-1]
    numbers = (last.e_fr_energy, last.forces, last.stress)
    if any(one is None or not np.isfinite(one).all() for one in numbers):
        return _without("not_finite", "energy, forces or stress are missing", seconds)
    calculation = task.calcs_reversed[0]
    return StaticCalculation(
        energy=last.e_fr_energy,
        forces=np.array(last.forces).tolist(),
        stress=(-0.1 * np.array(last.stress)).tolist(),
        moments=None if frame.moments is None else _moments(calculation),
        kpoints=calculation.input.nkpoints,
        cycles=sum(step.num_electronic_steps or 0 for step in steps),
        cpu_seconds=seconds,
    )


def task_of(document: Any) -> Any:
    """Emmet's ``TaskDoc``, however the manager of jobs hands it on."""
    from emmet.core.tasks import TaskDoc

    return document if isinstance(document, TaskDoc) else TaskDoc.model_validate(document)


def _without(reason: str, message: str, seconds: float) -> StaticCalculation:
    return StaticCalculation(reason=reason, message=message, cpu_seconds=seconds)


def _not_as_asked(task: Any, frame: DFTFrame, settings: DFTSettings) -> str | None:
    """What differs from what was asked for: handlers may have changed it, or somebody."""
    used = task.calcs_reversed[0].input
    known = used.parameters or {}
    if used.kpoints is None:
        return "KPOINTS are missing"
    mesh = tuple(int(n) for n in used.kpoints.kpts[0])
    if len(used.kpoints.kpts) != 1 or mesh != tuple(frame.mesh):
        return f"KPOINTS are {mesh}, not {tuple(frame.mesh)}"
    potcars = frame.fixed.get("potcars")
    titles = [str(spec.titel) for spec in used.potcar_spec or []]
    if potcars is not None and sorted(titles) != sorted(potcars):
        return f"POTCARs are {', '.join(titles) or 'missing'}, not {', '.join(potcars)}"
    wanted = {
        "ENCUT": (settings.cutoff, known.get("ENMAX", known.get("ENCUT"))),
        "SIGMA": (settings.width, known.get("SIGMA")),
        "NELECT": (frame.fixed.get("electrons"), known.get("NELECT")),
        "ISPIN": (1 if frame.moments is None else 2, known.get("ISPIN")),
    }
    for name, (asked, found) in wanted.items():
        if asked is not None and (found is None or abs(float(found) - asked) > _ELECTRONS):
            return f"{name} is {found}, not {asked:g}"
    return _miscounted(task, frame.fixed.get("electrons"))


def _miscounted(task: Any, electrons: float | None) -> str | None:
    """Whether the density of the OUTCAR holds other electrons."""
    outcar = task.calcs_reversed[0].output.outcar or {}
    counted = outcar.get("nelect")
    if electrons is None or counted is None or abs(counted - electrons) < _COUNTED:
        return None
    return f"the density has {counted:g} electrons, not {electrons:g}"


_COUNTED = 0.01
"""Electrons: OUTCAR has them with some digits."""


def _moments(calculation: Any) -> list[float] | None:
    found = (calculation.output.outcar or {}).get("magnetization")
    return [float(atom["tot"]) for atom in found] if found else None


def _seconds(task: Any) -> float:
    """Processor time of all cores."""
    stats = (task.run_stats or {}).get("overall")
    if stats is None:
        return 0.0
    seconds: float = (stats.user_time + stats.system_time) * max(1, stats.cores)
    return seconds
