"""What a trained model is, told by its weights alone."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from torch import Tensor, nn

__all__ = ["weights_sha256"]


def weights_sha256(models: Iterable[nn.Module]) -> str:
    """SHA-256 of all stored tensors of some models: names, shapes and numbers, sorted by name.

    Numbers enter as 64-bit ones, which holds every smaller type exactly. So the same weights have
    the same hash as a file, as a download and after conversion to double precision, on any device.

    Parameters
    ----------
    models
        One model, or the members of a committee in their order.
    """
    digest = hashlib.sha256()
    for model in models:
        for name, value in sorted(model.state_dict().items()):
            if hasattr(value, "dtype"):
                digest.update(f"{name} {tuple(value.shape)}\n".encode())
                digest.update(_bytes(value))
    return digest.hexdigest()


def _bytes(tensor: Tensor) -> bytes:
    wide = tensor.detach().cpu()
    wide = wide.double() if wide.is_floating_point() else wide.long()
    array = wide.contiguous().numpy()
    return array.astype(array.dtype.newbyteorder("<")).tobytes()
