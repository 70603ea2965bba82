"""What FireWorks' launches say: who ran a Firework, where, and how that ended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fireworks import LaunchPad

__all__ = ["Launches", "here"]

_FIELDS = (
    "fw_id", "launch_id", "state", "fworker", "host", "state_history",
    "action.stored_data._exception",
)  # fmt: skip


class Launches:
    """The last launch of each Firework.

    Parameters
    ----------
    pad
        The LaunchPad.
    numbers
        The Fireworks.
    """

    def __init__(self, pad: LaunchPad, numbers: Iterable[int]) -> None:
        self._pad = pad
        found = pad.launches.find({"fw_id": {"$in": list(numbers)}}, dict.fromkeys(_FIELDS, 1))
        ordered = sorted(found, key=lambda launch: int(launch["launch_id"]))
        self._last: dict[int, dict[str, Any]] = {int(one["fw_id"]): one for one in ordered}

    def said(self, number: int) -> str | None:
        """The traceback it ended with."""
        stored = (self._launch(number).get("action") or {}).get("stored_data") or {}
        trace = (stored.get("_exception") or {}).get("_stacktrace")
        return None if trace is None else str(trace)

    def host(self, number: int) -> str:
        """Where it runs."""
        return str(self._launch(number).get("host"))

    def worker(self, number: int) -> str | None:
        """Name of the FireWorker."""
        return (self._launch(number).get("fworker") or {}).get("name")

    def queue_job(self, number: int) -> str | None:
        """Number of its job in the queue, if it was reserved by one."""
        history = self._launch(number).get("state_history") or []
        numbers = [str(one["reservation_id"]) for one in history if one.get("reservation_id")]
        return numbers[-1] if numbers else None

    def served(self, category: str) -> bool:
        """Whether a FireWorker of this category has ever taken something."""
        asked = {"fworker.category": {"$in": [category]}}
        return self._pad.launches.find_one(asked, {"launch_id": 1}) is not None

    def still_open(self, numbers: list[int]) -> list[int]:
        """Those whose last launch is reserved or runs, looked up now."""
        known = {int(self._launch(number)["launch_id"]): number for number in numbers}
        criteria = {"launch_id": {"$in": list(known)}, "state": {"$in": ["RESERVED", "RUNNING"]}}
        found = self._pad.launches.find(criteria, {"launch_id": 1})
        return [known[int(launch["launch_id"])] for launch in found]

    def run_again(self, number: int) -> None:
        """Make what is reserved, or runs as nobody knows, ready again."""
        launch = self._launch(number)
        if launch["state"] == "RESERVED":
            self._pad.cancel_reservation(launch["launch_id"])
        else:
            self._pad.mark_fizzled(launch["launch_id"])
            self._pad.rerun_fw(number)

    def _launch(self, number: int) -> dict[str, Any]:
        return self._last.get(number, {})


def here() -> str | None:
    """Name of the FireWorker that this machine is configured as."""
    from fireworks import FWorker
    from fireworks.fw_config import FWORKER_LOC

    return None if FWORKER_LOC is None else str(FWorker.from_file(FWORKER_LOC).name)
