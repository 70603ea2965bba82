"""Hand-made tensors."""

from __future__ import annotations

import numpy as np
import pytest


def cubic_tensor(c11, c12, c44):
    tensor = np.diag([c11] * 3 + [c44] * 3).astype(float)
    tensor[:3, :3] += c12 * (1 - np.eye(3))
    return tensor


@pytest.fixture(scope="session")
def cubic():
    """Make the tensor of a cubic crystal from C11, C12, C44."""
    return cubic_tensor
