"""``elatbot evaluate``: score predicted elastic tensors, or generated crystals."""

from __future__ import annotations

import json
from pathlib import Path  # noqa: TC003 - typer reads it
from typing import TYPE_CHECKING, Annotated, Any

import typer

from elatbot_flows.cli.options import (
    BulkModulus,
    PoissonRatio,
    PughRatio,
    ShearModulus,
    Workers,
    YoungsModulus,
    check_at_least,
    writable_folder,
)
from elatbot_flows.cli.terminal import terminal
from elatbot_flows.errors import TargetError
from elatbot_flows.targets import PROPERTIES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from elatbot_flows.evaluation import ModelScores, Predictions
    from elatbot_flows.evaluation.baselines import BaselineReport

__all__ = ["evaluate"]

_OF_TENSORS = ("file", "model", "label", "baseline", "train", "baseline_model", "by_system")
_OF_CRYSTALS = (
    *("reference", "known", "potential", "hull", *PROPERTIES),
    *("workers", "charges", "plots"),
)


def evaluate(
    context: typer.Context,
    file: Annotated[
        Path | None,
        typer.Argument(
            help="JSON lines (.gz or plain), one per material: label and a 6x6 tensor per model.",
            metavar="FILE",
        ),
    ] = None,
    crystals: Annotated[
        Path | None,
        typer.Option(
            help="Generated crystals instead: CIF, JSON, extended XYZ, texts, a folder, or a run.",
            metavar="FILE|DIR",
        ),
    ] = None,
    reference: Annotated[
        Path | None,
        typer.Option(
            help="Crystals that should have been generated: match rate, coverage.",
            metavar="FILE|DIR",
        ),
    ] = None,
    known: Annotated[
        Path | None,
        typer.Option(help="Crystals that are not new: novelty.", metavar="FILE|DIR"),
    ] = None,
    potential: Annotated[
        list[str] | None,
        typer.Option(help="Who relaxes and judges crystals.", metavar="NAME|DIR"),
    ] = None,
    hull: Annotated[
        bool, typer.Option("--hull", help="Also place crystals on the hull of --potential.")
    ] = False,
    bulk_modulus: BulkModulus = None,
    shear_modulus: ShearModulus = None,
    youngs_modulus: YoungsModulus = None,
    poisson_ratio: PoissonRatio = None,
    pugh_ratio: PughRatio = None,
    workers: Workers = None,
    charges: Annotated[
        bool, typer.Option("--charges", help="Also test oxidation states of crystals (smact).")
    ] = False,
    coverage: Annotated[
        bool,
        typer.Option(help="With --reference: fingerprints (matminer), which take most time."),
    ] = True,
    plots: Annotated[
        bool, typer.Option("--plots", help="Draw the funnel of crystals into --out.")
    ] = False,
    model: Annotated[
        list[str] | None,
        typer.Option(help="Field with predictions; all that look so by default.", metavar="NAME"),
    ] = None,
    label: Annotated[str, typer.Option(help="Field with the true tensor.")] = "label",
    bootstrap: Annotated[int, typer.Option(help="Resamples of the bootstrap, 0 for none.")] = 2000,
    seed: Annotated[int, typer.Option(help="Seed of the bootstrap and of baselines.")] = 0,
    baseline: Annotated[
        bool, typer.Option("--baseline", help="Also score the mean of the labels as a model.")
    ] = False,
    train: Annotated[
        Path | None,
        typer.Option(help="JSON lines with formula and tensor, for baselines.", metavar="FILE"),
    ] = None,
    baseline_model: Annotated[
        list[str] | None,
        typer.Option(
            help="With --train: random_forest, composition, nearest, mean, temperature, or all.",
            metavar="NAME",
        ),
    ] = None,
    by_system: Annotated[
        bool, typer.Option("--by-system", help="Also tell errors by crystal system.")
    ] = False,
    out: Annotated[
        Path | None, typer.Option(help="Folder for scores and unreadable answers.", metavar="DIR")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Score predicted elastic tensors (GPa) against labels, or generated crystals (--crystals).

    What is no 6x6 tensor counts as unparsable, with a reason, and never ends the command.
    Baselines are fitted to the rows of --train whose formula is not scored.

    Crystals are counted from everything submitted to what is valid, new, matches, relaxes, is
    stable and on target, each with its denominator. Definitions: docs/crystal_evaluation.md.
    """
    check_at_least(0, "--bootstrap", bootstrap)
    check_at_least(0, "--seed", seed)
    _refuse(context, _OF_CRYSTALS if crystals is None else _OF_TENSORS, "--crystals")
    if crystals is not None:
        from elatbot_flows.cli.crystal_outcomes import Physics
        from elatbot_flows.cli.evaluate_crystals import evaluate_generated
        from elatbot_flows.evaluation.crystals import Draws

        check_at_least(1, "--workers", workers)
        target = {
            "bulk_modulus": bulk_modulus,
            "shear_modulus": shear_modulus,
            "youngs_modulus": youngs_modulus,
            "poisson_ratio": poisson_ratio,
            "pugh_ratio": pugh_ratio,
        }
        evaluate_generated(
            crystals,
            reference=reference,
            known=known,
            physics=Physics(potential or (), hull=hull, target=target, workers=workers),
            charges=charges,
            coverage=coverage,
            draws=Draws(bootstrap, seed),
            out=out,
            plots=plots,
            as_json=as_json,
        )
        return
    if file is None:
        raise TargetError("give a FILE of predicted tensors, or --crystals FILE|DIR")
    from elatbot_flows.cli.evaluation_baselines import chosen_baselines, fit_baselines
    from elatbot_flows.cli.evaluation_tables import render_scores
    from elatbot_flows.evaluation import read_predictions, score_predictions
    from elatbot_flows.training.data.json_lines import read_json_lines

    kinds = chosen_baselines(train, baseline_model or [])
    records = read_json_lines(file)
    predictions = read_predictions(records, label=label, models=model or ())
    reports: dict[str, BaselineReport] = {}
    if train is not None:
        predictions, reports = fit_baselines(predictions, records, train, kinds, seed)
    scores = score_predictions(predictions, resamples=bootstrap, seed=seed, baseline=baseline)
    text = json.dumps(
        _plain(scores, predictions, reports, by_system=by_system), indent=1, allow_nan=False
    )
    if out is not None:
        _write(writable_folder(out, "--out"), text, predictions)
    if as_json:
        typer.echo(text)
    else:
        console = terminal()
        render_scores(scores, predictions, console, reports=reports, by_system=by_system)


def _refuse(context: typer.Context, names: Sequence[str], option: str) -> None:
    """Refuse options that were given and mean nothing beside `option`, or without it."""
    for name in names:
        source = context.get_parameter_source(name)
        if source is not None and source.name == "COMMANDLINE" and context.params[name]:
            shown = "FILE" if name == "file" else f"--{name.replace('_', '-')}"
            word = "with" if names is _OF_TENSORS else "without"
            raise TargetError(f"{shown} says nothing {word} {option}: leave it out")


def _plain(
    scores: dict[str, ModelScores],
    predictions: Predictions,
    reports: dict[str, BaselineReport],
    *,
    by_system: bool,
) -> dict[str, Any]:
    """Scores by model, each with the number of records that could not be used for any."""
    from dataclasses import asdict

    records = {
        "unlabelled": predictions.unlabelled,
        "unparsable_labels": len(predictions.unreadable_labels),
    }
    plain = {name: asdict(found) | records for name, found in scores.items()}
    for name, report in reports.items():
        plain[name]["training"] = asdict(report)
    if not by_system:
        for found in plain.values():
            del found["by_system"]
    return plain


def _write(folder: Path, text: str, predictions: Predictions) -> None:
    """Write ``scores.json`` and ``unparsable.jsonl``, one line per unreadable value."""
    (folder / "scores.json").write_text(text + "\n", encoding="utf-8")
    columns = {None: predictions.unreadable_labels} | {
        name: model.unreadable for name, model in predictions.models.items()
    }
    lines = [
        json.dumps({"row": u.row, "model": name, "reason": u.reason, "message": u.message}) + "\n"
        for name, unreadable in columns.items()
        for u in unreadable
    ]
    (folder / "unparsable.jsonl").write_text("".join(lines), encoding="utf-8")
