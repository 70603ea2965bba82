"""Job: say which text model answers, so that all jobs of a flow can hold on to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobflow import job

from elatbot_flows.documents import TextModelRecord
from elatbot_flows.errors import EngineError

if TYPE_CHECKING:
    from elatbot_flows.jobs.ask.asking import AskMaker

__all__ = ["identify_model", "require_same"]


@job(output_schema=TextModelRecord)
def identify_model(maker: AskMaker) -> TextModelRecord:
    """Say who answers the jobs of a Maker.

    Parameters
    ----------
    maker
        The Maker.

    Raises
    ------
    EngineError
        If the model cannot be loaded.
    """
    return maker.model_record(maker.text_model().engine())


def require_same(record: TextModelRecord, expected: TextModelRecord | None) -> None:
    """Refuse other weights than those that answer elsewhere in a flow.

    Parameters
    ----------
    record
        Who answers here.
    expected
        Who has to answer; None for anybody.

    Raises
    ------
    EngineError
        If they differ in weights, adapter, revision, template or dialect.
    """
    names = ("weights_sha256", "adapter_sha256", "revision", "template", "dialect")
    if expected and (wrong := [n for n in names if getattr(record, n) != getattr(expected, n)]):
        raise EngineError(
            f"{record.name} is not the model that this flow began with ({', '.join(wrong)} "
            "differ): give all workers the same weights"
        )
