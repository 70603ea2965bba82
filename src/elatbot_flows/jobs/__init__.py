"""Steps: Makers whose ``make`` is one job."""

from elatbot_flows.jobs.ask.count import count_predictions
from elatbot_flows.jobs.ask.generate import GenerateMaker
from elatbot_flows.jobs.ask.identify import identify_model
from elatbot_flows.jobs.ask.infill import InfillMaker
from elatbot_flows.jobs.ask.predict import PredictElasticMaker, PredictModulusMaker
from elatbot_flows.jobs.build import BuildMaker
from elatbot_flows.jobs.hull import HullMaker
from elatbot_flows.jobs.judge import judge_candidates
from elatbot_flows.jobs.resume import may_resume, never_resume
from elatbot_flows.jobs.validate import ValidateMaker
from elatbot_flows.judges.potential import ElasticValidationMaker
from elatbot_flows.proposers.text import ProposeMaker

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
    "may_resume",
    "never_resume",
]
