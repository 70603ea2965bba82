"""Keys and values of attention in buffers that are as long as the answers may get."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from torch import Tensor
    from transformers import Cache, PretrainedConfig

__all__ = ["make_cache", "select_rows"]

_FULL = "full_attention"


def make_cache(config: PretrainedConfig, room: int) -> Cache:
    """Make an empty cache.

    The usual cache of transformers copies all keys and values for every new token; this one writes
    into place. Models with other than full attention get the usual one.

    Parameters
    ----------
    config
        Of the model.
    room
        Most tokens of question and answer.
    """
    from transformers import Cache, DynamicCache
    from transformers.cache_utils import DynamicLayer

    class RoomyLayer(DynamicLayer):
        """One layer; `keys` and `values` are views of the filled part of its buffers."""

        buffers: tuple[Tensor, Tensor]

        def update(
            self, key_states: Tensor, value_states: Tensor, *_args: Any, **_kwargs: Any
        ) -> tuple[Tensor, Tensor]:
            """Append tokens; shape ``(rows, heads, tokens, dimension)``."""
            begin = self.get_seq_length()
            if not self.is_initialized:
                self.lazy_initialization(key_states, value_states)
                self.buffers = (_buffer(key_states, room), _buffer(value_states, room))
            end = begin + key_states.shape[-2]
            for buffer, states in zip(self.buffers, (key_states, value_states), strict=True):
                buffer[:, :, begin:end] = states
            self.keys, self.values = (buffer[:, :, :end] for buffer in self.buffers)
            return self.keys, self.values

        def batch_select_indices(self, indices: Tensor) -> None:
            """Keep some rows, or take one several times."""
            end, old = (
                self.get_seq_length(),
                cast("tuple[Tensor, Tensor]", (self.keys, self.values)),
            )
            self.buffers = cast(
                "tuple[Tensor, Tensor]",
                tuple(_buffer(part[:1].expand(len(indices), -1, -1, -1), room) for part in old),
            )
            for buffer, part in zip(self.buffers, old, strict=True):
                buffer[:, :, :end] = part[indices]
            self.keys, self.values = (buffer[:, :, :end] for buffer in self.buffers)

    text = config.get_text_config(decoder=True)
    kinds = set(getattr(text, "layer_types", None) or [_FULL])
    if kinds != {_FULL} or getattr(text, "sliding_window", None):
        return DynamicCache(config=text)
    return Cache(layers=[RoomyLayer() for _ in range(text.num_hidden_layers)])


def _buffer(like: Tensor, room: int) -> Tensor:
    rows, heads, _, dimension = like.shape
    return like.new_empty((rows, heads, room, dimension))


def select_rows(cache: Cache, rows: Tensor) -> None:
    """Keep some rows of a cache, or take one several times."""
    cast("Any", cache).batch_select_indices(rows)
