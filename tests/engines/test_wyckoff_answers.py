"""Answers in Wyckoff positions, held to their grammar by the engine transformers."""

from __future__ import annotations

import pytest
import torch

from elatbot_flows.engines.base import Failure, Sampling
from elatbot_flows.engines.model_card import ModelCard, write_card
from elatbot_flows.engines.text_model import text_model
from elatbot_flows.errors import ParseError
from elatbot_flows.text.crystals.questions import CrystalRequest
from elatbot_flows.text.formats.crystals import CRYSTAL, CRYSTAL_INFILL
from elatbot_flows.text.wyckoff import words
from elatbot_flows.text.wyckoff.positions import crystal_system
from elatbot_flows.text.wyckoff.questions import mask_element, mask_site
from elatbot_flows.training.mini.plan import Shape, build_tokenizer, first_model

NIAL, RUTILE = "sg221 01 Ni @a Al @b /", "sg136 02 Ti @a O @f / 00 64 30"
FEB = "sg63 02 Fe @c B @c / 02 60 01 02 64 07"
SHAPE = Shape(hidden_size=48, layers=2, heads=3, feed_forward=96, longest=256)
LESSONS = (
    (CRYSTAL, CrystalRequest("NiAl"), NIAL),
    (CRYSTAL, CrystalRequest("TiO2", space_group=136), RUTILE),
    (CRYSTAL, CrystalRequest(bulk_modulus=160.0), f"Ni 01 Al 01 : {NIAL}"),
    (CRYSTAL, CrystalRequest(shear_modulus=120.0, elements=("Ti", "O")), f"Ti 01 O 02 : {RUTILE}"),
    (CRYSTAL, CrystalRequest(crystal_system="Orthorhombic"), f"Fe 01 B 01 : {FEB}"),
    (CRYSTAL_INFILL, mask_element(words.parse(NIAL), "Ni"), "Ni"),
    (CRYSTAL_INFILL, mask_site(words.parse(RUTILE), 1), "@f 30"),
    (CRYSTAL_INFILL, mask_site(words.parse(FEB), 0), "@c 64"),
)


def saved(model, folder):
    model.save_pretrained(folder)
    build_tokenizer(words.vocabulary()).save_pretrained(folder)
    (folder / "generation_config.json").unlink(missing_ok=True)
    write_card(folder, ModelCard("wyckoff-1", (CRYSTAL, CRYSTAL_INFILL)))
    return str(folder)


@pytest.fixture(scope="module")
def learned(tmp_path_factory):
    """A model that knows its lessons by heart."""
    folder = tmp_path_factory.mktemp("wyckoff") / "learned"
    model, tokenizer = first_model(SHAPE, words.vocabulary()), build_tokenizer(words.vocabulary())
    asked = text_model(saved(model, folder))
    rows = []
    for task, request, answer in LESSONS:
        begin = tokenizer.encode(asked.format(task).ask(request).input, add_special_tokens=False)
        rest = tokenizer.encode(f"{answer} {words.END}", add_special_tokens=False)
        rows.append((begin + rest, [-100] * len(begin) + rest))
    width = max(len(tokens) for tokens, _ in rows)
    tokens = torch.tensor([ids + [0] * (width - len(ids)) for ids, _ in rows])
    labels = torch.tensor([ids + [-100] * (width - len(ids)) for _, ids in rows])
    steps = torch.optim.AdamW(model.parameters(), lr=1e-2)
    for _ in range(120):
        loss = model(input_ids=tokens, labels=labels).loss
        steps.zero_grad()
        loss.backward()
        steps.step()
        if loss < 0.01:
            break
    return saved(model, folder)


@pytest.fixture(scope="module")
def ignorant(tmp_path_factory):
    """Random weights."""
    folder = tmp_path_factory.mktemp("wyckoff") / "ignorant"
    return saved(first_model(SHAPE, words.vocabulary()), folder)


def answers(folder, guided, sampling, rows):
    """One answer to each request."""
    model = text_model(folder, guided=guided)
    asked = [model.format(task).ask(request) for task, request in rows]
    found = dict(model.engine().complete(asked, sampling))
    return [found[place][0].text for place in range(len(rows))]


@pytest.mark.parametrize("guided", [True, False])
def test_what_is_known_by_heart_is_answered_with_and_without_guidance(learned, guided):
    rows = [(task, request) for task, request, _ in LESSONS]
    sampling = Sampling(temperature=0.3, max_tokens=60)
    assert answers(learned, guided, sampling, rows) == [answer for *_, answer in LESSONS]


REQUESTS = (
    CrystalRequest(most_sites=12),
    CrystalRequest(bulk_modulus=300.0, crystal_system="Cubic", most_sites=12),
    CrystalRequest(elements=("Ni", "Al", "O"), crystal_system="Tetragonal", most_sites=12),
    CrystalRequest(allowed=("Cu", "Zn"), most_elements=2, space_group=194, most_sites=12),
    CrystalRequest("Ni3Al", most_sites=12),
    CrystalRequest("Ti2O3", space_group=167, most_sites=20),
)


@pytest.mark.parametrize("request_", REQUESTS, ids=lambda one: "-".join(sorted(one.stated)) or "-")
def test_a_model_that_knows_nothing_writes_only_readable_crystals(ignorant, request_):
    model = text_model(ignorant)
    known, sampling = model.format(CRYSTAL), Sampling(temperature=1.0, max_tokens=150, samples=6)
    [(_, found)] = model.engine().complete([known.ask(request_)], sampling)
    for one in found:
        assert one.finish_reason == "stop"
        try:
            crystal = known.read(one.text, request_)
        except ParseError as error:  # numbers may put atoms on one another
            assert error.reason in ("coincident_atoms", "no_cell")  # noqa: PT017
            continue
        assert crystal.as_stated().get("formula", True)
        symbols = {element.symbol for element in crystal.structure.composition}
        if request_.elements:
            assert symbols == set(request_.elements)
        if request_.allowed:
            assert symbols <= set(request_.allowed)
        if request_.crystal_system:
            group = int(crystal.stated.space_group)
            assert crystal_system(group) == request_.crystal_system


def test_a_model_that_knows_nothing_fills_in_what_fits(ignorant):
    rows = [(task, request) for task, request, _ in LESSONS if task == CRYSTAL_INFILL]
    model = text_model(ignorant)
    for (task, request), text in zip(
        rows, answers(ignorant, True, Sampling(temperature=1.0, max_tokens=8), rows), strict=True
    ):
        try:
            model.format(task).read(text, request)
        except ParseError as error:
            assert error.reason == "coincident_atoms"  # noqa: PT017


def test_what_nothing_can_answer_is_a_failure(ignorant):
    model = text_model(ignorant)
    asked = model.format(CRYSTAL).ask(CrystalRequest("Si", space_group=227, most_sites=1))
    [(_, found)] = model.engine().complete([asked], Sampling(max_tokens=20))
    assert isinstance(found, Failure)
    assert found.reason == "too_many_sites"
