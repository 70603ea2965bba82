"""Trainings of a few seconds: invented tensors, and a Llama small enough to learn them by heart."""

from __future__ import annotations

import numpy as np
from transformers import LlamaConfig, LlamaForCausalLM

from elatbot_flows.text.elatbot_prompts import Task
from elatbot_flows.text.format import About
from elatbot_flows.text.material import Material
from elatbot_flows.training.finetune import FineTuning
from engines.lessons import Lesson, crystals, tensor
from engines.overfitted import llama_tokenizer

QUICK = {"warmup_steps": 2, "batch_size": 4, "eval_every": 4, "seed": 1, "device": "cpu"}
"""Settings of trainings that are not meant to learn much."""


def tensor_lessons(count=8, *, seed=3, dialect="elatbot-constants"):
    """Invented cubic tensors, no formula twice."""
    rng, task = np.random.default_rng(seed), Task.TENSOR_FROM_COMPOSITION
    return [
        Lesson(task, dialect, task, About(Material.from_structure(crystal)), tensor(rng))
        for crystal in crystals(count)
    ]


def tensor_records(count=8, *, validation=2, test=2, **how):
    """Records of `tensor_lessons`."""
    splits = ["train"] * count + ["validation"] * validation + ["test"] * test
    made = zip(splits, tensor_lessons(len(splits), **how), strict=True)
    return [lesson.record(n, split) for n, (split, lesson) in enumerate(made)]


def small_llama(folder, layout=None, *, hidden=64, layers=2, context=1024):
    """Write a Llama with random weights and a tokenizer like that of Llama 2, without pad token."""
    import torch

    tokenizer = llama_tokenizer(folder, layout)
    tokenizer.pad_token = None
    tokenizer.save_pretrained(folder)
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=hidden,
        intermediate_size=2 * hidden,
        num_hidden_layers=layers,
        num_attention_heads=hidden // 32,
        num_key_value_heads=hidden // 32,
        max_position_embeddings=context,
        pad_token_id=None,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
    )
    torch.manual_seed(0)
    LlamaForCausalLM(config).save_pretrained(folder)
    return str(folder)


def quick(**changes):
    """Settings of a training of a few steps."""
    return FineTuning(**{**QUICK, "epochs": 4, "learning_rate": 1e-3, **changes})
