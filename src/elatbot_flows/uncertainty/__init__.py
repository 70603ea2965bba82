"""How far to trust a modulus: disagreement, calibrated combination, intervals that hold.

Everything here is arithmetic on numbers that others computed; no model is loaded.
"""

from elatbot_flows.uncertainty.calibrated import Combination, load_combination
from elatbot_flows.uncertainty.disagreement import Disagreement, measure_disagreement
from elatbot_flows.uncertainty.estimate import Estimate
from elatbot_flows.uncertainty.kinds import kind_of
from elatbot_flows.uncertainty.predictions import PredictionCalibration, calibrate_predictions
from elatbot_flows.uncertainty.samples import (
    SampleSummary,
    scor,
    summarize_samples,
    summarize_texts,
)

__all__ = [
    "Combination",
    "Disagreement",
    "Estimate",
    "PredictionCalibration",
    "SampleSummary",
    "calibrate_predictions",
    "kind_of",
    "load_combination",
    "measure_disagreement",
    "scor",
    "summarize_samples",
    "summarize_texts",
]
