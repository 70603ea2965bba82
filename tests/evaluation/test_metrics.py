"""Scores against values computed by hand, by pymatgen, and published ones."""

from __future__ import annotations

import json
from dataclasses import asdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from elatbot_flows.elasticity import moduli_from_tensor
from elatbot_flows.errors import ElatbotError
from elatbot_flows.evaluation import read_predictions, score_predictions
from elatbot_flows.evaluation.metrics import BASELINE

GOLDEN = {  # mean36 MAE, R2, K Voigt MAE, R2, MAE of 36 elements, not positive definite
    "prompt1 (V100)": ("2.739", "0.9492", "8.706", "0.9491", "5.142", 0),
    "prompt2": ("2.597", "0.9467", "8.485", "0.9450", "4.840", 1),
    "prompt3": ("2.858", "0.9468", "9.065", "0.9448", "5.776", 0),
    "prompt4": ("2.316", "0.9640", "7.586", "0.9598", "5.046", 1),
    "Darwin": ("3.195", "0.9300", "10.655", "0.9268", "5.676", 0),
    "Random Forest": ("3.292", "0.9194", "10.584", "0.9225", "5.852", 0),
    "MatTen": ("2.480", "0.9582", "8.152", "0.9512", "5.234", 7),
}


def scores_of(labels, *, resamples=50, baseline=False, systems=(), **models):
    records = [
        {"label": np.asarray(label).tolist(), "crystal_system": system}
        | {k: v[i] if v[i] is None else np.asarray(v[i]).tolist() for k, v in models.items()}
        for i, (label, system) in enumerate(
            zip(labels, systems or [None] * len(labels), strict=True)
        )
    ]
    return score_predictions(read_predictions(records), resamples=resamples, baseline=baseline)


def random_tensors(n, seed):
    """Positive definite tensors without symmetry."""
    factors = np.random.default_rng(seed).normal(size=(n, 6, 6))
    return 20 * factors @ factors.transpose(0, 2, 1) + 50 * np.eye(6)


@pytest.mark.shared
def test_published_scores_to_every_printed_digit(shared):
    from elatbot_flows.training.data.json_lines import read_json_lines

    records = read_json_lines(shared / "data" / "published_predictions.jsonl.gz")
    found = score_predictions(read_predictions(records), resamples=200)
    assert len(found) == 9
    for name, expected in GOLDEN.items():
        score = found[name]
        assert (score.n, score.unparsable, score.missing, score.asymmetric) == (252, 0, 0, 0)
        printed = (
            f"{score.mean36_mae:.3f}",
            f"{score.mean36_r2:.4f}",
            f"{score.k_voigt_mae:.3f}",
            f"{score.k_voigt_r2:.4f}",
            f"{score.elem36_mae:.3f}",
            score.not_positive_definite,
        )
        assert printed == expected, name
    assert found["prompt4"].k_voigt_difference is None
    assert {f.k_voigt_difference.to for n, f in found.items() if n != "prompt4"} == {"prompt4"}


def test_values_by_hand(cubic):
    labels = [cubic(100, 40, 30), cubic(200, 100, 50)]
    found = scores_of(labels, m=[cubic(112, 40, 30), cubic(200, 100, 68)])["m"]
    assert found.elem36_mae == pytest.approx((36 + 54) / 72)
    assert found.mean36_mae == pytest.approx((36 / 36 + 54 / 36) / 2)
    # Labels: (300 + 240 + 90) / 36 = 17.5 and (600 + 600 + 150) / 36 = 37.5
    assert found.mean36_r2 == pytest.approx(1 - (1 + 1.5**2) / 200)
    assert found.k_voigt_mae == pytest.approx(2)  # K = (C11 + 2 C12) / 3: 4 and 0
    labelled = np.array([60, 400 / 3])
    assert found.k_voigt_r2 == pytest.approx(1 - 16 / ((labelled - labelled.mean()) ** 2).sum())
    assert found.k_vrh_mae == pytest.approx(2)
    assert found.n_vrh == 2


def test_hill_averages_agree_with_pymatgen():
    labels, tensors = random_tensors(20, 1), random_tensors(20, 2)
    found = scores_of(labels, m=tensors)["m"]
    for name, key in (("k_vrh", "bulk_modulus"), ("g_vrh", "shear_modulus")):
        truth, predicted = (
            np.array([getattr(moduli_from_tensor(t), key) for t in part])
            for part in (labels, tensors)
        )
        assert getattr(found, f"{name}_mae") == pytest.approx(np.abs(truth - predicted).mean())
        r2 = 1 - ((truth - predicted) ** 2).sum() / ((truth - truth.mean()) ** 2).sum()
        assert getattr(found, f"{name}_r2") == pytest.approx(r2)


def test_impossible_tensors_are_counted_and_have_no_hill_average(cubic):
    good, unstable, singular = cubic(100, 40, 30), cubic(100, 120, 30), np.ones((6, 6))
    skewed = good.copy()
    skewed[0, 1] += 1
    noisy = good.copy()
    noisy[0, 1] += 1e-4
    predictions = [unstable, singular, np.zeros((6, 6)), skewed, noisy]
    found = scores_of([good] * 5, systems=["cubic"] * 4 + [None], m=predictions)["m"]
    assert (found.not_positive_definite, found.asymmetric, found.n_vrh) == (3, 1, 2)
    assert (found.n, found.n_symmetry) == (5, 4)
    assert found.off_symmetry == {"0.01": 1, "0.05": 1}


def test_rows_without_a_stable_label_have_no_hill_average(cubic):
    found = scores_of([cubic(100, 120, 30)], m=[cubic(100, 40, 30)])["m"]
    assert (found.n, found.n_vrh, found.k_vrh_mae, found.not_positive_definite) == (1, 0, None, 0)
    assert found.k_voigt_r2 is None


def test_missing_and_unparsable_predictions(cubic):
    good = cubic(100, 40, 30).tolist()
    values = [good, None, "no", "[[1]]", [1], str(good)]
    records = [{"label": good, "m": value, "none": "?"} for value in values]
    found = score_predictions(read_predictions(records))
    assert (found["m"].n, found["m"].missing, found["m"].unparsable) == (2, 1, 3)
    assert found["m"].unparsable_reasons == {"not_json": 1, "wrong_shape": 2}
    assert (found["none"].n, found["none"].unparsable) == (0, 6)
    assert found["none"].k_voigt_mae is None


def test_a_model_of_few_answers_is_not_the_best():
    labels = random_tensors(5, 3)
    found = scores_of(labels, good=labels + 1.0, few=[*labels[:2], None, None, None])
    assert found["good"].k_voigt_difference is None
    assert found["few"].k_voigt_difference.n == 2
    assert found["few"].k_voigt_difference.difference == pytest.approx(-1)


def test_baseline():
    found = scores_of(random_tensors(9, 4), m=random_tensors(9, 5), baseline=True)
    assert found[BASELINE].k_voigt_r2 == pytest.approx(0, abs=1e-12)
    assert found[BASELINE].mean36_r2 == pytest.approx(0, abs=1e-12)
    assert found["m"].k_voigt_difference is None, "the baseline is never the best"


def test_the_name_of_the_baseline_is_taken():
    with pytest.raises(ElatbotError, match="rename it"):
        scores_of(random_tensors(2, 1), baseline=True, **{BASELINE: random_tensors(2, 1)})


@pytest.mark.parametrize("label", [1e-320, 1e-160, 1.0, 9e99])
@pytest.mark.parametrize("prediction", [1e-320, 1e-160, 1.0, 9e99])
def test_extreme_numbers_stay_finite(label, prediction):
    unit = random_tensors(3, 1) / 1000
    found = scores_of(label * unit, systems=["cubic"] * 3, m=prediction * unit, n=unit)
    for scores in found.values():
        json.dumps(asdict(scores), allow_nan=False)


@settings(max_examples=25)
@given(st.integers(2, 12), st.integers(0, 1000))
def test_perfect_predictions(n, seed):
    labels = random_tensors(n, seed)
    found = asdict(scores_of(labels, m=labels)["m"])
    assert {v for k, v in found.items() if k.endswith("_mae")} == {0.0}
    assert {v for k, v in found.items() if k.endswith("_r2")} == {1.0}
    assert (found["n"], found["n_vrh"], found["not_positive_definite"]) == (n, n, 0)


@settings(max_examples=25)
@given(st.permutations(range(8)), st.floats(0.01, 100))
def test_order_does_not_matter_and_errors_scale(order, factor):
    labels, first, second = (random_tensors(8, seed) for seed in (6, 7, 8))
    plain = scores_of(labels, a=first, b=second)
    moved = scores_of(*[factor * labels[order]], a=factor * first[order], b=factor * second[order])
    for name in "ab":
        one, other = asdict(plain[name]), asdict(moved[name])
        differences = one.pop("k_voigt_difference"), other.pop("k_voigt_difference")
        for key, value in one.items():
            scale = factor if key.endswith("_mae") else 1
            expected = value * scale if isinstance(value, float) else value
            assert other[key] == (
                pytest.approx(expected, rel=1e-6) if isinstance(value, float) else expected
            )
        if differences[0]:
            for key in ("difference", "low", "high"):
                assert differences[1][key] == pytest.approx(factor * differences[0][key], rel=1e-6)
