"""Figure of Young's modulus along directions."""

from __future__ import annotations

import numpy as np
import pytest

from elatbot_flows.elasticity import moduli_from_tensor
from elatbot_flows.report.directional import directional_figure, write_directional_plot

COPPER = np.diag([172.6] * 3 + [89.9] * 3)
COPPER[:3, :3] += 115.4 * (1 - np.eye(3))


def drawn(figure, group):
    return next(a for a in figure.findobj() if a.get_gid() == group)


def texts(figure):
    return [t.get_text() for t in figure.findobj(lambda a: hasattr(a, "get_text"))]


@pytest.mark.parametrize("plane", ["xy", "xz", "yz"])
def test_cuts_are_youngs_modulus(plane):
    turn, values = drawn(directional_figure(COPPER), f"cut-{plane}").get_data()
    s = np.linalg.inv(COPPER)
    surplus = s[0, 0] - s[0, 1] - s[3, 3] / 2
    expected = 1 / (s[0, 0] - 2 * surplus * (np.cos(turn) * np.sin(turn)) ** 2)
    assert values == pytest.approx(expected)


def test_cuts_have_one_scale_and_the_right_axes():
    tensor = np.diag([300.0, 200.0, 100.0, 40.0, 50.0, 60.0])
    figure = directional_figure(tensor)
    for plane, along in (("xy", (300, 200)), ("xz", (300, 100)), ("yz", (200, 100))):
        line = drawn(figure, f"cut-{plane}")
        turn, values = line.get_data()
        assert (values[turn == 0][0], values[90]) == pytest.approx(along)
        assert line.axes.get_ylim() == (0, pytest.approx(1.08 * 300))
        assert [t.get_text() for t in line.axes.get_xticklabels()[:2]] == list(plane)


def test_numbers_are_written():
    written = texts(directional_figure(COPPER, "Cu"))
    hill = moduli_from_tensor(COPPER)
    for text in ("Cu", "80.1", "221", "28.6", "89.9", f"{hill.youngs_modulus:.0f}", "2.48"):
        assert text in written
    assert "E (GPa)" in written


def test_isotropic_solids_are_drawn():
    tensor = np.diag([200.0] * 3 + [60.0] * 3)
    tensor[:3, :3] += 80 * (1 - np.eye(3))
    figure = directional_figure(tensor)
    assert texts(figure).count("the same along all directions") == 4
    assert np.ptp(drawn(figure, "cut-xy").get_data()[1]) < 1e-9


@pytest.mark.parametrize("ending", ["png", "svg", "pdf"])
def test_writes_files(tmp_path, ending):
    file = tmp_path / f"copper.{ending}"
    write_directional_plot(COPPER, file, "$\\frac{ Cu_{3")
    assert file.stat().st_size > 20_000


def test_refuses_unstable_tensors(tmp_path):
    with pytest.raises(ValueError, match="not positive definite"):
        write_directional_plot(-COPPER, tmp_path / "x.png")
    assert list(tmp_path.iterdir()) == []
