"""The prototypes of pymatgen, from its library and from the copy."""

from __future__ import annotations

import pytest

from elatbot_flows.crystals.aflow import aflow_prototypes


@pytest.fixture(autouse=True)
def own_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("ELATBOT_FLOWS_CACHE", str(tmp_path))


@pytest.mark.slow
def test_the_copy_is_the_library(tmp_path, monkeypatch):
    first = aflow_prototypes()
    assert len(first) > 250
    assert "A_cF4_225_a (A1, Copper)" in dict(first)
    monkeypatch.setattr("elatbot_flows.crystals.aflow._from_pymatgen", lambda: 1 / 0)
    second = aflow_prototypes()
    assert [label for label, _ in second] == [label for label, _ in first]
    assert all(new == old for (_, new), (_, old) in zip(second, first, strict=True))
    (file,) = (tmp_path / "prototypes").iterdir()
    assert file.stat().st_size < 2_000_000


@pytest.mark.parametrize("content", ["", "[]", "{}", '[{"label": 1}]'])
def test_a_copy_that_cannot_be_read_is_made_anew(tmp_path, monkeypatch, content):
    row = {"label": "mine", "cell": [[3, 0, 0], [0, 3, 0], [0, 0, 3]], "species": ["Cu"]}
    monkeypatch.setattr(
        "elatbot_flows.crystals.aflow._from_pymatgen", lambda: [row | {"xyz": [[0, 0, 0]]}]
    )
    aflow_prototypes()
    (file,) = (tmp_path / "prototypes").iterdir()
    file.write_text(content)
    ((label, structure),) = aflow_prototypes()
    assert (label, structure.formula) == ("mine", "Cu1")
    assert file.read_text() != content
