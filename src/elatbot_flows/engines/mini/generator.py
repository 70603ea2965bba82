"""The embedded generator: small enough to run anywhere, reproducible from a seed."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from elatbot_flows.engines.completion import Completion
from elatbot_flows.engines.mini.generator_files import (
    GeneratorInfo,
    find_folder,
    load_hashes,
    load_info,
    load_model,
)
from elatbot_flows.engines.mini.plan import Plan, check_systems
from elatbot_flows.engines.mini.predictor import predict_moments
from elatbot_flows.engines.mini.sampler import LONGEST_ANSWER, sample_answers
from elatbot_flows.engines.mini.scope import check_target
from elatbot_flows.errors import GeneratorError
from elatbot_flows.text.compact import render_design, vocabulary
from elatbot_flows.text.formula import parse_formula, reduced_formula
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
        `elatbot_flows.training.generator.train_generator`.

    Raises
    ------
    GeneratorError
        If it is unknown, incomplete, damaged or of another format version.
    """
    folder = find_folder(spec)
    return Generator(load_model(folder), load_info(folder), load_hashes(folder))


class Generator:
    """Proposes materials for a target and estimates their bulk modulus.

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

    def generate(
        self,
        target: DesignTarget,
        n: int,
        *,
        seed: int,
        temperature: float = 0.8,
        top_p: float = 1.0,
        batch_size: int = 256,
        systems: tuple[str, ...] | None = None,
        elements: tuple[str, ...] | None = None,
    ) -> list[Completion]:
        """Draw `n` materials; every text can be read by `elatbot_flows.text.compact.parse_answer`.

        Each sample asks for a bulk modulus drawn uniformly from the interval that the target
        implies (for none if it implies none) and for a number of elements drawn as often as in
        the training rows; pure elements are asked for only if nothing else is allowed. Allowed
        elements, number of elements, crystal systems and no more atoms in a formula unit than
        ``target.max_sites`` are enforced, not only asked for.

        Parameters
        ----------
        target
            What is wanted.
        n
            Number of samples.
        seed
            Same seed, same samples, whatever `batch_size`.
        temperature
            0 takes the most likely word; higher is more diverse.
        top_p
            Nucleus sampling threshold.
        batch_size
            Samples computed together.
        systems
            Crystal systems allowed; None for all.
        elements
            Narrows the elements that the target allows; None for no narrowing.

        Raises
        ------
        TargetError
            As `check_target`, or if `systems` or `elements` leave nothing.
        GeneratorError
            If a setting is out of range.
        """
        self.check_target(target)
        if n < 0 or batch_size < 1 or temperature < 0 or not 0 < top_p <= 1:
            raise GeneratorError(
                "generate needs n >= 0, batch_size >= 1, temperature >= 0 and 0 < top_p <= 1"
            )
        rng = np.random.default_rng(seed)
        plan = Plan(self.info, target, systems, elements)
        asked = [plan.draw(rng) for _ in range(n)]
        draws = rng.random((n, LONGEST_ANSWER))
        completions: list[Completion] = []
        for start in range(0, n, batch_size):
            part = slice(start, start + batch_size)
            prompts = [render_design(condition) for condition, _ in asked[part]]
            texts = sample_answers(
                self._model,
                self._ids,
                prompts,
                [grammar for _, grammar in asked[part]],
                draws[part],
                temperature=temperature,
                top_p=top_p,
            )
            sampling = {"temperature": temperature, "top_p": top_p}
            completions += [
                Completion(
                    text=text,
                    model=f"{self.info.name} {self.info.version}",
                    prompt=prompt,
                    seed=seed,
                    sampling={**sampling, "index": start + i},
                    prompt_tokens=len(prompt.split()) + 1,
                    completion_tokens=len(text.split()) + 1,
                )
                for i, (prompt, text) in enumerate(zip(prompts, texts, strict=True))
            ]
        return completions

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
        for formula, system in materials:
            symbols = {element.symbol for element in parse_formula(formula).elements}
            unknown = sorted(symbols - set(self.info.elements))
            if unknown:
                raise GeneratorError(
                    f"{self.info.name} does not know {', '.join(unknown)} in {formula}; "
                    "leave such formulas out"
                )
            check_systems((system,))
        return predict_moments(self._model, self._ids, materials)

    def is_novel(self, formula: str) -> bool:
        """Whether the reduced formula of `formula` is none of the training rows.

        Raises
        ------
        ParseError
            If `formula` cannot be read.
        """
        wanted = np.uint64(formula_hash(reduced_formula(formula)))
        place = int(np.searchsorted(self._hashes, wanted))
        return place == len(self._hashes) or bool(self._hashes[place] != wanted)
