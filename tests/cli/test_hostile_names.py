"""Names and messages that others chose: they are shown, and do nothing else."""

from __future__ import annotations

import ast
import csv
import io
import json
import os
import re
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import pytest
import yaml
from cli_commands import EMT
from jobflow import Flow, run_locally

import elatbot_flows.cli
import sample_jobs
import samples
from elatbot_flows.cli.terminal import harmless, terminal
from elatbot_flows.database.results import DesignResult
from elatbot_flows.database.stores import embedded_store
from elatbot_flows.documents import DesignCounts, DesignDocument, Evidence
from elatbot_flows.documents.rows import row_of
from elatbot_flows.report import render_candidates, render_summary, write_report

HOSTILE = [
    "<script>alert(1)</script>",
    "\"'><img src=x onerror=alert(1)>",
    "../../../../etc/passwd",
    "/etc/passwd",
    "a\x00b",
    "one\ntwo\r\nNote: all of them passed",
    "\x1b[2J\x1b]0;owned\x07\x9b31m",
    "\u202egnp.exe",
    "[red]x[/] [/nothing] :smile:",
    "$where",
    "a.b.$c",
    "{'$gt': ''}",
    "=cmd|' /C calc'!A0",
    "+1+1",
    "-2+3",
    "@SUM(A1)",
    "$\\frac{1}{2$ _^ {}",
    "'; DROP TABLE documents; --",
    "%s %n {0} {__class__}",
    "x" * 5000,
    "\ud800",
]
ARGUMENTS = [text for text in HOSTILE if "\x00" not in text and "\ud800" not in text]
"""Those that a command can be given."""
STEERING = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
COLOURS = re.compile(r"\x1b\[[0-9;]*m")


def named(text, **fields):
    """A candidate whose every name and message is `text`."""
    judge = samples.method(text, family=text, package=text, package_version=text)
    said = samples.result(status="failed", judge=judge, reason=text, message=text)
    return samples.candidate(0, **fields).updated(
        candidate_id=text, source=text, known_as=text, message=text, reason=text, flags=[text],
        evidence=[Evidence(polymorph=0, result=said)],
    )  # fmt: skip


def result_of(text):
    """A run that ended, of one candidate that passed and one that failed, all named `text`."""
    judge = samples.method(text, family=text, package=text)
    run = samples.run_record(run_id=text, judges=[judge], versions={text: text}, notes=[text])
    passed = named(text, status="passed", structure=samples.fcc(), verdict="hit", probability=0.9)
    failed = named(text, status="failed").updated(candidate_id=f"{text} 2")
    rows = [
        row_of(c, samples.row(k), score=0.0, uuid="u", place=k)
        for k, c in enumerate((passed, failed))
    ]
    counts = DesignCounts(
        generated=2, readable=2, distinct=2, built=2, judged=2, passed=1, hits=1, open=0,
        hull={}, rejected={text: 1},
    )  # fmt: skip
    document = DesignDocument(run=run, counts=counts, rows=rows, sample_uuids=[], notes=[text])
    return DesignResult(document, (passed.updated(rank=1, run=run), failed.updated(run=run)))


class Tags(HTMLParser):
    """What a browser would take for tags and attributes."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.attributes = set(), set()
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes.update(name for name, _ in attrs)


@pytest.mark.parametrize("text", [text for text in HOSTILE if "\ud800" not in text])  # no UTF-8
def test_the_report_shows_them_and_writes_nowhere_else(tmp_path, text):
    folder = tmp_path / "a" / "b" / "c" / "d" / "out"
    files = write_report(result_of(text), folder)
    page = Tags(files.html.read_text(encoding="utf-8"))
    assert "script" not in page.tags
    assert "img" not in page.tags
    assert not {name for name in page.attributes if name.startswith("on")}
    assert Tags(files.index.read_text(encoding="utf-8")).tags <= {
        *("html", "head", "meta", "title", "style", "body", "h1", "ul", "li", "a")
    }
    for file in (p for p in tmp_path.rglob("*") if p.is_file()):
        assert file.is_relative_to(folder)


@pytest.mark.parametrize("text", HOSTILE)
def test_terminals_are_not_steered(monkeypatch, text):
    monkeypatch.setenv("FORCE_COLOR", "1")
    console = terminal()
    console.file = io.StringIO()
    console.width = 160
    if "\ud800" not in text:
        render_summary(result_of(text), console)
    render_candidates([named(text, status="failed"), named(text, status="passed")], console)
    console.print(f"left out {text}", markup=False, soft_wrap=True)
    printed = console.file.getvalue()
    assert "\x1b[" in printed, "colours are there"
    assert STEERING.findall(COLOURS.sub("", printed)) == []
    printed.encode()


@pytest.mark.parametrize("text", HOSTILE)
def test_harmless_texts_keep_what_can_be_read(text):
    assert STEERING.findall(harmless(text)) == []
    assert len(harmless(text)) == len(text)
    if not STEERING.search(text):
        assert harmless(text) == text


def test_no_command_prints_past_the_harmless_console():
    folder = Path(elatbot_flows.cli.__file__).parent
    for file in folder.glob("*.py"):
        if file.name == "terminal.py":
            continue
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                assert node.func.id not in {"Console", "print"}, (file.name, node.lineno)


# --- a store that somebody else filled ----------------------------------------------------------


@pytest.fixture(
    scope="module", params=[t for t in HOSTILE if "\ud800" not in t and "\x00" not in t]
)
def hostile_store(request, tmp_path_factory):
    """An embedded store whose run, candidate and tag bear a hostile name, and the name."""
    text, folder = request.param, tmp_path_factory.mktemp("hostile")
    store = embedded_store(folder)
    store.connect()
    judged = named(text, status="passed", structure=samples.fcc(), verdict="hit", probability=0.9)
    record = samples.run_record(run_id=text)
    judged = judged.updated(run_id=text)
    row = samples.row(0).model_copy(update={"candidate_id": text})
    chunk = samples.chunk("judge", [judged], run=record)
    for document in (record, samples.shortlist([row], run_id=text, rejected={text: 2}), chunk):
        job = sample_jobs.give(document)
        job.update_metadata({"tags": [text]})
        run_locally(Flow([job]), store=store, ensure_success=True, log=False)
    return folder, text


def test_questions_find_them_by_their_tag(command, hostile_store):
    folder, text = hostile_store
    ended = command("query", "--out", folder, f"--tag={text}", "--all", "--json")
    assert ended.code == 0, ended.err
    assert [c["candidate_id"] for c in json.loads(ended.out)] == [text]
    assert command("query", "--out", folder, "--tag=other", "--all", "--json").out.strip() == "[]"


def test_tables_counts_and_csv_are_harmless(command, hostile_store):
    folder, text = hostile_store
    for options in ((), ("--count", "reason"), ("--count", "tags"), ("--funnel",), ("--csv",)):
        ended = command("query", "--out", folder, "--all", *options)
        assert ended.code == 0, ended.err
        assert STEERING.findall(ended.out.replace("\r\n", "\n")) == []
    (row,) = csv.DictReader(io.StringIO(command("query", "--out", folder, "--all", "--csv").out))
    for cell in filter(None, row.values()):
        assert cell[0] not in "=+-@\t\r"
    assert text[:3].strip("=+-@\t\r\n\x1b\u202e") in row["candidate_id"]


def test_crystals_stay_in_their_folder(command, hostile_store, tmp_path):
    folder, _ = hostile_store
    inner = tmp_path / "a" / "b" / "c" / "d" / "e"
    assert command("query", "--out", folder, "--all", "--cif", inner).code == 0
    (file,) = (p for p in tmp_path.rglob("*") if p.is_file())
    assert file.parent == inner
    assert re.fullmatch(r"[A-Za-z0-9_-]+\.cif", file.name)
    assert "data_" in file.read_text()


# --- files that somebody else named -------------------------------------------------------------


@pytest.fixture(scope="module")
def screened(tmp_path_factory):
    """A folder of crystals with hostile names, and what ``elatbot validate`` says of them."""
    folder = tmp_path_factory.mktemp("names")
    names = [text.replace("/", "_") for text in (*ARGUMENTS[:2], *ARGUMENTS[4:7], "$x" * 50)]
    for name in names:
        samples.fcc().to(filename=str(folder / "x.cif"))
        (folder / "x.cif").rename(folder / f"{name}.cif")
    (folder / "x.cif").write_text("no crystal \x1b[2J")
    samples.fcc("Ni", 3.5).to(filename=str(folder / "y.cif"))
    (folder / "y.cif").rename(folder / os.fsdecode(b"latin-\xe9.cif"))
    return folder, [*names, "latin"]


@pytest.mark.slow
def test_files_of_any_name_are_judged(screened, tmp_path):
    from cli_commands import elatbot

    folder, names = screened
    ended = elatbot(
        *("design", "--bulk-modulus", "100:200", "--from", folder, "--potential", EMT, "--no-hull"),
        *("--workers", "1", "--out", tmp_path / "out"),
    )
    assert ended.code == 0, ended.err
    assert STEERING.findall(ended.out + ended.err) == []
    found = json.loads(next((tmp_path / "out").glob("*/result.json")).read_text())["candidates"]
    assert len(found) == len(names)
    page = Tags(next((tmp_path / "out").glob("*/report.html")).read_text(encoding="utf-8"))
    assert not {"script", "img"} & page.tags


@pytest.mark.parametrize("target", ["local", "fireworks", "remote"])
def test_configurations_work_in_folders_of_any_name(command, tmp_path, target):
    folder = tmp_path / 'it\'s "my" $(touch owned) `x`: #1 {a} & \\n é'
    ended = command("init", "--target", target, "--out", folder)
    assert ended.code == 0, ended.err
    read = {
        file.name: yaml.safe_load(file.read_text(encoding="utf-8")) for file in folder.iterdir()
    }
    if target == "local":
        docs = read["jobflow.yaml"]["JOB_STORE"]["docs_store"]
        assert docs["path"] == str(folder / "documents.sqlite")
    elif target == "remote":
        assert read["elatbot.yaml"]["workers"]["hpc"]["work_dir"] == str(folder / "work")
    else:
        assert read["FW_config.yaml"]["CONFIG_FILE_DIR"] == str(folder)
        exports = read["my_qadapter.yaml"]["pre_rocket"].splitlines()[1]
        shown = f'{exports}; printf %s "$FW_CONFIG_FILE"'
        done = subprocess.run(  # noqa: S603 - what FireWorks would run
            ["/bin/sh", "-c", shown], capture_output=True, text=True, check=True, cwd=tmp_path
        )
        assert done.stdout == str(folder / "FW_config.yaml")
        launch = read["my_qadapter.yaml"]["rocket_launch"].replace("rlaunch", "printf '%s|'")
        done = subprocess.run(  # noqa: S603 - what FireWorks would run
            ["/bin/sh", "-c", launch], capture_output=True, text=True, check=True, cwd=tmp_path
        )
        assert done.stdout.split("|")[:2] == ["-c", str(folder)]
    assert [path.name for path in tmp_path.iterdir()] == [folder.name]


@pytest.mark.parametrize("name", ["new\nline", "esc\x1b[2J", "\u202eabc"])
def test_folders_that_cannot_be_printed_are_refused_for_configurations(command, tmp_path, name):
    ended = command("init", "--out", tmp_path / name)
    assert ended.code == 2
    assert "cannot be printed" in ended.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("text", [t for t in HOSTILE if "\x00" not in t and "\ud800" not in t])
@pytest.mark.parametrize(
    "option", ["--sort", "--count", "--best-of-each", "--formula", "--chemsys", "--status"]
)
def test_questions_that_are_none_are_refused_in_one_harmless_line(command, text, option):
    ended = command("query", "--out", "nowhere", f"{option}={text}")
    assert ended.code == 2
    assert STEERING.findall(COLOURS.sub("", ended.err)) == []
    assert ended.err.count("\n") == 1
