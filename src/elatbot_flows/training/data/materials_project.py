"""Elastic tensors of the Materials Project: what there is, and the documents themselves.

Tensors in the axes of the IEEE standard, of relaxed ions, in GPa: de Jong et al., Scientific Data
2, 150009 (2015); the database: Jain et al., APL Materials 1, 011002 (2013), CC BY 4.0.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from elatbot_flows.crystals.materials_project import find_api_key
from elatbot_flows.documents.labelled import Averages, LabelledMaterial
from elatbot_flows.errors import ElatbotError
from elatbot_flows.text.alloy import parse_alloy, simplest_formula

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["ORIGIN", "Listed", "MaterialsProject", "confirmed", "material_of"]

ORIGIN = "materials_project"
"""Origin of its materials."""
_LISTED = ["material_id", "last_updated", "is_stable", "energy_above_hull", "formula_pretty"]
_FETCHED = [
    *("material_id", "structure", "symmetry", "elastic_tensor", "bulk_modulus", "shear_modulus"),
]
_REMEDY = "what was fetched is kept; give the same command again to go on"


@dataclass(frozen=True)
class Listed:
    """A material that has an elastic tensor.

    Parameters
    ----------
    material_id
        Such as ``"mp-149"``.
    formula
        Reduced formula.
    updated
        When the database changed it last, ISO 8601.
    on_hull
        Whether it is on the convex hull.
    energy_above_hull
        eV/atom.
    place
        Place in the list: on the hull first, each half in the order of the database.
    """

    material_id: str
    formula: str
    updated: str
    on_hull: bool
    energy_above_hull: float | None
    place: int


class MaterialsProject:
    """The service, asked by its own client.

    Parameters
    ----------
    api_key
        The key that a free account gives; None looks where `find_api_key` does.

    Raises
    ------
    ElatbotError
        If there is no key; names the remedy.
    """

    def __init__(self, api_key: str | None = None) -> None:
        key = find_api_key(api_key)
        if not key:
            raise ElatbotError(
                "the Materials Project asks for a key: set MP_API_KEY to the one that "
                "https://next-gen.materialsproject.org/api gives you, or read a file of your own"
            )
        self._key = key

    @contextmanager
    def _client(self) -> Iterator[Any]:
        """Its client; whatever goes wrong there is told in one line."""
        try:
            from mp_api.client import MPRester

            with MPRester(self._key, mute_progress_bars=True) as client:
                yield client
        except ElatbotError:
            raise
        except Exception as error:
            first = (str(error).splitlines() or [""])[0]
            raise ElatbotError(
                f"the Materials Project does not answer ({type(error).__name__}: {first[:200]}); "
                f"{_REMEDY}"
            ) from error

    def version(self) -> str:
        """Version of the database."""
        with self._client() as client:
            return str(client.db_version)

    def listing(self) -> list[Listed]:
        """All materials with elastic tensors, those on the hull first, without their tensors."""
        found: list[Listed] = []
        for on_hull in (True, False):
            with self._client() as client:
                documents = client.materials.summary.search(
                    has_props=["elasticity"],
                    is_stable=on_hull,
                    deprecated=False,
                    fields=_LISTED,
                    all_fields=False,
                )
            found += [_listed(each, len(found) + n) for n, each in enumerate(documents)]
        return found

    def documents(self, material_ids: Sequence[str]) -> dict[str, Any]:
        """Documents of a few hundred materials by identifier; some may be missing."""
        with self._client() as client:
            documents = client.materials.elasticity.search(
                material_ids=list(material_ids), fields=_FETCHED, all_fields=False
            )
        return {str(document.material_id): document for document in documents}


def _listed(document: Any, place: int) -> Listed:
    above = document.energy_above_hull
    return Listed(
        material_id=str(document.material_id),
        formula=document.formula_pretty,
        updated=document.last_updated.isoformat(),
        on_hull=bool(document.is_stable),
        energy_above_hull=None if above is None else float(above),
        place=place,
    )


def material_of(document: Any | None, listed: Listed, version: str) -> LabelledMaterial:
    """Material of a document of the service.

    Parameters
    ----------
    document
        Its elasticity, as emmet's ``ElasticityDoc``; None if the service has none after all.
    listed
        What the list says of it.
    version
        Version of the database.
    """
    formula = simplest_formula(listed.formula)
    material = LabelledMaterial(
        material_id=listed.material_id,
        origin=ORIGIN,
        label="dft",
        last_updated=datetime.now(tz=UTC),
        remote_updated=listed.updated,
        formula=formula,
        written=listed.formula,
        chemsys=parse_alloy(listed.formula).chemical_system,
    )
    if document is not None:
        for name, value in _elasticity(document).items():
            setattr(material, name, value)
    return confirmed(material, listed, version)


def confirmed(material: LabelledMaterial, listed: Listed, version: str) -> LabelledMaterial:
    """Copy with what a list of a version of the database says."""
    return material.model_copy(
        update={
            "place": listed.place,
            "on_hull": listed.on_hull,
            "energy_above_hull": listed.energy_above_hull,
            "database_version": version,
            "labelled_by": f"Materials Project {version}",
        }
    )


def _elasticity(document: Any) -> dict[str, Any]:
    symmetry, tensor = document.symmetry, document.elastic_tensor
    system = getattr(symmetry, "crystal_system", None)
    return {
        "structure": document.structure,
        "crystal_system": None if system is None else str(getattr(system, "value", system)),
        "spacegroup_number": getattr(symmetry, "number", None),
        "elastic_tensor": _rows(getattr(tensor, "ieee_format", None)),
        "bulk_modulus": _averages(document.bulk_modulus),
        "shear_modulus": _averages(document.shear_modulus),
    }


def _rows(tensor: Any) -> list[list[float]] | None:
    return None if tensor is None else [[float(value) for value in row] for row in tensor]


def _averages(record: Any) -> Averages | None:
    """All three averages, or none: a record that lacks one is no record."""
    if record is None:
        return None
    values = [getattr(record, name, None) for name in ("voigt", "reuss", "vrh")]
    if any(value is None for value in values):
        return None
    return Averages(voigt=values[0], reuss=values[1], vrh=values[2])
