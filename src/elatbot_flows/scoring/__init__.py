"""How good predicted elastic tensors are: published metrics, validity, paired bootstrap."""

from elatbot_flows.scoring.bootstrap import Difference, paired_difference
from elatbot_flows.scoring.metrics import ModelScores, score_predictions
from elatbot_flows.scoring.symmetry import distance_to_symmetry, symmetry_class
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
    "Unreadable",
    "distance_to_symmetry",
    "paired_difference",
    "read_predictions",
    "read_tensor",
    "score_predictions",
    "symmetry_class",
]
