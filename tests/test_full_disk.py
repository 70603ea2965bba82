"""A full disk is one clear error; what was written stays, and going on is possible."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from elatbot_flows.files import write_whole
from elatbot_flows.report import index

resource = pytest.importorskip("resource", reason="limits of files as on Unix")

SCRIPT = """
import json, resource, sys
from elatbot_flows.database.sqlite_store import SqliteStore
from elatbot_flows.engines.journal_files import JournalFolder
from elatbot_flows.errors import ElatbotError

def limit(size):
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

folder, done = sys.argv[1], []
if sys.argv[2] == "store":
    store = SqliteStore(f"{folder}/documents.sqlite", key="k")
    store.connect()
    write = lambda k: store.update({"k": k, "text": "x" * 20_000})
    held = lambda: sorted(d["k"] for d in store.query({}))
else:
    journal = JournalFolder(folder)
    write = lambda k: journal.append(str(k), {"text": "x" * 20_000})
    def held():
        fresh = JournalFolder(folder)
        fresh.refresh()
        return [k for k in range(60) if str(k) in fresh]
limit(400_000)
said = None
for number in range(60):
    try:
        write(number)
        done.append(number)
    except ElatbotError as error:
        said = str(error)
        break
kept = held()
limit(resource.RLIM_INFINITY)
write(59)
print(json.dumps({"said": said, "done": done, "kept": kept, "then": held()}))
"""


@pytest.mark.parametrize("what", ["store", "journal"])
def test_stores_and_journals_keep_what_they_have_and_go_on(tmp_path, what):
    command = [sys.executable, "-c", SCRIPT, str(tmp_path), what]
    ended = subprocess.run(  # noqa: S603 - our own script
        command, capture_output=True, text=True, check=False, env=os.environ
    )
    assert ended.returncode == 0, ended.stderr
    found = json.loads(ended.stdout)
    assert "cannot be written" in found["said"]
    assert "make room" in found["said"]
    assert len(found["done"]) > 2
    assert found["kept"] == found["done"]
    assert found["then"] == [*found["done"], 59]


@pytest.fixture
def full(monkeypatch):
    """No file can be longer than some bytes, in this process."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (64, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_file_is_whole_or_as_it_was(tmp_path, full):
    write_whole(tmp_path / "a", "before")
    with pytest.raises(OSError, match="too large"):
        write_whole(tmp_path / "a", "x" * 100_000)
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
    assert (tmp_path / "a").read_text() == "before"


def test_files_have_the_rights_that_the_user_wants(tmp_path):
    before = os.umask(0o027)
    try:
        write_whole(tmp_path / "a", "text")
    finally:
        os.umask(before)
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o640


def test_the_list_of_runs_is_ours_after_a_full_disk(tmp_path, monkeypatch):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "page.html").write_text("")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))
    try:
        with pytest.raises(OSError, match="too large"):
            index.write_index(tmp_path, "page.html")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert index.write_index(tmp_path, "page.html") == tmp_path / "report.html"


def test_commands_tell_it_in_one_line(monkeypatch, capsys, tmp_path):
    from elatbot_flows.cli import main

    def no_room(*_, **__):
        raise OSError(28, "No space left on device", str(tmp_path / "file"))

    monkeypatch.setattr(Path, "write_text", no_room)
    monkeypatch.setattr("elatbot_flows.cli.init.writable_folder", lambda folder, _: folder)
    monkeypatch.setattr("sys.argv", ["elatbot", "init", "--out", str(tmp_path)])
    with pytest.raises(SystemExit) as ended:
        main()
    said = capsys.readouterr().err
    assert ended.value.code == 2
    assert said.count("\n") == 1
    assert f"{tmp_path} cannot be written (No space left on device): make room" in said
