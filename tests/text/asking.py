"""Questions and answers of any dialect, by name."""

from __future__ import annotations

from elatbot_flows.text.dialects import formats_of
from elatbot_flows.text.elatbot_prompts import Task
from elatbot_flows.text.format import About, MaterialRequest


def ask(name, task, material, temperature=0.0):
    return formats_of(name)[task].ask(About(material, temperature))


def wish(name, modulus, **more):
    return formats_of(name)[Task.GENERATION].ask(MaterialRequest(modulus, **more))


def read(name, text, material):
    return formats_of(name)[Task.TENSOR].read(text, About(material))
