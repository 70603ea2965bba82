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
    from elatbot_flows.training.potential.progress import Epoch
    from elatbot_flows.training.potential.targets import Target

__all__ = ["FineTunePotentialMaker"]

_LABELS = "labels.jsonl"
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


@dataclass(frozen=True)
class _Lessons:
    """Targets by what they are for, the crystals to score by, and what was dropped and why."""

    learned: list[Target]
    checked: list[Target]
    asked: list[Lesson]
    dropped: dict[str, int]


def _fine_tuned(maker: FineTunePotentialMaker, crystals: list[str]) -> TunedPotential:
    from elatbot_flows.potentials import load_potential
    from elatbot_flows.training.potential.fit import BEST, teach
    from elatbot_flows.training.potential.pupil import Pupil

    began, folder = time.process_time(), Path(maker.folder)
    pupil = Pupil(maker.start)
    start, teacher = load_potential(maker.start), load_potential(maker.teacher)
    lessons = _lessons(maker, crystals, start, teacher)
    curve = teach(pupil, lessons.learned, lessons.checked, maker.settings, folder)
    if not min(curve, key=lambda epoch: epoch.validation).number:
        raise ElatbotError(f"no epoch was better than {maker.start} itself: see {folder}")
    tuned = load_potential(str(folder / BEST))
    scores = _scores([start, teacher, tuned], lessons.asked)
    document = _document(maker, lessons, curve, [start, teacher, tuned], scores)
    document = document.model_copy(update={"cpu_s": round(time.process_time() - began, 1)})
    write_whole(folder / "card.json", document.model_dump_json(indent=1) + "\n")
    return document


def _lessons(
    maker: FineTunePotentialMaker, crystals: list[str], start: Potential, teacher: Potential
) -> _Lessons:
    """Crystals, prototypes and what the teacher says of them."""
    from elatbot_flows.training.data.binaries import load_crystals
    from elatbot_flows.training.potential.labels import label_all
    from elatbot_flows.training.potential.material import divide, prototypes
    from elatbot_flows.training.potential.targets import targets_of

    rows = [row for path in crystals for row in load_crystals(Path(path)).rows]
    divided = divide(rows, maker.parts, maker.most_sites)
    lessons = [*divided.train, *divided.validation]
    if maker.prototypes is not None:
        common = [symbol for symbol in start.elements if symbol in teacher.elements]
        kept_back, seed = divided.kept_back, maker.settings.seed
        lessons += prototypes(common, maker.prototypes, maker.parts, kept_back, seed)
    labels, unlabelled = label_all(lessons, teacher, Path(maker.folder) / _LABELS)
    targets, unusable = targets_of(labels)
    sources = {lesson.source for lesson in divided.validation}
    return _Lessons(
        learned=[target for target in targets if target.label.source not in sources],
        checked=[target for target in targets if target.label.source in sources],
        asked=divided.validation[: maker.scored],
        dropped=unlabelled | unusable,
    )


def _document(
    maker: FineTunePotentialMaker,
    lessons: _Lessons,
    curve: list[Epoch],
    potentials: Sequence[Potential],
    scores: list[PotentialScores],
) -> TunedPotential:
    start, teacher, tuned = potentials
    counts = {"learned": len(lessons.learned), "checked": len(lessons.checked)}
    return TunedPotential(
        weights=tuned.name,
        weights_sha256=tuned.weights_sha256,
        start=maker.start,
        start_sha256=start.weights_sha256,
        teacher=maker.teacher,
        teacher_sha256=teacher.weights_sha256,
        data_sha256=sha256_of(Path(maker.folder) / _LABELS),
        train_formulas_sha256=_hash(sorted({each.label.formula for each in lessons.learned})),
        validation_formulas=sorted({each.label.formula for each in lessons.checked}),
        settings=plain_settings(maker),
        crystals=counts | lessons.dropped,
        curve=[vars(epoch) for epoch in curve],
        best_epoch=min(curve, key=lambda epoch: epoch.validation).number,
        scores=scores,
        versions={package: version(package) for package in _PACKAGES},
        cpu_s=0.0,
    )


def _scores(potentials: Sequence[Potential], lessons: Sequence[Lesson]) -> list[PotentialScores]:
    from elatbot_flows.training.potential.scores import score

    return [score(potential, lessons) for potential in potentials] if lessons else []


def _hash(values: Any) -> str:
    return hashlib.sha256(json.dumps(values).encode()).hexdigest()
