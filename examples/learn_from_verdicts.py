"""Teach elatbot-mini by verdicts on what it proposes, and see what it proposes then.

    python examples/learn_from_verdicts.py

Half a minute on a CPU. The verdicts are invented: a hit has a metal of the platinum group. Those of
your own designs are read from the folder of a run: PreferenceTuningMaker(...).make("runs/first").
"""

from __future__ import annotations

from typing import Any

from jobflow import run_locally

from elatbot_flows import DesignTarget
from elatbot_flows.documents import TrainedModel
from elatbot_flows.engines.drawing import Drawn, draw_materials
from elatbot_flows.engines.text_model import TextModel, text_model
from elatbot_flows.flows import PreferenceTuningMaker
from elatbot_flows.jobs import FineTuneMaker
from elatbot_flows.training.finetune import PreferenceTuning

TARGET = DesignTarget(bulk_modulus=(170, 190))
LIKED = ("Ru", "Rh", "Pd", "Os", "Ir", "Pt")


def is_liked(drawn: Drawn) -> bool:
    """The judge."""
    return any(symbol in str(drawn.formula) for symbol in LIKED)


def judged(number: int, drawn: Drawn) -> dict[str, Any]:
    """A candidate with its verdict."""
    verdict = {"status": "passed", "verdict": "hit" if is_liked(drawn) else "miss"}
    what = {"formula": drawn.formula, "proposed_crystal_system": drawn.crystal_system}
    return {"candidate_id": f"{number:03}", "target": TARGET.summary()} | verdict | what


def share(model: TextModel) -> str:
    """Share of what is liked, of 200 draws."""
    return f"{sum(map(is_liked, draw_materials(model, TARGET, 200, seed=2))) / 200:.0%}"


def main() -> None:
    """Draw, judge, teach, draw again."""
    mini = text_model("elatbot-mini")
    candidates = [judged(*one) for one in enumerate(draw_materials(mini, TARGET, 100, seed=1))]
    how = {"learning_rate": 1e-4, "warmup_steps": 2, "epochs": 3, "batch_size": 16}
    settings = PreferenceTuning(method="full", device="cpu", **how)
    train = FineTuneMaker(base="elatbot-mini", folder="elatbot-taught", settings=settings)
    flow = PreferenceTuningMaker(train_maker=train).make(candidates)
    outputs = run_locally(flow, log=False, ensure_success=True)
    trained = TrainedModel.model_validate(outputs[flow.output.uuid][1].output)
    print(f"liked: {share(mini)} before, {share(text_model(trained.folder))} after")
    print(f"elatbot design --generator {trained.folder} --bulk-modulus 170:190")


if __name__ == "__main__":
    main()
