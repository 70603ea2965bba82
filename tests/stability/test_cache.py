"""Relaxed phases are found again by potential and settings, and by nothing less."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path

import pytest

from elatbot_flows.errors import StoreError
from elatbot_flows.stability import (
    CrystalEnergy,
    HullSettings,
    PhaseCache,
    energy_above_hull,
    given_source,
    potential_identity,
    shared_cache,
)

SETTINGS = HullSettings(prototypes=False)
ASKED = [CrystalEnergy("CuAu", -3.0)]


def test_another_process_relaxes_nothing(emt, crystal, tmp_path):
    sources = [given_source([crystal("CuAu")])]
    keywords = {"settings": SETTINGS, "sources": sources}
    (first,) = energy_above_hull(ASKED, emt, cache=PhaseCache(tmp_path), **keywords)
    (second,) = energy_above_hull(ASKED, emt, cache=PhaseCache(tmp_path), **keywords)
    assert first.evaluations > 0
    assert second.evaluations == 0
    assert second.competing == first.competing
    assert second.energy_above_hull == first.energy_above_hull
    assert sorted(path.name[:9] for path in tmp_path.rglob("*.json")) == [
        "elements-", "elements-", "given-" + next(tmp_path.rglob("given*")).name[6:9],
    ]  # fmt: skip


def placed_in_another_process(folder):
    from elatbot_flows.potentials import load_potential

    potential = load_potential("ase.calculators.emt:EMT")
    (found,) = energy_above_hull(ASKED, potential, cache=PhaseCache(folder), settings=SETTINGS)
    return found.energy_above_hull


def test_processes_share_a_folder(tmp_path):
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        one, other = pool.map(placed_in_another_process, [tmp_path] * 2)
    assert one == pytest.approx(other, abs=1e-9)
    names = sorted(path.name for path in tmp_path.rglob("*") if path.is_file())
    assert names == ["elements-Au.json", "elements-Cu.json"]  # and no halves of files


def test_all_runs_of_a_user_share_a_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("ELATBOT_FLOWS_CACHE", str(tmp_path))
    shared_cache.cache_clear()
    try:
        assert shared_cache().folder == tmp_path / "phases"
        assert shared_cache("here").folder == Path("here")
    finally:
        shared_cache.cache_clear()


def test_only_a_folder_that_was_asked_for_must_be_writable(emt, tmp_path):
    occupied = tmp_path / "file"
    occupied.write_text("no folder")
    with pytest.raises(StoreError, match="cannot be written"):
        energy_above_hull(ASKED, emt, cache=PhaseCache(occupied), settings=SETTINGS)
    lenient = PhaseCache(occupied, required=False)
    (found,) = energy_above_hull(ASKED, emt, cache=lenient, settings=SETTINGS)
    assert found.status == "stable"


def test_other_thresholds_of_relaxation_are_another_hull(emt, tmp_path):
    cache = PhaseCache(tmp_path)
    energy_above_hull(ASKED, emt, cache=cache, settings=SETTINGS)
    for same in (replace(SETTINGS, stable=0.05), replace(SETTINGS, metastable=0.2)):
        assert energy_above_hull(ASKED, emt, cache=cache, settings=same)[0].evaluations == 0
    finer = replace(SETTINGS, max_force=0.01)
    assert energy_above_hull(ASKED, emt, cache=cache, settings=finer)[0].evaluations > 0


def test_energies_belong_to_weights_and_precision(emt):
    record = emt.record() | {"weights_sha256": "a"}
    identity = potential_identity(record)
    for change in ({"weights_sha256": "b"}, {"dtype": "float32"}, {"family": "other"}):
        assert potential_identity(record | change) != identity
    for change in ({"name": "other path"}, {"device": "cuda"}, {"package_version": "0"}):
        assert potential_identity(record | change) == identity


def test_without_weights_energies_belong_to_name_and_version(emt):
    record = emt.record()
    assert record["weights_sha256"] is None
    for change in ({"name": "other"}, {"package_version": "0"}):
        assert potential_identity(record | change) != potential_identity(record)


def test_a_spoilt_file_is_named(emt, tmp_path):
    energy_above_hull(ASKED, emt, cache=PhaseCache(tmp_path), settings=SETTINGS)
    spoilt = next(tmp_path.rglob("elements-Cu.json"))
    spoilt.write_text("{")
    with pytest.raises(StoreError, match=r"elements-Cu\.json.*delete it"):
        energy_above_hull(ASKED, emt, cache=PhaseCache(tmp_path), settings=SETTINGS)
