"""CrystaLLM's tokenizer as transformers and vLLM read it.

Words of the form are tokens, numbers are written digit by digit, and the symbol of a space group is
one token behind the key that announces it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from elatbot_flows.engines.crystallm.vocabulary import (
    BEGIN,
    END,
    GROUP_MARK,
    GROUPS,
    PAD,
    UNKNOWN,
    tokens,
)

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

__all__ = ["make_tokenizer"]

_KEY = "_symmetry_space_group_name_H-M"


def make_tokenizer(context: int, *, brackets: bool = False) -> PreTrainedTokenizerFast:
    """The tokenizer.

    Parameters
    ----------
    context
        Most tokens that the model keeps in view.
    brackets
        Whether it is that of CrystaLLM-pi.

    Returns
    -------
    PreTrainedTokenizerFast
        Texts of CrystaLLM have no token for their end; what it does not know ends them here.
    """
    from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    words = tokens(brackets=brackets)
    opened, closed = (r"\[", r"\]") if brackets else ("", "\n")
    core = Tokenizer(models.WordLevel({word: n for n, word in enumerate(words)}, UNKNOWN))
    announced = "|".join(f"{_KEY} {opened}{re.escape(group)}" for group in GROUPS)
    core.normalizer = normalizers.Sequence(
        [
            normalizers.Replace(Regex(r"[ \t]+"), " "),
            normalizers.Replace(Regex(f"(?<={announced})(?={closed})"), GROUP_MARK),
        ]
    )
    longest_first = sorted(words, key=len, reverse=True)
    known = "|".join(map(re.escape, longest_first))
    core.pre_tokenizer = pre_tokenizers.Split(Regex(rf"{known}|\w+"), "isolated")
    core.decoder = decoders.Sequence([decoders.Replace(GROUP_MARK, ""), decoders.Fuse()])
    return PreTrainedTokenizerFast(
        tokenizer_object=core,
        unk_token=UNKNOWN,
        bos_token=BEGIN if brackets else None,
        eos_token=END if brackets else UNKNOWN,
        pad_token=PAD if brackets else UNKNOWN,
        model_max_length=context,
        clean_up_tokenization_spaces=False,
    )
