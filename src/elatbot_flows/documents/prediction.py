"""Documents of what text models say of materials: predictions, and counts over many of them."""

from typing import Any, Literal

from pydantic import BaseModel, Field
from pymatgen.core import Structure

__all__ = ["PredictionSummary", "Rate", "RetrievalRecord", "TextModelRecord", "TextPrediction"]

Matrix = list[list[float]]


class TextModelRecord(BaseModel):
    """The text model that answered, and through which engine."""

    name: str = Field(description="Name, folder or hub name the model was asked for by.")
    dialect: str | None = Field(
        None, description="The words it is asked in, e.g. 'elatbot', 'compact-2'."
    )
    template: str = Field(description="How questions are written: 'elatbot', 'chat' or 'raw'.")
    engine: str = Field(description="'transformers', 'vllm' or 'server'.")
    engine_version: str = Field(description="Version of the engine, or what a server says.")
    revision: str | None = Field(None, description="Commit on the hub, where there is one.")
    weights_sha256: str | None = Field(
        None, description="SHA-256 over the files of weights, where they lie on this machine."
    )
    adapter: str | None = Field(None, description="Adapter on top of the model.")
    adapter_sha256: str | None = Field(None, description="SHA-256 over its files of weights.")
    context_length: int | None = Field(None, description="Most tokens of question and answer.")
    reproducible: bool = Field(
        True, description="Whether the same seed gives the same answers, however they are batched."
    )
    settings: dict[str, Any] = Field(
        default_factory=dict, description="Device, precision, quantisation, ... of the engine."
    )


class RetrievalRecord(BaseModel):
    """Known values that were put before a question, and what they say by themselves."""

    file: str = Field(description="Name of the file with known values.")
    sha256: str = Field(description="SHA-256 of that file.")
    references: list[dict[str, Any]] = Field(
        description="What stands before the question: formula, crystal system, temperature (K), "
        "bulk modulus (Voigt, GPa), whether it is the same alloy, and where it comes from."
    )
    support: str = Field(
        description="'bracketed', 'disagreeing', 'extrapolated' or 'none': what the values of the "
        "same alloy are worth."
    )
    statement: str = Field(description="The same for people, with what to trust.")
    bulk_modulus_voigt: float | None = Field(
        None, description="Bulk modulus (Voigt) read off between the values, no model asked, GPa."
    )
    bulk_modulus_voigt_error: float | None = Field(
        None, description="Its error by leaving values out, GPa."
    )


class TextPrediction(BaseModel):
    """What a text model says of the elasticity of a material, or why it says nothing.

    Moduli are those of `elastic_tensor`; a task that asks for the bulk modulus alone fills
    `bulk_modulus` and `bulk_modulus_voigt` with the number of the model.
    """

    source: str | None = Field(None, description="File or step the material came from.")
    formula: str | None = Field(None, description="Reduced formula.")
    chemsys: str | None = Field(None, description="Chemical system, e.g. 'Al-Ni'.")
    elements: list[str] = Field(default_factory=list, description="Chemical symbols, sorted.")
    crystal_system: str | None = Field(None, description="Crystal system, e.g. 'Cubic'.")
    symmetry: str | None = Field(
        None,
        description="Symmetry of the tensor: a Laue class such as 'm-3m' (or '-31m'), or the "
        "crystal system in small letters if no crystal is known.",
    )
    structure: Structure | None = Field(None, description="The crystal that was asked about.")
    task: str = Field(description="What was asked, e.g. 'tensor_from_structure', 'bulk_modulus'.")
    temperature: float = Field(0.0, description="Temperature of the material, K.")
    status: Literal["predicted", "failed"] = Field(
        description="Whether at least one answer could be read."
    )
    reason: str | None = Field(None, description="Machine-readable reason if it failed.")
    message: str | None = Field(None, description="The reason for people.")

    bulk_modulus: float | None = Field(
        None, description="Bulk modulus, GPa: see `bulk_modulus_average`."
    )
    bulk_modulus_average: Literal["vrh", "voigt"] | None = Field(
        None,
        description="Which bulk modulus (GPa) `bulk_modulus` is: Voigt-Reuss-Hill of the tensor, "
        "or Voigt, which models that are asked for the number alone were trained on.",
    )
    shear_modulus: float | None = Field(None, description="Shear modulus (VRH), GPa.")
    youngs_modulus: float | None = Field(None, description="Young's modulus (VRH), GPa.")
    poisson_ratio: float | None = Field(None, description="Homogeneous Poisson ratio.")
    pugh_ratio: float | None = Field(None, description="Bulk over shear modulus, K/G.")
    universal_anisotropy: float | None = Field(None, description="Universal anisotropy index.")
    bulk_modulus_voigt: float | None = Field(None, description="Bulk modulus (Voigt), GPa.")
    bulk_modulus_reuss: float | None = Field(None, description="Bulk modulus (Reuss), GPa.")
    shear_modulus_voigt: float | None = Field(None, description="Shear modulus (Voigt), GPa.")
    shear_modulus_reuss: float | None = Field(None, description="Shear modulus (Reuss), GPa.")

    elastic_tensor: Matrix | None = Field(
        None,
        description="6x6 tensor, Voigt order, IEEE axes, GPa: mean of the answers that could be "
        "read, projected on the symmetry of the crystal if that was asked for.",
    )
    raw_tensor: Matrix | None = Field(None, description="The same before the projection, GPa.")
    symmetry_distance: float | None = Field(
        None,
        description="How far the projection on the symmetry moves the tensor, relative to its "
        "norm; also if the projection was not asked for.",
    )
    born_stable: bool | None = Field(
        None, description="Whether `elastic_tensor` is positive definite; None if there is none."
    )
    smallest_eigenvalue: float | None = Field(
        None, description="Smallest eigenvalue of `elastic_tensor` (Mandel scaling), GPa."
    )

    samples_asked: int = Field(0, description="Answers that were asked for.")
    samples_parsed: int = Field(0, description="Answers that could be read.")
    bulk_modulus_std: float | None = Field(
        None, description="Standard deviation of `bulk_modulus` over the answers, GPa."
    )
    shear_modulus_std: float | None = Field(
        None, description="Standard deviation of `shear_modulus` over the answers, GPa."
    )
    youngs_modulus_std: float | None = Field(
        None, description="Standard deviation of `youngs_modulus` over the answers, GPa."
    )
    elastic_tensor_std: Matrix | None = Field(
        None, description="Standard deviation of every entry of the tensor over the answers, GPa."
    )
    scor: float | None = Field(
        None,
        description="Self-consistency of the answers, 0 to 1: exp(-relative spread) times the "
        "share that could be read; None for one answer.",
    )
    repairs: list[str] = Field(
        default_factory=list, description="What had to be repaired in any answer, sorted."
    )
    prompt: str | None = Field(None, description="What the model was given, word for word.")
    completions: list[dict[str, Any]] = Field(
        default_factory=list,
        description="Every answer word for word with model, seed, sampling, lengths in tokens, "
        "`repairs`, the bulk modulus (Voigt, GPa) read from it, or `reason` and `message`.",
    )
    retrieval: RetrievalRecord | None = Field(
        None, description="Known values that were put before the question."
    )
    settings: dict[str, Any] = Field(
        default_factory=dict,
        description="How answers were drawn, held to their format and projected.",
    )
    model: TextModelRecord = Field(description="The model that was asked.")
    versions: dict[str, str] = Field(default_factory=dict, description="Package versions.")


class Rate(BaseModel):
    """A share with the numbers it comes from."""

    count: int = Field(description="How many are so.")
    of: int = Field(description="Of how many.")
    share: float | None = Field(None, description="count / of; None if there are none.")

    @classmethod
    def make(cls, count: int, of: int) -> "Rate":
        """The share of `count` in `of`."""
        return cls(count=count, of=of, share=count / of if of else None)


class PredictionSummary(BaseModel):
    """Counts over the predictions of a flow; the predictions themselves are in its chunks."""

    task: str = Field(description="What was asked.")
    predicted: Rate = Field(description="Materials with a readable answer, of all.")
    answers_readable: Rate = Field(description="Readable answers, of all that were given.")
    answers_repaired: Rate = Field(description="Repaired answers, of the readable ones.")
    born_stable: Rate = Field(description="Positive definite tensors, of all tensors.")
    symmetric: Rate = Field(
        description="Tensors that the projection on the symmetry moves by at most 1 % of their "
        "norm, of all tensors with a known symmetry."
    )
    reasons: dict[str, int] = Field(
        default_factory=dict, description="Failed materials by machine-readable reason."
    )
    answer_reasons: dict[str, int] = Field(
        default_factory=dict, description="Unreadable answers by machine-readable reason."
    )
    prompt_tokens: int = Field(0, description="Tokens of all questions that were answered.")
    completion_tokens: int = Field(0, description="Tokens of all answers.")
    chunks: list[dict[str, Any]] = Field(
        default_factory=list,
        description="Where the predictions are: `uuid` of the job, `first` (place of its first "
        "material among all) and `materials`.",
    )
    model: TextModelRecord = Field(description="The model that was asked.")
