"""Nothing from a file, a store or another person makes this package import or call code."""

from __future__ import annotations

import json
import sys

import pytest
import yaml
from jobflow import Flow, JobStore, run_locally
from monty.serialization import dumpfn

import sample_jobs
import samples
from elatbot_flows.cli.crystals import read_crystals
from elatbot_flows.database.builder import publish_candidates
from elatbot_flows.database.collections import run_store
from elatbot_flows.database.stores import embedded_store, store_in_file
from elatbot_flows.decoding import CRYSTALS, refuse_code
from elatbot_flows.errors import DecodingError, StoreError, StructureError
from elatbot_flows.stability.known import folder_source

TRAP = {"@module": "trap_of_the_tests", "@class": "Trap", "value": 1}
CODE = """
class Trap:
    @classmethod
    def from_dict(cls, content):
        raise SystemExit("the trap was called")
raise SystemExit("the trap was imported")
"""


@pytest.fixture(autouse=True)
def trap(tmp_path, monkeypatch):
    """A module that ends this process when it is imported."""
    (tmp_path / "trap").mkdir()
    (tmp_path / "trap" / "trap_of_the_tests.py").write_text(CODE)
    monkeypatch.syspath_prepend(tmp_path / "trap")
    yield
    assert "trap_of_the_tests" not in sys.modules


def crystal(**site):
    plain = samples.fcc().as_dict()
    plain["sites"][0]["properties"] = site
    return plain


@pytest.mark.parametrize("name", ["a.json", "A.JSON.gz", "a.mson", "a.yaml", "a.json.txt"])
def test_a_crystal_in_a_file_names_no_code(tmp_path, name):
    path = tmp_path / name
    write = yaml.safe_dump if "yaml" in name else json.dumps
    text = write(crystal(magmom=TRAP))
    if name.endswith(".gz"):
        import gzip

        path.write_bytes(gzip.compress(text.encode()))
    else:
        path.write_text(text)
    crystals, unreadable = read_crystals([path])
    assert crystals == {}
    assert "trap_of_the_tests" in unreadable[str(path)]["message"]


@pytest.mark.parametrize("name", ["a.json", "a.json.gz", "a.yaml"])
def test_harmless_crystals_are_read_as_before(tmp_path, name):
    dumpfn(crystal(magmom=1.5), tmp_path / name)
    crystals, unreadable = read_crystals([tmp_path / name])
    assert unreadable == {}
    assert next(iter(crystals.values())).site_properties["magmom"] == [1.5]


def test_known_crystals_in_a_folder_name_no_code(tmp_path):
    (tmp_path / "known").mkdir()
    (tmp_path / "known" / "a.json").write_text(json.dumps({"structure": crystal(a=[TRAP])}))
    with pytest.raises((StructureError, DecodingError), match="trap_of_the_tests"):
        list(folder_source(tmp_path / "known")(("Cu",)))


def test_a_run_in_a_store_that_names_code_is_told_and_left_alone(tmp_path):
    store = embedded_store(tmp_path)
    store.connect()
    record = samples.run_record()
    chunk = samples.chunk("judge", [samples.candidate(0)], run=record)
    for document in (record, samples.shortlist([samples.row(0)]), chunk):
        run_locally(Flow([sample_jobs.give(document)]), store=store, ensure_success=True, log=False)
    (found,) = store.docs_store.query({"output.@class": "CandidateChunk"})
    found["output"]["candidates"][0]["structure"] = TRAP
    store.docs_store.update(found, key=["uuid", "index"])
    assert publish_candidates(store) == 0
    (run,) = run_store(store).query({})
    assert run["state"] == "unreadable"
    assert "trap_of_the_tests" in run["notes"][0]


@pytest.mark.parametrize("name", ["store.json", "store.yaml"])
@pytest.mark.parametrize("spec", [{"docs_store": TRAP}, {"docs_store": {"type": "x", "a": TRAP}}])
def test_a_description_of_a_store_names_no_code(tmp_path, name, spec):
    (tmp_path / name).write_text(json.dumps(spec))
    with pytest.raises(StoreError, match="trap_of_the_tests"):
        store_in_file(tmp_path / name)


def test_dumped_stores_are_still_read(tmp_path):
    dumpfn(embedded_store(tmp_path), tmp_path / "dumped.json")
    store, _ = store_in_file(tmp_path / "dumped.json")
    assert isinstance(store, JobStore)
    assert store.docs_store == embedded_store(tmp_path).docs_store


@pytest.mark.parametrize(
    "value",
    [
        {"@module": "os", "@callable": "system"},
        [[{"a": ({"@module": "subprocess", "@class": "Popen"},)}]],
        {"@module": "pymatgen_evil.core", "@class": "X"},
        {"@module": ["pymatgen"], "@class": "X"},
        {"@module": None},
        {"@module": "", "@class": "X"},
        {"pymatgen": {"@module": "\u202emagtamyp"}},
    ],
)
def test_other_code_is_refused_at_any_depth(value):
    with pytest.raises(DecodingError, match="only pymatgen, numpy may be named"):
        refuse_code(value, CRYSTALS)


def test_very_deep_values_are_no_problem():
    value = inner = []
    for _ in range(50_000):
        inner.append([])
        inner = inner[0]
    inner.append({"@module": "os"})
    with pytest.raises(DecodingError):
        refuse_code(value, CRYSTALS)
