"""What a density functional says next to everybody before it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from elatbot_flows.report.words import DASH, number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from elatbot_flows.documents import AgainstDFT, CandidateDocument, DFTVerdict, ElasticResult

__all__ = ["HEADS", "dft_rows", "dft_sentence", "dft_settings"]

HEADS = ("Candidate", "Source", "K (GPa)", "to DFT", "G (GPa)", "to DFT", "Interval held")


def dft_sentence(candidates: Sequence[CandidateDocument]) -> str | None:
    """How many were judged by a density functional, and what it changed; None without any."""
    asked = [c.dft for c in candidates if c.dft is not None]
    if not asked:
        return None
    ended = [one for one in asked if one.status != "failed"]
    changed = sum(
        c.dft is not None and c.dft.status != "failed" and c.verdict != c.dft.verdict_before
        for c in candidates
    )
    words = f"A density functional judged {len(ended)} of {len(asked)} it was shown"
    return f"{words}; {changed} verdicts changed."


def dft_rows(candidates: Sequence[CandidateDocument]) -> list[list[str]]:
    """A row for each source and one for the density functional itself, by candidate.

    Parameters
    ----------
    candidates
        Those it was not asked about are left out.
    """
    rows = []
    for candidate in candidates:
        found = candidate.dft
        if found is None:
            continue
        name = str(candidate.formula)
        rows += [_source(name, one) for one in found.sources]
        rows.append(_itself(name, found))
    return rows


def dft_settings(candidates: Sequence[CandidateDocument]) -> list[str]:
    """With what settings each was judged, and what that took; a line for each.

    Parameters
    ----------
    candidates
        Those it was not asked about, or whose jobs were lost, are left out.
    """
    return [
        f"{candidate.formula}: {_settings(evidence.result)}"
        for candidate in candidates
        for evidence in candidate.evidence
        if evidence.result.judge.kind == "dft" and evidence.result.dft is not None
    ]


def _settings(said: ElasticResult) -> str:
    own, record = said.judge.settings, said.dft
    words = [" ".join(filter(None, (said.judge.family, said.judge.package_version)))]
    words += [str(own["functional"])] if "functional" in own else []
    words += [f"{own['cutoff']:g} eV"] if "cutoff" in own else []
    if record is None:
        return ", ".join(words)
    if record.frame is not None:
        words.append(" x ".join(map(str, record.frame.mesh)) + " k-points")
        words += [f"{record.frame.width:g} eV of smearing"] if record.frame.width else []
    if record.moments:
        words.append(f"{sum(record.moments):.2f} Bohr magnetons")
    done = record.relaxation_calculations + record.calculations
    return ", ".join([*words, f"{done} calculations, {record.cpu_seconds:.0f} CPU s"])


def _source(name: str, one: AgainstDFT) -> list[str]:
    return [
        name,
        one.source.rstrip("/").rpartition("/")[2],
        number(one.bulk_modulus, "bulk_modulus"),
        _percent(one.bulk_deviation),
        number(one.shear_modulus, "shear_modulus"),
        _percent(one.shear_deviation),
        _held(one),
    ]


def _itself(name: str, found: DFTVerdict) -> list[str]:
    last = "" if found.status == "measured" else f"{found.status}: {found.message}"
    return [
        name,
        f"DFT ({found.judge})",
        number(found.bulk_modulus, "bulk_modulus"),
        "",
        number(found.shear_modulus, "shear_modulus"),
        "",
        last,
    ]


def _percent(deviation: float | None) -> str:
    return DASH if deviation is None else f"{100 * deviation:+.0f} %"


def _held(one: AgainstDFT) -> str:
    told = [("K", one.bulk_held), ("G", one.shear_held)]
    return ", ".join(f"{name} {'yes' if held else 'no'}" for name, held in told if held is not None)
