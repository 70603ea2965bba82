"""Real language models, small enough to be made on the spot: random weights, our own words."""

from __future__ import annotations

import numpy as np
import torch
from peft import LoraConfig, get_peft_model
from pymatgen.core import Lattice, Structure
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import (
    AutoModelForCausalLM,
    LlamaConfig,
    LlamaForCausalLM,
    PreTrainedTokenizerFast,
)

from elatbot_flows.text import composition_text, elatbot_prompts, generation_text, tensor_text, wire
from elatbot_flows.text.elatbot_prompts import Task
from elatbot_flows.text.generation_text import ModulusRequest

HEAD = 32
"""Dimension of an attention head; the smallest that all engines can serve."""
CHAT_TEMPLATE = (
    "{% for message in messages %}<|{{ message['role'] }}|>{{ message['content'] }}</s>"
    "{% endfor %}{% if add_generation_prompt %}<|assistant|>{% endif %}"
)
LINEAR = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
"""Layers that the published adapters are trained on."""
PAD, BEGIN, END = "<pad>", "<s>", "</s>"


def crystals(count=12, seed=0):
    """Invented binary crystals of the CsCl type."""
    rng = np.random.default_rng(seed)
    metals = ["Al", "Ti", "Fe", "Co", "Ni", "Cu", "Zr", "Nb", "Pd", "Pt", "Mg", "Zn"]
    for _ in range(count):
        pair = rng.choice(metals, size=2, replace=False).tolist()
        cell = Lattice.cubic(round(float(rng.uniform(2.8, 3.4)), 3))
        yield Structure(cell, pair, [[0, 0, 0], [0.5, 0.5, 0.5]])


def words_for(structure, sentences=3):
    """Text in the manner of robocrystallographer, which would take seconds."""
    first, second = (site.specie.symbol for site in structure)
    formula = structure.composition.reduced_formula
    length = structure.get_distance(0, 1)
    sentence = (
        f"{first}(1) is bonded in a body-centered cubic geometry to eight equivalent {second}(1) "
        f"atoms. All {first}(1)-{second}(1) bond lengths are {length:.2f} Å. "
    )
    head = f"{formula} is Tetraauricupride structured and crystallizes in the cubic Pm-3m space "
    return f"{head}group. {sentence * sentences}".strip()


def prompt_for(structure, sentences=3):
    """The question for a tensor from the full text (ElaTBot-DFT, type 4)."""
    facts = composition_text.render(composition_text.describe(structure))
    text = facts + words_for(structure, sentences)
    return elatbot_prompts.render(Task.TENSOR_FROM_FULL_TEXT, text)


def conversations(count=12, seed=0):
    """Questions and answers in ElaTBot's words, to train tokenizers and models on."""
    rng = np.random.default_rng(seed)
    texts = []
    for structure in crystals(count, seed):
        c11, c12, c44 = sorted(rng.uniform(40, 400, size=3).round(1), reverse=True)
        tensor = np.diag([c11 - c12] * 3 + [c44] * 3)
        tensor[:3, :3] += c12
        answer = tensor_text.render(tensor)
        texts.append(wire.render(prompt_for(structure), answer))
        question = generation_text.render(ModulusRequest(c11, c11))
        prompt = elatbot_prompts.render(Task.GENERATION, question)
        formula = structure.composition.reduced_formula
        texts.append(wire.render(prompt, f"{formula}, Cubic"))
    return texts


def make_tokenizer(folder, *, vocabulary=512, chat=False, context=2048):
    """Byte-level BPE of at most so many tokens, trained on `conversations`."""
    core = Tokenizer(models.BPE())
    core.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    core.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=[PAD, BEGIN, END, "<|user|>", "<|assistant|>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    core.train_from_iterator(conversations(), trainer)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=core,
        pad_token=PAD,
        bos_token=BEGIN,
        eos_token=END,
        model_max_length=context,
    )
    if chat:
        tokenizer.chat_template = CHAT_TEMPLATE
    tokenizer.save_pretrained(folder)
    return tokenizer


def make_tiny_llama(
    folder, *, hidden=64, layers=2, vocabulary=512, context=2048, chat=False, seed=0, scale=0.2
):
    """Write a Llama with random weights and its tokenizer to a folder; returns the folder.

    Weights are larger than usual (standard deviation `scale`), so that answers differ from
    question to question and greedy choices are clear.
    """
    tokenizer = make_tokenizer(folder, vocabulary=vocabulary, chat=chat, context=context)
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=hidden,
        intermediate_size=(hidden * 8 // 3 + 15) // 16 * 16,
        num_hidden_layers=layers,
        num_attention_heads=hidden // HEAD,
        num_key_value_heads=hidden // HEAD,
        head_dim=HEAD,
        max_position_embeddings=context,
        initializer_range=scale,
        pad_token_id=tokenizer.pad_token_id,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
    )
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        LlamaForCausalLM(config).save_pretrained(folder)
    return folder


def make_adapter(folder, base, *, rank=4, seed=1, scale=0.2):
    """Write a LoRA adapter for `base` whose weights are random and not zero; returns the folder."""
    model = AutoModelForCausalLM.from_pretrained(base)
    settings = LoraConfig(
        r=rank, lora_alpha=2 * rank, target_modules=list(LINEAR), task_type="CAUSAL_LM"
    )
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        adapted = get_peft_model(model, settings)
        for name, weights in adapted.named_parameters():
            if "lora_B" in name:
                torch.nn.init.normal_(weights, std=scale)
    adapted.save_pretrained(folder)
    return folder
