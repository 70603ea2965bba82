"""Proposer: a text model, in this process, in vLLM or behind a server, in any dialect."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import ceil
from typing import TYPE_CHECKING, Any

from jobflow import Maker, OutputReference, Response, job

from elatbot_flows.documents import Reading
from elatbot_flows.engines.crystal_writer import CrystalWishes
from elatbot_flows.engines.text_model import TextModel, text_model
from elatbot_flows.errors import TargetError
from elatbot_flows.jobs.rows import continued
from elatbot_flows.jobs.settings import plain_settings
from elatbot_flows.proposers.sampling import draw
from elatbot_flows.proposers.shortlist import shortlist_of
from elatbot_flows.proposers.written import with_crystals
from elatbot_flows.text.formula import reduced_formula

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jobflow import Job

    from elatbot_flows.documents import RunRecord, Shortlist
    from elatbot_flows.targets import DesignTarget

__all__ = ["TextProposer"]

_HEATING = 0.15
_HOTTEST = 1.5
_FEWEST = 64
_FEWEST_CRYSTALS = 16


@dataclass
class TextProposer(Maker):
    """Sample materials from a text model until there are enough distinct formulas, and rank them.

    Models whose dialect writes whole crystals bring candidates with crystals, all different ones
    that were written for a formula. They cannot be told moduli; judges say what these are.

    Parameters
    ----------
    name
        The job name.
    model
        The text model.
    expectation
        A text model with a predictor, which says what it expects of every formula; the most
        promising come first. None for the order of sampling.
    temperature
        Sampling temperature of the first round; it rises when a round brings little new. None for
        the model's own.
    guidance
        How much more closely than they were taught formulas follow the moduli
        (`elatbot_flows.engines.base.Sampling`); None for the model's own, 0 for none.
    oversample
        Distinct formulas to sample for each candidate that is to pass.
    chunk_size
        Completions in one job and document.
    max_rounds
        Rounds after which sampling stops, wanted number reached or not.
    wishes
        What a model that writes crystals is asked for: formulas, which CrystaLLM needs, space
        groups, formula units. No more distinct formulas are wanted than are given.
    speller
        Another text model that names the formulas, for the target.

    Raises
    ------
    TargetError
        If the wishes cannot be said to the model, or it writes no crystals, guidance is negative,
        or asked for of a model that writes crystals.

    Examples
    --------
    >>> from elatbot_flows.engines.text_model import text_model
    >>> writer = text_model("some-folder", dialect="crystallm")
    >>> given = TextProposer(model=writer, wishes=CrystalWishes(("NiAl", "Ni3Al"), units=(1, 2)))
    >>> named = TextProposer(model=writer, speller=text_model("elatbot-mini"))
    """

    name: str = "propose"
    model: TextModel = field(default_factory=lambda: text_model("elatbot-mini"))
    expectation: str | None = "elatbot-mini"
    temperature: float | None = 0.8
    guidance: float | None = None
    oversample: int = 10
    chunk_size: int = 256
    max_rounds: int = 8
    wishes: CrystalWishes = field(default_factory=CrystalWishes)
    speller: TextModel | None = None

    def __post_init__(self) -> None:
        if self.guidance is not None and not self.guidance >= 0:
            raise TargetError(f"guidance is {self.guidance}: give 0 or more")
        if self.model.writes_crystals:
            if self.speller is not None and self.wishes.formulas:
                raise TargetError("formulas are given, or named by another model: not both")
            if self.guidance is not None:
                raise TargetError(f"{self.model.name} writes crystals: leave the guidance out")
            self.model.crystal_writer(self.wishes).requests(named=self.speller is not None)
        elif self.wishes != CrystalWishes() or self.speller is not None:
            raise TargetError(
                f"{self.model.name} writes formulas and no crystals: give a model that writes "
                "crystals, or leave formulas, space groups and formula units out"
            )

    def make(
        self,
        target: DesignTarget | None,
        n: int | None,
        run: RunRecord,
        known: Sequence[str] | None = None,
    ) -> Job:
        """Propose candidates for a target.

        Parameters
        ----------
        target
            What is wanted.
        n
            Candidates that are to pass in the end; None for all formulas that are given.
        run
            The run, or a reference to it.
        known
            Formulas that are not to be proposed again, or a reference to them.

        Returns
        -------
        Job
            Its output is a :class:`~elatbot_flows.documents.Shortlist`.

        Raises
        ------
        TargetError
            If there is no target, or no number.
        """
        given = len({reduced_formula(formula) for formula in self.wishes.formulas})
        if target is None or (n is None and not given):
            raise TargetError("a text model needs a target and a number of candidates: give both")
        wanted = given if n is None else self.oversample * n
        wanted = min(wanted, given) if given else wanted
        made = draw_until(self, target, run, wanted, known=known)
        made.name = self.name
        return made

    def settings(self) -> dict[str, Any]:
        """All settings, as plain values."""
        return plain_settings(self)


@job
def draw_until(
    maker: TextProposer,
    target: DesignTarget,
    run: RunRecord,
    wanted: int,
    rounds: list[list[list[Reading]]] | None = None,
    samples: list[list[str]] | None = None,
    temperature: float | None = None,
    known: Sequence[str] | None = None,
) -> Shortlist | Response[Any]:
    """Sample in rounds until enough distinct formulas are there, then make the shortlist.

    Parameters
    ----------
    maker, target, run
        Who is asked for what.
    wanted
        Distinct formulas.
    rounds
        What the completions of every round say, by job.
    samples
        For every round the jobs that hold its completions.
    temperature
        Of the last round.
    known
        Formulas that do not count.
    """
    drawn, known = samples or [], list(known or [])
    said = [[_readings(chunk) for chunk in part] for part in rounds or []]
    found = [chunk for part in said for chunk in part]
    distinct = {reading.formula for chunk in found for reading in chunk if not reading.reason}
    distinct -= set(known)
    if len(distinct) >= wanted or len(drawn) >= maker.max_rounds:
        places = [uuid for part in drawn for uuid in part]
        shortlist = shortlist_of(maker, target, run, found, places, wanted, known)
        if not maker.model.writes_crystals:
            return shortlist
        ended = with_crystals(maker.name, shortlist, found, run, maker.model.name)
        return Response(replace=ended)
    temperature = _heated(maker, said, temperature, known)
    jobs = _draws(maker, target, run, wanted, len(found), temperature)
    drawn_then = [*drawn, [made.uuid for made in jobs]]
    read: Any = [[OutputReference(uuid).readings for uuid in part] for part in drawn_then]
    again = draw_until(maker, target, run, wanted, read, drawn_then, temperature, known)
    again.name = maker.name
    finished = [uuid for part in drawn for uuid in part]
    return Response(replace=continued([*jobs, again], again.output, finished))


def _readings(chunk: list[Any]) -> list[Reading]:
    return [Reading.model_validate(reading) for reading in chunk]


def _draws(
    maker: TextProposer,
    target: DesignTarget,
    run: RunRecord,
    wanted: int,
    first: int,
    temperature: float | None,
) -> list[Job]:
    """The jobs of one round."""
    fewest = _FEWEST
    if maker.model.writes_crystals:  # a crystal is hundreds of tokens
        fewest = len(maker.wishes.requests()) if maker.wishes.formulas else _FEWEST_CRYSTALS
    completions = max(fewest, 2 * wanted)
    number, size = ceil(completions / maker.chunk_size), min(maker.chunk_size, completions)
    jobs = []
    for place in range(number):
        made = draw(maker, target, run, size, 1000 * run.seed + first + place, temperature)
        made.name = f"{maker.name} {place + 1}/{number}"
        jobs.append(made)
    return jobs


def _heated(
    maker: TextProposer,
    said: list[list[list[Reading]]],
    temperature: float | None,
    known: Sequence[str],
) -> float | None:
    """Temperature of the next round: hotter if the last one brought little new."""
    if not said or temperature is None:
        return maker.temperature
    before = {reading.formula for part in said[:-1] for chunk in part for reading in chunk}
    new = [reading.formula for chunk in said[-1] for reading in chunk]
    if len(set(new) - before - set(known)) < len(new) // 5:
        return min(temperature + _HEATING, max(_HOTTEST, temperature))
    return temperature
