"""``elatbot evaluate``: score predicted elastic tensors against labels."""

from __future__ import annotations

import json
from pathlib import Path  # noqa: TC003 - typer reads it
from typing import TYPE_CHECKING, Annotated, Any

import typer

from elatbot_flows.cli.options import check_at_least, writable_folder
from elatbot_flows.cli.terminal import terminal

if TYPE_CHECKING:
    from elatbot_flows.evaluation import ModelScores, Predictions
    from elatbot_flows.evaluation.baselines import BaselineReport

__all__ = ["evaluate"]


def evaluate(
    file: Annotated[
        Path,
        typer.Argument(
            help="JSON lines (.gz or plain), one per material: label and a 6x6 tensor per model.",
            metavar="FILE",
        ),
    ],
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
    """Score predicted elastic tensors (GPa) against labels.

    What is no 6x6 tensor counts as unparsable, with a reason, and never ends the command.
    Baselines are fitted to the rows of --train whose formula is not scored.
    """
    from elatbot_flows.cli.evaluation_baselines import chosen_baselines, fit_baselines
    from elatbot_flows.cli.evaluation_tables import render_scores
    from elatbot_flows.evaluation import read_predictions, score_predictions
    from elatbot_flows.training.data.json_lines import read_json_lines

    check_at_least(0, "--bootstrap", bootstrap)
    check_at_least(0, "--seed", seed)
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
