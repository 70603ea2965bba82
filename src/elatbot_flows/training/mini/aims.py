"""Which shear moduli a generator writes when it is asked for some, by its own expectation.

The last digit of shear moduli, of which few are known, is hardly learned, and guidance moves what
is written. Nothing but the generator is asked; the answer goes into its folder, and
`elatbot_flows.engines.mini.plan.Plan` aims by it::

    python -m elatbot_flows.training.mini.aims FOLDER
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from elatbot_flows.engines.drawing import draw_with
from elatbot_flows.engines.mini.generator import load_generator
from elatbot_flows.engines.mini.generator_files import METADATA
from elatbot_flows.engines.text_model import text_model
from elatbot_flows.errors import TargetError
from elatbot_flows.targets import DesignTarget, Interval
from elatbot_flows.text.elatbot_prompts import Task

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["drawn_shear_moduli", "write_aims"]

_BIN, _FEWEST = 10.0, 20


def drawn_shear_moduli(folder: str, n: int = 300, seed: int = 0) -> list[float]:
    """Median of what a generator expects of its own materials, for 5, 15, 25, ... GPa.

    Parameters
    ----------
    folder
        Of a generator, its aims not yet written.
    n
        Materials for each, at temperature 1 and the guidance of the dialect.
    seed
        Of the draws.

    Returns
    -------
    list of float
        GPa, never falling, as far as there are twenty training rows for each.
    """
    model, generator = text_model(folder), load_generator(folder)
    sampling = model.sampling(Task.GENERATION, temperature=1.0, seed=seed)
    rows = np.array(generator.info.shear_modulus_histogram)
    found = []
    for place in range(1 + max(np.flatnonzero(rows >= _FEWEST), default=-1)):
        wanted = Interval(_BIN * place, _BIN * (place + 1))
        target = DesignTarget(shear_modulus=wanted)
        try:
            drawn = draw_with(model, model.engine(), target, n, sampling)
        except TargetError:  # it knows too few there to be asked
            found.append(_BIN * (place + 0.5))
            continue
        pairs = [(str(one.formula), str(one.crystal_system)) for one in drawn]
        found.append(float(np.median([g for g, _ in generator.predict_shear_modulus(pairs)])))
    return [round(float(value), 1) for value in np.maximum.accumulate(found)]


def write_aims(folder: Path, n: int = 300) -> list[float]:
    """Write them into the metadata of a generator.

    Parameters
    ----------
    folder
        Of a generator.
    n
        As in `drawn_shear_moduli`.
    """
    file = folder / METADATA
    document = json.loads(file.read_text())
    document["info"]["shear_modulus_drawn"] = []
    file.write_text(json.dumps(document, indent=1) + "\n")
    load_generator.cache_clear()
    document["info"]["shear_modulus_drawn"] = drawn_shear_moduli(str(folder), n)
    file.write_text(json.dumps(document, indent=1) + "\n")
    load_generator.cache_clear()
    return list(document["info"]["shear_modulus_drawn"])


def main(arguments: Sequence[str] | None = None) -> None:
    """Command line: write and print them."""
    parser = argparse.ArgumentParser(
        prog="python -m elatbot_flows.training.mini.aims", description=__doc__
    )
    parser.add_argument("folder", type=Path, help="of a generator")
    print(write_aims(parser.parse_args(arguments).folder))  # noqa: T201 - its output


if __name__ == "__main__":
    main()
