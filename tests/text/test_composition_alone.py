"""What can be asked and answered where composition and crystal system alone are known."""

from __future__ import annotations

import re

import numpy as np
import pytest
from pymatgen.core import Composition

from elatbot_flows.text.dialects import formats_of
from elatbot_flows.text.elatbot_prompts import Task
from elatbot_flows.text.format import About
from elatbot_flows.text.material import Material


@pytest.mark.parametrize(
    ("system", "constants"),
    [
        ("Cubic", "C11=200.0, C12=100.0, C44=50.0"),
        ("Tetragonal", "C11=200.0, C12=100.0, C13=100.0, C16=0.0, C33=200.0, C44=50.0, C66=50.0"),
    ],
)
def test_constants_of_a_material_whose_system_alone_is_known(system, constants):
    about = About(Material(Composition("Ti44Al56"), system=system), 298.0)
    asked = formats_of("elatbot-constants")[Task.TENSOR]
    tensor = np.diag([100.0, 100.0, 100.0, 50.0, 50.0, 50.0])
    tensor[:3, :3] += 100.0
    question, answer = asked.training_row(about, tensor)
    assert answer == constants
    assert re.fullmatch(question.pattern, answer)
    assert np.array_equal(asked.read(answer, about).tensor, tensor)


def test_masked_formulas_above_zero_are_asked_in_percent():
    about = About(Material(Composition("Cu98.42Ga1.58"), system="Cubic"), 298.0)
    asked = formats_of("elatbot")[Task.INFILL]
    question, answer = asked.training_row(about, "Ga1.58Cu98.42")
    assert "composition ratio {'Cu': 98.42, 'Ga': 1.58} (total is 100%)" in question.input
    assert re.fullmatch(question.pattern, answer)
    assert asked.read(answer, about) == "Ga1.58Cu98.42"
