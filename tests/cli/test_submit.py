"""``elatbot design --submit``: into the LaunchPad of FireWorks, and what is refused."""

from __future__ import annotations

import jobflow
import pytest
from cli_commands import BAND, EMT, QUICK
from jobflow import JobStore
from maggma.stores import MemoryStore
from pymatgen.core import Lattice, Structure

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


SUBMITTED = {
    "predict": (
        ("--formula", "Cu", "--formula", "Ni", "--crystal-system", "Cubic"),
        ("prediction", 2),
    ),
    "validate": (("--potential", EMT, "-K", "100:200"), ("design", 1)),
}


@pytest.mark.parametrize("name", SUBMITTED)
def test_what_was_submitted_is_found_by_its_tag(command, name, tmp_path, monkeypatch):
    pytest.importorskip("fireworks")
    from fireworks import FWorker, LaunchPad
    from fireworks.core.rocket_launcher import rapidfire

    from fireworks_trial import launchpad_in_memory

    crystal, broken = tmp_path / "Cu.cif", tmp_path / "broken.cif"
    Structure.from_spacegroup("Fm-3m", Lattice.cubic(3.6), ["Cu"], [[0, 0, 0]]).to(str(crystal))
    broken.write_text("nothing")
    arguments, (kind, number) = SUBMITTED[name]
    store = embedded_store(tmp_path / "database")
    monkeypatch.setattr(jobflow.SETTINGS, "JOB_STORE", store)
    files = (crystal, broken) if name == "validate" else (broken,)
    with launchpad_in_memory() as launchpad:
        monkeypatch.setattr(LaunchPad, "auto_load", lambda: launchpad)
        ended = command(name, *files, *arguments, "--submit", "fireworks", "--tag", "mine")
        assert ended.code == 0, ended.err
        assert f"left out {broken}" in ended.err.replace("\n", "")
        rapidfire(launchpad, FWorker(), m_dir=str(tmp_path), strm_lvl="ERROR")
        assert launchpad.fireworks.distinct("state") == ["COMPLETED"]
    asked = command("query", "--tag", "mine", "--kind", kind, "--count", "status")
    assert asked.code == 0, asked.err
    store.connect()
    found = candidate_store(store).query({"tags": "mine", "kind": kind}, ["status"])
    assert [one["status"] for one in found] == ["passed"] * number


def test_nothing_readable_submits_nothing(command, tmp_path, monkeypatch):
    monkeypatch.setattr("elatbot_flows.cli.submit._require_database", lambda: None)
    (tmp_path / "broken.cif").write_text("nothing")
    ended = command("validate", tmp_path / "broken.cif", "--submit", "fireworks")
    assert (ended.code, ended.out) == (2, "")
    assert "no crystal" in ended.err


def test_no_tags_change_nothing():
    class Untouchable:
        """Has no methods."""

    flow = Untouchable()
    assert tagged(flow, None) is flow


STAGES_REFUSED = {
    "here": ((), "propose: {worker: gpu}", "--stages says who runs it elsewhere"),
    "no stage": (("--submit", "fireworks"), "gauge: {worker: gpu}", "no stage gauge: choose from"),
    "no setting": (("--submit", "fireworks"), "judge: {labour: gpu}", "labour is none of worker"),
    "no word": (("--submit", "fireworks"), "judge: {worker: 3}", "worker cannot be 3"),
    "no stages": (("--submit", "fireworks"), "- judge", "needs lines such as worker: gpu"),
    "no YAML": (("--submit", "fireworks"), "judge: [", "cannot be read"),
    "not of FireWorks": (
        ("--submit", "fireworks"), "judge: {exec_config: dft}", "belongs to --submit remote",
    ),
    "no worker": (
        ("--submit", "remote"), "judge: {worker: moon}", "worker moon is not in project elatbot",
    ),
    "no environment": (
        ("--submit", "remote"), "judge: {exec_config: dft}", "exec_config dft is not in project",
    ),
    "no resource": (
        ("--submit", "remote"), "judge: {resources: {ntaks: 3}}", "'ntasks' instead of 'ntaks'",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", STAGES_REFUSED)
def test_stages_that_cannot_be_are_refused_before_anything_is_submitted(
    command, case, tmp_path, monkeypatch
):
    pytest.importorskip("jobflow_remote")
    pytest.importorskip("fireworks")
    where, text, words = STAGES_REFUSED[case]
    assert command("init", "--target", "remote", "--out", tmp_path / "config").code == 0
    monkeypatch.setattr("jobflow_remote.SETTINGS.projects_folder", str(tmp_path / "config"))
    monkeypatch.setattr("fireworks.LaunchPad.auto_load", lambda: pytest.fail("was submitted"))
    monkeypatch.setattr("jobflow_remote.submit_flow", lambda *_, **__: pytest.fail("was submitted"))
    monkeypatch.setattr("elatbot_flows.cli.submit._require_database", lambda: None)
    file = tmp_path / "stages.yml"
    file.write_text(text)
    ended = command("design", *BAND, *QUICK, *where, "--stages", file)
    assert (ended.code, ended.out) == (2, "")
    assert words in ended.err


@pytest.mark.slow
def test_stages_and_tag_reach_all_jobs_of_the_launchpad(command, tmp_path, monkeypatch):
    pytest.importorskip("fireworks")
    from fireworks import LaunchPad

    from fireworks_trial import launchpad_in_memory

    monkeypatch.setattr(jobflow.SETTINGS, "JOB_STORE", embedded_store(tmp_path / "database"))
    file = tmp_path / "stages.yml"
    file.write_text(
        "propose: {worker: gpu, resources: {ntasks: 1}}\njudge: {resources: {ntasks: 8}}"
    )
    options = ("--submit", "fireworks", "--stages", file, "--worker", "cpu", "--tag", "campaign 3")
    with launchpad_in_memory() as launchpad:
        monkeypatch.setattr(LaunchPad, "auto_load", lambda: launchpad)
        ended = command("design", *BAND, *QUICK, *options)
        assert ended.code == 0, ended.err
        specs = {fw["name"]: fw["spec"] for fw in launchpad.fireworks.find()}
        shown = command("status", "--fireworks", "--tag", "campaign 3")
        assert shown.code == 0, shown.err
        well = command("doctor", "--fireworks")
    told = {name: (s["_category"], s.get("_queueadapter")) for name, s in specs.items()}
    assert told["campaign 3: propose"] == ("gpu", {"ntasks": 1})
    assert told["campaign 3: judge"] == ("cpu", {"ntasks": 8})
    assert told["campaign 3: hull"] == ("cpu", None)
    lines = {line.split()[0]: line for line in shown.out.splitlines() if line.split()}
    assert "not born yet" in lines["judge"]
    assert "not all are born yet" in lines["all"]
    assert (well.code, well.out) == (0, "all is well\n")
