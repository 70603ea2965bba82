"""Step: fine-tune a universal potential to elasticity."""

from __future__ import annotations

import hashlib
import json
import time
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jobflow import Maker, job

from elatbot_flows.documents.tuned import PotentialScores, TunedPotential
from elatbot_flows.errors import ElatbotError
from elatbot_flows.files import sha256_of, write_whole
from elatbot_flows.jobs.settings import plain_settings
from elatbot_flows.training.potential.material import FormulaParts
from elatbot_flows.training.potential.settings import TeachingSettings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from elatbot_flows.potentials import Potential
    from elatbot_flows.training.potential.material import Lesson

__all__ = ["FineTunePotentialMaker"]

_PACKAGES = ("elatbot_flows", "sevenn", "torch", "numpy", "pymatgen", "spglib")


@dataclass
class FineTunePotentialMaker(Maker):
    """Fine-tune a SevenNet potential to the moduli of crystals and to what a teacher says of them.

    A teacher gives second derivatives of crystals and prototypes; they are scaled to the moduli by
    density functional theory (see :mod:`elatbot_flows.training.potential.targets`). Energies at
    rest stay as they were. Everything is kept in `folder`, and a job that was killed goes on there.

    Parameters
    ----------
    name
        The job name.
    folder
        Where labels, checkpoints, weights and card go; of one training alone.
    start
        A published SevenNet model trained on one data set, or a checkpoint file. Other families
        cannot be fine-tuned here.
    teacher
        Any potential.
    prototypes
        Pairs and triples of elements in common types that the teacher alone labels, beside all
        elements in fcc, bcc and hcp; None for no prototypes at all.
    most_sites
        Larger cells are left out.
    parts
        Which formulas are learned from, checked by and left alone.
    settings
        Of teaching.
    scored
        Crystals of validation that start, teacher and result are compared on.
    """

    name: str = "fine-tune potential"
    folder: str = "tuned_potential"
    start: str = "7net-l3i5"
    teacher: str = "TensorNet-PES-MatPES-PBE-2025.2"
    prototypes: int | None = 260
    most_sites: int = 8
    parts: FormulaParts = field(default_factory=FormulaParts)
    settings: TeachingSettings = field(default_factory=TeachingSettings)
    scored: int = 40

    @job
    def make(self, crystals: list[str]) -> TunedPotential:
        """Fine-tune.

        Parameters
        ----------
        crystals
            Files of JSON lines with ``mp_id``, ``structure``, ``bulk_modulus_vrh`` and
            ``shear_modulus_vrh`` (GPa).

        Returns
        -------
        TunedPotential
            Also written beside the weights, as ``card.json``.

        Raises
        ------
        ElatbotError
            If there is nothing to learn from, the start is no SevenNet model, the folder is of
            another training, or the loss is not finite.
        """
        return _fine_tuned(self, crystals)


def _fine_tuned(maker: FineTunePotentialMaker, crystals: list[str]) -> TunedPotential:
    from elatbot_flows.potentials import load_potential
    from elatbot_flows.training.data.binaries import load_crystals
    from elatbot_flows.training.potential.fit import BEST, teach
    from elatbot_flows.training.potential.labels import label_all
    from elatbot_flows.training.potential.material import divide, prototypes
    from elatbot_flows.training.potential.pupil import Pupil
    from elatbot_flows.training.potential.targets import targets_of

    began, folder = time.process_time(), Path(maker.folder)
    pupil = Pupil(maker.start)
    rows = [row for path in crystals for row in load_crystals(Path(path)).rows]
    divided = divide(rows, maker.parts, maker.most_sites)
    start, teacher = load_potential(maker.start), load_potential(maker.teacher)
    extra = []
    if maker.prototypes is not None:
        common = [symbol for symbol in start.elements if symbol in teacher.elements]
        extra = prototypes(
            common, maker.prototypes, maker.parts, divided.kept_back, maker.settings.seed
        )
    file = folder / "labels.jsonl"
    labels, unlabelled = label_all([*divided.train, *divided.validation, *extra], teacher, file)
    targets, unusable = targets_of(labels)
    sources = {lesson.source for lesson in divided.validation}
    learned = [target for target in targets if target.label.source not in sources]
    checked = [target for target in targets if target.label.source in sources]
    curve = teach(pupil, learned, checked, maker.settings, folder)
    best = min(curve, key=lambda epoch: epoch.validation)
    if not best.number:
        raise ElatbotError(f"no epoch was better than {maker.start} itself: see {folder}")
    tuned = load_potential(str(folder / BEST))
    asked = divided.validation[: maker.scored]
    document = TunedPotential(
        weights=str(folder / BEST),
        weights_sha256=tuned.weights_sha256,
        start=maker.start,
        start_sha256=start.weights_sha256,
        teacher=maker.teacher,
        teacher_sha256=teacher.weights_sha256,
        data_sha256=sha256_of(file),
        train_formulas_sha256=_hash(sorted({target.label.formula for target in learned})),
        validation_formulas=sorted({target.label.formula for target in checked}),
        settings=plain_settings(maker),
        crystals={"learned": len(learned), "checked": len(checked), **unlabelled, **unusable},
        curve=[vars(epoch) for epoch in curve],
        best_epoch=best.number,
        scores=_scores([start, teacher, tuned], asked),
        versions={package: version(package) for package in _PACKAGES},
        cpu_s=round(time.process_time() - began, 1),
    )
    write_whole(folder / "card.json", document.model_dump_json(indent=1) + "\n")
    return document


def _scores(potentials: Sequence[Potential], lessons: Sequence[Lesson]) -> list[PotentialScores]:
    from elatbot_flows.training.potential.scores import score

    return [score(potential, lessons) for potential in potentials] if lessons else []


def _hash(values: Any) -> str:
    return hashlib.sha256(json.dumps(values).encode()).hexdigest()
