"""Crystals that are worked on side by side, so that the model is called for many at a time.

Relaxing a crystal is a chain of single evaluations, which leave a GPU idle. Here each crystal has a
thread of its own that stops where it needs numbers; when all of them have stopped, the model is
called for all. Who shares a call follows from the crystals alone, so that the same crystals give
the same numbers each time.
"""

from __future__ import annotations

import sys
import threading
from dataclasses import replace
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, TypeVar, cast

from elatbot_flows.potentials.batch import evaluate_atoms

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ase import Atoms
    from ase.calculators.calculator import Calculator

    from elatbot_flows.potentials.base import Potential, Results

__all__ = ["side_by_side"]

_AT_ONCE = {"cpu": 4, "cuda": 128}
"""Crystals at once; on a CPU more gain nothing (benchmarks/side_by_side.md)."""

_Result = TypeVar("_Result")


def side_by_side(
    tasks: Sequence[Callable[[Potential], _Result]],
    potential: Potential,
    at_once: int | None = None,
) -> list[_Result]:
    """Do tasks that each evaluate the potential many times.

    Parameters
    ----------
    tasks
        Each is called with a potential that counts its own evaluations, else as the one given.
    potential
        The potential; if it has no batches, one task is done after the other.
    at_once
        Tasks under way at most; None for 4 on a CPU and 128 on a GPU.

    Returns
    -------
    list
        What each task returned.

    Raises
    ------
    Exception
        What the first of the tasks that failed raised, when all others have ended.
    """
    most = at_once or _AT_ONCE[potential.device.partition(":")[0]]
    if potential.batch is None or min(most, len(tasks)) < 2:
        return [task(potential) for task in tasks]
    members = [_Member(place, task, potential) for place, task in enumerate(tasks)]
    _work(members, potential, most)
    potential.evaluations += sum(member.view.evaluations for member in members)
    for member in members:
        if member.error is not None:
            raise member.error
    return [member.result for member in members]


class _Member(threading.Thread):
    """One task, and the potential as it sees it."""

    def __init__(self, place: int, task: Callable[[Potential], Any], potential: Potential) -> None:
        super().__init__(daemon=True)
        self.place = place
        self.result: Any = None
        self.error: BaseException | None = None
        self.answer: SimpleQueue[list[Results] | Exception] = SimpleQueue()
        self.view = replace(
            potential, calculator=_calculator(self.ask), batch=self.ask, max_atoms=sys.maxsize
        )
        self.view.checked = potential.checked
        self._task = task

    def join_in(self, news: SimpleQueue[tuple[_Member, Sequence[Atoms] | None]]) -> None:
        """Begin; tell by `news` what is asked, and with None that it has ended."""
        self._news = news
        self.start()

    def run(self) -> None:
        try:
            self.result = self._task(self.view)
        except BaseException as error:  # noqa: BLE001 - raised again where it was asked for
            self.error = error
        self._news.put((self, None))

    def ask(self, atoms: Sequence[Atoms]) -> list[Results]:
        """Energy, forces and stress, as `Potential.batch` gives them."""
        self._news.put((self, atoms))
        found = self.answer.get()
        if isinstance(found, Exception):
            raise found
        return found


def _work(members: Sequence[_Member], potential: Potential, most: int) -> None:
    """Let members work until all need numbers, give them all, and so on until all have ended."""
    news: SimpleQueue[tuple[_Member, Sequence[Atoms] | None]] = SimpleQueue()
    waiting = list(reversed(members))
    asked: dict[int, tuple[_Member, Sequence[Atoms]]] = {}
    alive = busy = 0
    while waiting or alive:
        while waiting and alive < most:
            waiting.pop().join_in(news)
            alive, busy = alive + 1, busy + 1
        while busy:
            member, atoms = news.get()
            busy -= 1
            if atoms is None:
                alive -= 1
            else:
                asked[member.place] = member, atoms
        if not waiting or alive == most:
            busy = _answer([asked[place] for place in sorted(asked)], potential)
            asked.clear()


def _answer(asked: Sequence[tuple[_Member, Sequence[Atoms]]], potential: Potential) -> int:
    """Give each what it asked for; where the model fails on all together, one after the other."""
    try:
        found: list[Results] = evaluate_atoms([a for _, atoms in asked for a in atoms], potential)
    except Exception as error:  # noqa: BLE001 - who is to blame is found out below
        if len(asked) == 1:
            asked[0][0].answer.put(error)
            return 1
        return sum(_answer([one], potential) for one in asked)
    start = 0
    for member, atoms in asked:
        member.answer.put(found[start : start + len(atoms)])
        start += len(atoms)
    return len(asked)


def _calculator(ask: Callable[[Sequence[Atoms]], list[Results]]) -> Calculator:
    """An ASE calculator that gets its numbers by asking."""
    from ase.calculators.calculator import Calculator, all_changes
    from ase.stress import full_3x3_to_voigt_6_stress

    class Asking(Calculator):  # type: ignore[misc]
        implemented_properties = ["energy", "forces", "stress"]  # noqa: RUF012 - as ASE has it

        def calculate(
            self,
            atoms: Atoms | None = None,
            properties: Sequence[str] = ("energy",),
            system_changes: Sequence[str] = all_changes,
        ) -> None:
            super().calculate(atoms, properties, system_changes)
            ((energy, forces, stress),) = ask([cast("Atoms", self.atoms)])
            voigt = full_3x3_to_voigt_6_stress(stress)
            self.results = {"energy": energy, "forces": forces, "stress": voigt}

    return Asking()
