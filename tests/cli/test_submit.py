"""``elatbot design --submit``: into the LaunchPad of FireWorks, and what is refused."""

from __future__ import annotations

import jobflow
import pytest
from cli_commands import BAND, QUICK
from jobflow import JobStore
from maggma.stores import MemoryStore

from elatbot_flows.cli.submit import tagged
from elatbot_flows.database.builder import publish_candidates
from elatbot_flows.database.collections import candidate_store
from elatbot_flows.database.stores import embedded_store

REFUSED = {
    "no queue": (("--submit", "slurm"), ("--submit slurm", "fireworks, remote")),
    "worker here": (("--worker", "w"), ("--worker", "give --submit")),
    "project of nobody": (("--submit", "fireworks", "--project", "p"), ("--project", "remote")),
    "nothing kept": (("--submit", "fireworks"), ("MemoryStore", "configure a MongoStore")),
    "no project": (("--submit", "remote", "--project", "nope"), ("jf project list",)),
}


@pytest.fixture(autouse=True)
def nothing_configured(monkeypatch):
    monkeypatch.setattr(jobflow.SETTINGS, "JOB_STORE", JobStore(MemoryStore()))


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_submitted_is_refused_with_a_remedy(command, case):
    pytest.importorskip("jobflow_remote")
    arguments, words = REFUSED[case]
    ended = command("design", *BAND, *QUICK, *arguments)
    assert (ended.code, ended.out) == (2, "")
    for word in words:
        assert word in ended.err


@pytest.mark.slow
def test_a_design_goes_into_the_launchpad_and_is_found_by_its_tag(command, tmp_path, monkeypatch):
    pytest.importorskip("fireworks")
    from fireworks import FWorker, LaunchPad
    from fireworks.core.rocket_launcher import rapidfire

    from fireworks_trial import launchpad_in_memory

    store = embedded_store(tmp_path / "database")
    monkeypatch.setattr(jobflow.SETTINGS, "JOB_STORE", store)
    options = ("-n", "2", "--no-hull", "--tag", "campaign 3", "--worker", "cpu")
    with launchpad_in_memory() as launchpad:
        monkeypatch.setattr(LaunchPad, "auto_load", lambda: launchpad)
        ended = command("design", *BAND, *QUICK, *options, "--submit", "fireworks")
        assert ended.code == 0, ended.err
        assert "6 Fireworks" in ended.out
        rapidfire(launchpad, FWorker(category="gpu"), m_dir=str(tmp_path), nlaunches=1, timeout=1)
        assert launchpad.fireworks.count_documents({"state": "COMPLETED"}) == 0
        rapidfire(launchpad, FWorker(category="cpu"), m_dir=str(tmp_path), strm_lvl="ERROR")
        states = launchpad.fireworks.distinct("state")
        assert states == ["COMPLETED"]
    store.connect()
    candidates = candidate_store(store)
    assert candidates.count({"tags": "campaign 3", "status": "passed"}) == 2
    assert publish_candidates(store) == 0, "the last Firework has done it"
    asked = command("query", "--tag", "campaign 3", "--count", "status")
    assert "passed" in asked.out


def test_no_tags_change_nothing():
    class Untouchable:
        """Has no methods."""

    flow = Untouchable()
    assert tagged(flow, None) is flow
