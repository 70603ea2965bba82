import pytest
from pymatgen.core import Lattice, Structure

from elatbot_flows.errors import ElatbotError
from elatbot_flows.potentials.crystal_checks import nearest_distance_ratios
from elatbot_flows.training.data.binaries import CrystalRow
from elatbot_flows.training.potential.material import FormulaParts, divide, prototypes

PARTS = FormulaParts(withheld_in=3, validation_in=3, salt="test:")


def rows(symbols):
    for symbol in symbols:
        cell = Structure(Lattice.cubic(3), [symbol, "Al"], [[0, 0, 0], [0.5, 0.5, 0.5]])
        yield CrystalRow(symbol, cell.composition.reduced_formula, cell, 100.0, 50.0)


METALS = ["Li", "Ti", "V", "Cr", "Mn", "Fe", "Co", "Ni", "Cu", "Zn", "Y", "Zr", "Nb", "Mo"]


def test_no_formula_is_in_two_parts_and_withheld_ones_are_in_none():
    found = divide(rows(METALS), PARTS, 8)
    learned, checked = ({x.formula for x in part} for part in (found.train, found.validation))
    assert not learned & checked
    assert {PARTS.part(formula) for formula in learned} == {"train"}
    assert checked <= found.kept_back
    assert len(learned) + len(found.kept_back) == len(METALS)
    assert len(found.kept_back) > len(checked)


def test_nothing_left_is_an_error_that_says_why():
    with pytest.raises(ElatbotError, match=r"no crystal of up to 1 atoms is left for train"):
        divide(rows(METALS), PARTS, 1)


def test_nothing_is_withheld_if_not_wished():
    assert FormulaParts(withheld_in=0, validation_in=10**9).part("NaCl") == "train"


def test_prototypes_are_of_all_elements_and_keep_away_from_what_is_kept_back():
    found = prototypes(["He", "O", *METALS], 40, PARTS, frozenset({"Fe"}), seed=2)
    names = [lesson.source for lesson in found]
    assert len(set(names)) == len(names) == 3 * (len(METALS) - 1) + 40
    assert {"A1 Li", "A2 Ti", "A3 Zr"} <= set(names)
    pairs = [lesson for lesson in found if "-" in lesson.source]
    assert {PARTS.part(lesson.formula) for lesson in pairs} == {"train"}
    assert not [lesson for lesson in found if lesson.formula == "Fe" or "O" in lesson.formula]
    assert names == [x.source for x in prototypes(METALS, 40, PARTS, frozenset({"Fe"}), seed=2)]


def test_prototypes_have_sensible_distances():
    for lesson in prototypes(METALS, 40, PARTS):
        assert 0.7 < nearest_distance_ratios(lesson.structure).min() < 1.4, lesson.source


def test_one_element_gives_its_own_lattices_alone():
    assert [lesson.source for lesson in prototypes(["Cu"], 5, PARTS)] == [
        "A1 Cu",
        "A2 Cu",
        "A3 Cu",
    ]
