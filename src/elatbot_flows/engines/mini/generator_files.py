"""The folder a generator lives in: what it holds, what it says of itself, how it is checked."""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from monty.json import MSONable

from elatbot_flows.engines.model_card import CARD
from elatbot_flows.errors import GeneratorError
from elatbot_flows.files import sha256_of
from elatbot_flows.text.compact import vocabulary

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from transformers import LlamaForCausalLM

    from elatbot_flows.text.compact_questions import Property

__all__ = [
    "FORMAT_VERSION",
    "HASHES",
    "METADATA",
    "SHIPPED",
    "WEIGHTS",
    "GeneratorInfo",
    "describe_generator",
    "find_folder",
    "is_generator",
    "load_hashes",
    "load_info",
    "load_model",
]

FORMAT_VERSION = 1
"""Version of the folder and of the compact format; raised when either changes meaning."""
WEIGHTS, METADATA, HASHES = "model.safetensors", "generator.json", "training_formulas.npy"
"""File names of the weights, of what is known about them, of the hashed training formulas."""
SHIPPED = {"elatbot-mini": "elatbot_mini"}
"""Generators that come with the package and their folders."""
_TOKENIZER = "tokenizer.json"
_FILES = ("config.json", WEIGHTS, _TOKENIZER, METADATA, HASHES, CARD)
_REMEDY = (
    "use 'elatbot-mini', or a folder written by 'python -m elatbot_flows.training.mini.release'; "
    "folders of release 1.0 are no longer read"
)


@dataclass(frozen=True)
class GeneratorInfo(MSONable):
    """What a generator knows.

    Parameters
    ----------
    name, version
        Its name and the version of its weights.
    weights_sha256
        Hash of the file of weights.
    parameters
        Number of parameters.
    elements
        Symbols of the elements in its training rows.
    bulk_modulus_low, bulk_modulus_high
        Range of its training rows in GPa.
    bulk_modulus_histogram
        Training rows with 0-10, 10-20, ... GPa.
    rows_by_number
        Training rows with 1, 2, ... different elements.
    rows_by_system
        Training rows by crystal system.
    licence
        Licence of the weights.
    shear_modulus_low, shear_modulus_high, shear_modulus_histogram
        The same of the rows whose shear modulus is known.
    shear_modulus_drawn
        Shear modulus in GPa that it expects itself, in the median, of what it writes when asked for
        5, 15, 25, ... GPa (`elatbot_flows.training.mini.aims`); empty if nobody looked.
    """

    name: str
    version: str
    weights_sha256: str
    parameters: int
    elements: tuple[str, ...]
    bulk_modulus_low: float
    bulk_modulus_high: float
    bulk_modulus_histogram: tuple[int, ...]
    rows_by_number: tuple[int, ...]
    rows_by_system: dict[str, int]
    licence: str
    shear_modulus_low: float
    shear_modulus_high: float
    shear_modulus_histogram: tuple[int, ...]
    shear_modulus_drawn: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        # JSON has no tuples.
        for name in (
            *("elements", "rows_by_number"),
            *("bulk_modulus_histogram", "shear_modulus_histogram", "shear_modulus_drawn"),
        ):
            object.__setattr__(self, name, tuple(getattr(self, name)))

    def rows_between(self, low: float, high: float, what: Property = "bulk") -> float:
        """Training rows with `low` to `high` GPa; bins cut by an edge count in proportion."""
        total = 0.0
        bulk = what == "bulk"
        histogram = self.bulk_modulus_histogram if bulk else self.shear_modulus_histogram
        for place, rows in enumerate(histogram):
            overlap = min(high, 10.0 * (place + 1)) - max(low, 10.0 * place)
            total += rows * max(overlap, 0.0) / 10.0
        return total


def is_generator(spec: str) -> bool:
    """Whether a name is that of a shipped generator or of a folder with the metadata of one."""
    return spec in SHIPPED or (Path(spec) / METADATA).is_file()


def find_folder(spec: str) -> Path:
    """Folder of a shipped generator or of a local one, with all its files.

    Raises
    ------
    GeneratorError
        If there is no such generator or a file is missing.
    """
    if spec in SHIPPED:
        folder = Path(str(files("elatbot_flows"))) / "weights" / SHIPPED[spec]
    else:
        folder = Path(spec)
    if not folder.is_dir():
        raise GeneratorError(f"there is no generator or folder {spec!r}: {_REMEDY}")
    missing = [name for name in _FILES if not (folder / name).is_file()]
    if missing:
        raise GeneratorError(f"the generator {spec!r} lacks {', '.join(missing)}: {_REMEDY}")
    return folder


def load_info(folder: Path) -> GeneratorInfo:
    """Read and check the metadata, the vocabulary and the hash of the weights.

    Raises
    ------
    GeneratorError
        If they are unreadable, of another format version, or do not belong together.
    """
    document = _read_json(folder / METADATA)
    if document.get("format_version") != FORMAT_VERSION:
        raise GeneratorError(
            f"{folder} has format version {document.get('format_version')}, this package reads "
            f"{FORMAT_VERSION}: {_REMEDY}"
        )
    try:
        info = cast("GeneratorInfo", GeneratorInfo.from_dict(document["info"]))
        words = _read_json(folder / _TOKENIZER)["model"]["vocab"]
    except (KeyError, TypeError) as error:
        raise GeneratorError(
            f"the metadata of {folder} is incomplete ({error}): {_REMEDY}"
        ) from error
    if sorted(words, key=words.__getitem__) != list(vocabulary()):
        raise GeneratorError(f"{folder} has another vocabulary than this package: {_REMEDY}")
    if sha256_of(folder / WEIGHTS) != info.weights_sha256:
        raise GeneratorError(
            f"the weights in {folder} are not those that {METADATA} describes: {_REMEDY}"
        )
    return info


def describe_generator(spec: str) -> GeneratorInfo:
    """What a generator knows, without loading its weights.

    Raises
    ------
    GeneratorError
        As `find_folder` and `load_info`.
    """
    return load_info(find_folder(spec))


def _read_json(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(path.read_text())
    except ValueError as error:
        raise GeneratorError(f"{path} is not JSON ({error}): {_REMEDY}") from error
    if not isinstance(document, dict):
        raise GeneratorError(f"{path} is not a JSON object: {_REMEDY}")
    return document


def load_hashes(folder: Path) -> NDArray[np.uint64]:
    """Sorted 64-bit hashes of the reduced formulas a generator was trained on.

    Raises
    ------
    GeneratorError
        If the file is not an array of such numbers.
    """
    import numpy as np

    try:
        hashes = np.load(folder / HASHES, allow_pickle=False)
    except ValueError as error:
        raise GeneratorError(f"{folder / HASHES} is not an array ({error}): {_REMEDY}") from error
    if hashes.dtype != np.uint64 or hashes.ndim != 1:
        raise GeneratorError(f"{folder / HASHES} is not a list of 64-bit hashes: {_REMEDY}")
    return np.sort(hashes)


def load_model(folder: Path) -> LlamaForCausalLM:
    """Load the weights as 32-bit numbers, ready to evaluate on the CPU.

    Raises
    ------
    GeneratorError
        If they cannot be read or do not fit the configuration.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_model as fill
    from transformers import LlamaConfig, LlamaForCausalLM

    try:
        model = LlamaForCausalLM(LlamaConfig.from_json_file(folder / "config.json"))
        fill(model.float(), folder / WEIGHTS)
    except (OSError, ValueError, RuntimeError, SafetensorError) as error:
        raise GeneratorError(
            f"the weights in {folder} cannot be read ({error}): {_REMEDY}"
        ) from error
    return cast("LlamaForCausalLM", model.eval())
