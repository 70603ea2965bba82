"""``elatbot init`` and ``elatbot check``: configurations that work, and what is wrong."""

from __future__ import annotations

from importlib.util import find_spec

import jobflow
import pytest
import yaml
from jobflow import JobStore
from maggma.stores import MemoryStore, MongoStore
from monty.json import MontyDecoder

from elatbot_flows.cli.stages import read_stages
from elatbot_flows.database.sqlite_store import SqliteStore
from elatbot_flows.database.stores import store_in_file

SECRET = "tops3cret"  # noqa: S105 - of nobody


@pytest.fixture(autouse=True)
def nothing_configured(monkeypatch, tmp_path):
    monkeypatch.setattr(jobflow.SETTINGS, "JOB_STORE", JobStore(MemoryStore()))
    monkeypatch.delenv("MP_API_KEY", raising=False)
    if find_spec("fireworks"):
        monkeypatch.setattr("fireworks.fw_config.LAUNCHPAD_LOC", None)
    if find_spec("jobflow_remote"):
        monkeypatch.setattr("jobflow_remote.SETTINGS.projects_folder", str(tmp_path / "nowhere"))


@pytest.mark.parametrize("target", ["local", "fireworks", "remote"])
def test_templates_are_valid_and_nothing_is_overwritten(command, tmp_path, target):
    folder = tmp_path / "config"
    ended = command("init", "--target", target, "--out", folder)
    assert ended.code == 0, ended.err
    for file in folder.iterdir():
        if file.name == "stages.yml":
            assert read_stages(file)["default"].worker in ("cpu", "hpc")
        assert isinstance(yaml.safe_load(file.read_text()), dict)
        assert file.stat().st_mode & 0o077 == 0, "others could read a password"
        assert file.read_text().startswith("#")
    before = {file: file.read_text() for file in folder.iterdir()}
    ended = command("init", "--target", target, "--out", folder)
    assert ended.code == 2
    assert "is there already" in ended.err
    assert before == {file: file.read_text() for file in folder.iterdir()}


def test_the_local_configuration_is_a_store_that_works(command, tmp_path):
    command("init", "--out", tmp_path / "config")
    spec = yaml.safe_load((tmp_path / "config" / "jobflow.yaml").read_text())["JOB_STORE"]
    store = MontyDecoder().process_decoded(spec)
    assert isinstance(store.docs_store, SqliteStore)
    with store:
        store.update({"uuid": "1", "index": 1, "output": 2})
        assert store.get_output("1") == 2


def test_the_configuration_of_a_database_is_one_of_jobflow(command, tmp_path):
    command("init", "--target", "fireworks", "--out", tmp_path / "config")
    spec = yaml.safe_load((tmp_path / "config" / "jobflow.yaml").read_text())["JOB_STORE"]
    store = JobStore.from_dict_spec(spec)
    assert isinstance(store.docs_store, MongoStore)
    assert list(store.additional_stores) == ["data"]


def test_a_project_of_jobflow_remote_can_be_read(command, tmp_path, monkeypatch):
    pytest.importorskip("jobflow_remote")
    from jobflow_remote.config.manager import ConfigManager

    command("init", "--target", "remote", "--out", tmp_path / "projects")
    monkeypatch.setattr("jobflow_remote.SETTINGS.projects_folder", str(tmp_path / "projects"))
    project = ConfigManager().get_project("elatbot")
    assert project.get_jobstore().docs_store.collection_name == "outputs"
    assert list(project.workers) == ["hpc"]


def test_without_configuration_all_is_well(command):
    ended = command("check", "--quick")
    assert ended.code == 0, ended.out
    assert "no JOB_STORE is configured" in ended.out
    assert "MP_API_KEY is not set" in ended.out


@pytest.mark.slow
def test_models_are_tried(command):
    ended = command("check", "--potential", "ase.calculators.emt:EMT")
    assert ended.code == 0, ended.out
    assert "text model elatbot-mini" in ended.out
    assert "potential ase.calculators.emt:EMT: ase" in ended.out


def test_a_database_out_of_reach_is_wrong_and_no_password_is_told(command, monkeypatch):
    far = MongoStore.from_uri(
        f"mongodb://mary:{SECRET}@127.0.0.1:9/elatbot",
        "outputs",
        "elatbot",
        mongoclient_kwargs={"serverSelectionTimeoutMS": 200},
    )
    monkeypatch.setattr(jobflow.SETTINGS, "JOB_STORE", JobStore(far))
    ended = command("check", "--quick")
    assert ended.code == 1
    assert "wrong" in ended.out
    assert "127.0.0.1:9" in ended.out
    assert SECRET not in ended.out + ended.err


def test_an_unknown_target_is_refused(command):
    ended = command("init", "--target", "moon")
    assert ended.code == 2
    assert "local, fireworks, remote" in ended.err


def test_a_store_may_be_named_by_its_file(command, tmp_path):
    command("init", "--target", "local", "--out", tmp_path / "config")
    file = tmp_path / "store.sqlite"
    with JobStore(SqliteStore(file, "outputs", key="uuid")):
        pass
    assert "embedded store" in store_in_file(file)[1]
    ended = command("query", "--store", file, "--json")
    assert (ended.code, ended.out.strip()) == (0, "[]")
    ended = command("query", "--store", file, "--out", tmp_path)
    assert ended.code == 2
    assert "give one of them" in ended.err


def test_workers_of_stages_that_the_project_lacks_are_told(command, tmp_path, monkeypatch):
    pytest.importorskip("jobflow_remote")
    command("init", "--target", "remote", "--out", tmp_path / "projects")
    file = tmp_path / "projects" / "stages.yml"
    ended = command("check", "--quick", "--stages", file)
    assert ended.code == 0
    assert "whether a FireWorker takes these categories cannot be seen" in ended.out
    monkeypatch.setattr("jobflow_remote.SETTINGS.projects_folder", str(tmp_path / "projects"))
    monkeypatch.setattr("elatbot_flows.cli.check._remote", lambda: ("ok", "needs a database"))
    ended = command("check", "--quick", "--stages", file, "--project", "elatbot")
    assert ended.code == 0, ended.out
    assert "default on hpc, all of them workers of the project" in ended.out
    for text, words in (
        ("judge: {worker: many}", "stage judge: worker many is not in project elatbot"),
        ("gauge: {worker: hpc}", "there is no stage gauge"),
    ):
        file.write_text(text)
        ended = command("check", "--quick", "--stages", file, "--project", "elatbot")
        assert ended.code == 1
        assert words in ended.out
