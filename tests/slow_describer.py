"""A process that describes as the real one does, except that it is slow or dies when told to."""

from __future__ import annotations

import json
import os
import sys
import time

from elatbot_flows.training.data.describer import limit_processor_time


def main():
    """Describe copper and others; gold works and tungsten sleeps for long, platinum kills."""
    print(json.dumps({"ready": True}), flush=True)  # noqa: T201
    for line in sys.stdin:
        symbol = json.loads(line)["sites"][0]["label"]
        limit_processor_time(float(sys.argv[1]))
        while symbol == "Au":
            pass
        if symbol == "W":
            time.sleep(600)
        if symbol == "Pt":
            os._exit(9)
        said = {"words": f"{symbol} in {os.environ['PYTHONHASHSEED']}", "seconds": 0.1}
        if symbol == "Pd":
            said = {"reason": "not_described", "message": "odd", "seconds": 0.1}
        print(json.dumps(said), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
