"""How far to trust what a density functional said of a crystal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from elatbot_flows.elasticity.moduli import moduli_from_tensor

if TYPE_CHECKING:
    from elatbot_flows.documents import ElasticResult

__all__ = ["clearly_unstable", "contradiction", "remarks"]

_CONTRADICTION = 0.1
"""Fcc Cu and bcc Fe at too low a cut-off have 0.2 and more, Al, Si and NiAl 0.05 at most."""
_FEW_WAVES = 0.01
"""AlN at 450 eV has 0.02 and constants off by 14 %, at 700 eV 0.001 and 1.4 %."""


def contradiction(said: ElasticResult) -> str | None:
    """What energies and stresses contradict of one another, if it is too much to decide anything.

    A wide error alone would do worse than nothing: no interval is likely then, which is no miss.
    """
    mismatch = _mismatch(said)
    if mismatch <= _CONTRADICTION:
        return None
    return f"second derivatives of energies contradict those of stresses by {mismatch:.0%}"


def remarks(said: ElasticResult) -> list[str]:
    """What makes a result less sure than its settings promise, with the remedy."""
    mismatch = _mismatch(said)
    if mismatch <= _FEW_WAVES:
        return []
    words = f"plane waves are so few that K may be off by {mismatch:.1%}: a higher cut-off is surer"
    return [f"DFT ({said.judge.name}): {words}"]


def clearly_unstable(said: ElasticResult) -> bool:
    """Whether a crystal is unstable by more than the error of shear moduli."""
    if said.elastic_tensor is None or said.reason != "born_unstable":
        return said.elastic_tensor is not None
    usual = 2 * abs(moduli_from_tensor(said.elastic_tensor).shear_modulus_voigt)
    error = float(said.judge.settings.get("shear_error", 0.0))
    return (said.smallest_eigenvalue or 0.0) < -error * usual


def _mismatch(said: ElasticResult) -> float:
    return (said.dft and said.dft.energy_mismatch) or 0.0
