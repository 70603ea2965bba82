"""Train the embedded generator and write it as a folder that `load_generator` reads.

::

    python -m elatbot_flows.training.generator DATA --out DIR
"""

from __future__ import annotations

import argparse
import json
import logging
import platform
import time
from collections import Counter
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from elatbot_flows.engines.mini.generator_files import (
    FORMAT_VERSION,
    HASHES,
    METADATA,
    WEIGHTS,
    GeneratorInfo,
    load_model,
)
from elatbot_flows.files import sha256_of
from elatbot_flows.training.augment import Augmentation
from elatbot_flows.training.data.bulk_modulus import formula_hash, load_rows, split_rows
from elatbot_flows.training.loop import fit
from elatbot_flows.training.model import GeneratorTraining
from elatbot_flows.training.model_card import write_card
from elatbot_flows.training.scores import held_out_scores
from elatbot_flows.training.vocabulary import build_tokenizer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from transformers import LlamaForCausalLM

    from elatbot_flows.training.data.bulk_modulus import BulkModulusRow, CleanRows, Split

__all__ = ["GeneratorReport", "GeneratorTraining", "main", "train_generator", "write_generator"]

_LIBRARIES = ("torch", "transformers", "tokenizers", "numpy", "pymatgen")
_LICENCE = "CC-BY-4.0"


@dataclass(frozen=True)
class GeneratorReport:
    """What came out of a training.

    Parameters
    ----------
    folder
        Where the generator was written.
    info
        What it knows.
    metrics
        Scores on the test rows: see `elatbot_flows.training.scores.held_out_scores`.
    best
        Epoch and losses (nats) on the validation rows of the weights that were kept.
    cpu_seconds
        Processor time of the training.
    """

    folder: Path
    info: GeneratorInfo
    metrics: dict[str, float]
    best: dict[str, float]
    cpu_seconds: float


def train_generator(
    data: Path,
    out: Path,
    settings: GeneratorTraining | None = None,
    augmentation: Augmentation | None = None,
    *,
    name: str = "elatbot-mini",
    release: str = "1.0",
) -> GeneratorReport:
    """Train on the rows of `data` and write the generator to the folder `out`.

    Formulas are divided into training, validation (which chooses the epoch) and test rows (which
    are only reported). One seed gives the same weights on the same machine.

    Parameters
    ----------
    data
        JSON lines: see `elatbot_flows.training.data.bulk_modulus.load_rows`.
    out
        Made if absent.
    settings, augmentation
        None for the defaults.
    name, release
        What the generator calls itself.

    Raises
    ------
    ElatbotError
        If `data` has no usable rows.
    """
    settings, augmentation = settings or GeneratorTraining(), augmentation or Augmentation()
    cleaned = load_rows(data)
    split = split_rows(cleaned.rows, seed=settings.split_seed)
    start = time.process_time()
    model, best = fit(split, settings, augmentation)
    training = _describe_training(data, cleaned, split, settings, augmentation)
    training |= {"best": best, "cpu_seconds": round(time.process_time() - start)}
    return write_generator(out, model, split, training, name=name, release=release)


def write_generator(
    out: Path,
    model: LlamaForCausalLM,
    split: Split,
    training: dict[str, Any],
    *,
    name: str,
    release: str,
) -> GeneratorReport:
    """Write the folder, then score on the test rows what it holds.

    Parameters
    ----------
    out
        Made if absent.
    model
        Trained weights; written with 16 bits per number.
    split
        Rows they were trained, chosen and are reported on.
    training
        How, for the metadata.
    name, release
        What the generator calls itself.
    """
    import numpy as np

    from elatbot_flows.engines.mini.generator import Generator

    out.mkdir(parents=True, exist_ok=True)
    model.half().save_pretrained(out)
    build_tokenizer().save_pretrained(out)
    hashes = np.array(sorted({formula_hash(row.formula) for row in split.train}), dtype=np.uint64)
    np.save(out / HASHES, hashes)
    (out / "generation_config.json").unlink(missing_ok=True)
    info = _describe_model(out, model, split.train, name, release)
    stored = load_model(out)
    known = [row for row in split.test if {e for e, _ in row.counts} <= set(info.elements)]
    mean = float(np.mean([row.bulk_modulus for row in split.train]))
    metrics = held_out_scores(Generator(stored, info, hashes), stored, known, mean)
    document = {
        "format_version": FORMAT_VERSION,
        "info": info.as_dict(),
        "training": training,
        "metrics": metrics,
    }
    (out / METADATA).write_text(json.dumps(document, indent=1) + "\n")
    (out / "README.md").write_text(write_card(info, training, metrics))
    return GeneratorReport(out, info, metrics, training["best"], training["cpu_seconds"])


def _describe_training(
    data: Path,
    cleaned: CleanRows,
    split: Split,
    settings: GeneratorTraining,
    augmentation: Augmentation,
) -> dict[str, Any]:
    import numpy as np

    libraries = {"Python": platform.python_version()} | {lib: version(lib) for lib in _LIBRARIES}
    moduli = [row.bulk_modulus for row in split.train]
    return {
        "command": _command(data, settings),
        "settings": settings.as_dict(),
        "augmentation": augmentation.as_dict(),
        "seed": settings.seed,
        "epochs": settings.epochs,
        "words": build_tokenizer().vocab_size,
        "libraries": libraries,
        "data_sha256": sha256_of(data),
        "rows": {key: len(getattr(split, key)) for key in ("train", "validation", "test")},
        "dropped": cleaned.dropped,
        "quartiles": np.quantile(moduli, (0.25, 0.5, 0.75)).tolist(),
    }


def _command(data: Path, settings: GeneratorTraining) -> str:
    """Spell the command that repeats this training."""
    return (
        f"python -m elatbot_flows.training.generator {data.name} --out DIR "
        f"--epochs {settings.epochs} --seed {settings.seed} --threads {settings.threads}"
    )


def _describe_model(
    folder: Path, model: LlamaForCausalLM, rows: Sequence[BulkModulusRow], name: str, release: str
) -> GeneratorInfo:
    import numpy as np

    moduli = np.array([row.bulk_modulus for row in rows])
    edges = np.arange(0.0, moduli.max() + 20.0, 10.0)
    numbers = Counter(len(row.counts) for row in rows)
    return GeneratorInfo(
        name=name,
        version=release,
        weights_sha256=sha256_of(folder / WEIGHTS),
        parameters=model.num_parameters(),
        elements=tuple(sorted({symbol for row in rows for symbol, _ in row.counts})),
        bulk_modulus_low=float(moduli.min()),
        bulk_modulus_high=float(moduli.max()),
        bulk_modulus_histogram=tuple(np.histogram(moduli, edges)[0].tolist()),
        rows_by_number=tuple(numbers[k] for k in range(1, max(numbers) + 1)),
        rows_by_system=dict(sorted(Counter(row.crystal_system for row in rows).items())),
        licence=_LICENCE,
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Command line: train and print the scores."""
    have = GeneratorTraining()
    parser = argparse.ArgumentParser(
        prog="python -m elatbot_flows.training.generator", description=train_generator.__doc__
    )
    parser.add_argument("data", type=Path, help="JSON lines of bulk moduli, gzip or plain")
    parser.add_argument("--out", type=Path, required=True, help="folder to write")
    parser.add_argument("--epochs", type=int, default=have.epochs, help="passes over the rows")
    parser.add_argument("--seed", type=int, default=have.seed, help="seed of all chance")
    parser.add_argument("--threads", type=int, default=have.threads, help="CPU threads")
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    settings = GeneratorTraining(epochs=options.epochs, seed=options.seed, threads=options.threads)
    report = train_generator(options.data, options.out, settings)
    print(json.dumps({**report.metrics, "best": report.best}, indent=1))  # noqa: T201 - its output


if __name__ == "__main__":
    main()
