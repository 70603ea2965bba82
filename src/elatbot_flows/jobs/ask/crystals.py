"""Job: let a text model write crystals."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from jobflow import job

from elatbot_flows.crystals.geometry import OVERLAP, minimum_distance_ratio
from elatbot_flows.crystals.guess import StructureGuess, without_duplicates
from elatbot_flows.documents import CrystalProposal, CrystalProposals, Rate
from elatbot_flows.engines.crystal_drawing import draw_requests
from elatbot_flows.engines.crystal_writer import CrystalWishes
from elatbot_flows.errors import StructureError, TargetError
from elatbot_flows.jobs.ask.asking import AskMaker, package_versions, plain
from elatbot_flows.text.formats.crystals import CRYSTAL

if TYPE_CHECKING:
    from elatbot_flows.engines.crystal_drawing import DrawnCrystal
    from elatbot_flows.targets import DesignTarget

__all__ = ["WriteCrystalsMaker"]

_MOST = 2000


@dataclass
class WriteCrystalsMaker(AskMaker):
    """Ask a text model for crystals; what every answer is, or why it is none, is kept.

    Parameters
    ----------
    name
        The job name.
    sampling_temperature, top_p, top_k
        How bold answers are; None for what the dialect was published with.
    rank
        Whether to say how likely the model finds each crystal that it wrote, likeliest first.

    See Also
    --------
    AskMaker : The model and how answers are drawn; its `samples` and `guided` are not used here.
    """

    name: str = "write crystals"
    sampling_temperature: float | None = None  # type: ignore[assignment]
    top_p: float | None = None  # type: ignore[assignment]
    top_k: int | None = None  # type: ignore[assignment]
    rank: bool = False

    @job(output_schema=CrystalProposals)
    def make(
        self,
        wishes: CrystalWishes | None = None,
        n: int = 20,
        seed: int | None = None,
        target: DesignTarget | None = None,
    ) -> CrystalProposals:
        """Ask `n` times; every answer is kept.

        Parameters
        ----------
        wishes
            What is asked for, each combination equally often; None to leave all to the model.
        n
            Number of answers.
        seed
            Overrules that of the Maker.
        target
            What is wanted beside the wishes, for models that have words for moduli.

        Raises
        ------
        EngineError
            If the model cannot be loaded, writes no crystals, or is to rank and cannot.
        TargetError
            If it cannot be asked for it, or `n` is out of range.
        """
        if not 1 <= n <= _MOST:
            raise TargetError(f"n is {n}: ask for 1 to {_MOST} crystals in one job")
        asked, model = wishes or CrystalWishes(), self.text_model()
        chosen = self.seed if seed is None else seed
        requests = model.crystal_writer(asked).plan(target, n, seed=chosen)
        engine = self.engine()
        sampling = self.sampling(CRYSTAL, samples=1, seed=chosen)
        found = [_proposal(one) for one in draw_requests(model, engine, requests, sampling)]
        found = _marked(self._ranked(found) if self.rank else found)
        return CrystalProposals(
            requested={name: value for name, value in asdict(asked).items() if value}
            | ({} if target is None else {"target": target.summary()}),
            settings=self.settings(sampling),
            model=self.model_record(engine),
            versions=package_versions(),
            **_counted(found),
        )

    def _ranked(self, found: list[CrystalProposal]) -> list[CrystalProposal]:
        """The likeliest first; what is no crystal last."""
        from elatbot_flows.engines.likelihood import perplexities
        from elatbot_flows.text.crystals.questions import CrystalRequest

        model = self.text_model()
        written = [one for one in found if one.structure is not None]
        asked = model.format(CRYSTAL)
        pairs = [
            (asked.ask(CrystalRequest(**one.requested)), str((one.completion or {})["text"]))
            for one in written
        ]
        for one, value in zip(written, perplexities(model, pairs), strict=True):
            one.perplexity = value
        rest = [one for one in found if one.structure is None]
        return [*sorted(written, key=lambda one: one.perplexity or 0.0), *rest]


def _marked(proposals: list[CrystalProposal]) -> list[CrystalProposal]:
    """The same, repeats of valid crystals marked."""
    guesses = {
        place: StructureGuess(
            one.structure, "", "", str(one.crystal_system), int(one.space_group or 1)
        )
        for place, one in enumerate(proposals)
        if one.status == "valid" and one.structure is not None
    }
    by_formula: dict[str, list[StructureGuess]] = {}
    for place, guess in guesses.items():
        by_formula.setdefault(str(proposals[place].formula), []).append(guess)
    kept = {id(one) for group in by_formula.values() for one in without_duplicates(group)}
    for place, guess in guesses.items():
        proposals[place].duplicate = id(guess) not in kept
    return proposals


def _proposal(drawn: DrawnCrystal) -> CrystalProposal:
    reason, message = drawn.reason, drawn.message
    if reason is None:
        reason, message = _fault(drawn)
    elements: list[str] = []
    if drawn.structure is not None:
        elements = sorted(element.symbol for element in drawn.structure.composition.elements)
    request, answer = drawn.request, drawn.completion
    asked = {} if request is None else {n: getattr(request, n) for n in sorted(request.stated)}
    no_crystal = "failed" if drawn.structure is None else "invalid"
    return CrystalProposal(
        requested=asked,
        status="valid" if reason is None else no_crystal,
        reason=reason,
        message=message,
        formula=drawn.formula,
        chemsys="-".join(elements) or None,
        elements=elements,
        crystal_system=drawn.crystal_system,
        space_group=drawn.space_group,
        stated_space_group=drawn.stated_space_group,
        structure=drawn.structure,
        repairs=list(drawn.repairs),
        prompt=None if answer is None else answer.prompt,
        completion=None if answer is None else plain(answer),
    )


def _fault(drawn: DrawnCrystal) -> tuple[str | None, str | None]:
    """Why a crystal is not valid, if anything speaks against it."""
    stated, found = drawn.stated_space_group, drawn.space_group
    if stated not in (None, found):
        return "other_space_group", f"space group {found} was found, {stated} is stated"
    try:
        ratio = minimum_distance_ratio(drawn.structure)  # type: ignore[arg-type]
    except StructureError as error:
        return error.reason, str(error)
    if ratio < OVERLAP:
        return "overlap", f"atoms at {ratio:.2f} of their radii's sum"
    return None, None


def _counted(found: list[CrystalProposal]) -> dict[str, Any]:
    parsed = sum(one.structure is not None for one in found)
    valid = [one for one in found if one.status == "valid"]
    return {
        "proposals": found,
        "parsed": Rate.make(parsed, len(found)),
        "valid": Rate.make(len(valid), parsed),
        "distinct": Rate.make(sum(not one.duplicate for one in valid), len(valid)),
        "reasons": dict(Counter(str(one.reason) for one in found if one.reason is not None)),
    }
