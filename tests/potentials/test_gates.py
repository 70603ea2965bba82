"""Gates: what is passed by little is told to people."""

import numpy as np
import pytest

import samples
from elatbot_flows.documents import ElasticResult, MethodRecord
from elatbot_flows.potentials.gates import gated
from elatbot_flows.potentials.measuring import Measurement
from elatbot_flows.potentials.settings import ValidationSettings

BLANK = ElasticResult(
    status="failed", method="linear_response", judge=MethodRecord(name=samples.EMT)
)


def cubic(c11, c12, c44):
    tensor = np.diag([c11] * 3 + [c44] * 3).astype(float)
    tensor[:3, :3] += c12 * (1 - np.eye(3))
    return tensor


def passed(tensor, softest_mode=1.0, residual=0.001, **settings):
    found = Measurement(tensor, None, np.eye(3), residual, softest_mode)
    return gated(BLANK, found, ValidationSettings(**settings))


@pytest.mark.parametrize(
    ("measured", "words"),
    [
        ((cubic(170, 120, 75), 0.05), "softest mode of 0.050"),
        ((cubic(122, 120, 75),), "smallest eigenvalue of 2.0 GPa"),
        ((cubic(170, 120, 75), 1.0, 0.015), "contradict each other by 1.5%"),
    ],
)
def test_what_is_nearly_refused_is_told(measured, words):
    result = passed(*measured)
    assert result.status == "passed"
    assert len(result.near_gates) == 1
    assert words in result.near_gates[0]


def test_a_sound_crystal_is_near_no_gate():
    result = passed(cubic(170, 120, 75))
    assert (result.status, result.near_gates) == ("passed", [])
    assert result.bulk_modulus == pytest.approx(410 / 3)


@pytest.mark.parametrize(
    ("measured", "reason"),
    [
        ((cubic(170, 120, 75), 0.01), "soft_mode"),
        ((cubic(118, 120, 75),), "born_unstable"),
        ((cubic(170, 120, 75), 1.0, 0.03), "not_smooth"),
        ((cubic(np.nan, 120, 75),), "not_finite"),
    ],
)
def test_what_is_refused_has_no_moduli(measured, reason):
    result = passed(*measured)
    assert (result.status, result.reason, result.bulk_modulus) == ("failed", reason, None)
