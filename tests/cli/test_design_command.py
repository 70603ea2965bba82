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

from elatbot_flows.campaign.store import open_store
from elatbot_flows.documents import CandidateDocument, DesignCounts

pytestmark = pytest.mark.slow

MODULI = ("bulk_modulus", "shear_modulus", "youngs_modulus", "poisson_ratio", "pugh_ratio")
KEYS = {"run_id", "target", "seed", "requested", "generator", "potential", "versions"}
KEYS |= {"counts", "candidates", "notes"}


def no_constant(text):
    raise AssertionError(f"{text} is not JSON")


def result_of(folder):
    return json.loads((folder / "result.json").read_text(), parse_constant=no_constant)


def validated(result):
    return [c for c in result["candidates"] if c["status"] == "validated"]


def texts_of(candidates):
    return Counter(candidate["completion"]["text"] for candidate in candidates)


def fates(result):
    """What became of every candidate, with its numbers."""
    return {
        c["candidate_id"]: (
            c["completion"]["text"],
            c["status"],
            c["reason"],
            c["spacegroup_number"],
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
    assert set(result) == KEYS
    assert (result["requested"], result["seed"]) == (2, 0)
    assert result["target"]["bulk_modulus"] == [100.0, 200.0]
    assert result["target"]["elements"] == sorted(METALS.split(","))
    assert result["generator"]["name"] == "elatbot-mini"
    assert len(result["generator"]["weights_sha256"]) == 64
    assert result["potential"]["name"] == EMT
    assert set(result["counts"]) == set(DesignCounts.model_fields)
    for candidate in result["candidates"]:
        assert set(candidate) == set(CandidateDocument.model_fields)


def test_the_counts_add_up_and_agree_with_the_candidates(result):
    counts, candidates = result["counts"], result["candidates"]
    assert counts["generated"] == len(candidates) == len({c["candidate_id"] for c in candidates})
    assert counts["generated"] == counts["stable"] + sum(counts["rejected"].values())
    funnel = [
        counts[step] for step in DesignCounts.model_fields if step not in ("rejected", "hull")
    ]
    assert funnel == sorted(funnel, reverse=True)
    assert counts["stable"] == len(validated(result)) == 2
    assert counts["hits"] == sum(c["verdict"] == "hit" for c in candidates)
    reasons = Counter(c["reason"] for c in candidates if c["status"] != "validated")
    assert counts["rejected"] == reasons


def test_validated_candidates_have_numbers_and_a_crystal(result):
    for rank, candidate in enumerate(validated(result), start=1):
        assert candidate["rank"] == rank
        assert all(math.isfinite(candidate[name]) for name in MODULI)
        structure = Structure.from_dict(candidate["structure"])
        assert structure.composition.reduced_formula == candidate["formula"]
        assert len(structure) == candidate["nsites"] <= 4
        inside = 100 <= candidate["bulk_modulus"] <= 200
        assert candidate["verdict"] == ("hit" if inside else "miss")
        assert (candidate["margin"] >= 0) == inside
        assert candidate["potential"]["name"] == EMT


def test_the_elements_are_those_allowed(result):
    for candidate in result["candidates"]:
        assert set(candidate["elements"]) <= set(METALS.split(","))


def test_a_table_and_files_for_people(design_run, result):
    folder, ended = design_run
    for candidate in validated(result):
        assert candidate["formula"] in ended.out
        assert f"{candidate['bulk_modulus']:.1f}" in ended.out
    assert "completions generated" in ended.out
    assert str(folder / "report.html") in ended.err
    assert (folder / "report.html").read_text().startswith("<!")
    assert (folder / "report.png").read_bytes().startswith(b"\x89PNG")
    cifs = sorted((folder / "structures").glob("*.cif"))
    assert [cif.name for cif in cifs] == [
        f"{c['rank']}-{c['formula']}.cif" for c in validated(result)
    ]
    for cif, candidate in zip(cifs, validated(result), strict=True):
        assert Structure.from_file(cif).composition.reduced_formula == candidate["formula"]


def test_the_same_command_resumes(design_run, result, tmp_path):
    folder = tmp_path / "run"
    shutil.copytree(design_run[0], folder)
    before = job_times(folder)
    again = elatbot(
        "design", *BAND, *QUICK, "-n", "2", "--out", folder, "--json", tmp_path / "x" / "r.json"
    )
    assert again.code == 0
    assert job_times(folder) == before, "a crystal was built or validated again"
    assert fates(result_of(folder)) == fates(result)
    assert json.loads((tmp_path / "x" / "r.json").read_text()) == result_of(folder)


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
    stored = json.loads(elatbot("query", "--out", folder, "--json").out)
    assert {d["candidate_id"] for d in stored} == set(fates(result))
    assert any(d["stage"] == "built" for d in stored)
    assert not (folder / "result.json").exists()

    assert elatbot(*arguments).code == 0
    assert kept < job_times(folder), "finished jobs were done again"
    assert fates(result_of(folder)) == fates(result)


@pytest.mark.parametrize(
    "intervals",
    [
        {"shear_modulus": (20.0, 70.0)},
        {"shear_modulus": (20.0, 70.0), "pugh_ratio": (2.0, 4.0)},
        {"youngs_modulus": (80.0, 150.0), "poisson_ratio": (0.3, 0.4)},
    ],
    ids="+".join,
)
def test_other_properties_than_the_bulk_modulus(tmp_path, intervals):
    options = [f"--{k.replace('_', '-')}={low}:{high}" for k, (low, high) in intervals.items()]
    one_worker = ("--workers", "1")  # what takes long is that each loads its libraries
    ended = elatbot("design", *options, *QUICK, *one_worker, "-n", "1", "--out", tmp_path / "run")
    assert ended.code == 0, ended.err
    (best,) = validated(result_of(tmp_path / "run"))
    assert set(best["margins"]) == set(intervals)
    for name, (low, high) in intervals.items():
        assert best["margins"][name] == pytest.approx(min(best[name] - low, high - best[name]))
    hit = all(margin >= 0 for margin in best["margins"].values())
    assert best["verdict"] == ("hit" if hit else "miss")
    assert best["limiting_property"] in intervals


CONFIGURATION = """
JOB_STORE:
  "@module": jobflow.core.store
  "@class": JobStore
  docs_store:
    "@module": elatbot_flows.campaign.sqlite_store
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

    elsewhere = elatbot("query", "--out", tmp_path / "nothing", "--json", config=config)
    found = json.loads(elsewhere.out)
    assert {d["candidate_id"] for d in found} == set(fates(result_of(folder)))
    first, second = (texts_of(candidates) for candidates in (result["candidates"], found))
    assert first != second
