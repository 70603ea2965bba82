"""Relaxed phases are kept, so that nothing is relaxed twice with one potential."""

from __future__ import annotations

import hashlib
import json
from contextlib import nullcontext, suppress
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from elatbot_flows.errors import StoreError
from elatbot_flows.files import cache_directory, write_whole
from elatbot_flows.stability.phases import Phase, Survey
from elatbot_flows.stability.table import shipped_table

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from elatbot_flows.potentials.base import Potential
    from elatbot_flows.stability.settings import HullSettings

__all__ = ["PhaseCache", "potential_identity", "shared_cache"]

_SCALARS = ("formula", "energy_per_atom", "source", "label")


def potential_identity(record: Mapping[str, Any]) -> str:
    """What makes energies comparable: hash of the weights, family, package and precision.

    Parameters
    ----------
    record
        The fields of :class:`~elatbot_flows.documents.MethodRecord`. The device does not matter.
        Weights with a hash are the same weights under any name and in any version of the package,
        which must pass its check by known crystals; without one, name and version count.
    """
    weights = record["weights_sha256"]
    own = [weights] if weights else [record["name"], record["package_version"]]
    text = json.dumps([*own, *(record[name] for name in ("family", "package", "dtype"))])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


class PhaseCache:
    """Surveys by potential, settings and question, in memory and, if asked, in a folder.

    Files are JSON: ``<potential>/<settings>/<source>-<name>.json`` below the folder. Processes may
    share a folder: files are replaced whole, and what two of them relax at once is kept once.

    Parameters
    ----------
    folder
        Where to keep them beyond this process; None for memory alone.
    table
        Whether phases that come with the package need not be relaxed (see `shipped_table`).
    required
        Whether it is an error if the folder cannot be written.
    """

    def __init__(
        self, folder: str | Path | None = None, *, table: bool = True, required: bool = True
    ) -> None:
        self.folder = None if folder is None else Path(folder)
        self.table = table
        self.required = required
        self._memory: dict[tuple[str, ...], Survey] = {}

    def survey(
        self,
        potential: Potential,
        settings: HullSettings,
        question: tuple[str, str],
        make: Callable[[], Survey],
    ) -> Survey:
        """The survey kept for a question, made and kept if there is none.

        Parameters
        ----------
        potential, settings
            What its energies depend on.
        question
            Source, and formula or hash of a structure.
        make
            How to make it.

        Raises
        ------
        StoreError
            If a file is not one of ours or cannot be written.
        """
        key = (potential_identity(potential.record()), settings.digest(), *question)
        if key not in self._memory:
            self._memory[key] = self._shipped(key[0], settings, question) or self._kept(
                key, potential, make
            )
        return self._memory[key]

    def keeps(
        self, potential: Potential, settings: HullSettings, question: tuple[str, str]
    ) -> bool:
        """Whether a survey is in memory, in the table or in the folder."""
        key = (potential_identity(potential.record()), settings.digest(), *question)
        path = self._path(key)
        return (
            key in self._memory
            or (path is not None and path.is_file())
            or self._shipped(key[0], settings, question) is not None
        )

    def _shipped(
        self, identity: str, settings: HullSettings, question: tuple[str, str]
    ) -> Survey | None:
        table = shipped_table(identity) if self.table else None
        return table.survey(settings, question) if table else None

    def _kept(
        self, key: tuple[str, ...], potential: Potential, make: Callable[[], Survey]
    ) -> Survey:
        path = self._path(key)
        if path is not None and path.is_file():
            return _read(path)
        found = make()
        if path is not None:
            with nullcontext() if self.required else suppress(StoreError):
                _write(path, found, potential)
        return found

    def _path(self, key: tuple[str, ...]) -> Path | None:
        if self.folder is None:
            return None
        identity, digest, source, name = key
        return self.folder / identity / digest / f"{source}-{name}.json"


@lru_cache(maxsize=8)
def shared_cache(folder: str | None = None) -> PhaseCache:
    """The cache of this process for a folder, by default that of the user for all runs.

    The user's cache is there to save time: where it cannot be written, nothing is kept.
    """
    if folder is not None:
        return PhaseCache(folder)
    try:
        return PhaseCache(cache_directory() / "phases", required=False)
    except RuntimeError:  # a user without a home
        return PhaseCache()


def _read(path: Path) -> Survey:
    from pymatgen.core import Structure

    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        phases = tuple(
            Phase(**{k: p[k] for k in _SCALARS}, structure=Structure.from_dict(p["structure"]))
            for p in data["phases"]
        )
        drafts = {label: (float(e), float(g)) for label, (e, g) in data.get("drafts", {}).items()}
        return Survey(phases, int(data["tried"]), dict(data["failures"]), drafts)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StoreError(f"{path} is no file of relaxed phases ({error}); delete it") from error


def _write(path: Path, found: Survey, potential: Potential) -> None:
    phases = [
        {k: getattr(p, k) for k in _SCALARS}
        | {"structure": p.structure.as_dict() if p.structure else None}
        for p in found.phases
    ]
    data = {"phases": phases} | {k: getattr(found, k) for k in ("tried", "failures", "drafts")}
    text = json.dumps(data | {"potential": potential.record()})
    try:
        write_whole(path, text)
    except OSError as error:
        raise StoreError(f"{path} cannot be written ({error}); choose another folder") from error
