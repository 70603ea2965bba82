"""Simple models of the elastic tensor."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from elatbot_flows.errors import ElatbotError
from elatbot_flows.evaluation import distance_to_symmetry
from elatbot_flows.evaluation.baselines import KINDS, fit_baseline, read_material


def bulk(tensors):
    return tensors[:, :3, :3].sum(axis=(1, 2)) / 9


def ask(*formulas, system="cubic"):
    return [read_material({"formula": f, "crystal_system": system}) for f in formulas]


@pytest.mark.parametrize("kind", KINDS)
def test_same_seed_same_symmetric_tensors(kind, metals):
    asked = ask("Re", "Rb", "CuAu3")
    first, again = (fit_baseline(kind, metals, seed=3).predict(asked) for _ in range(2))
    assert first.shape == (3, 6, 6)
    assert (first == again).all()
    assert np.allclose(first, first.transpose(0, 2, 1))
    assert max(distance_to_symmetry(tensor, "cubic") for tensor in first) < 1e-9


@pytest.mark.parametrize("kind", ["random_forest", "composition", "nearest"])
def test_hard_metals_are_told_from_soft_ones(kind, metals):
    hard, soft = bulk(fit_baseline(kind, metals).predict(ask("Re", "Rb")))
    assert hard > 2 * soft


def test_mean_and_nearest(metals):
    asked = ask("Zr", "Ni75Al25")
    tensors = np.array([row.tensor for row in metals])
    assert np.allclose(fit_baseline("mean", metals).predict(asked), tensors.mean(axis=0))
    assert bulk(fit_baseline("nearest", metals).predict(asked))[1] == pytest.approx(175)


def test_of_equally_near_rows_the_same_system_counts(metals):
    hexagonal = read_material({"formula": "Al", "crystal_system": "hexagonal", "label": str(
        (2 * metals[0].tensor).tolist()
    )}, with_tensor=True)  # fmt: skip
    fitted = fit_baseline("nearest", [*metals, hexagonal])
    assert bulk(fitted.predict(ask("Al"))) == pytest.approx(76)
    assert bulk(fitted.predict(ask("Al", system="hexagonal"))) == pytest.approx(152)


def test_projection_can_be_left_out(metals):
    row = metals[0]
    skewed = row.tensor + np.diag([10.0, 0, 0, 0, 0, 0])
    rows = [type(row)(row.formula, row.percent, "cubic", tensor=skewed)]
    left, projected = (
        fit_baseline("mean", rows, project=p).predict(ask("Al"))[0] for p in (False, True)
    )
    assert (left == skewed).all()
    assert projected[0, 0] == pytest.approx(projected[1, 1])
    assert bulk(projected[None]) == pytest.approx(bulk(left[None]))


@pytest.mark.parametrize("kind", ["random_forest", "composition"])
def test_gaps_are_filled_from_the_rows_alone(kind, metals):
    fitted = fit_baseline(kind, metals)
    alone = fitted.predict(ask("Ne"))  # has no electronegativity
    assert np.isfinite(alone).all()
    assert np.allclose(fitted.predict(ask("Ne", "He", "O"))[0], alone[0])


def test_refusals(metals, monkeypatch):
    with pytest.raises(ElatbotError, match="choose one of random_forest"):
        fit_baseline("svm", metals)
    with pytest.raises(ElatbotError, match="each with an elastic tensor"):
        fit_baseline("mean", ask("Al"))
    with pytest.raises(ElatbotError, match="rows to learn from"):
        fit_baseline("mean", [])
    monkeypatch.setitem(sys.modules, "sklearn.ensemble", None)
    with pytest.raises(ElatbotError, match=r"elatbot_flows\[train\]"):
        fit_baseline("random_forest", metals)
