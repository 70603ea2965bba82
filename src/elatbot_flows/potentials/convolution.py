"""SevenNet's convolutions by few operations on large arrays: the same numbers in half the time.

The package makes the tensor product of every pair of irreducible representations by operations of
their own, most of the time of which on a CPU is spent on memory. Here all products with one
representation of the features are one batched matrix product, and gradients are written by hand.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import accumulate
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import nn

__all__ = ["blocks_of", "plain_convolutions", "speed_up"]


@dataclass(frozen=True)
class _Path:
    """A product of one representation of features and one of spherical harmonics, as slices.

    Parameters
    ----------
    weights
        Columns of the weights of edges.
    rows
        Rows of the products of the block.
    out
        Columns of the convolved features.
    """

    weights: slice
    rows: slice
    out: slice


@dataclass(frozen=True)
class _Block:
    """All products with one representation of the features.

    Parameters
    ----------
    columns
        Of the features.
    copies, dimension
        How many copies of it, and of how many components.
    paths
        The products.
    coefficients
        From spherical harmonics to the matrices of all products, shape ``(s, k * dimension)``.
    """

    columns: slice
    copies: int
    dimension: int
    paths: tuple[_Path, ...]
    coefficients: Any


def speed_up(model: nn.Module) -> int:
    """Let the convolutions of a SevenNet model do the same by fewer operations.

    Convolutions of another make are left as they are. Second derivatives by torch are no longer
    to be had, which SevenNet's forces do not need.

    Parameters
    ----------
    model
        The model, on the device and in the precision that it stays in.

    Returns
    -------
    int
        Convolutions that were sped up.
    """
    known = plain_convolutions(model)
    for layer in known:
        layer.forward = _convolution(layer)
    return len(known)


def plain_convolutions(model: nn.Module) -> list[Any]:
    """The convolutions of a SevenNet model that can be done by fewer operations."""
    from sevenn.nn.convolution import IrrepsConvolution

    found: list[Any] = [one for one in model.children() if type(one) is IrrepsConvolution]
    return [layer for layer in found if _is_plain(layer)]


def _is_plain(layer: Any) -> bool:
    """Whether it makes nothing but weighted products with single spherical harmonics."""
    from e3nn.o3 import TensorProduct

    product = layer.convolution
    return (
        type(product) is TensorProduct
        and not layer.is_parallel
        and all(mul == 1 for mul, _ in product.irreps_in2)
        and all(i.connection_mode == "uvu" and i.has_weight for i in product.instructions)
        and len({i.i_out for i in product.instructions}) == len(product.instructions)
    )


def blocks_of(layer: Any) -> list[_Block]:
    """What to multiply with what, by representation of the features."""
    import torch
    from e3nn.o3 import wigner_3j

    product = layer.convolution
    first, second, out = product.irreps_in1, product.irreps_in2, product.irreps_out
    copies = [first[i.i_in1].mul for i in product.instructions]
    weights = [slice(end - n, end) for n, end in zip(copies, accumulate(copies), strict=True)]
    like = next(layer.weight_nn.parameters())
    blocks = []
    for place, (columns, (mul, ir)) in enumerate(zip(first.slices(), first, strict=True)):
        own = [n for n, i in enumerate(product.instructions) if i.i_in1 == place]
        paths, parts, row = [], [], 0
        for number in own:
            one = product.instructions[number]
            harmonic, made = second[one.i_in2].ir, out[one.i_out].ir
            part = torch.zeros(made.dim, ir.dim, second.dim, dtype=torch.float64)
            constants = wigner_3j(ir.l, harmonic.l, made.l, dtype=torch.float64)
            part[:, :, second.slices()[one.i_in2]] = constants.permute(2, 0, 1) * one.path_weight
            parts.append(part)
            rows = slice(row, row := row + made.dim)
            paths.append(_Path(weights[number], rows, out.slices()[one.i_out]))
        if own:
            table = torch.cat(parts).flatten(0, 1).T.contiguous()
            table = table.to(device=like.device, dtype=like.dtype)
            blocks.append(_Block(columns, mul, ir.dim, tuple(paths), table))
    return blocks


def _convolution(layer: Any) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """What the layer does with the data of a graph."""
    blocks, width = blocks_of(layer), layer.convolution.irreps_out.dim

    def convolve(data: dict[str, Any]) -> dict[str, Any]:
        weights = layer.weight_nn(data[layer.key_weight_input])
        to, source = data[layer.key_edge_idx]
        found = _convolved().apply(
            data[layer.key_x], data[layer.key_filter], weights, to, source, blocks, width
        )
        data[layer.key_x] = found / layer.denominator
        return data

    return convolve


@cache
def _convolved() -> Any:
    """The operation; a function because torch is only imported where it is needed."""
    import torch
    from torch.autograd.function import once_differentiable

    class Convolved(torch.autograd.Function):
        """Products along edges, weighted, and summed where the edges lead to."""

        @staticmethod
        def forward(ctx: Any, *given: Any) -> Any:
            features, harmonics, weights, to, source, blocks, width = given
            found = features.new_empty(len(features), width)
            kept = [harmonics, weights, to, source]
            for block in blocks:
                shape = (-1, block.copies, block.dimension)
                own = features[:, block.columns].reshape(shape).transpose(1, 2).contiguous()
                seen = own.index_select(0, source)
                matrices = (harmonics @ block.coefficients).unflatten(1, (-1, block.dimension))
                products = torch.bmm(matrices, seen)
                weighted = torch.empty_like(products)
                for path in block.paths:
                    by = weights[:, None, path.weights]
                    torch.mul(products[:, path.rows], by, out=weighted[:, path.rows])
                sums = _summed(weighted, to, len(features))
                for path in block.paths:
                    part = sums[:, path.rows].transpose(1, 2)
                    found[:, path.out].view(part.shape).copy_(part)
                kept += [seen, matrices, products]
            ctx.save_for_backward(*kept)
            ctx.blocks, ctx.size = blocks, features.shape
            return found

        @staticmethod
        @once_differentiable
        def backward(ctx: Any, slope: Any) -> Any:
            harmonics, weights, to, source, *kept = ctx.saved_tensors
            by_features = slope.new_zeros(ctx.size)
            by_harmonics, by_weights = torch.zeros_like(harmonics), torch.empty_like(weights)
            for place, block in enumerate(ctx.blocks):
                seen, matrices, products = kept[3 * place : 3 * place + 3]
                own = slope.new_empty(len(slope), *products.shape[1:])
                for path in block.paths:
                    part = slope[:, path.out].reshape(len(slope), block.copies, -1)
                    own[:, path.rows] = part.transpose(1, 2)
                along = own.index_select(0, to)
                for path in block.paths:
                    ours = along[:, path.rows]
                    by_weights[:, path.weights] = (products[:, path.rows] * ours).sum(1)
                    ours *= weights[:, None, path.weights]
                by_matrices = torch.bmm(along, seen.transpose(1, 2)).flatten(1)
                by_harmonics += by_matrices @ block.coefficients.T
                if ctx.needs_input_grad[0]:
                    by_seen = torch.bmm(matrices.transpose(1, 2), along)
                    part = _summed(by_seen, source, len(slope)).transpose(1, 2)
                    by_features[:, block.columns] = part.flatten(1)
            return by_features, by_harmonics, by_weights, None, None, None, None

    return Convolved


def _summed(values: Any, places: Any, number: int) -> Any:
    """Sums of rows that belong to the same place, shape ``(number, ...)``."""
    sums = values.new_zeros(number, values.shape[1] * values.shape[2])
    sums.index_add_(0, places, values.flatten(1))
    return sums.unflatten(1, values.shape[1:])
