"""Execution replaces a notebook wholly or not at all, and the same run gives the same bytes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from selloff.book import BookError, stamp
from selloff.book.execute import check_packages, execute, run_notebook
from selloff.book.kernel import kernel_environment

pytestmark = pytest.mark.slow


@pytest.fixture
def run(small_book: Any) -> Any:
    """Execute the small book quietly; return the outcomes and the lines told."""

    def run(**options: Any) -> tuple[list[Any], list[str]]:
        told: list[str] = []
        return execute(small_book.root, tell=told.append, **options), told

    return run


def test_an_executed_notebook_is_stamped_and_not_run_again(small_book: Any, run: Any) -> None:
    path = small_book.add("part/chapter.ipynb", "import tiny.sums", "tiny.sums.TOTAL + 1")
    outcomes, told = run()
    assert [outcome.failure for outcome in outcomes] == [""]
    assert told[0] == "executing 1 of 1 notebooks, 1 at a time"
    assert "notebooks/part/chapter.ipynb" in told[1]
    stored = stamp.read_notebook(path)
    assert [cell["execution_count"] for cell in stored["cells"]] == [1, 2]
    assert stored["cells"][1]["outputs"][0]["data"] == {"text/plain": "4"}
    assert stamp.check(small_book.root) == []
    before = path.read_bytes()
    assert run() == ([], ["all 1 notebooks are up to date"])
    assert path.read_bytes() == before


def test_only_stale_notebooks_run_unless_all_are_asked_for(small_book: Any, run: Any) -> None:
    small_book.add("a.ipynb", "1")
    small_book.add("b.ipynb", "2")
    run()
    small_book.edit(small_book.root / "notebooks/b.ipynb", lambda nb: nb["cells"][0].update(source="3"))
    assert [outcome.notebook for outcome in run()[0]] == ["notebooks/b.ipynb"]
    assert {outcome.notebook for outcome in run(everything=True)[0]} == {
        "notebooks/a.ipynb",
        "notebooks/b.ipynb",
    }


def test_two_runs_write_the_same_bytes_apart_from_the_run_time(small_book: Any, run: Any) -> None:
    path = small_book.add("chapter.ipynb", "print('a')\nprint('b')", "[1, 2]")

    def bytes_without_time() -> str:
        notebook = json.loads(path.read_text())
        assert notebook["metadata"]["selloff"].pop("seconds") > 0
        return json.dumps(notebook)

    run()
    text, first = path.read_text(), bytes_without_time()
    run(everything=True)
    assert bytes_without_time() == first
    assert text.endswith("}\n")
    assert not text.endswith("\n\n")
    assert text == json.dumps(json.loads(text), indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def test_traces_of_editors_and_clocks_are_not_stored(small_book: Any, run: Any) -> None:
    path = small_book.add("chapter.ipynb", "1", "2")

    def litter(notebook: dict[str, Any]) -> None:
        notebook["metadata"].update(widgets={}, colab={"x": 1}, title="kept")
        notebook["cells"][0]["metadata"].update(scrolled=True, execution={"iopub.status.busy": "now"}, tags=["t"])
        notebook["cells"][0]["id"] = notebook["cells"][1]["id"] = "same"
        notebook["nbformat_minor"] = 5

    small_book.edit(path, litter)
    run()
    stored = json.loads(path.read_text())
    assert set(stored["metadata"]) == {"kernelspec", "language_info", "selloff", "title"}
    assert "version" not in stored["metadata"]["language_info"]
    assert stored["cells"][0]["metadata"] == {"tags": ["t"]}
    assert [cell["id"] for cell in stored["cells"]] == ["same", "cell-2"]


@pytest.mark.parametrize(
    ("bad", "told"),
    [
        ("# why\n1 / 0", "ZeroDivisionError: division by zero"),
        ("# why\nimport sys; print('odd', file=sys.stderr)", "wrote to stderr: odd"),
        ("# why\nimport warnings; warnings.warn('soon gone')", "UserWarning: soon gone"),
        ("# why\nimport os; os._exit(1)", "the kernel died"),
        ("# why\n1 +", "SyntaxError"),
    ],
)
def test_a_failing_notebook_is_left_whole_and_the_cell_is_named(
    small_book: Any, text_cell: Any, bad: str, told: str
) -> None:
    path = small_book.add("chapter.ipynb", text_cell("# Title"), "1", bad, "2")
    before = path.read_bytes()
    failure = run_notebook(small_book.root, "notebooks/chapter.ipynb").failure
    assert path.read_bytes() == before
    assert failure.startswith("cell 3: # why\n")
    assert told in failure
    assert len(failure.splitlines()) <= 4
    assert [file.name for file in path.parent.iterdir()] == ["chapter.ipynb"]


def test_a_cell_that_takes_too_long_is_a_failure(small_book: Any) -> None:
    small_book.add("chapter.ipynb", "1", "while True: pass")
    failure = run_notebook(small_book.root, "notebooks/chapter.ipynb", timeout=1).failure
    assert failure == "cell 2: while True: pass\n    took longer than 1 s"


def test_one_failure_does_not_stop_the_other_notebooks(small_book: Any, run: Any) -> None:
    small_book.add("bad.ipynb", "1 / 0")
    small_book.add("good.ipynb", "1")
    outcomes, told = run(workers=2)
    assert {outcome.notebook: bool(outcome.failure) for outcome in outcomes} == {
        "notebooks/bad.ipynb": True,
        "notebooks/good.ipynb": False,
    }
    assert any("FAILED" in line and "bad" in line for line in told)
    assert [problem.notebook for problem in stamp.check(small_book.root)] == ["notebooks/bad.ipynb"]


def test_a_notebook_runs_in_its_own_folder_with_the_books_code_and_one_thread(small_book: Any, run: Any) -> None:
    path = small_book.add(
        "part/chapter.ipynb",
        "import os, tiny\nos.path.relpath(os.getcwd(), os.path.dirname(tiny.__file__))",
        "os.environ['OMP_NUM_THREADS'], 'PYTHONPATH' in os.environ",
    )
    run()
    shown = [cell["outputs"][0]["data"]["text/plain"] for cell in stamp.read_notebook(path)["cells"]]
    assert shown == ["'../../notebooks/part'", "('1', True)"]


def test_each_notebook_starts_in_a_clean_kernel(small_book: Any, run: Any, monkeypatch: Any) -> None:
    monkeypatch.setenv("SELLOFF_DATA", "/elsewhere")
    small_book.add("a.ipynb", "left_over = 1")
    path = small_book.add("b.ipynb", "import os", "'left_over' in globals(), 'SELLOFF_DATA' in os.environ")
    run(workers=1)
    cell = stamp.read_notebook(path)["cells"][1]
    assert cell["outputs"][0]["data"]["text/plain"] == "(False, False)"


def test_code_that_changes_during_a_run_is_not_stamped(small_book: Any) -> None:
    path = small_book.add("chapter.ipynb", "open('../src/tiny/sums.py', 'a').write('# more') and None")
    before = path.read_bytes()
    failure = run_notebook(small_book.root, "notebooks/chapter.ipynb").failure
    assert "changed while it ran" in failure
    assert path.read_bytes() == before


def test_a_notebook_saved_during_its_run_is_not_overwritten(small_book: Any) -> None:
    path = small_book.add("chapter.ipynb", "open('chapter.ipynb', 'a').write(' ') and None")
    before = path.read_bytes()
    assert "was saved while it ran" in run_notebook(small_book.root, "notebooks/chapter.ipynb").failure
    assert path.read_bytes() == before + b" "


def test_packages_other_than_the_locked_ones_are_refused_before_anything_runs(small_book: Any, run: Any) -> None:
    small_book.add("chapter.ipynb", "1")
    lock = small_book.root / "requirements.lock"
    lock.write_text("nbformat==1.0 \\\n    --hash=sha256:00\nno-such-package==2.0 ; python_version >= '3'\n")
    with pytest.raises(BookError, match=r"nbformat [\d.]+ instead of 1\.0, no-such-package missing instead of 2\.0"):
        run()


def test_a_package_locked_for_other_machines_is_not_asked_for(small_book: Any) -> None:
    (small_book.root / "requirements.lock").write_text("no-such-package==2.0 ; sys_platform == 'plan9'\n")
    check_packages(small_book.root)


def test_the_environment_of_a_kernel_drops_what_would_change_results(small_book: Any, monkeypatch: Any) -> None:
    monkeypatch.setenv("PYTHONWARNINGS", "ignore")
    monkeypatch.setenv("OMP_NUM_THREADS", "8")
    environment = kernel_environment(small_book.root, small_book.root)
    assert "PYTHONWARNINGS" not in environment
    assert environment["OMP_NUM_THREADS"] == "1"
