"""How good predicted elastic tensors are: published metrics, validity, paired bootstrap."""

from elatbot_flows.evaluation.bootstrap import Difference, paired_difference
from elatbot_flows.evaluation.metrics import ModelScores, SystemScores, score_predictions
from elatbot_flows.evaluation.symmetry import (
    distance_to_symmetry,
    nearest_symmetric,
    symmetry_class,
)
from elatbot_flows.evaluation.tensors import (
    ModelPredictions,
    Predictions,
    Unreadable,
    read_predictions,
    read_tensor,
)

__all__ = [
    "Difference",
    "ModelPredictions",
    "ModelScores",
    "Predictions",
    "SystemScores",
    "Unreadable",
    "distance_to_symmetry",
    "nearest_symmetric",
    "paired_difference",
    "read_predictions",
    "read_tensor",
    "score_predictions",
    "symmetry_class",
]
