"""Questions with right answers about one material, in the words of `Format.training_row` alone."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from elatbot_flows.documents.labelled import MaterialRecords
from elatbot_flows.documents.training import TaskRecord
from elatbot_flows.elasticity.moduli import moduli_from_tensor
from elatbot_flows.errors import ElatbotError, ParseError, StructureError, TargetError
from elatbot_flows.text.alloy import parse_alloy
from elatbot_flows.text.compact import Proposal
from elatbot_flows.text.dialects import formats_of
from elatbot_flows.text.format import About, MaterialRequest
from elatbot_flows.text.material import Material
from elatbot_flows.training.data.axes import turned_to_z
from elatbot_flows.training.data.cleaning import dropped_by
from elatbot_flows.training.data.descriptions import crystal_hash

if TYPE_CHECKING:
    from elatbot_flows.documents.labelled import Description, LabelledMaterial
    from elatbot_flows.text.format import AnyFormat

__all__ = ["RecordSettings", "material_records", "stamp"]


@dataclass(frozen=True)
class RecordSettings:
    """What is written about a material.

    Parameters
    ----------
    dialects
        In which words.
    tasks
        Which tasks of the dialects; None for all of them.
    turn
        Turn tetragonal tensors so that their fourfold axis is along z; the published ones are not.
    clean
        Leave out what the steps of `elatbot_flows.training.data.cleaning` drop.

    Raises
    ------
    TargetError
        If a task is in none of the dialects.
    ParseError
        If a dialect is unknown.
    """

    dialects: tuple[str, ...] = ("elatbot",)
    tasks: tuple[str, ...] | None = None
    turn: bool = True
    clean: bool = True

    def __post_init__(self) -> None:
        known = dict.fromkeys(str(t) for name in self.dialects for t in formats_of(name))
        if strange := [task for task in self.tasks or () if task not in known]:
            raise TargetError(
                f"{', '.join(self.dialects)} knows no task {strange[0]!r}: "
                f"choose from {', '.join(known)}"
            )

    def formats(self) -> dict[tuple[str, str], AnyFormat]:
        """Formats by dialect and task."""
        return {
            (name, str(task)): found
            for name in self.dialects
            for task, found in formats_of(name).items()
            if self.tasks is None or task in self.tasks
        }


def stamp(material: LabelledMaterial, words: Description | None, settings: RecordSettings) -> str:
    """Hash of all that the records of a material are made from; changes when they have to."""
    facts = [
        material.model_dump_json(exclude={"last_updated", "structure"}),
        None if material.structure is None else crystal_hash(material.structure),
        None if words is None else [words.words, words.reason],
        asdict(settings),
    ]
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def material_records(
    labelled: LabelledMaterial,
    words: Description | None = None,
    settings: RecordSettings | None = None,
) -> MaterialRecords:
    """All records of a material; what cannot be written is there with a reason.

    Parameters
    ----------
    labelled
        The material and what is known of it.
    words
        Its description by robocrystallographer, or why there is none; None if nobody tried.
    settings
        What to write.
    """
    settings = settings or RecordSettings()
    dropped = dropped_by(labelled) if settings.clean else None
    document = MaterialRecords(
        **{name: getattr(labelled, name) for name in _COPIED},
        made_from=stamp(labelled, words, settings),
        step=dropped[0] if dropped else None,
        reason=dropped[1] if dropped else None,
        last_updated=datetime.now(tz=UTC),
    )
    if dropped:
        return document
    writing = _Writing(labelled, words)
    if settings.turn:
        document.turned = writing.turn()
    for (dialect, task), asked in settings.formats().items():
        try:
            document.records.append(writing.record(dialect, task, asked))
        # pymatgen and spglib fail in many ways on unusual crystals; one task spoils no other.
        except Exception as error:  # noqa: BLE001
            document.dropped[f"{dialect}/{task}"] = _reason(error)
    return document


_COPIED = (
    *("material_id", "origin", "database_version", "formula", "chemsys", "crystal_system"),
    *("temperature", "on_hull", "place"),
)


class _Writing:
    """One material and what is asked about it."""

    def __init__(self, labelled: LabelledMaterial, words: Description | None) -> None:
        self.labelled = labelled
        self.words = words
        crystal = labelled.structure
        composition = crystal.composition if crystal else parse_alloy(labelled.written)
        system = labelled.crystal_system if crystal is None else None
        self.material = Material(composition, crystal, system, words.words if words else None)
        self.tensor: Any = labelled.elastic_tensor

    def turn(self) -> bool:
        """Turn the tensor if it is tetragonal in another setting; whether it was."""
        system = self.labelled.crystal_system or ""
        if self.tensor is None or (self.material.crystal is None and not system):
            return False
        if system not in ("Tetragonal", ""):
            return False
        turned = turned_to_z(self.tensor, self.material.laue)
        if turned is not None:
            self.tensor = turned.tolist()
        return turned is not None

    def record(self, dialect: str, task: str, asked: AnyFormat) -> TaskRecord:
        """Question and right answer, which the format itself can read."""
        labelled = self.labelled
        request, answer = self._content(asked)
        question, text = asked.training_row(request, answer)
        asked.read(text, request)
        return TaskRecord(
            record_id=f"{labelled.material_id}:{dialect}:{task}",
            dialect=dialect,
            task=task,
            instruction=question.instruction,
            input=question.input,
            answer=text,
            formula=labelled.formula,
            source=labelled.material_id,
            label=labelled.label,
            labelled_by=labelled.labelled_by,
        )

    def _content(self, asked: AnyFormat) -> tuple[About | MaterialRequest, Any]:
        """What is asked, and the answer."""
        kelvin = self.labelled.temperature
        about = About(self.material, kelvin)
        if asked.gives == "material":
            proposal = Proposal(self.material.formula, self.material.crystal_system)
            return MaterialRequest(self._bulk_modulus(), kelvin), proposal
        if asked.needs_words(kelvin) and self.material.crystal and not self.material.words:
            reason = (self.words.reason if self.words else None) or "no_description"
            raise StructureError("the crystal is not described in words", reason=reason)
        if asked.gives == "modulus":
            return about, self._bulk_modulus()
        if asked.gives == "formula":
            return about, self.material.formula
        if self.tensor is None:
            raise ParseError("its tensor is not known", reason="no_tensor")
        if asked.gives == "shear_modulus":
            return about, moduli_from_tensor(self.tensor).shear_modulus
        return about, self.tensor

    def _bulk_modulus(self) -> float:
        found = self.labelled.voigt_bulk_modulus
        if found is None:
            raise ParseError("its Voigt bulk modulus is not known", reason="no_voigt_bulk_modulus")
        return found


def _reason(error: Exception) -> str:
    if isinstance(error, ElatbotError):
        return str(getattr(error, "reason", "cannot_be_written"))
    return f"failed_{type(error).__name__}"
