"""Teach elatbot-mini bulk moduli that it never saw, and ask the trained model.

    python examples/fine_tune.py

Half a minute on a CPU. The moduli are invented: 0.7 times what the model says.
"""

from __future__ import annotations

from jobflow import run_locally
from pymatgen.core import Composition

from elatbot_flows.documents import TaskRecord, TrainedModel
from elatbot_flows.engines.text_model import TextModel, text_model
from elatbot_flows.flows import FineTuningFlowMaker
from elatbot_flows.jobs import FineTuneMaker
from elatbot_flows.text.format import About
from elatbot_flows.text.material import Material
from elatbot_flows.training.finetune import FineTuning

METALS = ("Al", "Ti", "Fe", "Co", "Ni", "Cu", "Pd", "Pt", "Zr", "Nb")


def records(model: TextModel) -> list[TaskRecord]:
    """One record for each formula that the model has not seen."""
    form, made = model.format("bulk_modulus"), []
    pairs = [f"{a}{b}4" for a in METALS for b in METALS if a != b]
    for number, formula in enumerate(filter(model.is_unseen, pairs)):
        expected = model.expected_moduli([(formula, "Cubic")])
        about = About(Material(Composition(formula), system="Cubic"))
        question, answer = form.training_row(about, 0.7 * expected[0][0] if expected else 0.0)
        split = {0: "test", 1: "validation"}.get(number % 8, "train")
        words = {"instruction": question.instruction, "input": question.input, "answer": answer}
        origin = {"formula": formula, "source": "invented", "split": split}
        made.append(
            TaskRecord(record_id=formula, dialect=model.dialect, task=form.task, **words, **origin)
        )
    return made


def main() -> None:
    """Train, and compare errors before and after."""
    mini = text_model("elatbot-mini")
    settings = FineTuning(epochs=20, batch_size=16, learning_rate=1e-3, eval_every=10, device="cpu")
    train = FineTuneMaker(base="elatbot-mini", folder="elatbot-training", settings=settings)
    flow = FineTuningFlowMaker(train_maker=train).make(given := records(mini))
    outputs = run_locally(flow, log=False, ensure_success=True)
    trained = TrainedModel.model_validate(outputs[flow.output.uuid][1].output)

    test = [record for record in given if record.split == "test"]
    said = mini.expected_moduli([(record.formula, "Cubic") for record in test]) or []
    error = sum(0.3 * mean for mean, _ in said) / len(test)
    print(f"before: K of {len(test)} unseen formulas within {error:.1f} GPa")
    scores = trained.evaluation[0].scores
    print(f"after: K of {scores['n']} unseen formulas within {scores['k_voigt_mae']:.1f} GPa")
    print(f"elatbot predict --formula NbPt4 --crystal-system Cubic --model {trained.merged}")


if __name__ == "__main__":
    main()
