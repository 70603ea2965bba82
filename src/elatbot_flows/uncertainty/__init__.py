"""How far to trust a modulus: all evidence as one calibrated distribution, and the verdict.

Everything here is arithmetic on numbers that others computed; no model is loaded.
"""

from elatbot_flows.uncertainty.calibration import Calibration, load_calibration
from elatbot_flows.uncertainty.joint_estimate import (
    JointDistribution,
    JointEstimate,
    distribution_of,
)
from elatbot_flows.uncertainty.kinds import KINDS, material_kind
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
    "KINDS",
    "Calibration",
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
    "load_calibration",
    "material_kind",
    "scor",
    "summarize_samples",
    "summarize_texts",
    "too_narrow",
    "verdict_of",
]
