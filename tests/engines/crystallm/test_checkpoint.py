"""Checkpoints with CrystaLLM's layout become models: same scores, same tokens, nothing run."""

from __future__ import annotations

import json
import pickle

import pytest
import torch
from pymatgen.core import Lattice, Structure
from transformers import AutoModelForCausalLM, AutoTokenizer, GPT2Config, GPT2LMHeadModel

from elatbot_flows.engines.crystal_drawing import draw_crystals
from elatbot_flows.engines.crystal_writer import CrystalWishes
from elatbot_flows.engines.crystallm.checkpoint import convert_checkpoint
from elatbot_flows.engines.crystallm.tokenizer import make_tokenizer
from elatbot_flows.engines.crystallm.vocabulary import ATOMS, GROUPS, tokens
from elatbot_flows.engines.text_model import text_model
from elatbot_flows.errors import EngineError
from elatbot_flows.text.crystals import brackets, cif
from engines.nano_gpt import B2, converted, random_weights, save_checkpoint, scores

TOKENIZER = make_tokenizer(1024)


def words(text):
    return TOKENIZER.convert_ids_to_tokens(TOKENIZER.encode(text, add_special_tokens=False))


def test_the_vocabulary_has_the_published_parts():
    assert len(tokens()) == len(set(tokens())) == 371
    assert (len(ATOMS), len(GROUPS)) == (89, 227)
    assert TOKENIZER.get_vocab() == {word: place for place, word in enumerate(tokens())}


@pytest.mark.parametrize("group", ["Pm", "P1", "P4/nmm", "P2_1/c"])
def test_crystals_come_back_and_groups_are_no_elements(group):
    lattice = Lattice.tetragonal(4.1, 6.3) if "/nmm" in group else Lattice.monoclinic(4, 5, 6, 100)
    crystal = Structure.from_spacegroup(group, lattice, ["Pm", "P"], [[0.1, 0, 0.3], [0, 0.5, 0.6]])
    text = cif.render(crystal)
    ids = TOKENIZER.encode(text, add_special_tokens=False)
    assert TOKENIZER.decode(ids) == text
    assert TOKENIZER.unk_token_id not in ids
    said = words(f"_symmetry_space_group_name_H-M {group}\n")
    assert said == ["_symmetry_space_group_name_H-M", " ", f"{group}_sg", "\n"]


def test_numbers_are_digits_and_strange_words_are_unknown():
    assert words("data_Pm12\n") == ["data_", "Pm", "1", "2", "\n"]
    assert words("data_Ra2\t\t;") == ["data_", "<unk>", " ", "<unk>"]


@pytest.mark.parametrize("biased", [True, False])
def test_the_scores_are_those_of_the_checkpoint(tmp_path, biased):
    weights = random_weights(depth=2, biased=biased)
    folder = converted(tmp_path, weights)
    model = AutoModelForCausalLM.from_pretrained(folder)
    asked = AutoTokenizer.from_pretrained(folder)(cif.render(B2), return_tensors="pt").input_ids
    with torch.no_grad():
        found, wanted = model(asked).logits, scores(weights, asked)
    assert torch.allclose(found, wanted, atol=1e-5)
    card = json.loads((folder / "elatbot.json").read_text())
    assert (card["dialect"], card["tasks"]) == ("crystallm", ["crystal"])


def test_the_successor_has_brackets_and_six_more_words(tmp_path):
    """Its weights stay what they are; other models are refused."""
    small = {"n_embd": 32, "n_layer": 1, "n_head": 1, "n_positions": 512}
    published = GPT2LMHeadModel(GPT2Config(vocab_size=377, **small))
    published.save_pretrained(tmp_path / "published")
    folder = convert_checkpoint(tmp_path / "published", tmp_path / "model")
    tokenizer = AutoTokenizer.from_pretrained(folder)
    text = brackets.render(B2)
    ids = tokenizer.encode(text, add_special_tokens=False)
    said = tokenizer.convert_ids_to_tokens(ids)
    assert (said[0], said[-1], "Pm-3m_sg" in said) == ("<bos>", "<eos>", True)
    assert tokenizer.unk_token_id not in ids
    assert " ".join(tokenizer.decode(ids).split()) == " ".join(text.split())
    wishes = CrystalWishes(("NiAl",), (221,))
    (one,) = draw_crystals(text_model(str(folder)), None, 1, seed=0, wishes=wishes)
    assert one.completion.prompt.startswith("<bos>\ndata_[Al1Ni1]\n")
    assert one.reason
    found = GPT2LMHeadModel.from_pretrained(folder)
    assert torch.equal(found.transformer.wte.weight, published.transformer.wte.weight)
    GPT2LMHeadModel(GPT2Config(vocab_size=378, **small)).save_pretrained(tmp_path / "other")
    with pytest.raises(EngineError, match="378 tokens"):
        convert_checkpoint(tmp_path / "other", tmp_path / "no")


def test_a_checkpoint_that_would_run_something_is_refused(tmp_path):
    class Evil:
        def __reduce__(self):
            return (tmp_path.joinpath("ran").touch, ())

    (tmp_path / "ckpt.pt").write_bytes(pickle.dumps({"model": Evil(), "model_args": {}}))
    with pytest.raises(EngineError, match="read as weights alone"):
        convert_checkpoint(tmp_path, tmp_path / "model")
    assert not (tmp_path / "ran").exists()


def test_what_is_no_such_checkpoint_is_refused(tmp_path):
    with pytest.raises(EngineError, match="there is no checkpoint"):
        convert_checkpoint(tmp_path, tmp_path / "model")
    weights = random_weights()
    saved = save_checkpoint(tmp_path / "other", weights | {"transformer.h.0.gate": torch.ones(2)})
    with pytest.raises(EngineError, match="other weights"):
        convert_checkpoint(saved, tmp_path / "model")
    found = torch.load(saved / "ckpt.pt", weights_only=True)
    found["model_args"]["vocab_size"] = 372
    torch.save(found, saved / "ckpt.pt")
    with pytest.raises(EngineError, match="another vocabulary"):
        convert_checkpoint(saved, tmp_path / "model")
    with pytest.raises(EngineError, match="not empty"):
        convert_checkpoint(saved, saved)
