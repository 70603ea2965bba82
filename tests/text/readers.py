"""Every reader of answers by name, and what it may be tried on."""

from __future__ import annotations

import json
import re

import numpy as np
from pymatgen.core import Composition

from elatbot_flows.errors import ParseError
from elatbot_flows.text import (
    constants_text,
    generation_text,
    infill_text,
    modulus_text,
    tensor_text,
)
from elatbot_flows.text.generation_text import ModulusRequest
from elatbot_flows.text.literal import parse_amounts, parse_literal

IRON = np.zeros((6, 6))
IRON[:3, :3] = 135.0
np.fill_diagonal(IRON, [243.0] * 3 + [138.0] * 3)
TENSOR = tensor_text.render(IRON)
REDUCED = infill_text.render(Composition("FeB"))
ANSWERS = [
    TENSOR,
    json.dumps(IRON.tolist(), indent=1),
    "255.22",
    "FeB, Orthorhombic",
    "Ga1.58Cu98.42, tetragonal 1",
    "Mg(ScGa)2, Cubic",
    "C11=172.6, C12=115.4, C44=89.9",
    "{'Fe': 1.0, 'B': 1.0}",
    REDUCED,
    infill_text.render_percent(Composition("FeB")),
    generation_text.render(ModulusRequest(100, 200, 300)),
    generation_text.render(ModulusRequest(33.5, 33.5)),
]
READERS = {
    "tensor": tensor_text.parse,
    "tolerant": lambda text: tensor_text.parse_tolerant(text).tensor,
    "modulus": modulus_text.parse,
    "request": generation_text.parse,
    "material": generation_text.parse_answer,
    "infill": infill_text.parse,
    "solved infill": infill_text.solve,
    "cubic constants": lambda text: constants_text.parse(text, "m-3m"),
    "triclinic constants": lambda text: constants_text.parse(text, "-1"),
    "amounts": parse_amounts,
    "literal": parse_literal,
}


def read(reader, text):
    """Return what a reader found, None if it refused with a ParseError that says why."""
    try:
        return READERS[reader](text)
    except ParseError as error:
        refusal = error
    assert re.fullmatch("[a-z_]+", refusal.reason)
    assert 0 < len(str(refusal)) < 1000
    return None
