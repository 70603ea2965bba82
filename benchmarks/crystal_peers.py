"""Published numbers beside those of `crystal_evaluation.py`, and why they are other ones."""

from __future__ import annotations

GENERATED = (
    ("model", "structure valid", "SMACT valid", "recall", "precision", "density", "metastable"),
    ("CDVAE", "100.0 %", "86.7 %", "99.1 %", "99.5 %", "0.69", "28.8 %"),
    ("crystal-text-llm 7B, T 0.7", "96.4 %", "93.3 %", "91.1 %", "94.9 %", "3.61", "35.0 %"),
    ("crystal-text-llm 70B, T 0.7", "99.6 %", "95.4 %", "85.8 %", "98.9 %", "0.81", "49.8 %"),
    ("LLaMat-2-CIF", "99.5 %", "87.8 %", "98.6 %", "99.6 %", "0.62", "-"),
)
PREDICTED = (
    ("model", "asked for", "valid by its own rules", "match rate", "rms"),
    ("CrystaLLM, small", "10,286 formulas", "94.0 %", "-", "-"),
    ("CrystaLLM, 20 samples each", "perov-5", "-", "96.7 %", "0.026"),
    ("CrystaLLM, 20 samples each", "MPTS-52", "-", "38.7 %", "0.155"),
)
WORDS = """
First table, without conditions: Gruver et al., ICLR 2024 (arXiv:2402.04379), beside MP-20,
metastable by M3GNet; LLaMat from the notebooks of M3RG-IITD/llamat. Second: Antunes et al., Nat.
Commun. 15, 10570 (2024), and runs that users told of in lantunes/CrystaLLM.

What is not comparable:

- Their unconditional models choose formulas themselves. Here the formula is given: elements and
  composition are right by construction, and recall and precision say something of structure alone.
- Their reference is MP-20 (up to 20 atoms, any number of elements) or other sets. Here it is
  binaries with elastic moduli, which are simpler and nearer to what is known.
- CDVAE's coverage scales compositions by numbers of another set, here by the reference set;
  precision of crystal-text-llm is of valid crystals, here of all formulas.
- Match rates have the same tolerances (ltol 0.3, stol 0.5, angle_tol 10), but are of other
  formulas, by 20 samples there and by 1 and 5 crystals here.
- SMACT counts compositions of metals alone as valid without looking at charges.
"""


def peers() -> list[str]:
    """Lines of both tables and of what is to be said of them."""
    tables = [_rows(GENERATED), ["", "Crystals for formulas:", ""], _rows(PREDICTED)]
    lines = [line for table in tables for line in table]
    return ["## Published numbers, as their authors give them", "", *lines, WORDS.rstrip()]


def _rows(rows: tuple[tuple[str, ...], ...]) -> list[str]:
    head, *others = ("| " + " | ".join(row) + " |" for row in rows)
    return [head, "|---" * len(rows[0]) + "|", *others]
