"""What every interatomic potential looks like to the rest of the package."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from elatbot_flows.errors import PotentialError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    import numpy as np
    from ase import Atoms
    from ase.calculators.calculator import Calculator
    from numpy.typing import NDArray

    Results = tuple[float, NDArray[np.float64], NDArray[np.float64]]
    BatchFunction = Callable[[Sequence[Atoms]], list[Results]]

__all__ = ["Potential"]


@dataclass(eq=False)
class Potential:
    """A loaded potential and where it comes from.

    Parameters
    ----------
    name
        What it was asked for by.
    family
        Architecture family, e.g. ``"SevenNet"``.
    package, package_version
        The package that evaluates it.
    elements
        Chemical symbols it supports, sorted by atomic number.
    device, dtype
        Where and in which precision it runs.
    calculator
        The ASE calculator (eV, eV/A, eV/A^3); loaded once and shared.
    weights_sha256
        Hash of the weights (see :mod:`elatbot_flows.potentials.weights`), None for analytic
        potentials.
    training_functional
        Functional and data set of the training labels, where known.
    batch
        Energy (eV), forces ((n, 3), eV/A) and stress ((3, 3), eV/A^3) of many crystals by one call
        of the model, where the family has that; see
        :func:`~elatbot_flows.potentials.batch.evaluate_batch`.
    max_atoms
        Atoms that one such call may hold; None for what pays on its device.
    checked
        Whether it passed the check of :mod:`elatbot_flows.potentials.self_check`; None if that
        does not apply to it.
    """

    name: str
    family: str
    package: str
    package_version: str
    elements: tuple[str, ...]
    device: str
    dtype: str
    calculator: Calculator = field(repr=False)
    weights_sha256: str | None = None
    training_functional: str | None = None
    batch: BatchFunction | None = field(default=None, repr=False)
    max_atoms: int | None = field(default=None, repr=False)
    checked: bool | None = field(default=False, init=False)
    evaluations: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        self._count_evaluations()

    def _count_evaluations(self) -> None:
        """Count every real evaluation; cached results of the calculator are free."""
        original = self.calculator.calculate

        def counted(*args: object, **kwargs: object) -> None:
            self.evaluations += 1
            original(*args, **kwargs)

        setattr(self.calculator, "calculate", counted)  # noqa: B010 - mypy bars assigning a method

    def record(self) -> dict[str, Any]:
        """The fields of :class:`~elatbot_flows.documents.MethodRecord`."""
        names = ["name", "family", "package", "package_version", "weights_sha256"]
        names += ["training_functional", "device", "dtype", "checked"]
        return {"kind": "potential"} | {name: getattr(self, name) for name in names}

    def require(self, elements: Iterable[str]) -> None:
        """Refuse elements the potential was not made for.

        Raises
        ------
        PotentialError
            Naming the elements.
        """
        missing = sorted(set(elements) - set(self.elements))
        if missing:
            raise PotentialError(
                f"potential {self.name} does not know {', '.join(missing)}; choose another one"
            )
