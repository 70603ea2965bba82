"""The prototypes of pymatgen, from its file and from its interface."""

from __future__ import annotations

import pytest

from elatbot_flows.crystals import aflow


@pytest.mark.slow
def test_the_file_holds_what_pymatgen_says(monkeypatch):
    quick = aflow.aflow_prototypes()
    assert len(quick) > 250
    assert "A_cF4_225_a (A1, Copper)" in dict(quick)
    monkeypatch.setattr(aflow, "_in_file", lambda: None)
    slow = aflow.aflow_prototypes()
    assert [label for label, _ in quick] == [label for label, _ in slow]
    assert all(one == other for (_, one), (_, other) in zip(quick, slow, strict=True))


def test_the_file_is_where_it_is_looked_for():
    assert aflow._in_file()
