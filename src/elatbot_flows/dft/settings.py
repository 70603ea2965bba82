"""Settings of a density functional calculation that every code understands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from monty.json import MSONable

from elatbot_flows.errors import DFTError

__all__ = ["PRESETS", "DFTSettings", "Smearing"]

Smearing = Literal["marzari-vanderbilt", "methfessel-paxton", "fermi-dirac"]

PRESETS = {
    "quick": (450.0, 0.225, 0.05, 0.40),
    "standard": (550.0, 0.17, 0.03, 0.25),
    "tight": (700.0, 0.13, 0.02, 0.10),
}
"""Cut-off (eV), distance of k-points (1/A), and errors of K and G of each preset."""


@dataclass(frozen=True)
class DFTSettings(MSONable):
    """Settings of a density functional calculation that every code understands.

    Parameters
    ----------
    functional
        By its usual name.
    cutoff
        Kinetic energy of the highest plane wave, eV.
    k_spacing
        Largest distance of neighbouring k-points, 1/A (2 pi included, as VASP's ``KSPACING``).
    smearing, width
        How occupations are smeared, and how wide, eV. Without a width the first calculation of
        each crystal decides: 0.1 where there is a gap, 0.2 where magnetic moments stay, else 0.5.
    spin
        ``"auto"``: collinear, from a high-spin start, where there is Cr, Mn, Fe, Co or Ni; given up
        where the moments vanish. ``"none"``: never.
    max_cycles
        Cycles after which a calculation counts as not converged.
    bulk_error, shear_error
        Relative standard deviations of K and G that these settings leave, by which verdicts are
        given. Those of the presets are guesses from a few known crystals, not calibrated.

    Examples
    --------
    >>> DFTSettings.preset("standard", width=0.1).k_spacing
    0.17
    """

    functional: str = "PBE"
    cutoff: float = 550.0
    k_spacing: float = 0.17
    smearing: Smearing = "marzari-vanderbilt"
    width: float | None = None
    spin: Literal["auto", "none"] = "auto"
    max_cycles: int = 150
    bulk_error: float = 0.03
    shear_error: float = 0.25

    @classmethod
    def preset(cls, name: str, **changed: object) -> DFTSettings:
        """Settings by name: ``"quick"``, ``"standard"`` or ``"tight"``.

        Parameters
        ----------
        name
            Which.
        **changed
            Fields that are to differ.

        Raises
        ------
        DFTError
            If there is no such preset.
        """
        if name not in PRESETS:
            raise DFTError(f"there is no preset '{name}': choose {', '.join(PRESETS)}")
        names = ("cutoff", "k_spacing", "bulk_error", "shear_error")
        return cls(**dict(zip(names, PRESETS[name], strict=True)) | changed)  # type: ignore[arg-type]
