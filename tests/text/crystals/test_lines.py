"""Strings of crystal-text-llm."""

from __future__ import annotations

import pytest
from pymatgen.core import Lattice, Structure

from elatbot_flows.errors import ParseError
from elatbot_flows.text.crystals import lines

GATE = """4.2 4.2 6.7
90 90 120
Ga
0.37 0.85 0.89
Ga
0.03 0.19 0.39
Te
0.37 0.85 0.51
Te
0.03 0.19 0.01"""


def reason(text, **how):
    with pytest.raises(ParseError) as error:
        lines.parse(text, **how)
    assert str(error.value)
    return error.value.reason


def test_the_published_example():
    read = lines.parse(GATE)
    assert read.structure.composition.formula == "Ga2 Te2"
    assert read.structure.lattice.parameters == pytest.approx((4.2, 4.2, 6.7, 90, 90, 120))
    assert read.structure.frac_coords[3].tolist() == [0.03, 0.19, 0.01]
    assert read.repairs == ()


def test_crystals_come_back(crystals, same):
    for crystal in crystals:
        assert same(crystal, lines.parse(lines.render(crystal)).structure)


def test_a_shifted_crystal_is_the_same_crystal(omega, same):
    text = lines.render(omega, shift=(0.31, 0.77, 0.998))
    assert text != lines.render(omega)
    assert same(omega, lines.parse(text).structure)


def test_angles_are_rounded_and_not_cut():
    leaning = Structure(Lattice.from_parameters(3, 3, 5, 90, 90, 119.99), ["Ti"], [[0, 0, 0]])
    assert lines.render(leaning).splitlines()[1] == "90 90 120"


def test_a_cell_of_one_atom_is_read():
    assert len(lines.parse("2.5 2.5 2.5\n60 60 60\nCu\n0.00 0.00 0.00").structure) == 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "empty"),
        (" \n\t ", "empty"),
        (" is 3.1 3.1\n91 91 55\nFe\n0.49 0.72 0.66", "no_lengths"),
        (" the.74 0.91 0.04\nTi\n0.92 0.28 0.73", "no_cell"),
        (" the\n0.74 1.00 1.00\nT\n0.33 0.50 0.60", "unknown_format"),
        (" the\n0.74 1.00 1.00\nZn\n0.33 0.50 0.60", "no_cell"),
        ("4.2 4.2 6.7\n90 90 120", "no_sites"),
        (GATE.replace("Te", "hg"), "unknown_element"),
        (GATE.replace("0.37 0.85 0.51", "0.37 0.51"), "bad_site"),
        (GATE.replace("0.37 0.85 0.51", "0.37 the.85 0.51"), "bad_site"),
        (GATE.replace("0.37 0.85 0.51", "0.37 7.85 0.51"), "bad_site"),
        (GATE[:-1], "cut_off"),
        (GATE[:-6], "cut_off"),
        (GATE + "\nTe", "cut_off"),
        (GATE.replace("90 90 120", "170 170 170"), "impossible_cell"),
        (GATE.replace("4.2 4.2 6.7", "0.2 4.2 6.7"), "impossible_cell"),
        (GATE.replace("0.03 0.19 0.01", "0.37 0.85 0.91"), "atoms_too_close"),
        ("0.5 4.0 4.0\n60 90 90\nCu\n0.00 0.00 0.00\nCu\n0.98 0.00 0.00", "atoms_too_close"),
        (GATE + "\n" + GATE, "ambiguous"),
        ("3 3 4\n0.0 0.0 0.8\nRe\nN\n90 90 120\n90 90 120\nN\n0.00 0.00 0.17", "ambiguous"),
        (GATE + "<eos>\nTe\n0.50 0.50 0.50", "ambiguous"),
        ("9" * 300_000, "too_large"),
        (GATE + "\nTe\n0.00 0.00 0.00" * 2000, "too_large"),
    ],
)
def test_refusals(text, expected):
    assert reason(text, tolerant=True) == expected


@pytest.mark.parametrize(
    ("text", "repair", "strict"),
    [
        ("the formula is GaTe\n" + GATE, "leading_text", "other_text"),
        (GATE + "</s>\nBelow is", "end_token", "other_text"),
        (GATE.replace("4.2 4.2", "4.20 4.20"), "other_form", "other_form"),
        (GATE.replace("0.37 0.85 0.89", "-0.63 0.85 0.89"), "outside", "other_form"),
        (GATE.replace("\nTe\n", "\n\nTe\n", 1), "blank_lines", "other_form"),
    ],
)
def test_what_leaves_no_doubt_is_repaired_and_told(text, repair, strict):
    read = lines.parse(text, tolerant=True)
    assert read.repairs == (repair,)
    assert read.structure == lines.parse(GATE).structure
    assert reason(text) == strict


def test_a_disordered_crystal_is_not_written(rocksalt):
    alloy = rocksalt.copy()
    alloy.replace(0, {"Na": 0.5, "K": 0.5})
    with pytest.raises(ParseError) as error:
        lines.render(alloy)
    assert error.value.reason == "disordered"


def test_stated_and_found(rocksalt):
    read = lines.parse(lines.render(rocksalt)).asked_for("NaCl", 225)
    assert read.as_stated() == {"formula": True, "space_group": True}
    assert read.asked_for("KCl", 1).stated == read.stated
    wrong = lines.parse(lines.render(rocksalt)).asked_for("Na2Cl", 221)
    assert wrong.as_stated() == {"formula": False, "space_group": False}
    assert lines.parse(GATE).as_stated() == {}
