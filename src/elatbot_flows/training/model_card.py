"""The model card: what a trained generator is, what it is good for and what it is not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from elatbot_flows.engines.mini.generator_files import GeneratorInfo

__all__ = ["write_card"]

_CARD = """---
license: cc-by-4.0
library_name: transformers
---
# {name} {version}

A Llama language model of {parameters:,} parameters over a vocabulary of {words} words, trained
from random weights. It proposes formula and crystal system for a bulk modulus, for allowed
elements, for a number of elements and for a crystal system, any subset of which may be given, and
it estimates the bulk modulus of a formula in a crystal system. Use it through
`elatbot_flows.engines.text_model`; the texts it reads and writes are defined in
`elatbot_flows.text.compact`.

## Data

{train:,} training, {validation:,} validation and {test:,} test rows, divided by reduced formula;
rows left out: {dropped}. SHA-256 of the file: `{data_sha256}`. The rows are Voigt bulk moduli at
0 K, computed with density functional theory, relaxed ions, from the Materials Project (CC BY 4.0;
A. Jain et al., APL Materials 1, 011002, 2013; M. de Jong et al., Scientific Data 2, 150009, 2015),
as collected in the data set of ElaTBot (Apache-2.0, github.com/Grenzlinie/ElaTBot). The weights are
published under CC BY 4.0 with the same attribution. Known elements ({known}): {elements}.

## Training

    {command}

Seed {seed}, best epoch {epoch} of {epochs} by the loss on the validation rows. {libraries}.

## Held-out test rows ({test:,} rows, no formula of which was trained on)

| what | value |
|---|---|
| design: nats per material, its own bulk modulus given | {nll_true:.2f} |
| design: the same with the bulk moduli of the rows exchanged at random | {nll_shuffled:.2f} |
| prediction: mean absolute error of the bulk modulus | {mae:.1f} GPa |
| prediction: median absolute error | {median:.1f} GPa |
| prediction: R2 / Spearman rank correlation | {r2:.3f} / {rho:.3f} |
| always answering the mean of the training rows: mean absolute error | {mean_mae:.1f} GPa |

## Limits

- It knows nothing about stability: many proposals will be metastable or unstable, some unphysical.
  Relax them with a potential and judge the distance to the convex hull before believing them.
- A formula and a crystal system are no structure; polymorphs of one crystal system share one
  answer.
- 0 K only. Trained on {low:.0f} to {high:.0f} GPa, half of it between {quarter:.0f} and
  {three_quarters:.0f} GPa; the errors are largest at the stiff end.
- One seed, one division of the formulas. The standard deviation it gives is its own opinion.
"""


def write_card(
    info: GeneratorInfo, training: Mapping[str, Any], metrics: Mapping[str, float]
) -> str:
    """Write the text of the card.

    Parameters
    ----------
    info, training, metrics
        The parts of ``generator.json``.
    """
    dropped = ", ".join(
        f"{n} {reason.replace('_', ' ')}" for reason, n in training["dropped"].items()
    )
    libraries = ", ".join(f"{name} {text}" for name, text in training["libraries"].items())
    return _CARD.format(
        name=info.name,
        version=info.version,
        parameters=info.parameters,
        known=len(info.elements),
        elements=" ".join(info.elements),
        low=info.bulk_modulus_low,
        high=info.bulk_modulus_high,
        words=training["words"],
        **training["rows"],
        dropped=dropped or "none",
        libraries=libraries,
        **{key: training[key] for key in ("data_sha256", "command", "seed", "epochs")},
        epoch=training["best"]["epoch"],
        quarter=training["quartiles"][0],
        three_quarters=training["quartiles"][2],
        **metrics,
    )
