"""Documents: what is stored, with units in every field description."""

from elatbot_flows.documents.campaign import BestCandidate, CampaignDesign, CampaignDocument
from elatbot_flows.documents.candidate import (
    CandidateDocument,
    Evidence,
    Polymorph,
    Status,
    VerdictWord,
)
from elatbot_flows.documents.design import DesignCounts, DesignDocument
from elatbot_flows.documents.dft import (
    DFTFrame,
    DFTRecord,
    PerturbationPlan,
    StaticCalculation,
    StrainPlan,
)
from elatbot_flows.documents.dft_choice import DFTChoice
from elatbot_flows.documents.dft_convergence import ConvergenceDocument, ConvergencePoint
from elatbot_flows.documents.dft_score import AgainstDFTScores, HitRates, SourceScores
from elatbot_flows.documents.dft_verdict import AgainstDFT, DFTVerdict
from elatbot_flows.documents.elastic import DFTCrystal, ElasticResult
from elatbot_flows.documents.estimate import Estimate
from elatbot_flows.documents.generation import FormulaInfill, MaterialProposal, MaterialProposals
from elatbot_flows.documents.labelled import (
    Averages,
    Description,
    LabelledMaterial,
    MaterialRecords,
)
from elatbot_flows.documents.ledger import (
    CandidateChunk,
    Ledger,
    LedgerRow,
    MaterialShelf,
    Reading,
    SampleChunk,
    Shortlist,
)
from elatbot_flows.documents.prediction import (
    PredictionSummary,
    Rate,
    RetrievalRecord,
    TextModelRecord,
    TextPrediction,
)
from elatbot_flows.documents.provenance import MethodRecord
from elatbot_flows.documents.refit import Refit
from elatbot_flows.documents.run import RunRecord
from elatbot_flows.documents.stability import HullResult
from elatbot_flows.documents.trained import LearningPoint, TaskScores, TrainedModel
from elatbot_flows.documents.training import (
    DatasetRecord,
    DataSource,
    FilterStep,
    Leak,
    LeakReport,
    PreferenceRecord,
    SplitName,
    SplitRule,
    TaskRecord,
)
from elatbot_flows.documents.tuned import PotentialScores, TunedPotential
from elatbot_flows.documents.verdicts import VerdictLessons

__all__ = [
    "AgainstDFT",
    "AgainstDFTScores",
    "Averages",
    "BestCandidate",
    "CampaignDesign",
    "CampaignDocument",
    "CandidateChunk",
    "CandidateDocument",
    "ConvergenceDocument",
    "ConvergencePoint",
    "DFTChoice",
    "DFTCrystal",
    "DFTFrame",
    "DFTRecord",
    "DFTVerdict",
    "DataSource",
    "DatasetRecord",
    "Description",
    "DesignCounts",
    "DesignDocument",
    "ElasticResult",
    "Estimate",
    "Evidence",
    "FilterStep",
    "FormulaInfill",
    "HitRates",
    "HullResult",
    "LabelledMaterial",
    "Leak",
    "LeakReport",
    "LearningPoint",
    "Ledger",
    "LedgerRow",
    "MaterialProposal",
    "MaterialProposals",
    "MaterialRecords",
    "MaterialShelf",
    "MethodRecord",
    "PerturbationPlan",
    "Polymorph",
    "PotentialScores",
    "PredictionSummary",
    "PreferenceRecord",
    "Rate",
    "Reading",
    "Refit",
    "RetrievalRecord",
    "RunRecord",
    "SampleChunk",
    "Shortlist",
    "SourceScores",
    "SplitName",
    "SplitRule",
    "StaticCalculation",
    "Status",
    "StrainPlan",
    "TaskRecord",
    "TaskScores",
    "TextModelRecord",
    "TextPrediction",
    "TrainedModel",
    "TunedPotential",
    "VerdictLessons",
    "VerdictWord",
]
