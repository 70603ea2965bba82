"""How good generated crystals are: valid, new, matching, like known ones, stable, on target."""

from elatbot_flows.evaluation.crystals.coverage import Coverage, Distance
from elatbot_flows.evaluation.crystals.evaluation import CrystalEvaluation, evaluate_crystals
from elatbot_flows.evaluation.crystals.generated import GeneratedCrystal, read_generated
from elatbot_flows.evaluation.crystals.matches import MatchReport, MatchSettings, match_by_formula
from elatbot_flows.evaluation.crystals.outcomes import Outcome, outcome_of
from elatbot_flows.evaluation.crystals.rates import Draws, Measured, Rate, rate
from elatbot_flows.evaluation.crystals.steps import Step

__all__ = [
    "Coverage",
    "CrystalEvaluation",
    "Distance",
    "Draws",
    "GeneratedCrystal",
    "MatchReport",
    "MatchSettings",
    "Measured",
    "Outcome",
    "Rate",
    "Step",
    "evaluate_crystals",
    "match_by_formula",
    "outcome_of",
    "rate",
    "read_generated",
]
