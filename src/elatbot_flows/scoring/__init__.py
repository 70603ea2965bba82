"""How good predicted elastic tensors are: published metrics, validity, paired bootstrap."""

from elatbot_flows.scoring.bootstrap import Difference, paired_difference
from elatbot_flows.scoring.metrics import ModelScores, SystemScores, score_predictions
from elatbot_flows.scoring.symmetry import (
    distance_to_symmetry,
    nearest_symmetric,
    symmetry_class,
)
from elatbot_flows.scoring.tensors import (
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
