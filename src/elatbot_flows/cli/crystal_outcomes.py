"""What physics says of generated crystals: judged here, or read from a run."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from elatbot_flows.cli.options import available_cores, parse_potentials
from elatbot_flows.cli.terminal import terminal
from elatbot_flows.cli.validate import Judging, target_of
from elatbot_flows.errors import StoreError, TargetError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from elatbot_flows.database.results import DesignResult
    from elatbot_flows.evaluation.crystals import GeneratedCrystal, Outcome
    from elatbot_flows.targets import DesignTarget

__all__ = ["Physics", "submitted"]


@dataclass(frozen=True)
class Physics:
    """Whom to ask what of the crystals.

    Parameters
    ----------
    potentials
        Names; nobody if empty.
    hull
        Whether to place what passed on the hull of the first.
    target
        Intervals by name of the property, as they were written.
    workers
        Processes; all cores if None.
    """

    potentials: Sequence[str]
    hull: bool
    target: dict[str, str | None]
    workers: int | None

    def __post_init__(self) -> None:
        """Refuse what needs a potential if there is none.

        Raises
        ------
        TargetError
            If there is none.
        """
        asked = [name for name, text in self.target.items() if text is not None]
        if not self.potentials and (self.hull or asked):
            option = "--hull" if self.hull else f"--{asked[0].replace('_', '-')}"
            raise TargetError(f"{option} needs somebody who judges: give --potential NAME")


def submitted(
    path: Path, physics: Physics, folder: Path | None
) -> tuple[list[GeneratedCrystal], dict[str, Outcome] | None]:
    """What is to be evaluated, and what physics says of it; None if it was not asked.

    Parameters
    ----------
    path
        Crystals, or the folder of a run, whose newest concluded run is taken.
    physics
        Whom to ask.
    folder
        Where documents are kept, so that the same command goes on; nowhere if None.

    Raises
    ------
    ElatbotError
        If there is nothing to read, or potentials are to judge a run again.
    """
    from elatbot_flows.evaluation.crystals import read_generated

    if (path / "store").is_dir():
        if physics.potentials:
            raise TargetError(f"{path} is a run that was judged already: leave --potential out")
        return _of_run(path)
    generated = read_generated(path)
    if not physics.potentials:
        return generated, None
    target = target_of(**physics.target)
    with tempfile.TemporaryDirectory() as scratch:
        return generated, _judged(generated, physics, target, folder or Path(scratch))


def _judged(
    generated: Sequence[GeneratedCrystal],
    physics: Physics,
    target: DesignTarget | None,
    folder: Path,
) -> dict[str, Outcome]:
    """What becomes of valid crystals in the flow that judges given ones."""
    from elatbot_flows.evaluation.crystals.steps import examined
    from elatbot_flows.potentials.settings import ValidationSettings

    tries = [examined(crystal, None) for crystal in generated]
    crystals = {each.crystal.source: each.there for each in tries if each.valid}
    if not crystals:
        return {}
    judging = Judging(
        potentials=parse_potentials(list(physics.potentials)),
        device="cpu",
        dtype=None,
        settings=ValidationSettings(),
        tags=None,
        referee=[],
        refit=None,
        hull=physics.hull,
        workers=physics.workers or available_cores(),
    )
    maker = replace(judging.maker(crystals), place_misses=True, doubled=False)
    return _outcomes(judging.run(maker.make(target), folder))


def _outcomes(result: DesignResult) -> dict[str, Outcome]:
    from elatbot_flows.evaluation.crystals import outcome_of

    target = result.document.run.target is not None
    return {str(c.source): outcome_of(c, target=target) for c in result.candidates}


def _of_run(folder: Path) -> tuple[list[GeneratedCrystal], dict[str, Outcome]]:
    """Candidates of the newest run in a folder that were tried."""
    from elatbot_flows.database.results import read_result
    from elatbot_flows.database.stores import open_store
    from elatbot_flows.evaluation.crystals.outcomes import generated_of, outcome_of, was_tried

    store, words = open_store(folder, existing=True)
    ended: list[dict[str, Any]] = list(
        store.docs_store.query({"output.@class": "DesignDocument"}, ["uuid", "completed_at"])
    )
    if not ended:
        raise StoreError(f"no run in {words} has come to its end: go on with it first")
    newest = max(ended, key=lambda document: str(document.get("completed_at")))
    result = read_result(store, newest["uuid"])
    tried = [candidate for candidate in result.candidates if was_tried(candidate)]
    if not tried:
        raise StoreError(f"the newest run in {words} has no candidate that was tried")
    if waiting := len(result.candidates) - len(tried):
        words = f"{waiting} candidates that nobody judged, since others came first, were left out"
        terminal(stderr=True, soft_wrap=True).print(words, markup=False)
    target = result.document.run.target is not None
    return (
        [generated_of(candidate) for candidate in tried],
        {c.candidate_id: outcome_of(c, target=target) for c in tried},
    )
