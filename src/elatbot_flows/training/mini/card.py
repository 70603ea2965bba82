"""The model card of the small model, for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["write_card"]

_CARD = """---
license: cc-by-4.0
library_name: transformers
---
# {name} {version}

A Llama language model of {parameters:,} parameters over words for elements, digits and crystal
systems. It proposes formula and crystal system for any subset of bulk modulus, shear modulus,
allowed elements, number of elements and crystal system; it estimates bulk and shear modulus and the
independent elastic constants of a formula in a crystal system, at 0 K and, for pure elements and
alloys like those it has seen, above; and it names an element that is missing in a formula. Use it
through `elatbot_flows.engines.text_model`; the texts it reads and writes are defined in
`elatbot_flows.text.compact` and `elatbot_flows.text.compact_questions`.

## Data

Voigt bulk moduli at 0 K, Hill shear moduli of binaries, elastic tensors, all computed with density
functional theory, from the Materials Project (CC BY 4.0; A. Jain et al., APL Materials 1, 011002,
2013; M. de Jong et al., Scientific Data 2, 150009, 2015), as collected in the data sets of ElaTBot
(Apache-2.0, github.com/Grenzlinie/ElaTBot) and of matcalc (BSD-3-Clause), and measured elastic
constants above 0 K as collected by ElaTBot. The weights are published under CC BY 4.0 with the same
attribution. Known elements ({known}): {elements}.

Divided by reduced formula. Held out whatever the division says: the formulas of the published test
tensors and those that `benchmarks/known_moduli.md` reports. SHA-256 of the records:
{data_sha256}.

| records of {trainings} | |
|---|---|
{records}

*Guessed* are answers of a regression (extremely randomised trees and kernel ridge on elemental
properties, `elatbot_flows.training.mini.teacher`) that learned from the training rows alone: shear
moduli of rows that have none, and moduli of formulas made of training formulas by exchanging one or
two elements for similar ones (where both parts of the regression agree within 20 %). Such formulas
count as unseen: nothing but that guess was told of them.

## Training

    python -m elatbot_flows.training.mini.records FOLDER --held-out FILE --before OLD --out DIR
    FineTuneMaker(base="DIR/base", folder="RUN", settings={settings}).make("DIR/records.jsonl.gz")
    python -m elatbot_flows.training.mini.release FOLDER --run RUN DIR/records.jsonl.gz --out OUT

The weights are {mean_of}; the step of each training was chosen by validation records, and
what ships of several seeds and their means by validation rows (`benchmarks/mini_model.md`, which
has them all; how far seeds lie apart says how little a difference of one GPa means). {began}

| training | steps, best | loss on validation records | seed | CPU minutes |
|---|---|---|---|---|
{runs}

{minutes:.0f} CPU minutes on one core in all, without records (1 to 2 for each training) and seeds
that do not ship; {memory:.0f} MB. {versions}.

## Held-out test rows, no formula of which was trained on

| | rows | mean absolute error (GPa) | median | R2 | Spearman |
|---|---|---|---|---|---|
| bulk modulus | {k[rows]} | {k[mae]:.1f} | {k[median]:.1f} | {k[r2]:.3f} | {k[rho]:.3f} |
| shear modulus | {g[rows]} | {g[mae]:.1f} | {g[median]:.1f} | {g[r2]:.3f} | {g[rho]:.3f} |

Always answering the mean of the training rows: {k[mean_mae]:.1f} GPa of bulk modulus. Generation,
constants, infilling and comparison with simple rivals: `benchmarks/mini_model.md`.

## Limits

- It knows nothing about stability: many proposals will be metastable or unstable, some unphysical.
  Relax them with a potential and judge the distance to the convex hull before believing them.
- A formula and a crystal system are no structure; polymorphs of one crystal system share one
  answer.
- Shear moduli were known of binaries and of some hundred others alone; elastic constants of some
  hundred crystals. Above 0 K it has seen some hundred alloys of a few metals.
- Trained on {low:.0f} to {high:.0f} GPa; the errors are largest at the stiff end.
- One division of the formulas. The standard deviation it gives is its own opinion.
"""


def write_card(document: Mapping[str, Any]) -> str:
    """Write the text of the card.

    Parameters
    ----------
    document
        What ``generator.json`` holds.
    """
    info, training, metrics = (document[key] for key in ("info", "training", "metrics"))
    runs, first = [*training["trainings"], *training["before"]], training["first"]
    last = runs[0]
    shown = {key: value for key, value in last["settings"].items() if key in _SHOWN}
    seconds = sum(run["cpu_seconds"] for run in runs) + (first["cpu_seconds"] if first else 0.0)
    return _CARD.format(
        name=info["name"],
        version=info["version"],
        parameters=info["parameters"],
        known=len(info["elements"]),
        elements=" ".join(info["elements"]),
        low=info["bulk_modulus_low"],
        high=info["bulk_modulus_high"],
        trainings=" and ".join(run["name"] for run in training["trainings"]),
        records="\n".join(f"| {what} | {n:,} |" for what, n in training["records"].items()),
        data_sha256=", ".join(f"`{run['data_sha256']}`" for run in training["trainings"]),
        settings=shown,
        mean_of=_taken(training["mean_of"]),
        began=_began(training),
        runs="\n".join(_line(run) for run in runs),
        minutes=seconds / 60,
        memory=max(run["peak_memory_mb"] for run in runs),
        versions=", ".join(f"{key} {value}" for key, value in last["versions"].items()),
        k=metrics["bulk_modulus"],
        g=metrics["shear_modulus"],
    )


def _taken(names: Sequence[str]) -> str:
    if len(names) == 1:
        return f"those of {names[0]}"
    return f"the mean of those of {', '.join(names)} (M. Wortsman et al., ICML 2022)"


def _began(training: Mapping[str, Any]) -> str:
    """What the first training began with."""
    names = " and ".join(run["name"] for run in training["trainings"])
    words = "".join(f"{{}} began with the weights of {run['name']}. " for run in training["before"])
    before = [names, *(run["name"] for run in training["before"])]
    words = words.format(*before)
    first = training["first"]
    if first is None:
        return (
            f"{words}{before[-1]} began with new weights, in which the words of elements have "
            "their tabulated properties."
        )
    which, minutes = f"{first['name']} {first['version']}", first["cpu_seconds"] / 60
    return (
        f"{words}{before[-1]} began with those of {which} (SHA-256 "
        f"`{first['weights_sha256'][:12]}`), which took {minutes:.0f} CPU minutes and is in the "
        "history of the repository, as is the trainer of release 1.0."
    )


def _line(run: Mapping[str, Any]) -> str:
    return (
        f"| {run['name']} | {run['steps']:,}, {run['best_step']:,} | {run['best_loss']:.3f} "
        f"| {run['settings']['seed']} | {run['cpu_seconds'] / 60:.0f} |"
    )


_SHOWN = (
    *("method", "learning_rate", "warmup_steps", "weight_decay", "dropout", "epochs"),
    *("batch_size", "packing", "precision", "eval_every"),
)
