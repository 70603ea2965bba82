"""What a predictor of elastic tensors has to beat: simple models fitted to rows of the user's."""

from elatbot_flows.evaluation.baselines.comparison import BaselineReport, add_baselines
from elatbot_flows.evaluation.baselines.distance import composition_distances
from elatbot_flows.evaluation.baselines.features import composition_features, feature_names
from elatbot_flows.evaluation.baselines.regressors import KINDS, FittedBaseline, fit_baseline
from elatbot_flows.evaluation.baselines.rows import Material, ReadRows, read_material, read_rows
from elatbot_flows.evaluation.baselines.temperature import Interpolated, linear_in_temperature

__all__ = [
    "KINDS",
    "BaselineReport",
    "FittedBaseline",
    "Interpolated",
    "Material",
    "ReadRows",
    "add_baselines",
    "composition_distances",
    "composition_features",
    "feature_names",
    "fit_baseline",
    "linear_in_temperature",
    "read_material",
    "read_rows",
]
