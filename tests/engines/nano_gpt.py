"""A checkpoint with the layout of CrystaLLM's, small and taught a few crystals by heart."""

from __future__ import annotations

import math

import torch
from pymatgen.core import Lattice, Structure
from torch.nn import functional

from elatbot_flows.engines.crystallm.checkpoint import convert_checkpoint
from elatbot_flows.engines.crystallm.tokenizer import make_tokenizer
from elatbot_flows.text.crystals.questions import CrystalRequest
from elatbot_flows.text.dialects import formats_of

SIZES = {"n_head": 2, "n_embd": 64, "block_size": 640, "vocab_size": 371}
SURE = 0.95
B2 = Structure(Lattice.cubic(2.9), ["Ni", "Al"], [[0, 0, 0], [0.5, 0.5, 0.5]])
L12 = Structure.from_spacegroup(221, Lattice.cubic(3.6), ["Al", "Ni"], [[0, 0, 0], [0, 0.5, 0.5]])
LESSONS = ((CrystalRequest("NiAl"), B2), (CrystalRequest("Ni3Al", space_group=221), L12))
"""Each crystal with the beginning of its text that calls it up."""


def random_weights(depth=1, *, biased=False):
    """Weights by the names that nanoGPT gives them."""
    wide, long, words = SIZES["n_embd"], SIZES["block_size"], SIZES["vocab_size"]
    shapes = {"transformer.wte.weight": (words, wide), "transformer.wpe.weight": (long, wide)}
    layers = {
        "attn.c_attn": (3, 1),
        "attn.c_proj": (1, 1),
        "mlp.c_fc": (4, 1),
        "mlp.c_proj": (1, 4),
    }
    for layer in range(depth):
        for name, (out, into) in layers.items():
            shapes[f"transformer.h.{layer}.{name}.weight"] = (out * wide, into * wide)
    generator = torch.Generator().manual_seed(0)
    weights = {n: 0.05 * torch.randn(shape, generator=generator) for n, shape in shapes.items()}
    if biased:
        found = {n.replace("weight", "bias"): w for n, w in weights.items() if ".c_" in n}
        weights |= {n: 0.1 * torch.randn(len(w), generator=generator) for n, w in found.items()}
    norms = [f"transformer.h.{n}.ln_{k}" for n in range(depth) for k in (1, 2)]
    return weights | {f"{norm}.weight": torch.ones(wide) for norm in [*norms, "transformer.ln_f"]}


def depth_of(weights):
    return sum(name.endswith("ln_1.weight") for name in weights)


def scores(weights, tokens):
    """Logits, shape (rows, tokens, words), as nanoGPT computes them."""

    def linear(x, name):
        return functional.linear(x, weights[f"{name}.weight"], weights.get(f"{name}.bias"))

    def normed(x, name):
        return functional.layer_norm(x, (width,), weights[f"{name}.weight"], None, 1e-5)

    def heads(x):
        return x.view(rows, long, SIZES["n_head"], -1).transpose(1, 2)

    (rows, long), width = tokens.shape, SIZES["n_embd"]
    words = weights["transformer.wte.weight"]
    x = words[tokens] + weights["transformer.wpe.weight"][:long]
    for layer in range(depth_of(weights)):
        here = f"transformer.h.{layer}"
        parts = linear(normed(x, f"{here}.ln_1"), f"{here}.attn.c_attn").split(width, dim=2)
        seen = functional.scaled_dot_product_attention(*map(heads, parts), is_causal=True)
        seen = seen.transpose(1, 2).reshape(rows, long, width)
        x = x + linear(seen, f"{here}.attn.c_proj")
        bent = functional.gelu(
            linear(normed(x, f"{here}.ln_2"), f"{here}.mlp.c_fc"), approximate="tanh"
        )
        x = x + linear(bent, f"{here}.mlp.c_proj")
    return normed(x, "transformer.ln_f") @ words.T


def save_checkpoint(folder, weights):
    """Write ``ckpt.pt`` as a compiled model's training does."""
    folder.mkdir(parents=True, exist_ok=True)
    whole = {f"_orig_mod.{name}": value for name, value in weights.items()}
    whole["_orig_mod.lm_head.weight"] = whole["_orig_mod.transformer.wte.weight"]
    biased = any(name.endswith(".bias") for name in weights)
    arguments = SIZES | {"n_layer": depth_of(weights), "dropout": 0.1, "bias": biased}
    found = {"model": whole, "model_args": arguments, "iter_num": 9, "config": {"out_dir": "out"}}
    torch.save(found, folder / "ckpt.pt")
    return folder


def converted(folder, weights):
    """The same as a model that engines load, in a folder of its own."""
    return convert_checkpoint(save_checkpoint(folder / "checkpoint", weights), folder / "model")


def teach(lessons, *, steps=400):
    """Weights that know the crystals of requests by heart.

    Parameters
    ----------
    lessons
        Pairs of `CrystalRequest` and crystal.
    """
    asked, tokenizer = formats_of("crystallm")["crystal"], make_tokenizer(SIZES["block_size"])
    rows = []
    for request, crystal in lessons:
        question, answer = asked.training_row(request, crystal)
        begin = tokenizer.encode(question.input, add_special_tokens=False)
        rows.append((begin, tokenizer.encode(answer + "\n\n", add_special_tokens=False)))
    width = max(len(begin) + len(rest) for begin, rest in rows)
    tokens = torch.zeros(len(rows), width, dtype=torch.long)
    wanted = torch.full((len(rows), width), -100)
    for place, (begin, rest) in enumerate(rows):
        whole = torch.tensor(begin + rest)
        tokens[place, : len(whole)] = whole
        wanted[place, len(begin) : len(whole)] = whole[len(begin) :]
    weights = {name: value.requires_grad_() for name, value in random_weights().items()}
    optimizer = torch.optim.AdamW(weights.values(), lr=3e-3, weight_decay=0.0)
    for _ in range(steps):
        found = scores(weights, tokens)[:, :-1]
        each = functional.cross_entropy(
            found.flatten(0, 1), wanted[:, 1:].flatten(), reduction="none", ignore_index=-100
        )
        optimizer.zero_grad()
        (each.sum() / (wanted != -100).sum()).backward()
        torch.nn.utils.clip_grad_norm_(weights.values(), 1.0)
        optimizer.step()
        if math.exp(-float(each.detach().max())) > SURE:
            break
    return {name: value.detach() for name, value in weights.items()}
