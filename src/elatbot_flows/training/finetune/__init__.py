"""Teaching text models of transformers: records in, a folder that engines take up out."""

from elatbot_flows.training.finetune.merging import merge
from elatbot_flows.training.finetune.preference import PreferenceTuning
from elatbot_flows.training.finetune.presets import PRESETS
from elatbot_flows.training.finetune.scoring import score
from elatbot_flows.training.finetune.settings import METHODS, PRECISIONS, FineTuning
from elatbot_flows.training.finetune.teach import fine_tune

__all__ = [
    "METHODS",
    "PRECISIONS",
    "PRESETS",
    "FineTuning",
    "PreferenceTuning",
    "fine_tune",
    "merge",
    "score",
]
