"""What configurations keep secret stands in no document, report, log or error."""

from __future__ import annotations

import jobflow
import pytest
from jobflow import JobStore
from maggma.stores import MongoStore
from monty.serialization import dumpfn
from pymongo import MongoClient

from elatbot_flows import DesignTarget, InverseDesignMaker
from elatbot_flows.cli.submit import Destination

SECRET = "tops3cret"  # noqa: S105 - of nobody
FAR = {"type": "MongoStore", "host": "127.0.0.1", "port": 9, "database": "elatbot"}
MINE = {"username": "mary", "password": SECRET, "collection_name": "outputs"}
SOON = {"mongoclient_kwargs": {"serverSelectionTimeoutMS": 200}}
URI = f"mongodb://mary:{SECRET}@127.0.0.1:9/elatbot"


def specifications():
    """Descriptions of stores that cannot be opened, for many reasons."""
    far = FAR | MINE | SOON
    by_uri = {"type": "MongoStore", "uri": URI, "collection_name": "outputs", **SOON}
    return {
        "out of reach": {"docs_store": far},
        "by URI": {"docs_store": by_uri | {"database": "elatbot"}},
        "no database": {"docs_store": by_uri | {"uri": f"mongodb://mary:{SECRET}@127.0.0.1:9"}},
        "bad URI": {"docs_store": by_uri | {"uri": f"mongodb://mary:{SECRET}@[127.0.0.1:9"}},
        "unknown field": {"docs_store": far | {"passwort": SECRET}},
        "unknown type": {"docs_store": far | {"type": "MongStore"}},
        "bad port": {"docs_store": far | {"port": "x"}},
        "no stores": {"store": far},
        "a list": [far],
        "code": {"docs_store": far | {"@module": "os", "@class": "x"}},
    }


@pytest.mark.parametrize("why", specifications())
@pytest.mark.parametrize(
    "arguments", [("query", "--store"), ("publish", "--store"), ("copy-store",)]
)
def test_errors_about_stores_name_no_password(command, tmp_path, why, arguments):
    file = tmp_path / "store.yaml"
    dumpfn(specifications()[why], file)
    if arguments == ("copy-store",):
        command("init", "--out", tmp_path / "config")
        from elatbot_flows.database.stores import embedded_store

        with embedded_store(tmp_path):
            pass
        arguments = ("copy-store", file, "--out", tmp_path)
    else:
        arguments = (*arguments, file)
    ended = command(*arguments)
    assert ended.code == 2, ended.out
    assert SECRET not in ended.out + ended.err


@pytest.mark.parametrize("line", [f"password: '{SECRET}", f"password: {SECRET}: x", f"{{{SECRET}"])
def test_errors_about_files_that_are_no_yaml_do_not_quote_them(command, tmp_path, line):
    file = tmp_path / "store.yaml"
    file.write_text(f"docs_store:\n  type: MongoStore\n  {line}\n")
    ended = command("query", "--store", file)
    assert ended.code == 2
    assert SECRET not in ended.err


@pytest.mark.parametrize("what", ["far", "unknown field", "bad worker"])
@pytest.mark.parametrize("how", ["query", "check", "design"])
def test_errors_about_projects_name_no_password(command, tmp_path, monkeypatch, what, how):
    pytest.importorskip("jobflow_remote")
    folder = tmp_path / "projects"
    folder.mkdir()
    store = FAR | MINE | SOON
    worker = {"type": "local", "scheduler_type": "slurm", "work_dir": "/w"}
    project = {
        "name": "elat",
        "workers": {"hpc": worker},
        "queue": {"store": store},
        "jobstore": {"docs_store": store},
    }
    if what == "unknown field":
        project["jobstore"]["docs_store"] = store | {"passwort": SECRET}
    if what == "bad worker":
        project["workers"]["hpc"] = worker | {"type": "x", "password": SECRET}
    dumpfn(project, folder / "elat.yaml")
    monkeypatch.setattr("jobflow_remote.SETTINGS.projects_folder", str(folder))
    arguments = {
        "query": ("query", "--project", "elat"),
        "check": ("check", "--quick"),
        "design": (*("design", "-K", "100:200", "--submit", "remote"), "--project", "elat"),
    }[how]
    ended = command(*arguments)
    assert ended.code != 0 or how == "check"
    assert SECRET not in ended.out + ended.err


def test_queues_and_documents_hold_no_address_of_a_database(tmp_path, monkeypatch, mongodb):
    pytest.importorskip("fireworks")
    monkeypatch.chdir(tmp_path)
    secret = f"{mongodb}/?appname={SECRET}"  # as secret as a password, and needs no users
    store = JobStore(MongoStore.from_uri(secret, "outputs", f"elatbot_{SECRET[:3]}"))
    monkeypatch.setattr(jobflow.SETTINGS, "JOB_STORE", store)
    with MongoClient(mongodb) as client:
        name = "elatbot_credentials"
        client.drop_database(name)
        monkeypatch.setattr("fireworks.LaunchPad.auto_load", lambda: _launchpad(secret, name))
        flow = InverseDesignMaker(n=1).make(DesignTarget(bulk_modulus=(1, 2)))
        Destination("fireworks").submit(flow)
        queue = client[name]
        held = [str(d) for c in queue.list_collection_names() for d in queue[c].find()]
        client.drop_database(name)
    assert len(held) > 5
    assert SECRET not in "".join(held)


def _launchpad(uri, name):
    from fireworks import LaunchPad

    host = uri.replace("/?", f"/{name}?")
    made = LaunchPad(host=host, name=name, uri_mode=True, strm_lvl="ERROR")
    made.reset("", require_password=False)
    return made
