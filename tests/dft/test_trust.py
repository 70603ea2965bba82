"""What a density functional contradicts itself in, and what is clearly unstable."""

import numpy as np
import pytest

import samples
from elatbot_flows.dft.trust import clearly_unstable, contradiction, remarks
from elatbot_flows.documents import DFTRecord


def said(mismatch=None, **fields):
    judge = samples.method("gpaw", "dft", settings={"shear_error": 0.2})
    return samples.result(judge=judge, dft=DFTRecord(energy_mismatch=mismatch), **fields)


@pytest.mark.parametrize(
    ("mismatch", "flags", "contradicts"),
    [(None, 0, False), (0.004, 0, False), (0.024, 1, False), (0.26, 1, True)],
)
def test_a_mismatch_is_told_and_a_large_one_decides_nothing(mismatch, flags, contradicts):
    assert len(remarks(said(mismatch))) == flags
    assert (contradiction(said(mismatch)) is not None) == contradicts


@pytest.mark.parametrize(("shear", "clearly"), [(-1.0, False), (-15.0, True)])
def test_an_instability_counts_beyond_the_error_of_the_settings(shear, clearly):
    tensor = np.diag([60.0, 60.0, 60.0, shear, shear, shear])
    tensor[:3, :3] += 80.0
    fields = {"elastic_tensor": tensor.tolist(), "smallest_eigenvalue": 2 * shear}
    assert clearly_unstable(said(reason="born_unstable", **fields)) == clearly
