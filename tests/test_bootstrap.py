"""The set-up script decides rightly what to install and what to run."""

from __future__ import annotations

import importlib.util
import itertools
import json
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SPEC = importlib.util.spec_from_file_location("bootstrap", ROOT / "bootstrap.py")
bootstrap = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(bootstrap)


def report(*names):
    return {"version": "1", "install": [{"metadata": {"name": name}} for name in names]}


@pytest.fixture
def pip_calls(monkeypatch):
    """Replace pip by a recorder that always succeeds, on a machine without a GPU."""
    calls = []
    monkeypatch.setattr(bootstrap, "pip", lambda _venv, *args, **_pins: calls.append(args) or True)
    monkeypatch.setattr(bootstrap, "make_venv", lambda venv: venv.mkdir(exist_ok=True))
    monkeypatch.setattr(bootstrap, "works", lambda *_command: False)
    monkeypatch.setattr(bootstrap.platform, "system", lambda: "Linux")
    monkeypatch.setattr(bootstrap, "report_on_torch", lambda *_args: report("torch", "sympy"))
    return calls


def test_cuda_packages_are_found_under_all_their_names():
    names = ["torch", "nvidia-cublas", "NVIDIA-cudnn-cu13", "cuda-toolkit", "triton", "sympy"]
    found = bootstrap.cuda_packages(report(*names))
    assert found == ["cuda-toolkit", "nvidia-cublas", "nvidia-cudnn-cu13", "triton"]


@pytest.mark.parametrize("names", [(), ("torch", "filelock", "sympy", "networkx")])
def test_cpu_resolution_has_no_cuda_packages(names):
    assert bootstrap.cuda_packages(report(*names)) == []


def test_arguments_after_the_dashes_pass_through_untouched():
    args, more = bootstrap.parse_arguments(
        ["test", "--extras", "tests", "--", "-k", "x", "--", "y"]
    )
    assert (args.command, args.extras, args.allow_cuda) == ("test", "tests", False)
    assert more == ["-k", "x", "--", "y"]


def test_environment_is_beside_the_script_unless_named():
    assert bootstrap.parse_arguments(["demo"])[0].venv == ROOT / ".venv"
    assert bootstrap.parse_arguments(["demo", "--venv", "e"])[0].venv == Path("e")


@pytest.mark.parametrize("argv", [[], ["deploy"], ["test", "-k", "x"]])
def test_wrong_arguments_exit_with_code_2(argv, capsys):
    with pytest.raises(SystemExit) as stopped:
        bootstrap.parse_arguments(argv)
    assert stopped.value.code == 2
    assert "usage:" in capsys.readouterr().err


def test_old_python_is_refused_with_one_clear_line(capsys):
    with pytest.raises(SystemExit):
        bootstrap.require_python((3, 10))
    assert "Python 3.11 or newer is needed" in capsys.readouterr().err
    bootstrap.require_python((3, 11))


def test_second_set_up_installs_nothing(tmp_path, pip_calls):
    for _ in range(2):
        bootstrap.set_up(tmp_path / "env", {"tests"}, allow_cuda=False)
    assert pip_calls == [("--editable", ".[tests]")]


def test_new_extras_are_added_to_those_present(tmp_path, pip_calls):
    for extras in ({"tests"}, {"dev"}, {"tests", "dev"}, set()):
        bootstrap.set_up(tmp_path, extras, allow_cuda=False)
    assert pip_calls == [("--editable", ".[tests]"), ("--editable", ".[dev,tests]")]


def test_changed_pins_install_again(tmp_path, pip_calls, monkeypatch):
    bootstrap.set_up(tmp_path, set(), allow_cuda=False)
    monkeypatch.setattr(bootstrap, "pins_hash", lambda: "other")
    bootstrap.set_up(tmp_path, set(), allow_cuda=False)
    assert pip_calls == [("--editable", "."), ("--editable", ".")]


def test_pins_hash_follows_the_files(tmp_path):
    files = (tmp_path / "a", tmp_path / "b")
    hashes = set()
    for texts in (("x", "y"), ("x", "z"), ("xy", "")):
        for file, text in zip(files, texts, strict=True):
            file.write_text(text)
        hashes.add(bootstrap.pins_hash(files))
    assert len(hashes) == 3


def test_index_with_cuda_makes_torch_come_from_the_cpu_index_first(
    tmp_path, pip_calls, monkeypatch
):
    monkeypatch.setattr(bootstrap, "report_on_torch", lambda *_args: report("torch", "nvidia-nccl"))
    bootstrap.set_up(tmp_path, set(), allow_cuda=False)
    assert len(pip_calls) == 2
    assert pip_calls[0][:2] == ("--index-url", bootstrap.CPU_INDEX)
    assert pip_calls[0][-1] == "torch"


@pytest.mark.parametrize("reason", ["allowed", "gpu", "mac"])
def test_index_is_not_asked_where_cuda_is_wanted_or_impossible(
    tmp_path, pip_calls, monkeypatch, reason
):
    monkeypatch.setattr(bootstrap, "report_on_torch", lambda *_args: pytest.fail("asked"))
    if reason == "gpu":
        monkeypatch.setattr(bootstrap, "works", lambda *command: command == ("nvidia-smi",))
    if reason == "mac":
        monkeypatch.setattr(bootstrap.platform, "system", lambda: "Darwin")
    bootstrap.set_up(tmp_path, set(), allow_cuda=reason == "allowed")
    assert pip_calls == [("--editable", ".")]


def test_unreachable_cpu_index_stops_with_the_remedy(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(bootstrap, "report_on_torch", lambda *_args: report("torch", "triton"))
    monkeypatch.setattr(bootstrap, "pip", lambda *_args, **_pins: False)
    with pytest.raises(SystemExit) as stopped:
        bootstrap.install_cpu_torch(tmp_path)
    assert stopped.value.code == 2
    error = capsys.readouterr().err
    assert "PIP_INDEX_URL" in error
    assert "--allow-cuda" in error
    assert len(error.splitlines()) == 1


def test_failed_installation_leaves_no_stamp(tmp_path, pip_calls, monkeypatch):
    monkeypatch.setattr(bootstrap, "pip", lambda *_args, **_pins: False)
    with pytest.raises(SystemExit):
        bootstrap.set_up(tmp_path, set(), allow_cuda=True)
    assert bootstrap.read_stamp(tmp_path, bootstrap.pins_hash()) is None


def test_stamp_is_bound_to_the_pins(tmp_path):
    (tmp_path / bootstrap.STAMP).write_text(json.dumps({"pins": "p", "extras": ["dev"]}))
    assert bootstrap.read_stamp(tmp_path, "p") == {"dev"}
    assert bootstrap.read_stamp(tmp_path, "q") is None


def test_vllm_has_an_environment_of_its_own():
    assert bootstrap.parse_arguments(["vllm"])[0].venv == ROOT / ".venv-vllm"
    assert bootstrap.parse_arguments(["vllm", "--venv", "e"])[0].venv == Path("e")


def test_vllm_is_installed_once_with_its_own_pins(tmp_path, pip_calls, monkeypatch):
    ran, used = [], set()

    def pip(_venv, *args, pins):
        pip_calls.append(args)
        used.add(pins.name)
        return True

    monkeypatch.setattr(bootstrap, "pip", pip)
    monkeypatch.setattr(bootstrap, "works", lambda *command: ran.append(command) or True)
    monkeypatch.setattr(bootstrap, "report_on_torch", lambda *_args: report("torch", "nvidia-nccl"))
    for _ in range(2):
        bootstrap.set_up_vllm(tmp_path / "env")
    assert [call[-1] for call in pip_calls] == ["torch", "pymatgen-core", "."]
    assert used == {"constraints-vllm.txt"}
    assert [command[2:4] for command in ran] == [
        ("pip", "uninstall"),
        ("from vllm import LLMEngine",),
    ]


@pytest.mark.parametrize("fails", ["install", "import"])
def test_vllm_that_does_not_work_stops_and_leaves_no_stamp(
    tmp_path, pip_calls, monkeypatch, capsys, fails
):
    monkeypatch.setattr(bootstrap, "pip", lambda *_args, **_pins: fails != "install")
    with pytest.raises(SystemExit) as stopped:
        bootstrap.set_up_vllm(tmp_path)
    assert stopped.value.code == 2
    assert "vLLM" in capsys.readouterr().err
    assert not (tmp_path / bootstrap.STAMP).exists()


def test_vllm_server_runs_only_with_arguments(tmp_path):
    assert bootstrap.command_lines("vllm", tmp_path, []) == []
    (line,) = bootstrap.command_lines("vllm", tmp_path, ["--model", "m"])
    assert line[1:] == ["-m", bootstrap.VLLM_SERVER, "--model", "m"]


def test_pins_of_vllm_name_everything_asked_for():
    pins = (ROOT / "constraints-vllm.txt").read_text()
    for name in (*bootstrap.VLLM, *bootstrap.VLLM_UNUSED, "torch"):
        assert f"\n{name}==" in pins


def test_commands_run_inside_the_environment(tmp_path):
    for name in bootstrap.EXTRAS:
        for line in bootstrap.command_lines(name, tmp_path, ["--more"]):
            assert Path(line[0]).parent == tmp_path / "bin"
            assert line[-1] == "--more"
    assert bootstrap.command_lines("setup", tmp_path, []) == []


@pytest.mark.parametrize(("cores", "processes"), [(1, None), (2, "2"), (64, "8")])
def test_tests_run_in_as_many_processes_as_this_one_may_use_cores(
    monkeypatch, tmp_path, cores, processes
):
    monkeypatch.setattr(bootstrap.os, "sched_getaffinity", lambda _: range(cores), raising=False)
    (line,) = bootstrap.command_lines("test", tmp_path, ["-n", "0"])
    assert line[-2:] == ["-n", "0"]  # the last one counts
    chosen = line[line.index("-n") + 1]
    assert chosen == (processes or "0")


def test_slow_tests_run_only_where_they_are_asked_for(tmp_path):
    (line,) = bootstrap.command_lines("test", tmp_path, ["-m", ""])
    asked = [word for before, word in itertools.pairwise(line[3:]) if before == "-m"]
    assert asked == ["not slow", ""]  # the last one counts


def test_every_command_uses_extras_that_exist():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    for extras in bootstrap.EXTRAS.values():
        assert set(filter(None, extras.split(","))) <= set(project["optional-dependencies"])


@pytest.mark.parametrize("codes", [[0, 0, 0, 0], [0, 3, 0, 0]])
def test_all_checks_run_and_one_failure_is_a_failure(monkeypatch, tmp_path, codes):
    left = list(codes)

    class Done:
        def __init__(self, *_args, **_kwargs):
            self.returncode = left.pop(0)

    monkeypatch.setattr(bootstrap, "set_up", lambda *_args, **_kwargs: None)
    monkeypatch.setattr(bootstrap.subprocess, "run", Done)
    assert bootstrap.main(["check", "--venv", str(tmp_path)]) == int(any(codes))
    assert left == []
