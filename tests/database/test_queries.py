"""Asking the collection of candidates: what fits is found, in order, in both kinds of store."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from maggma.stores import MemoryStore

import samples
from elatbot_flows.database.builder import CandidateBuilder
from elatbot_flows.database.queries import find_candidates
from elatbot_flows.database.sqlite_store import SqliteStore
from elatbot_flows.targets import Interval

MEMBERS = [
    samples.candidate(0, "NiAl").updated(
        status="passed", verdict="hit", bulk_modulus=160.0, probability=0.9, unseen=False
    ),
    samples.candidate(1, "Ni3Al").updated(
        status="passed", verdict="miss", bulk_modulus=180.0, probability=0.05, unseen=True
    ),
    samples.candidate(2, "TiAl").updated(status="failed", reason="born_unstable", unseen=True),
    samples.candidate(3, "NiTiAl").updated(
        status="passed", verdict="hit", bulk_modulus=155.0, probability=0.6, unseen=True
    ),
]


def fill(target):
    source = MemoryStore()
    source.connect()
    target.connect()
    rows = [samples.row(n, member.formula) for n, member in enumerate(MEMBERS)]
    documents = [
        samples.run_record(),
        samples.shortlist(rows),
        samples.chunk("judge", MEMBERS),
    ]
    for number, document in enumerate(documents):
        output = document.model_dump(mode="json") | {"@class": type(document).__name__}
        source.update({"uuid": str(number), "index": 1, "output": output}, key="uuid")
    CandidateBuilder(source, target, MemoryStore("runs", key="run_id")).run()
    target.connect()  # builders close their stores
    return target


@pytest.fixture(scope="module", params=["memory", "embedded"])
def candidates(request, tmp_path_factory):
    if request.param == "memory":
        return fill(MemoryStore("candidates", key="candidate_id"))
    path = tmp_path_factory.mktemp("candidates")
    return fill(SqliteStore(path / "store.sqlite", "candidates", key="candidate_id"))


@pytest.mark.parametrize(
    ("question", "formulas"),
    [
        ({}, ["NiAl", "NiTiAl", "Ni3Al", "TiAl"]),
        ({"verdict": "hit"}, ["NiAl", "NiTiAl"]),
        ({"verdict": "miss"}, ["Ni3Al"]),
        ({"status": "failed"}, ["TiAl"]),
        ({"formula": "Ni3Al"}, ["Ni3Al"]),
        ({"formula": "AlNi3"}, ["Ni3Al"]),
        ({"formula": "Al2Ni2"}, ["NiAl"]),
        ({"formula": "Ni2Al"}, []),
        ({"chemsys": "Ni-Al"}, ["NiAl", "Ni3Al"]),
        ({"chemsys": "Al-Ni-Ti"}, ["NiTiAl"]),
        ({"run_id": "other"}, []),
        ({"unseen": True}, ["NiTiAl", "Ni3Al", "TiAl"]),
        ({"unseen": False}, ["NiAl"]),
        ({"intervals": {"bulk_modulus": Interval(155, 160)}}, ["NiAl", "NiTiAl"]),
        ({"intervals": {"bulk_modulus": Interval(156, 159)}}, []),
        ({"elements": ("Ni", "Al")}, ["NiAl", "Ni3Al"]),
        ({"elements": ("Ni", "Al", "Ti", "W")}, ["NiAl", "NiTiAl", "Ni3Al", "TiAl"]),
        ({"contains": ("Ti",)}, ["NiTiAl", "TiAl"]),
        ({"contains": ("Ti", "Ni")}, ["NiTiAl"]),
        ({"contains": ("W",)}, []),
        ({"elements": ("Ti", "Al"), "contains": ("Ti",)}, ["TiAl"]),
        ({"sort": "bulk_modulus"}, ["Ni3Al", "NiAl", "NiTiAl", "TiAl"]),
        ({"sort": "bulk_modulus", "descending": False}, ["NiTiAl", "NiAl", "Ni3Al", "TiAl"]),
        ({"sort": "bulk_modulus", "limit": 1}, ["Ni3Al"]),
        ({"sort": "shear_modulus", "descending": False, "limit": 10}, None),
        ({"verdict": "hit", "unseen": True, "contains": ("Ti",)}, ["NiTiAl"]),
    ],
)
def test_candidates_that_fit_are_found_in_order(candidates, question, formulas):
    found = [document["formula"] for document in find_candidates(candidates, **question)]
    if formulas is None:
        assert sorted(found) == sorted(member.formula for member in MEMBERS)
    else:
        assert found == formulas


def test_found_documents_are_plain(candidates):
    text = json.dumps(find_candidates(candidates), allow_nan=False, default=str)
    assert "_id" not in json.loads(text)[0]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(
    low=st.floats(100, 200),
    width=st.floats(0, 50),
    descending=st.booleans(),
    limit=st.integers(0, 5),
)
def test_every_found_candidate_lies_in_the_interval(candidates, low, width, descending, limit):
    interval = Interval(low, low + width)
    found = find_candidates(
        candidates,
        intervals={"bulk_modulus": interval},
        sort="bulk_modulus",
        descending=descending,
        limit=limit,
    )
    values = [document["bulk_modulus"] for document in found]
    expected = [m.bulk_modulus for m in MEMBERS if m.bulk_modulus is not None]
    expected = sorted(filter(interval.contains, expected), reverse=descending)
    assert values == expected[: limit or None]
