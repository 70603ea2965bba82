"""Process that puts crystals in words: one JSON object in, one out, line by line.

Started by `elatbot_flows.training.data.descriptions` with a fixed ``PYTHONHASHSEED``, because
robocrystallographer goes through sets of words. A crystal that takes more processor time than the
limit ends the process, however busy the machine is.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time

__all__ = ["limit_processor_time", "main"]


def limit_processor_time(seconds: float) -> None:
    """Have this process end after so many seconds of processor time from now, 0 for never.

    It ends by the signal of the timer, in whatever code it is. Where there are no such timers, as
    on Windows, nothing happens, and whoever waits has to lose patience.
    """
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_VIRTUAL, seconds)


def main() -> None:
    """Describe the crystals of the standard input until it ends; the argument is the limit, s."""
    limit = float(sys.argv[1])
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
        start = time.process_time()
        limit_processor_time(limit)
        try:
            found: dict[str, object] = {
                "words": robocrys_text.describe(Structure.from_dict(json.loads(line)))
            }
        except StructureError as error:
            found = {"reason": error.reason, "message": str(error)}
        limit_processor_time(0)
        answer(**found, seconds=time.process_time() - start)


if __name__ == "__main__":
    main()
