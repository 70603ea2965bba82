"""Steps: Makers whose ``make`` is one job, or a short flow."""

from elatbot_flows.jobs.ask.count import count_predictions
from elatbot_flows.jobs.ask.crystals import WriteCrystalsMaker
from elatbot_flows.jobs.ask.generate import GenerateMaker
from elatbot_flows.jobs.ask.identify import identify_model
from elatbot_flows.jobs.ask.infill import InfillMaker
from elatbot_flows.jobs.ask.predict import PredictElasticMaker, PredictModulusMaker
from elatbot_flows.jobs.begin import begin
from elatbot_flows.jobs.build import BuildMaker
from elatbot_flows.jobs.conclude import conclude
from elatbot_flows.jobs.finetune import FineTuneMaker, check_training_records
from elatbot_flows.jobs.finetune_potential import FineTunePotentialMaker
from elatbot_flows.jobs.hull import HullMaker
from elatbot_flows.jobs.judge import JudgeMaker
from elatbot_flows.jobs.place import PlaceMaker
from elatbot_flows.jobs.resume import may_resume, never_resume
from elatbot_flows.jobs.top import top_hits
from elatbot_flows.jobs.trained import merge_trained, register_trained, score_trained
from elatbot_flows.jobs.verdicts import verdict_lessons

__all__ = [
    "BuildMaker",
    "FineTuneMaker",
    "FineTunePotentialMaker",
    "GenerateMaker",
    "HullMaker",
    "InfillMaker",
    "JudgeMaker",
    "PlaceMaker",
    "PredictElasticMaker",
    "PredictModulusMaker",
    "WriteCrystalsMaker",
    "begin",
    "check_training_records",
    "conclude",
    "count_predictions",
    "identify_model",
    "may_resume",
    "merge_trained",
    "never_resume",
    "register_trained",
    "score_trained",
    "top_hits",
    "verdict_lessons",
]
