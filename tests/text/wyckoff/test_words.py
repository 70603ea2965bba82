"""What is no crystal in words has a reason."""

from __future__ import annotations

import pytest

from elatbot_flows.errors import ParseError
from elatbot_flows.text.crystals.questions import CrystalRequest
from elatbot_flows.text.dialects import formats_of
from elatbot_flows.text.formats.crystals import CRYSTAL
from elatbot_flows.text.wyckoff.words import parse, render, vocabulary

RUTILE = "sg136 02 Ti @a O @f / 00 64 30"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "not_a_crystal"),
        ("sg136 02 Ti @a O @f 00 64 30", "not_a_crystal"),
        ("sg136 02 Ti @a O / 00 64 30", "not_a_crystal"),
        ("sg231 02 Ti @a O @f / 00 64 30", "unknown_space_group"),
        ("sg136 02 Xx @a O @f / 00 64 30", "unknown_element"),
        ("sg136 02 Ti @a O @z / 00 64 30", "unknown_position"),
        ("sg136 02 Ti @a O @a / 00 64", "occupied_twice"),
        ("sg136 01 Ti @a O @f / 00 64 30", "wrong_units"),
        ("sg136 two Ti @a O @f / 00 64 30", "wrong_units"),
        ("sg136 02 Ti @a O @f / 00 64", "wrong_numbers"),
        ("sg136 02 Ti @a O @f / 00 64 3", "wrong_numbers"),
    ],
)
def test_what_is_wrong_is_said(text, reason):
    with pytest.raises(ParseError) as error:
        parse(text)
    assert error.value.reason == reason


def test_words_are_of_the_vocabulary_and_come_back():
    assert set(RUTILE.split()) <= set(vocabulary())
    assert render(parse(RUTILE)) == RUTILE
    assert len(set(vocabulary())) == len(vocabulary())


def test_the_dialect_asks_and_reads():
    known = formats_of("wyckoff-1")[CRYSTAL]
    asked = CrystalRequest(formula="TiO2", space_group=136)
    assert known.ask(asked).input == "<s> complete Ti 01 O 02 sg136 :"
    crystal = known.read(RUTILE, asked)
    assert crystal.as_stated() == {"formula": True, "space_group": True}
    assert known.write(crystal.structure, asked) == RUTILE


def test_the_dialect_chooses_formulas_too():
    known = formats_of("wyckoff-1")[CRYSTAL]
    asked = CrystalRequest(bulk_modulus=215.0, elements=("Ti", "O"), crystal_system="Tetragonal")
    assert known.ask(asked).input == "<s> generate O Ti bulk 83 Tetragonal :"
    crystal = known.read(f"Ti 01 O 02 : {RUTILE}", asked)
    assert known.write(crystal.structure, asked) == f"Ti 01 O 02 : {RUTILE}"
    for wrong in (RUTILE, f"Ti 01 O 03 : {RUTILE}", f"Ti 02 O 04 : {RUTILE}"):
        with pytest.raises(ParseError):
            known.read(wrong, asked)
