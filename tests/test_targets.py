"""Design targets: intervals, bounds, elements and what they imply together."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from monty.json import MontyDecoder, MontyEncoder

from elatbot_flows.errors import TargetError
from elatbot_flows.targets import PROPERTIES, DesignTarget, Interval, check_elements

finite = st.floats(-1e6, 1e6, allow_nan=False)
moduli = st.floats(0.5, 500)
ratios = st.floats(-0.9, 0.49)
slack = st.floats(0, 0.5)


@st.composite
def intervals(draw, edges=finite):
    low, high = sorted((draw(edges), draw(edges)))
    return Interval(low, high)


@st.composite
def around(draw, value, lowest=-math.inf, highest=math.inf):
    """An interval that contains `value` and stays within physical bounds."""
    low = max(lowest, value - draw(slack) * abs(value))
    high = min(highest, value + draw(slack) * abs(value))
    return Interval(low, high)


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [
        ("bulk_modulus", -1, 10),
        ("shear_modulus", -0.001, 10),
        ("youngs_modulus", -5, -1),
        ("poisson_ratio", -1.01, 0.3),
        ("poisson_ratio", 0.2, 0.51),
        ("pugh_ratio", -1, 2),
    ],
)
def test_intervals_no_stable_solid_can_meet_are_refused(name, low, high):
    with pytest.raises(TargetError, match=f"{name} .* outside what a stable solid"):
        DesignTarget(**{name: Interval(low, high)})


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "no interval"),
        ({"bulk_modulus": Interval(1, 2), "elements": ("Ni", "Xx")}, "'Xx' is not a chemical"),
        ({"bulk_modulus": Interval(1, 2), "excluded_elements": ("ni",)}, "excluded elements"),
        (
            {
                "bulk_modulus": Interval(1, 2),
                "elements": ("Ni", "Al"),
                "excluded_elements": ("Al", "Ni"),
            },
            "no element is left",
        ),
        ({"bulk_modulus": Interval(1, 2), "elements": ()}, "no element is left"),
        ({"bulk_modulus": Interval(1, 2), "max_elements": 0}, "at least 1"),
        ({"bulk_modulus": Interval(1, 2), "max_sites": 0}, "at least 1"),
        ({"bulk_modulus": Interval(1, 2), "temperature": -1.0}, "0 K or more"),
        ({"bulk_modulus": Interval(1, 2), "temperature": math.nan}, "0 K or more"),
    ],
)
def test_a_target_nothing_can_meet_is_refused(fields, words):
    with pytest.raises(TargetError, match=words):
        DesignTarget(**fields)


def test_elements_are_sorted_and_unique():
    assert check_elements(["Ni", " Al", "Ni"], "elements") == ("Al", "Ni")
    target = DesignTarget(
        bulk_modulus=Interval(1, 2), elements=("Ti", "Ni", "Al", "Ni"), excluded_elements=("Ti",)
    )
    assert target.elements == ("Al", "Ni", "Ti")
    assert target.allowed(["W", "Ti", "Ni", "Al"]) == ("Al", "Ni")
    assert DesignTarget(bulk_modulus=Interval(1, 2)).allowed(["W", "Al"]) == ("Al", "W")


def test_radioactive_elements_have_to_be_named():
    known = ["Al", "Bi", "Pm", "Tc", "U"]
    free = DesignTarget(bulk_modulus=(1, 2))
    assert free.allowed(known) == ("Al", "Bi")
    assert free.left_out(known) == ("Pm", "Tc", "U")
    some = DesignTarget(bulk_modulus=(1, 2), included_elements=("U",))
    assert some.allowed(known) == ("Al", "Bi", "U")
    assert some.summary()["included_elements"] == ["U"]
    named = DesignTarget(bulk_modulus=(1, 2), elements=("Al", "Tc"))
    assert named.allowed(known) == ("Al", "Tc")
    assert named.left_out(known) == ()


@st.composite
def targets(draw):
    names = draw(st.sets(st.sampled_from(list(PROPERTIES)), min_size=1))
    fields = {}
    for name in sorted(names):
        edges = st.floats(-1, 0.5) if name == "poisson_ratio" else st.floats(0, 1000)
        interval = draw(intervals(edges))
        opened = (Interval(low=interval.low), Interval(high=interval.high))
        fields[name] = draw(st.sampled_from([interval, *opened]))
    symbols = st.lists(st.sampled_from(["Ni", "Al", "Ti", "W"]), min_size=1)
    return DesignTarget(
        **fields,
        temperature=draw(st.floats(0, 2000)),
        elements=draw(st.none() | symbols.map(tuple)),
        excluded_elements=draw(st.sampled_from([(), ("Pb",), ("Pb", "Hg")])),
        max_elements=draw(st.none() | st.integers(1, 6)),
        max_sites=draw(st.integers(1, 64)),
    )


@given(targets())
def test_a_target_survives_documents(target):
    assert DesignTarget.from_dict(target.as_dict()) == target
    text = json.dumps(target, cls=MontyEncoder, allow_nan=False)
    assert json.loads(text, cls=MontyDecoder) == target
    assert hash(json.loads(text, cls=MontyDecoder)) == hash(target)


@given(targets())
def test_a_summary_is_plain_and_complete(target):
    summary = json.loads(json.dumps(target.summary(), allow_nan=False))
    for name in PROPERTIES:
        interval = getattr(target, name)
        assert summary.get(name) == (None if interval is None else interval.plain())
    assert ("elements" in summary) == (target.elements is not None)


@given(st.data(), moduli, ratios, st.sets(st.sampled_from(list(PROPERTIES)), min_size=1))
@example(None, 100.0, 0.3, {"bulk_modulus", "youngs_modulus", "poisson_ratio"})
def test_the_implied_bulk_modulus_contains_that_of_every_solid_in_the_intervals(
    data, bulk, poisson, names
):
    shear = 3 * bulk * (1 - 2 * poisson) / (2 * (1 + poisson))
    values = {
        "bulk_modulus": bulk,
        "shear_modulus": shear,
        "youngs_modulus": 3 * bulk * (1 - 2 * poisson),
        "poisson_ratio": poisson,
        "pugh_ratio": bulk / shear,
    }
    chosen = {}
    for name in sorted(names):
        prop, value = PROPERTIES[name], values[name]
        chosen[name] = (
            Interval(value, value)
            if data is None
            else data.draw(around(value, prop.lowest, prop.highest), label=name)
        )
    implied = DesignTarget(**chosen).implied_bulk_modulus()
    if implied is not None:
        assert implied.widened(1e-9).contains(bulk)


@given(st.data())
def test_the_implied_bulk_modulus_is_no_wider_than_needed(data):
    """Both edges are reached by a solid inside the intervals."""
    poisson = data.draw(intervals(st.floats(-0.9, 0.45)))
    youngs = data.draw(intervals(moduli))
    implied = DesignTarget(youngs_modulus=youngs, poisson_ratio=poisson).implied_bulk_modulus()
    assert implied.low == pytest.approx(youngs.low / (3 * (1 - 2 * poisson.low)))
    assert implied.high == pytest.approx(youngs.high / (3 * (1 - 2 * poisson.high)))


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"bulk_modulus": (150, 170)}, (150, 170)),
        ({"youngs_modulus": (180, 180), "poisson_ratio": (0.3, 0.3)}, (150, 150)),
        ({"youngs_modulus": (90, 90), "poisson_ratio": (-0.5, -0.5)}, (15, 15)),
        ({"shear_modulus": (40, 50), "pugh_ratio": (2, 3)}, (80, 150)),
        # K = E G / (3 (3 G - E)) rises with E and falls with G
        ({"youngs_modulus": (100, 110), "shear_modulus": (39, 42)}, (53.846, 204.286)),
        ({"bulk_modulus": (100, 200), "shear_modulus": (40, 50), "pugh_ratio": (2, 3)}, (100, 150)),
        ({"shear_modulus": (40, 50), "poisson_ratio": (0.25, 0.3)}, (66.667, 108.333)),
        ({"youngs_modulus": (90, 90), "pugh_ratio": (2, 2)}, (70, 70)),
        ({"bulk_modulus": (150, None)}, (150, math.inf)),
        ({"youngs_modulus": (45, 50)}, (5, math.inf)),  # the Poisson ratio is at least -1
        ({"bulk_modulus": (None, 150)}, (0, 150)),
        ({"shear_modulus": (40, None), "pugh_ratio": (2, None)}, (80, math.inf)),
        ({"shear_modulus": (None, 50), "pugh_ratio": (None, 3)}, (0, 150)),
        ({"youngs_modulus": (100, 110), "poisson_ratio": (0.4, 0.5)}, (166.667, math.inf)),
        ({"youngs_modulus": (100, 150), "shear_modulus": (30, 60)}, (25, math.inf)),
    ],
)
def test_the_implied_bulk_modulus_in_numbers(fields, expected):
    implied = DesignTarget(**fields).implied_bulk_modulus()
    assert (implied.low, implied.high) == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize(
    "fields",
    [
        {"shear_modulus": (40, 50)},
        {"poisson_ratio": (0.2, 0.3), "pugh_ratio": (1, 3)},
        {"pugh_ratio": (1.75, None)},
        {"shear_modulus": (None, 50), "pugh_ratio": (1.75, None)},
    ],
)
def test_nothing_is_implied_where_nothing_follows(fields):
    target = DesignTarget(**{name: Interval(*edges) for name, edges in fields.items()})
    assert target.implied_bulk_modulus() is None


@pytest.mark.parametrize(
    "fields",
    [
        {"bulk_modulus": (10, 20), "youngs_modulus": (180, 180), "poisson_ratio": (0.3, 0.3)},
        {"bulk_modulus": (10, 20), "shear_modulus": (40, 50), "pugh_ratio": (2, 3)},
        {"poisson_ratio": (0.2, 0.25), "pugh_ratio": (4, 5)},
        {"bulk_modulus": (100, 110), "youngs_modulus": (1000, 1100)},
        {"youngs_modulus": (100, 110), "shear_modulus": (10, 20)},
    ],
)
def test_intervals_that_contradict_each_other_are_refused(fields):
    target = DesignTarget(**{name: Interval(*edges) for name, edges in fields.items()})
    with pytest.raises(TargetError, match="contradict each other"):
        target.implied_bulk_modulus()


def test_labels_name_the_unit():
    assert PROPERTIES["youngs_modulus"].label == "Young's modulus (GPa)"
    assert PROPERTIES["pugh_ratio"].label == "pugh ratio"
