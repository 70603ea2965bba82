"""Tables of the evaluation of generated crystals, made for 80 columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from elatbot_flows.evaluation.crystals import CrystalEvaluation, Distance, Measured, Rate

__all__ = ["render_evaluation"]

_DASH = "-"
_STEPS = {
    "parsed": "parsed",
    "valid": "valid",
    "relaxed": "relaxed",
    "passed": "passed the gates",
    "metastable": "metastable",
    "stable": "  of these stable",
    "on_target": "on target",
    "on_target_metastable": "  of these metastable",
}
_CHECKS = {
    "apart": "atoms 0.5 A apart (CDVAE)",
    "roomy": "atoms neither overlap nor are alone",
    "formula": "formula as stated",
    "space_group": "space group as stated",
}
_PROPERTIES = {
    "density": "density, g/cm3",
    "elements": "number of elements",
    "volume_per_atom": "volume, A3/atom",
}
_REASONS = 3


def render_evaluation(found: CrystalEvaluation, console: Console) -> None:
    """Print funnel, checks, novelty, and what was compared with the reference set.

    Parameters
    ----------
    found
        What to print.
    console
        Where to.
    """
    console.print(_funnel(found))
    console.print(_rates(found))
    if found.differences:
        console.print(_differences(found))
    if found.sun is not None:
        words = "stable {sun}, metastable or stable {msun}".format(**vars(found.sun))
        console.print(f"Unique, novel, and of {found.submitted} submitted: {words}")
    if found.charges is not None and found.all_metals.count:
        console.print(
            f"Oxidation states say nothing of the {found.all_metals.count} crystals of metals "
            "alone: they pass without being looked at."
        )


def _funnel(found: CrystalEvaluation) -> Table:
    table = _table("", "n", f"of {found.submitted} (95 %)", "of step before")
    table.add_column("why not", overflow="fold")
    for name, step in found.steps.items():
        reasons = [f"{reason} {count}" for reason, count in step.reasons.items()]
        more = [f"{len(reasons) - _REASONS} more"] if len(reasons) > _REASONS else []
        table.add_row(
            _STEPS[name],
            str(step.of_all.count),
            _share(step.of_all),
            _percent(step.of_previous.value),
            _literal(", ".join(reasons[:_REASONS] + more)),
        )
    return table


def _rates(found: CrystalEvaluation) -> Table:
    table = _table("", "n", "of", "share (95 %)")
    rows: list[tuple[str, Rate | None]] = [(_CHECKS[k], v) for k, v in found.checks.items()]
    rows += [("metals alone", found.all_metals), ("oxidation states balance", found.charges)]
    rows += [("valid: unique materials", found.unique), ("valid: novel", found.novel)]
    rows += [("valid: unique and novel materials", found.unique_novel)]
    if (matches := found.matches) is not None:
        rows += [("reference: formula was generated", matches.asked)]
        rows += [("reference: matched by the first", matches.first)]
        rows += [("reference: matched by any", matches.any)]
    if (covered := found.coverage) is not None:
        rows += [("coverage: recall", covered.recall), ("coverage: precision", covered.precision)]
        rows += [("coverage: precision, of all", covered.precision_of_all)]
    for words, rate in rows:
        if rate is not None:
            table.add_row(words, str(rate.count), str(rate.of), _share(rate))
    return table


def _differences(found: CrystalEvaluation) -> Table:
    table = _table("Against the reference set", "value", "95 %", "of one set")
    for name, one in found.differences.items():
        words = f"Wasserstein: {_PROPERTIES[name]}"
        table.add_row(words, _number(one.value), _interval(one), _number(one.floor))
    if found.matches is not None:
        rms = found.matches.rms
        table.add_row("rms of matches, of (V/n)^1/3", _number(rms.value), _interval(rms), _DASH)
    return table


def _share(rate: Rate) -> str:
    if rate.value is None or rate.low is None or rate.high is None:
        return _percent(rate.value)
    return f"{_percent(rate.value)} ({100 * rate.low:.1f}-{100 * rate.high:.1f})"


def _percent(share: float | None) -> str:
    return _DASH if share is None else f"{100 * share:.1f} %"


def _number(value: float | None) -> str:
    return _DASH if value is None else f"{value:.3f}"


def _interval(one: Measured | Distance) -> str:
    return _DASH if one.low is None else f"{_number(one.low)} to {_number(one.high)}"


def _literal(text: str) -> str:
    from rich.markup import escape

    return escape(text)


def _table(first: str, *heads: str) -> Table:
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column(first, no_wrap=True)
    for head in heads:
        table.add_column(head, justify="right", no_wrap=True)
    return table
