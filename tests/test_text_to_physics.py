"""The example of the page on what text answers are worth runs as printed."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

PAGE = Path(__file__).parents[1] / "docs" / "text_to_physics.md"


def test_example_of_the_page(tmp_path):
    code = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert len(code) == 1
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-c", code[0]], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("2 3 {'not_a_matrix': 1} 0.65")
    assert (tmp_path / "copper.png").stat().st_size > 20_000
