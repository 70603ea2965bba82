"""Stages on Slurm: each asks for what it was given, and what is lost is mended."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest
from monty.serialization import dumpfn, loadfn

import samples
from running.programs import BIN, call, told

pytestmark = pytest.mark.slow


DESIGN = (
    "elatbot", "design", "-K", "80:180", "--elements", "Ni,Al,Cu", "--max-sites", "4", "-n", "1",
    "--potential", samples.EMT, "--no-hull", "--tag", "campaign 3",
)  # fmt: skip


RESERVED = """
from fireworks import LaunchPad
(launch,) = LaunchPad.auto_load().launches.find()
print(next(one["reservation_id"] for one in launch["state_history"] if "reservation_id" in one))
"""


def stages(folder, **judge):
    file = folder / "stages.yml"
    dumpfn({"default": {"worker": "hpc"}, "judge": {"worker": "gpu", **judge}}, file)
    return file


def scripts(folder, name):
    """What Slurm was asked for by the jobs of a folder."""
    return [file.read_text() for file in folder.rglob(name)]


def test_jobflow_remote_on_slurm_heeds_stages_and_is_watched(cluster):
    pytest.importorskip("jobflow_remote")
    file = Path(os.environ["JFREMOTE_PROJECTS_FOLDER"]) / "elat.yaml"
    project = loadfn(file)
    project["workers"]["gpu"] = project["workers"]["hpc"] | {"work_dir": str(cluster / "gpu")}
    dumpfn(project, file)
    (cluster / "gpu").mkdir()
    wanted = stages(cluster, resources={"ntasks": 2, "time": "00:10:00"})
    call("elatbot", "check", "--quick", "--stages", wanted, "--project", "elat")
    call("jf", "admin", "reset")
    call(*DESIGN, "--submit", "remote", "--project", "elat", "--stages", wanted)
    code, words = told("elatbot", "doctor", "--project", "elat")
    assert code == 1
    assert "not running: the runner was never started; 6 jobs wait for it" in words
    call("jf", "runner", "start", "-s")
    try:
        shown = call("elatbot", "status", "--project", "elat", "--tag", "campaign 3", "--watch")
    finally:
        call("jf", "runner", "kill")
    assert "candidates that passed: 1 of the 1 asked for" in shown
    assert told("elatbot", "doctor", "--project", "elat") == (0, "all is well\n")
    said = json.loads(call("elatbot", "status", "--project", "elat", "--json"))
    judged = next(row for row in said["stages"] if row["stage"] == "judge")
    asked = scripts(cluster / "gpu", "submit.sh")
    assert judged["done"] < len(asked), "those that plan went there too"
    assert all("--ntasks=2" in text for text in asked)
    assert not any("--ntasks=2" in text for text in scripts(cluster / "work", "submit.sh"))


def test_fireworks_on_slurm_heeds_stages_and_what_slurm_lost_is_mended(cluster):
    pytest.importorskip("fireworks")
    file = cluster / "fireworks" / "my_qadapter.yaml"
    adapter = loadfn(file)
    launch = adapter["rocket_launch"].replace("rapidfire", "singleshot")
    dumpfn(adapter | {"rocket_launch": launch}, file)
    call("lpad", "reset", "--password", time.strftime("%Y-%m-%d"))
    file = stages(cluster, resources={"ntasks": 2})
    call(*DESIGN, "--submit", "fireworks", "--stages", file)
    call("qlaunch", "-r", "singleshot")
    number = call("python", "-c", RESERVED).strip()
    call(shutil.which("scancel"), number)
    while number in call(shutil.which("squeue"), "--noheader", "--format=%A").split():
        time.sleep(1)
    code, words = told("elatbot", "doctor", "--fireworks")
    assert code == 1
    assert "lost: begin: " in words
    assert "(campaign 3: begin): it is R" in words
    assert "its job has gone from Slurm; 5 more wait for that" in words
    assert told("elatbot", "doctor", "--fireworks", "--rerun")[0] == 0
    assert told("elatbot", "doctor", "--fireworks") == (0, "all is well\n")
    queue = subprocess.Popen(  # noqa: S603 - our own programs
        [BIN / "qlaunch", "-r", "rapidfire", "-m", "2", "--nlaunches", "infinite", "--sleep", "2"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        shown = call("elatbot", "status", "--fireworks", "--watch")
    finally:
        queue.kill()
    assert "candidates that passed: 1 of the 1 asked for" in shown
    assert told("elatbot", "doctor", "--fireworks") == (0, "all is well\n")
    said = json.loads(call("elatbot", "status", "--fireworks", "--json"))
    judged = next(row for row in said["stages"] if row["stage"] == "judge")
    asked = scripts(cluster / "fireworks", "FW_submit.script")
    assert judged["done"] < sum("--ntasks=2" in text for text in asked) < len(asked)
