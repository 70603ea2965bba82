"""Set-up and fixtures shared by all tests."""

from __future__ import annotations

import atexit
import logging
import os
import shutil
import tempfile
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from elatbot_flows.running.pool import start_server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from jobflow import Flow

    from fireworks_trial import Trial

# Numerical libraries read these when they are loaded, so it has to come before them, and it holds
# for all processes that tests start: on busy cores threads wait for each other.
for _variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[_variable] = "1"
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
if "ELATBOT_FLOWS_CACHE" not in os.environ:  # workers of pytest-xdist share that of the first
    _cache = tempfile.mkdtemp(prefix="elatbot-cache-")
    os.environ["ELATBOT_FLOWS_CACHE"] = _cache
    atexit.register(shutil.rmtree, _cache, ignore_errors=True)

ROOT = Path(__file__).parents[1]
MANY = 1000

# Busy machines are no failures, and what failed is printed in a form that can be run again.
settings.register_profile("elatbot", deadline=None, database=None, print_blob=True)
settings.load_profile("elatbot")


def shared_folder() -> Path:
    """Where reference data and checkpoints are, if they are on this machine."""
    return Path(os.environ.get("ELATBOT_SHARED", ROOT.parent / "shared"))


@pytest.fixture(scope="session")
def shared() -> Path:
    """Folder with reference data and checkpoints; tests that need it skip where it is absent."""
    folder = shared_folder()
    if not (folder / "data").is_dir():
        pytest.skip(
            "the reference data are not on this machine (set ELATBOT_SHARED to their folder)"
        )
    return folder


@pytest.fixture(scope="session")
def mongodb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """URI of a MongoDB: of ELATBOT_TEST_MONGODB_URI, else of a server of our own."""
    from mongo_server.running import mongodb_uri

    with mongodb_uri(tmp_path_factory.mktemp("mongodb")) as uri:
        yield uri


@pytest.fixture(scope="session")
def llama_layout() -> Path | None:
    """Folder with the tokenizer of Llama 2, None where it is absent."""
    layout = shared_folder() / "models" / "published-adapter-layout"
    return layout if (layout / "tokenizer.json").is_file() else None


@pytest.fixture(scope="session")
def knowing_crystallm(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Folder of a model with CrystaLLM's layout that knows the crystals of `nano_gpt.LESSONS`."""
    from engines.nano_gpt import LESSONS, converted, teach
    from made_once import made_once

    made = made_once(tmp_path_factory, "crystallm", lambda place: converted(place, teach(LESSONS)))
    return str(made / "model")


@pytest.fixture
def through_fireworks(tmp_path: Path) -> Callable[[Flow], Trial]:
    """Run a flow by FireWorks without MongoDB, with MongoDB's limit of 16 MB for a document."""
    pytest.importorskip("fireworks")
    from fireworks_trial import run_through_fireworks

    folder = tmp_path / "fireworks"
    folder.mkdir()
    return lambda flow: run_through_fireworks(flow, folder)


@pytest.fixture(autouse=True)
def quiet_root_logger() -> None:
    """Undo what libraries do to the root logger: maggma's builders have every message printed."""
    root = logging.getLogger()
    root.setLevel(logging.WARNING)
    for handler in list(root.handlers):  # here, not at the end: fixtures of modules do it too
        if not type(handler).__module__.startswith("_pytest"):
            root.removeHandler(handler)


def pytest_collection_finish(session):
    """Of all tests hundreds run flows, so that what these load may be loaded beside the first."""
    if len(session.items) > MANY and not session.config.option.collectonly:
        start_server(["7net-0", "7net-l3i5"])


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config, items):
    """Files with slow tests come first, shared out, so that no worker is left alone with them."""
    workers = getattr(config, "workerinput", {}).get("workercount", 1)
    slow = list(dict.fromkeys(item.path for item in items if item.get_closest_marker("slow")))
    first = {path: place % workers for place, path in enumerate(slow)}
    shares = [[item for item in items if first.get(item.path) == place] for place in range(workers)]
    rest = iter([item for item in items if item.path not in first])
    size = len(items) // workers
    filled = [[*share, *islice(rest, max(0, size - len(share)))] for share in shares]
    items[:] = [*chain.from_iterable(filled), *rest]
