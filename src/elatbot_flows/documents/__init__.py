"""Documents: what is stored, with units in every field description."""

from elatbot_flows.documents.candidate import STAGES, CandidateBatch, CandidateDocument, Polymorph
from elatbot_flows.documents.design import DesignCounts, DesignDocument
from elatbot_flows.documents.elastic import ElasticResult
from elatbot_flows.documents.estimate import (
    Estimate,
    MemberOpinion,
    MemberValue,
    ModulusEstimate,
    PropertyInterval,
)
from elatbot_flows.documents.generation import FormulaInfill, MaterialProposal, MaterialProposals
from elatbot_flows.documents.prediction import (
    PredictionSummary,
    Rate,
    RetrievalRecord,
    TextModelRecord,
    TextPrediction,
)
from elatbot_flows.documents.provenance import GeneratorRecord, PotentialRecord, RunRecord
from elatbot_flows.documents.stability import HullResult

__all__ = [
    "STAGES",
    "CandidateBatch",
    "CandidateDocument",
    "DesignCounts",
    "DesignDocument",
    "ElasticResult",
    "Estimate",
    "FormulaInfill",
    "GeneratorRecord",
    "HullResult",
    "MaterialProposal",
    "MaterialProposals",
    "MemberOpinion",
    "MemberValue",
    "ModulusEstimate",
    "Polymorph",
    "PotentialRecord",
    "PredictionSummary",
    "PropertyInterval",
    "Rate",
    "RetrievalRecord",
    "RunRecord",
    "TextModelRecord",
    "TextPrediction",
]
