"""Job: sample some completions of a text model and read them; every one is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from jobflow import job

from elatbot_flows.documents import Reading, SampleChunk
from elatbot_flows.jobs.rows import own_uuid

if TYPE_CHECKING:
    from collections.abc import Sequence

    from elatbot_flows.documents import RunRecord
    from elatbot_flows.engines.crystal_writer import CrystalWishes
    from elatbot_flows.engines.drawing import Drawn
    from elatbot_flows.engines.text_model import TextModel
    from elatbot_flows.targets import DesignTarget

__all__ = ["Sampler", "draw"]


class Sampler(Protocol):
    """Who is asked for what; see :class:`~elatbot_flows.proposers.text.TextProposer`."""

    model: TextModel
    guidance: float | None
    wishes: CrystalWishes
    speller: TextModel | None


@job(output_schema=SampleChunk)
def draw(
    maker: Sampler,
    target: DesignTarget,
    run: RunRecord,
    size: int,
    seed: int,
    temperature: float | None,
) -> SampleChunk:
    """Sample some completions and read them; every one is kept.

    Parameters
    ----------
    maker, target, run
        Who is asked for what.
    size
        Completions.
    seed
        Same seed, same completions, where the engine can promise it.
    temperature
        Of sampling.
    """
    drawn = _drawn(maker, target, size, seed, temperature, tuple(run.elements))
    return SampleChunk(
        uuid=own_uuid(),
        run_id=run.run_id,
        readings=[
            Reading(
                formula=one.formula,
                crystal_system=one.crystal_system,
                reason=one.reason,
                message=one.message,
                structure=getattr(one, "structure", None),
                repairs=list(getattr(one, "repairs", ())),
            )
            for one in drawn
        ],
        completions=[_plain(one) for one in drawn],
    )


def _drawn(
    maker: Sampler,
    target: DesignTarget,
    size: int,
    seed: int,
    temperature: float | None,
    elements: tuple[str, ...],
) -> Sequence[Drawn]:
    """Materials, crystals, or crystals of formulas that another model names."""
    model = maker.model
    how: dict[str, Any] = {"seed": seed, "temperature": temperature, "elements": elements}
    if not model.writes_crystals:
        from elatbot_flows.engines.drawing import draw_materials

        return draw_materials(model, target, size, guidance=maker.guidance, **how)
    from elatbot_flows.engines.crystal_drawing import draw_crystals, draw_crystals_of

    if maker.speller is None:
        return draw_crystals(model, target, size, wishes=maker.wishes, **how)
    return draw_crystals_of(model, maker.speller, target, size, wishes=maker.wishes, **how)


def _plain(drawn: Drawn) -> dict[str, Any] | None:
    """A completion as plain values; None for a question without an answer."""
    named_by = getattr(drawn, "named_by", None)
    if drawn.completion is None:
        return None
    found = {k: v for k, v in drawn.completion.as_dict().items() if k[:1] != "@"}
    if named_by is not None:
        found["named_by"] = {k: v for k, v in named_by.as_dict().items() if k[:1] != "@"}
    return found
