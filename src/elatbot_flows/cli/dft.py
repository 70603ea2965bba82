"""Options of commands that may ask a density functional code, and the judge made of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from elatbot_flows.cli.options import check_at_least
from elatbot_flows.errors import TargetError

if TYPE_CHECKING:
    from elatbot_flows.dft import DFTCode
    from elatbot_flows.judges import DFTElasticMaker

__all__ = ["Budget", "BudgetHours", "Code", "Hours", "Preset", "dft_judge"]

Code = Annotated[
    str | None,
    typer.Option(
        "--dft", help="Density functional code that judges the best last: gpaw, espresso, vasp."
    ),
]
Preset = Annotated[
    str, typer.Option("--dft-preset", help="Cut-off and k-points: quick, standard or tight.")
]
Budget = Annotated[int, typer.Option("--dft-budget", help="Candidates that --dft judges.")]
BudgetHours = Annotated[
    float | None,
    typer.Option("--dft-budget-hours", help="Core-hours that they should take together."),
]
Hours = Annotated[
    float | None,
    typer.Option("--dft-hours", help="Crystals that should take more core-hours are refused."),
]


def _code(name: str) -> type[DFTCode]:
    from elatbot_flows.dft import EspressoCode, GPAWCode, VaspCode

    codes: dict[str, type[DFTCode]] = {
        "gpaw": GPAWCode,
        "espresso": EspressoCode,
        "vasp": VaspCode,
    }
    if name not in codes:
        raise TargetError(f"--dft {name}: choose {', '.join(codes)}, or use Python (docs/dft.md)")
    return codes[name]


def dft_judge(
    code: str | None,
    preset: str,
    budget: int,
    hours: float | None,
    budget_hours: float | None = None,
) -> list[DFTElasticMaker]:
    """The judge that was asked for, or none.

    Raises
    ------
    TargetError
        If the code is unknown or the budget is not positive.
    DFTError
        If the preset is unknown, the hours are not positive, or the code is not installed.
    """
    if code is None:
        return []
    from elatbot_flows.judges import DFTElasticMaker

    check_at_least(1, "--dft-budget", budget)
    chosen = _code(code).preset(preset)
    chosen.elements()
    limits = {"budget": budget, "budget_hours": budget_hours, "max_core_hours": hours}
    return [DFTElasticMaker(code=chosen, **limits)]  # type: ignore[arg-type]
