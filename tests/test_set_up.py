"""What tests/conftest.py promises: no deadlines, one thread each, also for subprocesses."""

from __future__ import annotations

import os
import subprocess
import sys

from hypothesis import settings


def test_no_test_fails_by_the_clock():
    assert settings().deadline is None
    assert settings().database is None


def test_nothing_numerical_is_loaded_before_the_threads_are_limited():
    code = "import pytest, hypothesis, sys; print('numpy' in sys.modules, 'torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603
    assert done.stdout.split() == ["False", "False"]


def test_torch_has_one_thread_here_and_in_subprocesses():
    import torch

    assert torch.get_num_threads() == 1
    code = "import torch; print(torch.get_num_threads())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603
    assert done.stdout.strip() == "1"
    assert os.environ["MKL_NUM_THREADS"] == "1"
