"""``elatbot generate``: materials that a text model writes for a bulk modulus."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from elatbot_flows.cli.options import check_at_least, writable_folder
from elatbot_flows.cli.proposing import (
    AboveHull,
    AllElements,
    CrystalOptions,
    CrystalSystems,
    SpaceGroups,
    Units,
)
from elatbot_flows.cli.running import run_shown
from elatbot_flows.cli.terminal import terminal
from elatbot_flows.cli.text_options import (
    Adapter,
    AsJson,
    Asking,
    Device,
    DialectName,
    Dtype,
    EngineName,
    Guidance,
    Guided,
    Kelvin,
    MaxTokens,
    Model,
    SamplingTemperature,
    Seed,
    Url,
    check_drawing,
    journal_in,
)
from elatbot_flows.cli.written_crystals import Formulas, write_crystals
from elatbot_flows.errors import TargetError
from elatbot_flows.targets import DesignTarget, Interval

__all__ = ["generate"]

_USUAL = 0.95


def generate(
    bulk_modulus: Annotated[
        str | None,
        typer.Option("--bulk-modulus", "-K", metavar="LOW:HIGH", help="Bulk modulus, GPa."),
    ] = None,
    shear_modulus: Annotated[
        str | None,
        typer.Option("--shear-modulus", "-G", metavar="LOW:HIGH", help="Shear modulus, GPa."),
    ] = None,
    n: Annotated[int, typer.Option("-n", help="Answers to ask for.")] = 20,
    model: Model = "elatbot-mini",
    adapter: Adapter = None,
    engine: EngineName = "transformers",
    url: Url = None,
    dialect: DialectName = None,
    device: Device = None,
    dtype: Dtype = None,
    kelvin: Kelvin = 0.0,
    sampling_temperature: SamplingTemperature = None,
    guidance: Guidance = None,
    max_tokens: MaxTokens = None,
    seed: Seed = 0,
    guided: Guided = False,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Keep the documents, to go on later.")
    ] = None,
    crystals: Annotated[
        bool, typer.Option("--crystals", help="Whole crystals, by a model that writes them.")
    ] = False,
    formulas: Formulas = None,
    space_groups: SpaceGroups = None,
    units: Units = None,
    above_hull: AboveHull = None,
    crystal_systems: CrystalSystems = None,
    elements: AllElements = None,
    rank: Annotated[
        bool, typer.Option("--rank", help="Crystals that the model finds likely come first.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Let a text model write materials with given moduli; no physics judges them.

    Each answer is asked for one value, drawn from the interval. See `elatbot design` for
    materials whose crystals are built and validated. Models that write crystals are asked for
    formulas, space groups and formula units, each combination in turn: docs/crystal_texts.md.
    """
    from jobflow import Flow
    from monty.json import jsanitize

    from elatbot_flows.database.stores import open_store
    from elatbot_flows.jobs import GenerateMaker, never_resume
    from elatbot_flows.text.elatbot_prompts import Task

    check_at_least(1, "-n", n)
    check_drawing(seed, kelvin)
    chosen = Asking(model, adapter, engine, url, dialect, device, dtype).text_model()
    wishes = CrystalOptions(space_groups, units, above_hull, crystal_systems, elements)
    if crystals:
        if kelvin or guided:
            raise TargetError(
                "crystals cannot be asked for with --kelvin or --guided: leave them out"
            )
        stiff = bulk_modulus or shear_modulus
        write_crystals(
            chosen,
            wishes,
            formulas,
            n,
            writable_folder(out, "--out") if out else None,
            rank=rank,
            as_json=as_json,
            target=_target(bulk_modulus, shear_modulus, kelvin) if stiff else None,
            sampling_temperature=sampling_temperature,
            max_tokens=max_tokens,
            seed=seed,
        )
        return
    if formulas or rank or wishes != CrystalOptions():
        raise TargetError("formulas, space groups, units and ranks are of crystals: --crystals")
    if chosen.writes_crystals:
        raise TargetError(f"{chosen.name} writes whole crystals: add --crystals")
    chosen.check_task(Task.GENERATION)
    target = _target(bulk_modulus, shear_modulus, kelvin)
    if target.shear_modulus is not None and chosen.generator is None:
        raise TargetError(f"{chosen.name} cannot be asked for a shear modulus: leave it out")
    with tempfile.TemporaryDirectory() as scratch:
        kept = writable_folder(out, "--out") if out else None
        maker = GenerateMaker(
            model=chosen,
            sampling_temperature=_USUAL if sampling_temperature is None else sampling_temperature,
            guidance=guidance,
            max_tokens=max_tokens,
            seed=seed,
            guided=guided,
            **journal_in(kept),
        )
        job = maker.make(target, n)
        # It reads weights from outside, so an equal run must not trust its old output.
        never_resume(job)
        store, _ = open_store(kept or Path(scratch))
        run_shown(Flow([job]), store, terminal(stderr=True), workers=1)
        document = jsanitize(store.get_output(job.uuid), strict=True)
    if as_json:
        typer.echo(json.dumps(_plain(document), indent=1, allow_nan=False))
    else:
        from elatbot_flows.report.predictions import render_proposals

        render_proposals(document, terminal())


def _target(bulk: str | None, shear: str | None, kelvin: float) -> DesignTarget:
    if bulk is None and shear is None:
        raise TargetError("nothing is asked for: give --bulk-modulus, --shear-modulus or both")
    from elatbot_flows.jobs.ask.generate import ANY_SITES

    return DesignTarget(
        _interval("--bulk-modulus", bulk),
        shear_modulus=_interval("--shear-modulus", shear),
        temperature=kelvin,
        max_sites=ANY_SITES,
    )


def _interval(option: str, text: str | None) -> Interval | None:
    """``LOW:HIGH``, or one value."""
    if text is None:
        return None
    try:
        interval = Interval.parse(text if ":" in text else f"{text}:{text}")
    except TargetError as error:
        raise TargetError(f"{option}: {error}") from error
    if interval.low < 0:
        raise TargetError(f"{option} {text}: give 0 or more")
    return interval


def _plain(value: object) -> object:
    """Without the marks that jobflow puts on documents."""
    if isinstance(value, dict):
        return {key: _plain(v) for key, v in value.items() if not key.startswith("@")}
    return [_plain(v) for v in value] if isinstance(value, list) else value
