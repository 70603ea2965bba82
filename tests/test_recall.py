"""Nothing is computed twice that depends on its question alone."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from dataclasses import replace
from pathlib import Path

import pytest
from jobflow import JobStore, run_locally
from maggma.stores import MemoryStore
from pymatgen.core import Lattice, Structure

import samples
from elatbot_flows import DesignTarget, InverseDesignMaker
from elatbot_flows.database.results import read_result
from elatbot_flows.errors import StoreError
from elatbot_flows.jobs import BuildMaker
from elatbot_flows.judges import PotentialJudge
from elatbot_flows.potentials import load_potential
from elatbot_flows.proposers import GivenProposer
from elatbot_flows.recall import recalled

TARGET = DesignTarget(bulk_modulus=(80, 180), elements=("Ni", "Al", "Cu"))
MAKER = InverseDesignMaker(
    n=None,
    proposer=GivenProposer(materials=["NiAl", "Cu3Al", "AlCu"]),
    build=BuildMaker(potential=samples.EMT, max_guesses=3, max_relaxed=2),
    judges=[PotentialJudge(potential=samples.EMT)],
    hull=None,
    recall=True,
)


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("ELATBOT_FLOWS_CACHE", str(tmp_path / "cache"))


def run(maker, target=TARGET):
    store = JobStore(MemoryStore(), additional_stores={"data": MemoryStore()})
    flow = maker.make(target)
    run_locally(flow, store=store, ensure_success=True, log=False)
    return read_result(store, flow.output.uuid)


def test_an_answer_is_computed_once():
    calls = []
    ask = lambda: recalled("test", {"x": 0.1 + 0.2}, lambda: calls.append(1) or {"y": (1, 2)})  # noqa: E731
    assert ask() == ({"y": [1, 2]}, False)
    assert ask() == ({"y": [1, 2]}, True)
    assert recalled("test", {"x": 0.3}, dict) == ({"y": [1, 2]}, True)  # rounding is no question
    assert recalled("test", {"x": -0.0}, lambda: {"y": 3})[1] is False
    assert recalled("test", {"x": 0.0}, dict) == ({"y": 3}, True)
    assert len(calls) == 1


def test_what_another_try_may_better_is_not_kept():
    for _ in range(2):
        answer, known = recalled("test", 1, lambda: {"ok": False}, worth=lambda a: a["ok"])
        assert (answer, known) == ({"ok": False}, False)


def test_a_damaged_file_is_named(tmp_path):
    recalled("test", 1, lambda: {"y": 1})
    (path,) = (tmp_path / "cache" / "recall" / "test").rglob("*.json")
    path.write_text("[1")
    with pytest.raises(StoreError, match=r"\.json is no kept result .* delete it"):
        recalled("test", 1, dict)


def test_a_cache_that_cannot_be_written_costs_time_only(tmp_path, monkeypatch):
    file = tmp_path / "file"
    file.write_text("")
    monkeypatch.setenv("ELATBOT_FLOWS_CACHE", str(file))
    assert recalled("test", 1, lambda: {"y": 1}) == ({"y": 1}, False)


def _slowly(log, seconds):
    def compute():
        with Path(log).open("a") as stream:
            stream.write(f"{os.getpid()}\n")
        time.sleep(seconds)
        return {"y": 1}

    recalled("test", "slow", compute)


def _processes(log, seconds, number=3):
    context = multiprocessing.get_context("fork")
    processes = [context.Process(target=_slowly, args=(log, seconds)) for _ in range(number)]
    for process in processes:
        process.start()
    return processes


def test_processes_that_ask_at_once_compute_once(tmp_path):
    log = tmp_path / "log"
    for process in _processes(log, 0.5):
        process.join()
    assert len(log.read_text().split()) == 1


def test_who_waits_for_one_that_is_killed_computes_itself(tmp_path):
    log = tmp_path / "log"
    processes = _processes(log, 2, number=2)
    while not log.exists() or not log.read_text().strip():
        time.sleep(0.02)
    os.kill(int(log.read_text().split()[0]), signal.SIGKILL)
    for process in processes:
        process.join()
    assert len(log.read_text().split()) == 2
    assert recalled("test", "slow", dict) == ({"y": 1}, True)


def test_a_second_design_builds_and_judges_nothing_anew():
    """Other target, other run: the crystals are the same, and cost nothing."""
    first = run(MAKER)
    emt = load_potential(samples.EMT)
    before = emt.evaluations
    second = run(MAKER, replace(TARGET, bulk_modulus=(60, 120)))
    assert emt.evaluations == before
    assert first.document.counts.evaluations > 0
    assert second.document.counts.evaluations == 0
    one, other = ({c.formula: c for c in found.candidates} for found in (first, second))
    for formula, candidate in one.items():
        again = other[formula]
        assert again.recalled
        assert not candidate.recalled
        assert again.structure == candidate.structure
        assert again.bulk_modulus == candidate.bulk_modulus
        said = [e.result for e in again.evidence if e.polymorph is not None]
        assert all(result.recalled and result.evaluations == 0 for result in said)
        assert again.probability != candidate.probability


def test_unless_all_steps_are_told_to_nothing_is_taken_over():
    run(MAKER)
    assert run(replace(MAKER, recall=False)).document.counts.evaluations > 0


def test_other_settings_are_other_questions():
    run(MAKER)
    finer = replace(MAKER.build, max_force=0.01)
    assert run(replace(MAKER, build=finer)).document.counts.evaluations > 0


def test_what_another_method_found_is_computed_anew(monkeypatch):
    run(MAKER)
    monkeypatch.setattr("elatbot_flows.jobs.build._METHOD", "one after the other")
    assert run(MAKER).document.counts.evaluations > 0


def test_a_judge_that_failed_for_a_reason_of_the_moment_is_asked_again(monkeypatch):
    crystal = Structure(Lattice.cubic(3.6), ["Cu"] * 4, samples_fcc())
    judge = PotentialJudge(potential=samples.EMT, recall=True)
    emt = load_potential(samples.EMT)

    def out_of_memory(*_, **__):
        raise MemoryError

    with monkeypatch.context() as patched:
        patched.setattr(emt.calculator, "calculate", out_of_memory)
        (failed,) = judge.make.original(judge, [crystal])
    assert failed.status == "failed"
    (found,) = judge.make.original(judge, [crystal], ["copper"])
    assert (found.status, found.recalled, found.source) == ("passed", False, "copper")
    (again,) = judge.make.original(judge, [crystal], ["other"])
    assert (again.recalled, again.source) == (True, "other")
    assert again.elastic_tensor == found.elastic_tensor


def samples_fcc():
    return [[0, 0, 0], [0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]]
