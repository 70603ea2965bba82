"""Process that puts crystals in words: one JSON object in, one out, line by line.

Started by `elatbot_flows.training.data.descriptions` with a fixed ``PYTHONHASHSEED``, because
robocrystallographer goes through sets of words.
"""

from __future__ import annotations

import json
import os
import sys
import time

__all__ = ["main"]


def main() -> None:
    """Describe the crystals of the standard input until it ends."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what libraries print is no answer
    from pymatgen.core import Structure

    from elatbot_flows.errors import StructureError
    from elatbot_flows.text import robocrys_text

    def answer(**fields: object) -> None:
        answers.write(json.dumps(fields) + "\n")
        answers.flush()

    answer(ready=True)
    for line in sys.stdin:
        start = time.perf_counter()
        try:
            found: dict[str, object] = {
                "words": robocrys_text.describe(Structure.from_dict(json.loads(line)))
            }
        except StructureError as error:
            found = {"reason": error.reason, "message": str(error)}
        answer(**found, seconds=time.perf_counter() - start)


if __name__ == "__main__":
    main()
