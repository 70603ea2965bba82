"""Tables of the scores of predicted elastic tensors, made for 80 columns."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.console import Console
    from rich.table import Table

    from elatbot_flows.scoring import ModelScores, Predictions

__all__ = ["render_scores"]

_DASH = "-"
_NAME = 17


def render_scores(
    scores: Mapping[str, ModelScores], predictions: Predictions, console: Console
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
    """
    from rich.text import Text

    console.print(_accuracy(scores))
    console.print(_hill(scores))
    console.print(_validity(scores))
    if any(found.k_voigt_difference for found in scores.values()):
        console.print(_differences(scores))
    for note in _notes(scores, predictions):
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
    from elatbot_flows.scoring.metrics import SYMMETRY_TOLERANCES

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
