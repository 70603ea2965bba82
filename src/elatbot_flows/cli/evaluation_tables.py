"""Tables of the scores of predicted elastic tensors, made for 80 columns."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.console import Console
    from rich.table import Table

    from elatbot_flows.evaluation import ModelScores, Predictions
    from elatbot_flows.evaluation.baselines import BaselineReport

__all__ = ["render_scores"]

_DASH = "-"
_NAME = 17
_SHORT = {
    "cubic": "cubic",
    "hexagonal": "hexag.",
    "trigonal": "trig.",
    "tetragonal": "tetrag.",
    "orthorhombic": "orthor.",
    "monoclinic": "monoc.",
    "triclinic": "tricl.",
}


def render_scores(
    scores: Mapping[str, ModelScores],
    predictions: Predictions,
    console: Console,
    *,
    reports: Mapping[str, BaselineReport],
    by_system: bool = False,
) -> None:
    """Print errors, validity and differences to the best model.

    Parameters
    ----------
    scores
        By name of the model.
    predictions
        What was scored, for the notes on records without labels.
    console
        Where to print.
    reports
        What each baseline has learned from, by its name.
    by_system
        Also print errors by crystal system.
    """
    from rich.text import Text

    console.print(_accuracy(scores))
    console.print(_hill(scores))
    console.print(_validity(scores))
    if any(found.k_voigt_difference for found in scores.values()):
        console.print(_differences(scores))
    notes = [*_notes(scores, predictions), *_training_notes(reports)]
    if by_system and any(found.by_system for found in scores.values()):
        console.print(_systems(scores))
    elif by_system:
        notes.append(
            "no record tells its crystal system; add 'crystal_system' or 'spacegroup_number'"
        )
    for note in notes:
        console.print(Text(f"Note: {note}", style="yellow"))


def _accuracy(scores: Mapping[str, ModelScores]) -> Table:
    heads = ("n\n", "mean of 36\nMAE / R2", "K Voigt\nMAE / R2", "36 elements\nMAE")
    table = _table("Errors\n(MAE in GPa)", *heads)
    for name, found in scores.items():
        mean36 = _pair(found.mean36_mae, found.mean36_r2)
        k_voigt = _pair(found.k_voigt_mae, found.k_voigt_r2)
        _add(table, name, str(found.n), mean36, k_voigt, _number(found.elem36_mae, 3))
    return table


def _hill(scores: Mapping[str, ModelScores]) -> Table:
    heads = ("n\n", "K VRH\nMAE / R2", "G VRH\nMAE / R2")
    table = _table("Errors where\npositive definite", *heads)
    for name, found in scores.items():
        k_vrh = _pair(found.k_vrh_mae, found.k_vrh_r2)
        _add(table, name, str(found.n_vrh), k_vrh, _pair(found.g_vrh_mae, found.g_vrh_r2))
    return table


def _validity(scores: Mapping[str, ModelScores]) -> Table:
    from elatbot_flows.evaluation.metrics import SYMMETRY_TOLERANCES

    heads = ("mis-\nsing", "unpar-\nsable", "not pos.\ndefinite", "asym-\nmetric")
    off = (f"off by\n> {100 * tolerance:g} %" for tolerance in SYMMETRY_TOLERANCES)
    table = _table("Validity\n(counts)", *heads, "symmetry\nknown", *off)
    for name, found in scores.items():
        counts = (
            found.missing,
            found.unparsable,
            found.not_positive_definite,
            found.asymmetric,
            found.n_symmetry,
            *(found.off_symmetry.get(f"{t:g}", _DASH) for t in SYMMETRY_TOLERANCES),
        )
        _add(table, name, *map(str, counts))
    return table


def _differences(scores: Mapping[str, ModelScores]) -> Table:
    table = _table("K Voigt MAE less\nthat of the best", "n\n", "GPa\n", "95 %\ninterval")
    for name, found in scores.items():
        other = found.k_voigt_difference
        if other is None:
            _add(table, name, _DASH, _DASH, _DASH)
        else:
            interval = f"[{other.low:+.2f}, {other.high:+.2f}]"
            _add(table, name, str(other.n), f"{other.difference:+.2f}", interval)
    return table


def _systems(scores: Mapping[str, ModelScores]) -> Table:
    """One row for each model; the heads tell how many crystals the most complete model has."""
    shown = {
        system: max(f.by_system[system].n for f in scores.values() if system in f.by_system)
        for system in _SHORT
        if any(system in found.by_system for found in scores.values())
    }
    heads = (f"{_SHORT[system]}\nn={count}" for system, count in shown.items())
    table = _table("K Voigt MAE (GPa)\nby crystal system", *heads)
    for name, found in scores.items():
        each = (found.by_system.get(system) for system in shown)
        _add(table, name, *(_number(None if e is None else e.k_voigt_mae, 2) for e in each))
    return table


def _training_notes(reports: Mapping[str, BaselineReport]) -> list[str]:
    """One note for all baselines that have learned from the same rows."""
    alike: dict[str, list[str]] = {}
    for name, report in reports.items():
        unusable = ", ".join(f"{reason} {count}" for reason, count in report.unusable.items())
        words = (
            f"learned from {report.rows} rows; {report.left_out} left out because their answer is "
            "asked for"
            + (f"; unusable: {unusable}" if unusable else "")
            + (f"; {report.extrapolated} answers extrapolated" if report.extrapolated else "")
        )
        alike.setdefault(words, []).append(name.partition(": ")[2])
    return [f"baselines {', '.join(names)}: {words}" for words, names in alike.items()]


def _notes(scores: Mapping[str, ModelScores], predictions: Predictions) -> list[str]:
    notes = [f"{name}: {_reasons(f)}" for name, f in scores.items() if f.unparsable_reasons]
    if predictions.unlabelled:
        notes.append(f"{predictions.unlabelled} records without a label were left out")
    if predictions.unreadable_labels:
        words = Counter(unreadable.reason for unreadable in predictions.unreadable_labels)
        listed = ", ".join(f"{reason} {count}" for reason, count in sorted(words.items()))
        notes.append(f"records whose label is no 6x6 tensor were left out: {listed}")
    best = {found.k_voigt_difference.to for found in scores.values() if found.k_voigt_difference}
    notes += [f"best is {name}, by the MAE of the Voigt bulk modulus" for name in best]
    return notes


def _reasons(found: ModelScores) -> str:
    listed = ", ".join(f"{reason} {count}" for reason, count in found.unparsable_reasons.items())
    return f"unparsable: {listed}"


def _pair(error: float | None, r2: float | None) -> str:
    return f"{_number(error, 3)} / {_number(r2, 4)}"


def _number(value: float | None, digits: int) -> str:
    """A fixed number of digits, or powers of ten where that would be too wide."""
    if value is None:
        return _DASH
    return f"{value:.{digits}f}" if abs(value) < 1e6 else f"{value:.{digits}e}"


def _table(*heads: str) -> Table:
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for number, head in enumerate(heads):
        if number:
            table.add_column(head, justify="right", no_wrap=True)
        else:
            table.add_column(head, min_width=_NAME, overflow="fold")
    return table


def _add(table: Table, name: str, *cells: str) -> None:
    from rich.text import Text

    table.add_row(Text(name), *cells)
