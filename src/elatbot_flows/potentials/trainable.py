"""SevenNet's convolutions by few operations, with all derivatives that training needs.

The same as :mod:`elatbot_flows.potentials.convolution` but for torch's own gradients, so that
forces can be differentiated by weights.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from elatbot_flows.potentials.convolution import blocks_of, plain_convolutions

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import nn

__all__ = ["speed_up_training"]


def speed_up_training(model: nn.Module) -> int:
    """Let the convolutions of a SevenNet model do the same by fewer operations.

    Parameters
    ----------
    model
        The model, on the device and in the precision that it stays in.

    Returns
    -------
    int
        Convolutions that were sped up.
    """
    layers = plain_convolutions(model)
    for layer in layers:
        layer.forward = _convolution(layer)
    return len(layers)


def _convolution(layer: Any) -> Callable[[dict[str, Any]], dict[str, Any]]:
    import torch

    blocks = blocks_of(layer)
    paths = [path for block in blocks for path in block.paths]
    by_weight, by_column = (
        sorted(range(len(paths)), key=key)
        for key in (lambda n: paths[n].weights.start, lambda n: paths[n].out.start)
    )
    sizes = [paths[n].weights.stop - paths[n].weights.start for n in by_weight]
    widths = [width for _, width in sorted((b.columns.start, _width(b)) for b in blocks)]
    places = {b.columns.start: n for n, b in enumerate(sorted(blocks, key=_start))}

    def convolve(data: dict[str, Any]) -> dict[str, Any]:
        # Splits into all parts at once: the gradient of each slice would be a whole array.
        weights = layer.weight_nn(data[layer.key_weight_input]).split(sizes, 1)
        own = dict(zip(by_weight, weights, strict=True))
        features = data[layer.key_x].split(widths, 1)
        to, source = data[layer.key_edge_idx]
        parts: list[Any] = []
        for block in blocks:
            chosen = [own[len(parts) + n] for n in range(len(block.paths))]
            seen = features[places[block.columns.start]]
            parts += _products(block, seen, data[layer.key_filter], chosen, to, source)
        data[layer.key_x] = torch.cat([parts[n] for n in by_column], 1) / layer.denominator
        return data

    return convolve


def _start(block: Any) -> int:
    return int(block.columns.start)


def _width(block: Any) -> int:
    return int(block.columns.stop - block.columns.start)


def _products(
    block: Any, features: Any, harmonics: Any, weights: list[Any], to: Any, source: Any
) -> list[Any]:
    """Sums of all products with one representation of the features, by path."""
    import torch

    own = features.reshape(-1, block.copies, block.dimension).transpose(1, 2)
    matrices = (harmonics @ block.coefficients).unflatten(1, (-1, block.dimension))
    products = torch.bmm(matrices, own.index_select(0, source))
    rows = [path.rows.stop - path.rows.start for path in block.paths]
    by = [one[:, None].expand(-1, n, -1) for one, n in zip(weights, rows, strict=True)]
    weighted = (products * torch.cat(by, 1)).flatten(1)
    sums = weighted.new_zeros(len(features), weighted.shape[1]).index_add(0, to, weighted)
    parts = sums.unflatten(1, products.shape[1:]).split(rows, 1)
    return [part.transpose(1, 2).flatten(1) for part in parts]
