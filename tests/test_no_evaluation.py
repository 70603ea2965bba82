"""Text of models and files from elsewhere are data: nothing in the package runs them."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

SRC = Path(__file__).parents[1] / "src" / "elatbot_flows"
CALLS = {"eval", "exec", "compile", "__import__", "literal_eval"}
MODULES = {"pickle", "cPickle", "dill", "cloudpickle", "marshal", "shelve", "joblib", "jsonpickle"}
UNSAFE = {"allow_pickle": True, "weights_only": False, "trust_remote_code": True, "shell": True}


def findings(source):
    """Lines that evaluate text or load objects that can run code when they are loaded."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Name) and node.id in CALLS:
            found.append((node.lineno, node.id))
        if isinstance(node, ast.Attribute) and node.attr in {"literal_eval", "read_pickle"}:
            found.append((node.lineno, node.attr))
        if isinstance(node, ast.ImportFrom) and node.module == "builtins":
            found.append((node.lineno, "builtins"))
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [getattr(node, "module", None) or "", *(alias.name for alias in node.names)]
            found += [(node.lineno, n) for n in names if n.split(".")[0] in MODULES | CALLS]
        if isinstance(node, ast.keyword) and node.arg in UNSAFE:
            value = node.value
            if not isinstance(value, ast.Constant) or value.value == UNSAFE[node.arg]:
                found.append((value.lineno, node.arg))
    return found


@pytest.mark.parametrize("file", sorted(SRC.rglob("*.py")), ids=lambda f: str(f.relative_to(SRC)))
def test_no_module_evaluates_text_or_unpickles(file):
    assert findings(file.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "line",
    [
        "eval(text)",
        "f = eval",
        "exec(code)",
        "import ast; ast.literal_eval(text)",
        "from ast import literal_eval",
        "import pickle",
        "from pickle import load",
        "import joblib.memory as m",
        "np.load(file, allow_pickle=True)",
        "torch.load(file, weights_only=flag)",
        "AutoModel.from_pretrained(name, trust_remote_code=True)",
        "pandas.read_pickle(file)",
    ],
)
def test_the_search_finds_what_it_looks_for(line):
    assert findings(line) != []


@pytest.mark.parametrize(
    "line", ["model.eval()", "re.compile(text)", "np.load(file, allow_pickle=False)", "evaluate()"]
)
def test_the_search_lets_pass_what_is_harmless(line):
    assert findings(line) == []
