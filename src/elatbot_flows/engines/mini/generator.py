"""What a generator of this package knows beside its answers: exact predictions, its own rows."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from elatbot_flows.engines.mini.generator_files import (
    GeneratorInfo,
    find_folder,
    load_hashes,
    load_info,
    load_model,
)
from elatbot_flows.engines.mini.predictor import predict_moments
from elatbot_flows.engines.mini.scope import check_target
from elatbot_flows.errors import GeneratorError
from elatbot_flows.targets import CRYSTAL_SYSTEMS
from elatbot_flows.text.alloy import simplest_formula
from elatbot_flows.text.compact import vocabulary
from elatbot_flows.text.formula import parse_formula
from elatbot_flows.training.data.bulk_modulus import formula_hash

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from transformers import LlamaForCausalLM

    from elatbot_flows.targets import DesignTarget

__all__ = ["Generator", "GeneratorInfo", "load_generator"]


@lru_cache(maxsize=4)
def load_generator(spec: str = "elatbot-mini") -> Generator:
    """Load a generator once per process.

    Parameters
    ----------
    spec
        Name of a shipped generator or path of a folder written by
        `elatbot_flows.training.mini.release.release`.

    Raises
    ------
    GeneratorError
        If it is unknown, incomplete, damaged or of another format version.
    """
    folder = find_folder(spec)
    return Generator(load_model(folder), load_info(folder), load_hashes(folder))


class Generator:
    """Estimates moduli, and knows its training rows and what it may be asked for.

    It writes materials like every text model: `elatbot_flows.engines.drawing.draw_materials`.

    Parameters
    ----------
    model
        A language model over the compact format (`elatbot_flows.text.compact`).
    info
        What it knows.
    hashes
        Sorted `formula_hash` of the reduced formulas it was trained on.
    """

    def __init__(
        self, model: LlamaForCausalLM, info: GeneratorInfo, hashes: NDArray[np.uint64]
    ) -> None:
        self.info = info
        self._model = model
        self._hashes = hashes
        self._ids = {word: number for number, word in enumerate(vocabulary())}

    def check_target(self, target: DesignTarget) -> None:
        """Refuse a target that lies outside of what this generator was trained on.

        See `elatbot_flows.engines.mini.scope.check_target`.
        """
        check_target(self.info, target)

    def predict_bulk_modulus(
        self, materials: Sequence[tuple[str, str]]
    ) -> list[tuple[float, float]]:
        """Estimate the Voigt bulk modulus at 0 K.

        Parameters
        ----------
        materials
            Pairs of formula and crystal system.

        Returns
        -------
        list of (float, float)
            Mean and standard deviation in GPa of the predicted distribution. The deviation is the
            model's own opinion, not a calibrated error.

        Raises
        ------
        GeneratorError
            If an element or a crystal system is unknown to this generator.
        ParseError
            If a formula cannot be read.
        """
        self._check(materials)
        return predict_moments(self._model, self._ids, materials)

    def predict_shear_modulus(
        self, materials: Sequence[tuple[str, str]]
    ) -> list[tuple[float, float]]:
        """Estimate the shear modulus of Voigt, Reuss and Hill; as `predict_bulk_modulus`."""
        self._check(materials)
        return predict_moments(self._model, self._ids, materials, "shear")

    def _check(self, materials: Sequence[tuple[str, str]]) -> None:
        """Refuse what the model knows no word for."""
        for formula, system in materials:
            symbols = {element.symbol for element in parse_formula(formula).elements}
            unknown = sorted(symbols - set(self.info.elements))
            if unknown:
                raise GeneratorError(
                    f"{self.info.name} does not know {', '.join(unknown)} in {formula}; "
                    "leave such formulas out"
                )
            if system not in CRYSTAL_SYSTEMS:
                raise GeneratorError(
                    f"{system!r} is no crystal system; choose from {', '.join(CRYSTAL_SYSTEMS)}"
                )

    def is_unseen(self, formula: str) -> bool:
        """Whether the reduced formula of `formula` is none of the training rows.

        Raises
        ------
        ParseError
            If `formula` cannot be read.
        """
        wanted = np.uint64(formula_hash(simplest_formula(formula)))
        place = int(np.searchsorted(self._hashes, wanted))
        return place == len(self._hashes) or bool(self._hashes[place] != wanted)
