"""Steps: Makers whose ``make`` is one job."""

from elatbot_flows.jobs.build import BuildMaker
from elatbot_flows.jobs.count import count_predictions
from elatbot_flows.jobs.elastic import ElasticValidationMaker
from elatbot_flows.jobs.generate import GenerateMaker
from elatbot_flows.jobs.identify import identify_model
from elatbot_flows.jobs.infill import InfillMaker
from elatbot_flows.jobs.judge import judge_candidates
from elatbot_flows.jobs.predict import PredictElasticMaker, PredictModulusMaker
from elatbot_flows.jobs.propose import ProposeMaker
from elatbot_flows.jobs.stability import HullMaker
from elatbot_flows.jobs.validate import ValidateMaker

__all__ = [
    "BuildMaker",
    "ElasticValidationMaker",
    "GenerateMaker",
    "HullMaker",
    "InfillMaker",
    "PredictElasticMaker",
    "PredictModulusMaker",
    "ProposeMaker",
    "ValidateMaker",
    "count_predictions",
    "identify_model",
    "judge_candidates",
]
