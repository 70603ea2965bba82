"""Real runs of ``elatbot design``: what they write, that they repeat and resume."""

from __future__ import annotations

import json
import math
import os
import shutil
import signal
from collections import Counter

import pytest
from cli_commands import BAND, EMT, METALS, QUICK, elatbot, start
from pymatgen.core import Structure

import samples
from elatbot_flows.database.stores import open_store
from elatbot_flows.documents import CandidateDocument, DesignCounts

pytestmark = pytest.mark.slow

MODULI = ("bulk_modulus", "shear_modulus", "youngs_modulus", "poisson_ratio", "pugh_ratio")


def no_constant(text):
    raise AssertionError(f"{text} is not JSON")


def run_of(folder):
    """Return the folder of the only run."""
    (file,) = folder.glob("*/result.json")
    return file.parent


def result_of(folder):
    text = (run_of(folder) / "result.json").read_text()
    return json.loads(text, parse_constant=no_constant)


def passed(result):
    return [c for c in result["candidates"] if c["status"] == "passed"]


def formulas_of(result):
    return {c["formula"] for c in result["candidates"]}


def fates(result):
    """What became of every candidate, with its numbers."""
    return {
        c["candidate_id"]: (
            c["formula"],
            c["status"],
            c["reason"],
            c["spacegroup_number"],
            c["verdict"],
            *(c[name] and round(c[name], 2) for name in MODULI),
        )
        for c in result["candidates"]
    }


def job_times(folder):
    """When each job of the embedded store was done, once per job that really ran."""
    store, _ = open_store(folder, existing=True)
    found = store.query({}, properties=["name", "completed_at"])
    return {(d["name"], str(d["completed_at"])) for d in found if d["name"].count("/")}


@pytest.fixture(scope="module")
def result(design_run):
    return result_of(design_run[0])


def test_the_result_has_all_fields(result):
    assert set(result) == {"run", "counts", "notes", "candidates"}
    run = result["run"]
    assert (run["requested"], run["seed"]) == (2, 0)
    assert run["target"]["bulk_modulus"] == [100.0, 200.0]
    assert run["target"]["elements"] == sorted(METALS.split(","))
    assert run["generator"]["name"] == "elatbot-mini"
    assert len(run["generator"]["weights_sha256"]) == 64
    assert [judge["name"] for judge in run["judges"]] == [EMT]
    assert set(result["counts"]) == set(DesignCounts.model_fields)
    for candidate in result["candidates"]:
        assert set(candidate) == set(CandidateDocument.model_fields) - {"run"}


def test_the_counts_add_up_and_agree_with_the_candidates(result):
    counts, candidates = result["counts"], result["candidates"]
    assert counts["generated"] == counts["passed"] + sum(counts["rejected"].values())
    assert counts["distinct"] == len(candidates) == len({c["candidate_id"] for c in candidates})
    names = ("generated", "readable", "distinct", "built", "judged", "passed", "hits")
    funnel = [counts[name] for name in names]
    assert funnel == sorted(funnel, reverse=True)
    assert counts["passed"] == len(passed(result)) == 2
    assert counts["hits"] == sum(c["verdict"] == "hit" for c in candidates)
    reasons = Counter(c["reason"] for c in candidates if c["status"] != "passed")
    assert reasons.items() <= counts["rejected"].items()


def test_candidates_that_passed_have_evidence_and_a_crystal(result):
    for rank, candidate in enumerate(passed(result), start=1):
        assert candidate["rank"] == rank
        structure = Structure.from_dict(candidate["structure"])
        assert structure.composition.reduced_formula == candidate["formula"]
        assert len(structure) == candidate["nsites"] <= 4
        judges = {e["result"]["judge"]["name"] for e in candidate["evidence"]}
        assert judges == {EMT, "elatbot-mini"}
        assert candidate["hull"]["potential"]["name"] == EMT
        if candidate["estimate"] is not None:
            assert all(math.isfinite(candidate[name]) for name in MODULI)
            assert candidate["verdict"] in ("hit", "open", "miss")
            assert 0 <= candidate["probability"] <= 1


def test_the_elements_are_those_allowed(result):
    for candidate in result["candidates"]:
        assert set(candidate["elements"]) <= set(METALS.split(","))


def test_a_table_and_files_for_people(design_run, result):
    folder, ended = design_run
    for candidate in passed(result):
        assert candidate["formula"] in ended.out
    assert "completions generated" in ended.out
    own = run_of(folder)
    assert str(own / "report.html") in ended.err
    assert str(own / "result.json") in ended.err
    assert (own / "report.html").read_text().startswith("<!")
    assert (own / "report.png").read_bytes().startswith(b"\x89PNG")
    assert own.name in (folder / "report.html").read_text()
    cifs = sorted((own / "structures").glob("*.cif"))
    assert [cif.name for cif in cifs] == [f"{c['rank']}-{c['formula']}.cif" for c in passed(result)]
    for cif, candidate in zip(cifs, passed(result), strict=True):
        assert Structure.from_file(cif).composition.reduced_formula == candidate["formula"]


def test_the_same_command_resumes(design_run, result, tmp_path):
    folder = tmp_path / "run"
    shutil.copytree(design_run[0], folder)
    before = job_times(folder)
    again = elatbot("design", *BAND, *QUICK, "-n", "2", "--out", folder, "--json")
    assert again.code == 0
    assert job_times(folder) == before, "a crystal was built or validated again"
    assert fates(result_of(folder)) == fates(result)
    assert json.loads(again.out) == result_of(folder)


def test_an_interrupted_run_goes_on_to_the_same_result(result, tmp_path):
    folder = tmp_path / "run"
    arguments = ("design", *BAND, *QUICK, "-n", "2", "--out", folder)
    process = start(*arguments)
    for line in process.stderr:
        if line.startswith("build and screen crystals: "):
            break
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "interrupted" in err
    assert "Traceback" not in err

    kept = job_times(folder)
    assert kept
    stored = json.loads(elatbot("query", "--all", "--out", folder, "--json").out)
    assert {d["candidate_id"] for d in stored} == set(fates(result))
    assert any(d["status"] == "built" for d in stored)
    assert not list(folder.glob("*/result.json"))

    assert elatbot(*arguments).code == 0
    assert kept < job_times(folder), "finished jobs were done again"
    assert fates(result_of(folder)) == fates(result)


@pytest.mark.parametrize(
    "intervals",
    [
        {"shear_modulus": "20:70", "pugh_ratio": "1.75:"},
        {"youngs_modulus": "80:150", "poisson_ratio": ":0.4"},
    ],
    ids="+".join,
)
def test_other_properties_than_the_bulk_modulus(tmp_path, intervals):
    options = [f"--{k.replace('_', '-')}={text}" for k, text in intervals.items()]
    one_worker = ("--workers", "1")  # what takes long is that each loads its libraries
    few = ("-n", "1", "--no-hull")
    ended = elatbot("design", *options, *QUICK, *one_worker, *few, "--out", tmp_path / "run")
    assert ended.code == 0, ended.err
    result = result_of(tmp_path / "run")
    assert set(result["run"]["target"]) >= set(intervals)
    (best,) = passed(result)
    assert best["hull"] is None
    if best["estimate"] is not None:
        assert set(best["probabilities"]) == set(intervals)
        assert best["limiting_property"] in intervals


def test_screening_a_list_leaves_an_earlier_run_as_it_is(design_run, tmp_path):
    folder = tmp_path / "run"
    shutil.copytree(design_run[0], folder)
    first = run_of(folder)
    before = {path: path.read_bytes() for path in first.rglob("*") if path.is_file()}
    (tmp_path / "list.txt").write_text("Cu3Au\nnot a formula\nXe\n")
    (tmp_path / "crystals").mkdir()
    samples.fcc("Pd", 3.9).to(tmp_path / "crystals" / "pd.cif")
    sources = ("--from", tmp_path / "list.txt", "--from", tmp_path / "crystals")
    arguments = ("design", *BAND, *sources, "--potential", EMT, "--no-hull", "--workers", "1")
    ended = elatbot(*arguments, "--out", folder, "--json")
    assert ended.code == 0, ended.err
    assert "left out" in ended.err
    assert "'not a formula' is not a formula" in ended.err
    result = json.loads(ended.out)
    assert {c["formula"]: c["status"] for c in result["candidates"]} == {
        "Cu3Au": "passed",
        "Pd": "passed",
        "Xe": "rejected",
    }
    assert [one["reason"] for one in result["unreadable"]] == ["not_a_formula"]
    assert result["run"]["generator"] is None
    assert before == {path: path.read_bytes() for path in before}
    index = (folder / "report.html").read_text()
    assert first.name in index
    assert result["run"]["run_id"] in index


def test_prototypes_alone_where_learned_types_are_not_wanted(tmp_path, command):
    (tmp_path / "list.txt").write_text("Cu3Au\n")
    asked = ("design", *BAND, "--from", tmp_path / "list.txt", "--potential", EMT, "--no-hull")
    sources = {}
    for option in ("--learned-types", "--no-learned-types"):
        ended = command(*asked, option, "--workers", "1", "--out", tmp_path / option, "--json")
        assert ended.code == 0, ended.err
        (candidate,) = json.loads(ended.out)["candidates"]
        sources[option] = {crystal["source"] for crystal in candidate["polymorphs"]}
    assert sources["--learned-types"] == {"learned"}
    assert "learned" not in sources["--no-learned-types"]


CONFIGURATION = """
JOB_STORE:
  "@module": jobflow.core.store
  "@class": JobStore
  docs_store:
    "@module": elatbot_flows.database.sqlite_store
    "@class": SqliteStore
    path: {}/laboratory.sqlite
    collection_name: outputs
"""


def test_a_configured_store_is_used_and_another_seed_proposes_others(result, tmp_path):
    (tmp_path / "database").mkdir()
    config = tmp_path / "jobflow.yaml"
    config.write_text(CONFIGURATION.format(tmp_path / "database"))
    folder = tmp_path / "run"
    arguments = (*BAND, *QUICK, "-n", "1", "--seed", "1", "--workers", "1")
    ended = elatbot("design", *arguments, "--out", folder, config=config)
    assert ended.code == 0, ended.err
    assert str(tmp_path / "database") in ended.err
    assert not (folder / "store").exists()

    elsewhere = elatbot("query", "--all", "--out", tmp_path / "nothing", "--json", config=config)
    found = json.loads(elsewhere.out)
    assert {d["candidate_id"] for d in found} == set(fates(result_of(folder)))
    assert {d["formula"] for d in found} != formulas_of(result)
