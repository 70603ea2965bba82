"""The table that comes with the package: used for its potential, refused for any other."""

from __future__ import annotations

from dataclasses import replace

import pytest

from elatbot_flows.errors import StoreError
from elatbot_flows.stability import (
    CrystalEnergy,
    HullSettings,
    PhaseCache,
    energy_above_hull,
    potential_identity,
    shipped_table,
)
from elatbot_flows.stability import cache as cache_module
from elatbot_flows.stability.competing import Means
from elatbot_flows.stability.make_table import make, pack

SETTINGS = HullSettings()
ASKED = [CrystalEnergy("CuAu", -3.0)]


@pytest.fixture(scope="module")
def made(emt, tmp_path_factory):
    """A table of copper and gold."""
    folder = tmp_path_factory.mktemp("table")
    means = Means(emt, SETTINGS, PhaseCache(table=False))
    surveys = dict(make(["Ag"], ["Au", "Cu"], means))
    assert list(surveys) == ["elements/Ag", "elements/Au", "elements/Cu", "systems/Au-Cu"]
    return surveys, pack(surveys, means, folder)


def test_single_pairs_are_added_while_there_is_time(emt):
    means = Means(emt, SETTINGS, PhaseCache(table=False))
    named = dict(make([], [], means, pairs=["Cu-Au"]))
    assert list(named) == ["elements/Au", "elements/Cu", "systems/Au-Cu"]
    late = dict(make([], [], means, pairs=["Cu-Au", "Ag-Pd"], until=0.0))
    assert list(late) == list(named), "what is kept, and nothing new"


def test_prototypes_as_built_are_packed_and_need_no_evaluation(emt, tmp_path, monkeypatch):
    means = Means(emt, SETTINGS, PhaseCache(table=False))
    surveys = dict(make([], [], means, probed=["Cu", "Au", "Ag"]))
    assert list(surveys) == ["probes/Au-Cu", "probes/Ag-Cu", "probes/Ag-Au"]
    path = pack(surveys, means, tmp_path)
    monkeypatch.setattr(
        cache_module, "shipped_table", lambda identity: shipped_table(identity, path.parent)
    )
    again = Means(emt, SETTINGS, PhaseCache())
    before = emt.evaluations
    known = again.outlooks("Cu3Au")
    assert len(known) == 4
    assert known == means.outlooks("Cu3Au")
    assert not again.outlooks("CuPd")
    assert emt.evaluations == before


@pytest.fixture
def shipped(made, monkeypatch):
    """The package as if it came with that table."""
    _, path = made
    monkeypatch.setattr(
        cache_module, "shipped_table", lambda identity: shipped_table(identity, path.parent)
    )


def test_what_is_in_the_table_is_not_relaxed(emt, made, shipped):
    surveys, _ = made
    (found,) = energy_above_hull(ASKED, emt, cache=PhaseCache())
    assert found.evaluations == 0
    (again,) = energy_above_hull(ASKED, emt, cache=PhaseCache(table=False))
    assert again.evaluations > 0
    assert found.energy_above_hull == pytest.approx(again.energy_above_hull, abs=1e-4)
    lowest = surveys["systems/Au-Cu"].phases[0]
    own = CrystalEnergy(lowest.formula, lowest.energy_per_atom, lowest.structure)
    (same,) = energy_above_hull([own], emt, cache=PhaseCache())
    assert same.left_out == [f"prototypes: {lowest.label}"]


def test_other_settings_or_another_potential_do_without_it(emt, made, shipped, monkeypatch):
    finer = replace(SETTINGS, max_force=0.01, prototypes=False)
    assert energy_above_hull(ASKED, emt, cache=PhaseCache(), settings=finer)[0].evaluations > 0
    monkeypatch.setattr(emt, "weights_sha256", "0" * 64)
    few = replace(SETTINGS, prototypes=False)
    assert energy_above_hull(ASKED, emt, cache=PhaseCache(), settings=few)[0].evaluations > 0


def test_a_table_under_another_name_is_refused(made, tmp_path):
    _, path = made
    (tmp_path / "0123.json.gz").write_bytes(path.read_bytes())
    with pytest.raises(StoreError, match="another potential"):
        shipped_table("0123", tmp_path)
    assert shipped_table("4567", tmp_path) is None


@pytest.mark.parametrize("content", [b"", b"{}", "half"])
def test_a_spoilt_table_is_named(emt, made, tmp_path, content):
    _, path = made
    half = path.read_bytes()[: path.stat().st_size // 2]
    (tmp_path / path.name).write_bytes(half if content == "half" else content)
    with pytest.raises(StoreError, match=r"json\.gz.*install the package again"):
        shipped_table(potential_identity(emt.record()), tmp_path)


def test_the_table_belongs_to_the_weights_and_not_to_a_version_of_the_package(sevennet):
    record = sevennet.record()
    later = potential_identity(record | {"package_version": "99.0"})
    assert shipped_table(later) is not None
    assert shipped_table(potential_identity(record | {"weights_sha256": "0" * 64})) is None


def test_the_table_of_the_default_potential_answers_for_its_elements(sevennet):
    table = shipped_table(potential_identity(sevennet.record()))
    assert table is not None
    assert table.settings == SETTINGS.digest(), "make the table again"
    elements = {"Ni", "Al", "Ti", "Co", "Fe", "Cr"}, {"Ag", "Al", "Cu", "Pd", "Ti", "Zn"}
    for symbols in elements:
        for one in symbols:
            assert table.survey(SETTINGS, ("elements", one)).phases
            for other in symbols - {one}:
                pair = "-".join(sorted((one, other)))
                assert table.survey(SETTINGS, ("systems", pair)) is not None
    labels = [phase.label for phase in table.phases() if phase.formula == "AlNi"]
    assert any("B2" in label for label in labels)
