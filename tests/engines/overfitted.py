"""A Llama that knows its answers: it has learned a few questions by heart.

Random weights cannot show that guidance spoils an answer; this model is right without it. It is
trained on the tokens that occur alone and then given the whole vocabulary: all other tokens share
one row of scores, counted in the softmax as often as there are such tokens, so that it is exactly
what training on the whole vocabulary would have made of equal rows.
"""

from __future__ import annotations

import json
import math
import shutil
from functools import partial

import numpy as np
import torch
from peft import LoraConfig, get_peft_model
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
from transformers import AutoTokenizer, LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from elatbot_flows.text import wire
from elatbot_flows.text.elatbot_prompts import Prompt
from engines.tiny_models import HEAD, LINEAR, conversations

SPARE = "[[-1.0, -2.0], [-3.0, -4.0]] [[-5.0]]"
"""Shows a tokenizer of our own what Llama 2 has tokens for."""
FAST = 5e-3
SURE = 0.9
"""Least probability of a token of an answer that is known by heart."""
SPECIAL = {"unk_token": "<unk>", "bos_token": "<s>", "eos_token": "</s>", "pad_token": "</s>"}


def llama_tokenizer(folder, layout=None):
    """Write the tokenizer of Llama 2 to a folder, or one of its kind where it is absent.

    Parameters
    ----------
    folder
        Where to.
    layout
        Folder with the published one and with the settings of an adapter.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if layout is None:
        llama_like().save_pretrained(folder)
    else:
        shutil.copy(layout / "tokenizer.json", folder)
        shutil.copy(layout / "ElaTBoT_ft_adapter" / "tokenizer_config.json", folder)
    return AutoTokenizer.from_pretrained(folder)


def llama_like():
    """As Llama 2 has it: a blank before a text, pieces with blanks marked, bytes, single digits."""
    core = Tokenizer(models.BPE(byte_fallback=True, unk_token=SPECIAL["unk_token"]))
    core.normalizer = normalizers.Sequence(
        [normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")]
    )
    core.decoder = decoders.Sequence(
        [
            decoders.Replace("▁", " "),
            decoders.ByteFallback(),
            decoders.Fuse(),
            decoders.Strip(" ", 1, 0),
        ]
    )
    core.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Split("▁", "merged_with_next"), pre_tokenizers.Digits(True)]
    )
    trainer = trainers.BpeTrainer(
        vocab_size=1000,
        special_tokens=["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256))],
        show_progress=False,
    )
    core.train_from_iterator([*conversations(), SPARE], trainer)
    written = json.loads(core.to_str())
    # Bytes stand in the vocabulary, but are no special tokens, which reading leaves out.
    written["added_tokens"] = [t for t in written["added_tokens"] if t["content"][1:3] != "0x"]
    core = Tokenizer.from_str(json.dumps(written))
    return PreTrainedTokenizerFast(tokenizer_object=core, **SPECIAL)


def overfit(
    folder, tokenizer, rows, *, hidden=64, layers=2, epochs=100, seed=0, say=lambda _: None
):
    """Write a model to a folder that answers questions with the answers it was shown.

    Parameters
    ----------
    folder
        Where to; tokenizers are written there too.
    tokenizer
        Of transformers.
    rows
        Pairs of `Question` and answer.
    """
    coded = [
        wire.encode(tokenizer, Prompt(question.instruction, question.input), answer)
        for question, answer in rows
    ]
    used = sorted({token for one in coded for token in one.input_ids})
    small = {token: place for place, token in enumerate(used)}
    torch.manual_seed(seed)
    model = LlamaForCausalLM(_config(tokenizer, len(used) + 1, hidden, layers))
    steps = _batches([_shrunk(one, small) for one in coded])
    _train(model, steps, epochs, math.log(len(tokenizer) - len(used)))
    whole = LlamaForCausalLM(_config(tokenizer, len(tokenizer), hidden, layers))
    whole.load_state_dict(_widened(model.state_dict(), used, len(tokenizer)))
    whole.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def one_text(tokenizer, question, answer):
    """Tokens and labels of question and answer as one text, as crystal-text-llm is trained."""
    begin = [tokenizer.bos_token_id, *tokenizer.encode(question.input, add_special_tokens=False)]
    whole = tokenizer.encode(question.input + answer, add_special_tokens=False)
    tokens = [tokenizer.bos_token_id, *whole, tokenizer.eos_token_id]
    return tokens, [wire.IGNORED] * len(begin) + tokens[len(begin) :]


def dialogue(tokenizer, question, answer):
    """Tokens and labels in ElaTBot's words."""
    one = wire.encode(tokenizer, Prompt(question.instruction, question.input), answer)
    return one.input_ids, one.labels


def teach_adapter(folder, base, rows, *, rank=8, epochs=100, seed=0, coded=dialogue):
    """Train a LoRA adapter of a model as the published ones are, until it knows other answers.

    Parameters
    ----------
    folder
        Where to.
    base
        Folder of the model and its tokenizer.
    rows
        Pairs of `Question` and answer.
    coded
        How they become tokens and labels.
    """
    tokenizer = AutoTokenizer.from_pretrained(base)
    kind = LoraConfig(
        r=rank, lora_alpha=2 * rank, target_modules=list(LINEAR), task_type="CAUSAL_LM"
    )
    torch.manual_seed(seed)
    adapted = get_peft_model(LlamaForCausalLM.from_pretrained(base, dtype=torch.float32), kind)
    batches = _batches([coded(tokenizer, question, answer) for question, answer in rows])
    _train(adapted.get_base_model(), batches, epochs, 0.0)
    adapted.save_pretrained(folder)
    return folder


def _config(tokenizer, vocabulary, hidden, layers):
    return LlamaConfig(
        vocab_size=vocabulary,
        hidden_size=hidden,
        intermediate_size=2 * hidden,
        num_hidden_layers=layers,
        num_attention_heads=hidden // HEAD,
        num_key_value_heads=hidden // HEAD,
        head_dim=HEAD,
        max_position_embeddings=2048,
        pad_token_id=None,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
    )


def _shrunk(one, small):
    tokens = [small[token] for token in one.input_ids]
    labels = [small[token] if token != wire.IGNORED else token for token in one.labels]
    return tokens, labels


def _batches(rows, size=4):
    """Tokens and labels, shape (rows, tokens), padded on the right."""
    ordered = sorted(rows, key=lambda row: len(row[0]))
    batches = []
    for begin in range(0, len(ordered), size):
        part = ordered[begin : begin + size]
        tokens, labels = zip(*part, strict=True)
        batches.append((_padded(tokens, 0), _padded(labels, wire.IGNORED)))
    return batches


def _padded(rows, fill):
    width = max(map(len, rows))
    return torch.tensor([[*row, *[fill] * (width - len(row))] for row in rows])


def _train(model, batches, epochs, weight_of_rest):
    """Fit until every token is sure; the last row of scores stands for tokens that do not occur."""
    learning = [weights for weights in model.parameters() if weights.requires_grad]
    optimizer = torch.optim.AdamW(learning, lr=FAST, betas=(0.9, 0.98), weight_decay=0.0)
    rate = torch.optim.lr_scheduler.LambdaLR(optimizer, partial(_rate, epochs * len(batches)))
    rng = np.random.default_rng(0)
    for _ in range(5 * epochs):
        least_sure = 1.0
        for place in rng.permutation(len(batches)):
            tokens, labels = batches[place]
            states = model.model(input_ids=tokens).last_hidden_state[:, :-1]
            wanted = labels[:, 1:]
            there = wanted != wire.IGNORED
            logits = model.lm_head(states[there])
            rest = torch.zeros(logits.shape[1])
            rest[-1] = weight_of_rest
            losses = torch.nn.functional.cross_entropy(
                logits + rest, wanted[there], reduction="none"
            )
            optimizer.zero_grad()
            losses.mean().backward()
            torch.nn.utils.clip_grad_norm_(learning, 1.0)
            optimizer.step()
            rate.step()
            least_sure = min(least_sure, math.exp(-float(losses.detach().max())))
        if least_sure > SURE:
            return


def _rate(steps, step):
    """Share of the fastest rate: up for a tenth of the steps, down, and on at a tenth of it."""
    warm = steps / 10
    if step < warm:
        return (step + 1) / warm
    return 0.1 + 0.45 * (1 + math.cos(math.pi * min(1.0, (step - warm) / (steps - warm))))


def _widened(state, used, size):
    """Weights for the whole vocabulary: tokens that do not occur get the last row of scores."""
    wide = dict(state)
    for name in ("model.embed_tokens.weight", "lm_head.weight"):
        rows = state[name][-1].repeat(size, 1)
        rows[used] = state[name][:-1]
        wide[name] = rows
    return wide
