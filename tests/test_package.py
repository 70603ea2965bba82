"""Properties of the package as a whole: quick imports, layers that point one way, agreeing pins."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
import tomllib
from graphlib import TopologicalSorter
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
SRC = ROOT / "src" / "elatbot_flows"
LAYER = {
    **dict.fromkeys(["errors", "files", "decoding", "recall", "documents"], 0),
    **dict.fromkeys(["intervals", "targets", "elasticity", "text", "uncertainty"], 1),
    **dict.fromkeys(["engines", "potentials", "crystals", "stability", "retrieval"], 2),
    **dict.fromkeys(["dft", "evaluation", "training"], 2),
    **dict.fromkeys(["database"], 3),
    **dict.fromkeys(["proposers", "judges", "jobs"], 4),
    **dict.fromkeys(["flows"], 5),
    **dict.fromkeys(["", "running", "report", "cli", "__main__"], 6),
}
FIRST_LAYER_WITH_JOBFLOW = 3


def module_name(file):
    parts = ("elatbot_flows", *file.relative_to(SRC).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


FILES = sorted(SRC.rglob("*.py"))
MODULES = set(map(module_name, FILES))


def part(module):
    """Return the first name below the package, empty for the package itself."""
    return module.partition(".")[2].partition(".")[0]


def layer(module):
    """Return the layer of a dotted name inside the package."""
    return LAYER.get(part(module), LAYER[""])  # names re-exported at the top are the last layer's


def imported(tree, module, *, package):
    """Return the full names of all modules imported anywhere in a syntax tree."""
    names = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                depth = node.level - package
                parents = module.split(".")[: -depth or None]
                base = ".".join([*parents, base]).rstrip(".")
            # `from elatbot_flows import targets` names a module only in its last part
            names += [f"{base}.{a.name}" if base == "elatbot_flows" else base for a in node.names]
    return names


def run(code):
    """Run code in a fresh interpreter and return the JSON it prints last."""
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_every_module_has_a_layer():
    unknown = [name for name in MODULES if part(name) not in LAYER]
    assert unknown == [], "name their layer in LAYER above"


@pytest.mark.parametrize("file", FILES, ids=module_name)
def test_imports_come_from_the_own_or_an_earlier_layer(file):
    module = module_name(file)
    tree = ast.parse(file.read_text(encoding="utf-8"))
    names = imported(tree, module, package=file.stem == "__init__")
    own = [
        n for n in names if n.split(".")[0] == "elatbot_flows" and not n.endswith(".__version__")
    ]
    assert [n for n in own if layer(n) > layer(module)] == []
    if layer(module) < FIRST_LAYER_WITH_JOBFLOW:
        assert [n for n in names if n.split(".")[0] in {"jobflow", "maggma"}] == []


@pytest.mark.parametrize(
    ("line", "package", "expected"),
    [
        ("import elatbot_flows.jobs.relax as r", False, ["elatbot_flows.jobs.relax"]),
        ("from elatbot_flows import cli, text", False, ["elatbot_flows.cli", "elatbot_flows.text"]),
        ("from elatbot_flows.text import compact", False, ["elatbot_flows.text"]),
        ("from . import b", False, ["elatbot_flows.text"]),
        ("from .b import c", True, ["elatbot_flows.text.a.b"]),
        ("from ..jobs import c", False, ["elatbot_flows.jobs"]),
        ("def f():\n    from jobflow import job", False, ["jobflow"]),
    ],
)
def test_reader_of_imports_resolves_names(line, package, expected):
    assert imported(ast.parse(line), "elatbot_flows.text.a", package=package) == expected


def test_no_modules_import_each_other_in_a_circle():
    """Not even for annotations alone; a package and what lies in it may know each other."""
    graph = {}
    for file in FILES:
        module = module_name(file)
        tree = ast.parse(file.read_text(encoding="utf-8"))
        names = imported(tree, module, package=file.stem == "__init__")
        graph[module] = {n for n in names if n in MODULES and not f"{module}.".startswith(f"{n}.")}
    TopologicalSorter(graph).prepare()  # raises CycleError


def test_no_module_imports_torch():
    names = sorted(name for name in MODULES if not name.endswith("__main__"))
    offender = run(
        "import importlib, json, sys\n"
        "offender = None\n"
        f"for name in {names!r}:\n"
        "    importlib.import_module(name)\n"
        "    if {'torch', 'transformers', 'sevenn', 'matgl'} & set(sys.modules):\n"
        "        offender = name\n"
        "        break\n"
        "print(json.dumps(offender))"
    )
    assert offender is None, "move the heavy import into the function that needs it"


@pytest.mark.parametrize(
    ("module", "most"),
    [("elatbot_flows", 100), ("elatbot_flows.targets", 350), ("elatbot_flows.cli", 700)],
)
def test_import_brings_few_modules(module, most):
    """So that help and completion answer at once; counted, as seconds depend on the machine."""
    loaded = run(f"import json, sys, {module}; print(json.dumps(sorted(sys.modules)))")
    heavy = {"jobflow", "maggma", "pymongo", "scipy", "pandas", "matplotlib", "ase"}
    assert heavy & set(loaded) == set()
    assert len(loaded) < most


def test_constraints_pin_every_direct_dependency():
    normal = {
        re.sub(r"[-_.]+", "-", line.split("==")[0]).lower()
        for line in (ROOT / "constraints.txt").read_text().splitlines()
        if not line.startswith("#")
    }
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = sum(project["optional-dependencies"].values(), project["dependencies"])
    names = {re.sub(r"[-_.]+", "-", re.match(r"[\w.-]+", w)[0]).lower() for w in wanted}
    assert names - normal == set()


def test_pre_commit_uses_the_pinned_versions():
    pins = dict(
        line.split("==")
        for line in (ROOT / "constraints.txt").read_text().splitlines()
        if not line.startswith("#")
    )
    config = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())
    revisions = {repo["repo"].rsplit("/", 1)[-1]: repo.get("rev") for repo in config["repos"]}
    assert revisions["ruff-pre-commit"] == f"v{pins['ruff']}"
    assert revisions["codespell"] == f"v{pins['codespell']}"
