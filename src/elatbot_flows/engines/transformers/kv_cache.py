"""Keys and values of attention in buffers that are as long as the answers may get.

The usual cache of transformers copies all keys and values for every new token; this one writes into
place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor
    from transformers import Cache, PretrainedConfig

__all__ = ["adopt", "has_plain_attention", "make_cache"]

_PLAIN = "full_attention"


def has_plain_attention(config: PretrainedConfig) -> bool:
    """Whether every layer attends to all tokens before, so that its cache is a list of them."""
    text = config.get_text_config(decoder=True)
    kinds = set(getattr(text, "layer_types", None) or [_PLAIN])
    return kinds == {_PLAIN} and not getattr(text, "sliding_window", None)


def make_cache(config: PretrainedConfig, rows: int, room: int) -> Cache:
    """Make an empty cache for a model with `has_plain_attention`.

    Parameters
    ----------
    config
        Of the model.
    rows
        Answers written at once.
    room
        Most tokens of question and answer.
    """
    from transformers import Cache
    from transformers.cache_utils import DynamicLayer

    class RoomyLayer(DynamicLayer):
        """One layer; `keys` and `values` are views of the filled part of its buffers."""

        def adopt(self, part: Any, sources: Tensor, targets: Tensor, width: int) -> None:
            """Take over rows of another layer, aligned on the right."""
            if not self.is_initialized:
                self.lazy_initialization(part.keys, part.values)
                # Zeros, because the padding before short questions is read, if with no weight.
                self.buffers = [
                    states.new_zeros((rows, states.shape[1], room, states.shape[3]))
                    for states in (part.keys, part.values)
                ]
            begin = width - part.get_seq_length()
            for buffer, states in zip(self.buffers, (part.keys, part.values), strict=True):
                buffer[targets, :, begin:width] = states[sources]
            self._show(width)

        def update(
            self, key_states: Tensor, value_states: Tensor, *_args: Any, **_kwargs: Any
        ) -> tuple[Any, Any]:
            """Append tokens; shape ``(rows, heads, tokens, dimension)``."""
            begin = self.get_seq_length()
            end = begin + key_states.shape[-2]
            for buffer, states in zip(self.buffers, (key_states, value_states), strict=True):
                buffer[:, :, begin:end] = states
            self._show(end)
            return self.keys, self.values

        def batch_select_indices(self, indices: Tensor) -> None:
            """Keep some rows."""
            end = self.get_seq_length()
            old = self.buffers
            self.buffers = [buffer.new_empty((len(indices), *buffer.shape[1:])) for buffer in old]
            for buffer, states in zip(self.buffers, old, strict=True):
                buffer[:, :, :end] = states[indices, :, :end]
            self._show(end)

        def _show(self, end: int) -> None:
            self.keys, self.values = (buffer[:, :, :end] for buffer in self.buffers)

    layers = config.get_text_config(decoder=True).num_hidden_layers
    return Cache(layers=[RoomyLayer() for _ in range(layers)])


def adopt(
    cache: Cache, part: Cache, sources: Sequence[int], targets: Sequence[int], width: int
) -> None:
    """Copy rows of one cache into rows of a cache of `make_cache`, aligned on the right.

    Parameters
    ----------
    cache
        Where to.
    part
        Where from.
    sources, targets
        Rows of `part` and of `cache`.
    width
        Number of tokens that end at the right, padding included.
    """
    import torch

    layers: list[Any] = list(cache.layers)
    device = part.layers[0].keys.device  # type: ignore[union-attr]
    chosen, places = (torch.tensor(list(rows), device=device) for rows in (sources, targets))
    for layer, read in zip(layers, part.layers, strict=True):
        layer.adopt(read, chosen, places, width)
