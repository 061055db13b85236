"""The solutions of exercises run where a reader would run them: after the chapter's own cells."""

from __future__ import annotations

import contextlib
import io
import re
import tempfile
from pathlib import Path

import pytest

from selloff.book import find_root, notebooks
from selloff.book.stamp import read_notebook

ROOT = find_root(Path(__file__).parent)
SOLUTION = re.compile(r"^:::\{dropdown\} Solution\n(.*?)^:::$", re.M | re.S)
CODE = re.compile(r"^```python\n(.*?)^```$", re.M | re.S)


@pytest.mark.chapters
@pytest.mark.parametrize("path", notebooks(ROOT), ids=lambda path: path.stem)
def test_every_solution_with_code_runs_after_its_chapter(path: Path, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    cells = read_notebook(path)["cells"]
    text = "\n".join(cell["source"] for cell in cells if cell["cell_type"] == "markdown")
    solutions = [CODE.findall(body) for body in SOLUTION.findall(text)]
    assert sum(map(bool, solutions)) >= 2, "a chapter has at least two solutions with code"

    names: dict[str, object] = {}
    with contextlib.redirect_stdout(io.StringIO()):
        for cell in cells:
            if cell["cell_type"] == "code":
                exec(cell["source"], names)
        for number, blocks in enumerate(solutions, start=1):
            for block in blocks:
                exec(compile(block, f"{path.stem}, solution {number}", "exec"), names)
