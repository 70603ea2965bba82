"""Crystals out of files, and none of the code that these name."""

from __future__ import annotations

import json

import pytest
from pymatgen.core import Lattice, Structure

from elatbot_flows.crystals.reading import crystal_of, read_crystal
from elatbot_flows.errors import DecodingError

CU = Structure(Lattice.cubic(3.6), ["Cu"], [[0, 0, 0]])


@pytest.mark.parametrize("name", ["cu.cif", "POSCAR", "cu.json", "cu.yaml", "cu.json.gz"])
def test_any_file_that_pymatgen_writes_is_read(tmp_path, name):
    file = tmp_path / name
    CU.to(filename=str(file))
    assert read_crystal(file).matches(CU)


def test_code_that_a_file_names_is_not_imported(tmp_path):
    hostile = CU.as_dict() | {"properties": {"x": {"@module": "os", "@callable": "system"}}}
    with pytest.raises(DecodingError, match="'os'"):
        crystal_of(hostile)
    (tmp_path / "cu.json").write_text(json.dumps(hostile))
    with pytest.raises(DecodingError, match="'os'"):
        read_crystal(tmp_path / "cu.json")
