"""How far to trust a modulus: a calibrated distribution out of all evidence, and the verdict.

Everything here is arithmetic on numbers that others computed; no potential and no language model
is loaded.
"""

from elatbot_flows.uncertainty.calibrated import Combination, load_combination
from elatbot_flows.uncertainty.calibration import Calibration, load_calibration
from elatbot_flows.uncertainty.disagreement import Disagreement, measure_disagreement
from elatbot_flows.uncertainty.estimate import Estimate
from elatbot_flows.uncertainty.joint_estimate import (
    JointDistribution,
    JointEstimate,
    distribution_of,
)
from elatbot_flows.uncertainty.kinds import kind_of, material_kind
from elatbot_flows.uncertainty.opinions import Opinion
from elatbot_flows.uncertainty.predictions import PredictionCalibration, calibrate_predictions
from elatbot_flows.uncertainty.resolution import best_probability, too_narrow
from elatbot_flows.uncertainty.samples import (
    SampleSummary,
    scor,
    summarize_samples,
    summarize_texts,
)
from elatbot_flows.uncertainty.verdict import Verdict, judge, verdict_of

__all__ = [
    "Calibration",
    "Combination",
    "Disagreement",
    "Estimate",
    "JointDistribution",
    "JointEstimate",
    "Opinion",
    "PredictionCalibration",
    "SampleSummary",
    "Verdict",
    "best_probability",
    "calibrate_predictions",
    "distribution_of",
    "judge",
    "kind_of",
    "load_calibration",
    "load_combination",
    "material_kind",
    "measure_disagreement",
    "scor",
    "summarize_samples",
    "summarize_texts",
    "too_narrow",
    "verdict_of",
]
