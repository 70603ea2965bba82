"""Documents: what is stored, with units in every field description."""

from elatbot_flows.schemas.candidate import STAGES, CandidateBatch, CandidateDocument, Polymorph
from elatbot_flows.schemas.design import DesignCounts, DesignDocument
from elatbot_flows.schemas.elastic import ElasticResult
from elatbot_flows.schemas.estimate import MemberValue, ModulusEstimate
from elatbot_flows.schemas.generation import FormulaInfill, MaterialProposal, MaterialProposals
from elatbot_flows.schemas.prediction import (
    PredictionSummary,
    Rate,
    RetrievalRecord,
    TextModelRecord,
    TextPrediction,
)
from elatbot_flows.schemas.provenance import GeneratorRecord, PotentialRecord, RunRecord
from elatbot_flows.schemas.stability import HullResult

__all__ = [
    "STAGES",
    "CandidateBatch",
    "CandidateDocument",
    "DesignCounts",
    "DesignDocument",
    "ElasticResult",
    "FormulaInfill",
    "GeneratorRecord",
    "HullResult",
    "MaterialProposal",
    "MaterialProposals",
    "MemberValue",
    "ModulusEstimate",
    "Polymorph",
    "PotentialRecord",
    "PredictionSummary",
    "Rate",
    "RetrievalRecord",
    "RunRecord",
    "TextModelRecord",
    "TextPrediction",
]
