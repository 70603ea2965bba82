"""From finished trainings to the folder that ships, scored once on the test rows.

::

    python -m elatbot_flows.training.mini.release FOLDER --run RUN RECORDS --out DIR
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from elatbot_flows.engines.mini.generator import Generator
from elatbot_flows.engines.mini.generator_files import (
    FORMAT_VERSION,
    HASHES,
    METADATA,
    WEIGHTS,
    GeneratorInfo,
    load_hashes,
    load_model,
)
from elatbot_flows.engines.model_card import CARD, hash_formulas, read_card
from elatbot_flows.engines.model_card import write_card as write_model_card
from elatbot_flows.errors import ElatbotError
from elatbot_flows.files import sha256_of
from elatbot_flows.training.data.bulk_modulus import formula_hash
from elatbot_flows.training.data.records import read_records
from elatbot_flows.training.finetune.claims import DOCUMENT, read_trained
from elatbot_flows.training.mini.averaging import average
from elatbot_flows.training.mini.card import write_card
from elatbot_flows.training.mini.plan import FIRST, build_tokenizer
from elatbot_flows.training.mini.rows import gather
from elatbot_flows.training.scores import error_scores

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from elatbot_flows.documents import TaskRecord
    from elatbot_flows.training.mini.rows import MiniRow

__all__ = ["describe", "release"]

_LICENCE = "CC-BY-4.0"


def release(
    runs: Sequence[Path],
    records: Sequence[TaskRecord],
    rows: Sequence[MiniRow],
    out: Path,
    *,
    name: str = "elatbot-mini",
    version: str = "2.0",
    weights: Sequence[Path] = (),
) -> dict[str, Any]:
    """Write the folder that `elatbot_flows.engines.mini.generator.load_generator` reads.

    Parameters
    ----------
    runs
        Folders of finished trainings on the compact dialect, from one start.
    records
        What they were trained on.
    rows
        Rows at 0 K that the records were made of; those of no training formula are scored.
    out
        Made if absent.
    name, version
        What the generator calls itself.
    weights
        Folders whose mean is taken (`elatbot_flows.training.mini.averaging.average`); those that
        the trainings kept if there are none.

    Returns
    -------
    dict
        What ``generator.json`` holds.
    """
    out.mkdir(parents=True, exist_ok=True)
    model = average(weights or runs)
    model.half().save_pretrained(out)
    (out / "generation_config.json").unlink(missing_ok=True)
    build_tokenizer().save_pretrained(out)
    card = read_card(runs[0])  # it has the formulas of the model that it began with too
    if card is None:
        raise ElatbotError(f"{runs[0]} is no finished training: it has no {CARD}")
    learned = {r.formula for r in records if r.split == "train" and r.label != "guess"}
    chosen = {r.formula for r in records if r.split == "validation"}
    known = {*hash_formulas(learned), *(card.training_formulas or ())}
    write_model_card(out, replace(card, training_formulas=tuple(sorted(known))))
    np.save(out / HASHES, np.array(sorted(int(each, 16) for each in known), dtype=np.uint64))
    trained = [row for row in rows if f"{formula_hash(row.formula):016x}" in known]
    info = describe(out, model.num_parameters(), trained, name, version)
    seen = {row.formula for row in trained} | chosen
    test = [row for row in rows if row.formula not in seen]
    document = {
        "format_version": FORMAT_VERSION,
        "info": info.as_dict(),
        "training": _training(runs, [str(each.name) for each in weights], records),
        "metrics": _metrics(Generator(load_model(out), info, load_hashes(out)), test, trained),
    }
    (out / METADATA).write_text(json.dumps(document, indent=1) + "\n")
    (out / "README.md").write_text(write_card(document))
    return document


def describe(
    folder: Path, parameters: int, rows: Sequence[MiniRow], name: str, version: str
) -> GeneratorInfo:
    """What a generator knows.

    Parameters
    ----------
    folder
        With its weights.
    parameters
        How many.
    rows
        Training rows.
    name, version
        What it calls itself.
    """
    bulk = np.array([row.bulk_modulus for row in rows])
    shear = np.array([row.shear_modulus for row in rows if row.shear_modulus is not None])
    numbers = Counter(len(row.counts) for row in rows)
    return GeneratorInfo(
        name=name,
        version=version,
        weights_sha256=sha256_of(folder / WEIGHTS),
        parameters=parameters,
        elements=tuple(sorted({symbol for row in rows for symbol, _ in row.counts})),
        bulk_modulus_low=float(bulk.min()),
        bulk_modulus_high=float(bulk.max()),
        bulk_modulus_histogram=_histogram(bulk),
        shear_modulus_low=float(shear.min()),
        shear_modulus_high=float(shear.max()),
        shear_modulus_histogram=_histogram(shear),
        rows_by_number=tuple(numbers[k] for k in range(1, max(numbers) + 1)),
        rows_by_system=dict(sorted(Counter(row.crystal_system for row in rows).items())),
        licence=_LICENCE,
    )


def _histogram(moduli: np.ndarray) -> tuple[int, ...]:
    edges = np.arange(0.0, moduli.max() + 20.0, 10.0)
    return tuple(np.histogram(moduli, edges)[0].tolist())


def _training(
    runs: Sequence[Path], weights: Sequence[str], records: Sequence[TaskRecord]
) -> dict[str, Any]:
    """What is known of how it was made, and of how what it began with was."""
    counts = Counter(f"{r.split} {r.task}{' guessed' * (r.label == 'guess')}" for r in records)
    before, start = [], _begun_with(runs[0])
    while start is not None and (start / DOCUMENT).is_file():
        before.append(_run(start))
        start = _begun_with(start)
    first = json.loads((start / FIRST).read_text()) if start and (start / FIRST).is_file() else None
    return {
        "records": dict(sorted(counts.items())),
        "trainings": [_run(run) for run in runs],
        "mean_of": list(weights) or [run.name for run in runs],
        "before": before,
        "first": first,
    }


def _begun_with(run: Path) -> Path | None:
    trained = read_trained(run)
    return None if trained is None else Path(trained.base)


def _run(folder: Path) -> dict[str, Any]:
    trained = read_trained(folder)
    kept = ("settings", "data_sha256", "split_sha256", "steps", "best_step", "best_loss")
    also = ("cpu_seconds", "wall_seconds", "peak_memory_mb", "versions", "formulas")
    return {"name": folder.name} | {key: getattr(trained, key) for key in (*kept, *also)}


def _metrics(
    generator: Generator, test: Sequence[MiniRow], trained: Sequence[MiniRow]
) -> dict[str, Any]:
    """Errors on rows of formulas that were not learned, of elements that it knows."""
    known = [r for r in test if {e for e, _ in r.counts} <= set(generator.info.elements)]
    stiff = [row for row in known if row.shear_modulus is not None]
    bulk = generator.predict_bulk_modulus(_pairs(known))
    shear = generator.predict_shear_modulus(_pairs(stiff))
    mean = np.mean([row.bulk_modulus for row in trained])
    truth = np.array([row.bulk_modulus for row in known])
    return {
        "bulk_modulus": {
            "rows": len(known),
            **error_scores(truth, np.array([m for m, _ in bulk])),
            "mean_mae": float(np.abs(truth - mean).mean()),
        },
        "shear_modulus": {
            "rows": len(stiff),
            **error_scores(
                np.array([row.shear_modulus for row in stiff], dtype=float),
                np.array([m for m, _ in shear]),
            ),
        },
    }


def _pairs(rows: Iterable[MiniRow]) -> list[tuple[str, str]]:
    return [(row.formula, row.crystal_system) for row in rows]


def main(arguments: Sequence[str] | None = None) -> None:
    """Command line: write the folder and print its scores."""
    parser = argparse.ArgumentParser(
        prog="python -m elatbot_flows.training.mini.release", description=__doc__
    )
    parser.add_argument("folder", type=Path, help="of the published files")
    parser.add_argument(
        "--run",
        type=Path,
        nargs=2,
        action="append",
        required=True,
        metavar=("RUN", "RECORDS"),
        help="a training and what it was trained on; several of one start are averaged",
    )
    parser.add_argument(
        "--weights", type=Path, nargs="+", default=[], help="average these instead; repeats count"
    )
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args(arguments)
    found = release(
        [run for run, _ in options.run],
        [record for _, path in options.run for record in read_records(path)],
        gather(options.folder),
        options.out,
        weights=options.weights,
    )
    print(json.dumps(found["metrics"], indent=1))  # noqa: T201 - its output


if __name__ == "__main__":
    main()
