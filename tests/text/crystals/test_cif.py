"""CIFs of CrystaLLM."""

from __future__ import annotations

import re

import pytest
from pymatgen.core import Lattice, Structure
from pymatgen.io.cif import CifWriter

from elatbot_flows.errors import ParseError
from elatbot_flows.text.crystals import cif
from elatbot_flows.text.crystals.questions import CrystalRequest


def reason(text, **how):
    with pytest.raises(ParseError) as error:
        cif.parse(text, **how)
    return error.value.reason


@pytest.mark.parametrize("symmetry", [True, False])
def test_crystals_come_back(crystals, same, symmetry):
    for crystal in crystals:
        read = cif.parse(cif.render(crystal, symmetry=symmetry))
        assert same(crystal, read.structure)
        assert read.as_stated()["space_group"] is symmetry
        assert read.as_stated()["formula"]


def test_the_symmetry_is_restored_exactly(omega):
    """0.3333 is not a third; pymatgen reads such a site with a hundred times the tolerance."""
    read = cif.parse(cif.render(omega))
    assert "0.3333" in cif.render(omega)
    assert read.space_group(symprec=1e-6) == 191
    assert len(read.structure) == 3


def test_a_site_off_its_special_position_is_put_there():
    """A refined cell of spglib is not always as symmetric as the group it is said to have."""
    third = 1 / 3
    points = [[0.506, 0, third], [0, 0.506, 2 * third], [0.494, 0.494, 0]]
    points += [[0.503, 0, 0.5 + third], [0, 0.503, 0.5 - third], [0.497, 0.497, 0.5]]
    crystal = Structure(Lattice.hexagonal(4.624, 10.5), ["Cd"] * 3 + ["Te"] * 3, points)
    off = re.findall(r"Te1  3  (0\.\S+)", str(CifWriter(crystal, symprec=0.1)))
    assert float(off[0]) not in (0, 0.5)
    assert "Te Te1 3 0.5000 0.5000 0.1667 1" in cif.render(crystal)
    assert cif.parse(cif.render(crystal)).as_stated()["space_group"]


def test_the_example_of_nomad(shared):
    """Written by the published small model; operations are listed, numbers printed as published."""
    text = (shared / "data" / "peers" / "nomad" / "sample_1.cif").read_text()
    read = cif.parse(text, tolerant=True)
    assert read.structure.composition.formula == "Na2 Cl2"
    assert read.repairs == ("other_form",)
    assert read.as_stated() == {"formula": True, "space_group": False}
    assert read.stated.space_group == 129
    assert read.as_stated(symprec=0.01)["space_group"]


def test_prompts(rocksalt):
    assert cif.render_prompt(CrystalRequest("NaCl", units=2)) == "data_Na2Cl2\n"
    whole = cif.render(rocksalt)
    assert whole.startswith(cif.render_prompt(CrystalRequest("NaCl", units=4, space_group=225)))
    for wrong in (CrystalRequest(), CrystalRequest("NaCl", band_gap=5.0)):
        with pytest.raises(ParseError):
            cif.render_prompt(wrong)


def test_elements_without_a_radius_are_named():
    with pytest.raises(ParseError, match="At has no radius"):
        cif.render(Structure(Lattice.cubic(4), ["At"], [[0, 0, 0]]))


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("data_Na4Cl4\n", "", "unknown_format"),
        ("data_Na4Cl4\n", "data_Na4Cl4\ndata_Na4Cl4\n", "ambiguous"),
        ("data_Na4Cl4\n", "data_K4Cl4\n", "contradicts_formula"),
        (
            "_chemical_formula_structural NaCl",
            "_chemical_formula_structural KCl",
            "contradicts_formula",
        ),
        ("'Na4 Cl4'", "'Na4 Cl3'", "contradicts_formula"),
        ("'Na4 Cl4'", "'Na4", "contradicts_formula"),
        ("Fm-3m", "Fm-3x", "unknown_space_group"),
        ("number 225", "number 226", "contradicts_symmetry"),
        ("number 225", "number 999", "unknown_space_group"),
        ("_cell_length_b 5.6400", "_cell_length_b 6.6400", "contradicts_symmetry"),
        ("_cell_length_b 5.6400", "_cell_length_b", "other_text"),
        ("_cell_length_b 5.6400", "_cell_length_b ?", "no_cell"),
        ("_cell_length_b 5.6400\n", "", "no_cell"),
        ("_cell_length_b 5.6400", "_cell_length_a 5.6400", "ambiguous"),
        ("gamma 90.0000", "gamma 190.0000", "impossible_cell"),
        ("Na Na0 4 0.0000", "Na Na0 8 0.0000", "contradicts_symmetry"),
        ("Na Na0 4 0.0000", "Na Na0 x 0.0000", "bad_site"),
        ("Na Na0 4 0.0000", "Na Na0 4 x", "bad_site"),
        ("Na Na0 4 0.0000", "Na Na0 4", "bad_site"),
        ("Na Na0 4 0.0000", "Xx Na0 4 0.0000", "unknown_element"),
        ("Na Na0 4 0.0000 0.0000 0.0000 1", "Na Na0 4 0.0000 0.0000 0.0000 0.5", "disordered"),
        ("Z 4", "Z none", "contradicts_cell"),
    ],
)
def test_contradictions_are_refused_in_both_ways(rocksalt, old, new, expected):
    text = cif.render(rocksalt)
    assert old in text
    changed = text.replace(old, new)
    assert reason(changed, tolerant=True) == expected
    assert reason(changed) in (expected, "other_form", "other_text")


def test_too_many_sites(rocksalt):
    text = cif.render(rocksalt) + "Na Na0 4 0.0000 0.0000 0.0000 1\n" * 2000
    assert reason(text, tolerant=True) == "too_large"


def test_every_shortened_text_is_refused(rocksalt, omega):
    """The formula at the head tells that atoms are missing."""
    for crystal in (rocksalt, omega):
        text = cif.render(crystal).rstrip("\n")
        for end in range(len(text) - len("0.0000 1") + 1):
            assert reason(text[:end], tolerant=True)
        for end in range(len(text)):
            assert reason(text[:end])


@pytest.mark.parametrize(
    ("old", "new", "repair"),
    [
        ("data_", "generated\ndata_", "surrounding_text"),
        ("_cell_volume 179.4061\n", "", "other_form"),
        ("Na 0.9300", "Na 0.93x", "other_form"),
        ("_cell_volume 179.4061", "_cell_volume 100.0000", "volume"),
        ("Z 4", "Z 2", "units"),
        ("_cell_length_b 5.6400", "_cell_length_b 5.6500", "cell"),
        ("Na Na0 4 0.0000", "Na Na0 4 0.0090", None),
        ("_symmetry_space_group_name_H-M Fm-3m\n", "", "other_form"),
    ],
)
def test_repairs_are_told(rocksalt, same, old, new, repair):
    text = cif.render(rocksalt)
    assert old in text
    read = cif.parse(text.replace(old, new), tolerant=True)
    assert repair is None or repair in read.repairs
    assert same(rocksalt, read.structure)
    assert read.space_group(1e-4) == 225
    with pytest.raises(ParseError):
        cif.parse(text.replace(old, new))


def test_another_origin_is_found(diamond, same):
    """Origin at the centre of inversion: the carbon atom at an eighth."""
    text = cif.render(diamond).replace("8 0.0000 0.0000 0.0000", "8 0.1250 0.1250 0.1250")
    read = cif.parse(text, tolerant=True)
    assert "setting" in read.repairs
    assert same(diamond, read.structure)


def test_all_sites_listed_beside_a_space_group(rocksalt, same):
    whole = cif.render(rocksalt, symmetry=False)
    text = whole.replace("_H-M P1", "_H-M Fm-3m").replace("number 1", "number 225")
    read = cif.parse(text, tolerant=True)
    assert read.repairs == ("all_sites",)
    assert same(rocksalt, read.structure)
    assert reason(text) == "contradicts_symmetry"
