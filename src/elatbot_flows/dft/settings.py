"""Settings of a density functional calculation that every code understands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from monty.json import MSONable

from elatbot_flows.errors import DFTError

__all__ = ["PRESETS", "DFTSettings", "Smearing"]

Smearing = Literal["marzari-vanderbilt", "fermi-dirac"]

PRESETS = {"quick": (350.0, 0.225), "standard": (450.0, 0.17), "tight": (600.0, 0.13)}
"""Cut-off (eV) and distance of k-points (1/A) of each preset."""


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
        How occupations are smeared, and how wide, eV.
    spin
        ``"auto"``: collinear, from a high-spin start, where there is Cr, Mn, Fe, Co or Ni; given up
        where the moments vanish. ``"none"``: never.
    max_cycles
        Cycles after which a calculation counts as not converged.

    Examples
    --------
    >>> DFTSettings.preset("standard", width=0.1).k_spacing
    0.17
    """

    functional: str = "PBE"
    cutoff: float = 450.0
    k_spacing: float = 0.17
    smearing: Smearing = "marzari-vanderbilt"
    width: float = 0.2
    spin: Literal["auto", "none"] = "auto"
    max_cycles: int = 150

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
        cutoff, spacing = PRESETS[name]
        return cls(**{"cutoff": cutoff, "k_spacing": spacing} | changed)  # type: ignore[arg-type]
