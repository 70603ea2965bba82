"""Formulas that elatbot-mini may not learn, because ``known_moduli.md`` reports them.

::

    python benchmarks/mini_held_out.py FOLDER > reported.txt
"""

from __future__ import annotations

import sys
from pathlib import Path

from known_cases import binaries, further, part, sample

DRAWN, MORE, SEED = 1100, 486, 0
"""As in the command of the table."""


def main() -> None:
    folder = Path(sys.argv[1])
    known = binaries(folder)
    rows = sample(known, folder, DRAWN, SEED)
    rows += further(known, rows, MORE)
    print("\n".join(sorted({row.formula for row in rows if part(row.formula) == "report"})))


if __name__ == "__main__":
    main()
