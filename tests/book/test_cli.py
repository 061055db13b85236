"""Each command says what it did, and a failure is one line on stderr without a traceback."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from selloff.book import BookError, cli
from selloff.book.serve import HOST, bind

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def command(small_book: Any, monkeypatch: Any, capsys: Any) -> Any:
    """Run a command in the small book; return its status and what it wrote."""
    monkeypatch.chdir(small_book.root)

    def command(*words: str) -> tuple[int, str, str]:
        status = cli.main(words)
        written = capsys.readouterr()
        return status, written.out, written.err

    return command


@pytest.fixture
def site(small_book: Any) -> Path:
    folder: Path = small_book.root / "_build" / "html"
    folder.mkdir(parents=True)
    (folder / "index.html").write_text("<p>It stands.</p>")
    return folder


@pytest.fixture
def fake_build(monkeypatch: Any, site: Path) -> list[Path]:
    """Stand in for the builder; return the roots it was called with."""
    called: list[Path] = []
    module = ModuleType("selloff.book.build")
    module.build = lambda root: called.append(root) or site / "index.html"  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "selloff.book.build", module)
    return called


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys; from selloff.book.cli import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        "print({'pandas', 'numpy', 'nbformat', 'altair', 'yaml'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("usage: selloff")
    assert done.stdout.endswith("set()\n")


def test_the_package_runs_as_a_module() -> None:
    done = subprocess.run([sys.executable, "-m", "selloff", "--help"], capture_output=True, text=True, check=True)
    assert "board" in done.stdout


@pytest.mark.parametrize("words", [[], ["book"], ["data"], ["nonsense"], ["book", "execute", "--workers", "0"]])
def test_a_command_that_is_not_understood_shows_how_it_is_used(words: list[str], capsys: Any) -> None:
    with pytest.raises(SystemExit) as stopped:
        cli.main(words)
    assert stopped.value.code == 2
    assert "usage: selloff" in capsys.readouterr().err


def test_check_passes_a_book_without_stale_notebooks(command: Any) -> None:
    assert command("book", "check") == (0, "all 0 notebooks are up to date\n", "")


def test_check_names_a_stale_notebook_and_the_command_that_mends_it(command: Any, small_book: Any) -> None:
    small_book.add("chapter.ipynb", "1")
    status, out, err = command("book", "check")
    assert (status, out) == (1, "")
    assert err.splitlines() == [
        'notebooks/chapter.ipynb has no stamp: its outputs were not stored by this book\'s own run; run "make execute"',
        "error: 1 of 1 notebooks cannot be published",
    ]


def test_build_refuses_a_stale_notebook_before_it_builds(command: Any, small_book: Any, fake_build: list[Path]) -> None:
    small_book.add("chapter.ipynb", "1")
    status, _, err = command("book", "build")
    assert status == 1
    assert "has no stamp" in err
    assert fake_build == []


def test_build_says_where_the_site_is_and_how_to_open_it(
    command: Any, small_book: Any, fake_build: list[Path], site: Path
) -> None:
    status, out, _ = command("book", "build")
    assert status == 0
    assert fake_build == [small_book.root]
    assert str(site / "index.html") in out
    assert "file:///" in out
    assert "the%20book" in out
    assert "make serve" in out


def test_an_expected_failure_is_one_line_without_a_traceback(command: Any, monkeypatch: Any, fake_build: Any) -> None:
    def fail(root: Path) -> Path:
        raise BookError("the page is missing; mend _toc.yml")

    monkeypatch.setattr(sys.modules["selloff.book.build"], "build", fail)
    assert command("book", "build") == (1, "", "error: the page is missing; mend _toc.yml\n")


def test_an_unexpected_failure_is_not_hidden(command: Any, monkeypatch: Any, fake_build: Any) -> None:
    def fail(root: Path) -> Path:
        raise ZeroDivisionError

    monkeypatch.setattr(sys.modules["selloff.book.build"], "build", fail)
    with pytest.raises(ZeroDivisionError):
        command("book", "build")


def test_outside_a_book_each_command_says_so(tmp_path: Path, monkeypatch: Any, capsys: Any) -> None:
    monkeypatch.chdir(tmp_path)
    assert cli.main(["book", "check"]) == 1
    assert "is not inside the book" in capsys.readouterr().err


def test_a_command_works_from_a_folder_inside_the_book(command: Any, small_book: Any, monkeypatch: Any) -> None:
    monkeypatch.chdir(small_book.root / "src" / "tiny")
    assert command("book", "check")[0] == 0


def test_a_broken_table_is_one_line(command: Any, small_book: Any, monkeypatch: Any) -> None:
    monkeypatch.setenv("SELLOFF_DATA", str(small_book.root / "nowhere"))
    status, out, err = command("data", "seal", "no_such_table")
    assert (status, out) == (1, "")
    assert err.startswith("error: table no_such_table")
    assert len(err.splitlines()) == 1


def test_data_list_names_every_table(capsys: Any) -> None:
    from selloff.data import table_names

    assert cli.main(["data", "list"]) == 0
    out = capsys.readouterr().out
    assert all(name in out for name in table_names())


@pytest.mark.slow
def test_execute_reports_a_failing_cell_in_a_few_lines(command: Any, small_book: Any) -> None:
    small_book.add("chapter.ipynb", "1", "1 / 0")
    status, out, err = command("book", "execute")
    assert status == 1
    assert "FAILED  notebooks/chapter.ipynb" in out
    assert err.splitlines() == [
        "notebooks/chapter.ipynb, cell 2: 1 / 0",
        "    ZeroDivisionError: division by zero",
        "error: 1 of 1 notebooks failed and were left as they were",
    ]


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT for a group of processes")
@pytest.mark.parametrize("stop", [os.killpg, os.kill], ids=["from the terminal", "from another program"])
def test_an_interrupted_execution_leaves_files_whole_and_no_kernel(small_book: Any, stop: Any) -> None:
    path = small_book.add("chapter.ipynb", "import os\nopen('pid', 'w').write(str(os.getpid()))", "while True: pass")
    before = path.read_bytes()
    process = subprocess.Popen(
        [sys.executable, "-m", "selloff", "book", "execute"],
        cwd=small_book.root,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    mark = path.parent / "pid"
    deadline = time.monotonic() + 60
    while not (mark.is_file() and mark.read_text()) and time.monotonic() < deadline:
        time.sleep(0.05)
    stop(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert err.splitlines()[-1] == "interrupted"
    assert "Traceback" not in err
    assert path.read_bytes() == before
    with pytest.raises(ProcessLookupError):
        os.kill(int(mark.read_text()), 0)


def test_serve_refuses_a_site_that_is_not_built(command: Any) -> None:
    status, _, err = command("book", "serve")
    assert status == 1
    assert 'run "make book" first' in err


def test_serve_gives_the_site_to_this_machine_only_and_never_caches(site: Path) -> None:
    with bind(site, 0) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        assert server.server_address[0] == HOST
        address = f"http://{HOST}:{server.server_port}"
        with urllib.request.urlopen(f"{address}/index.html") as answer:
            assert answer.read() == b"<p>It stands.</p>"
            assert answer.headers["Cache-Control"] == "no-cache"
        with pytest.raises(urllib.error.HTTPError, match="404") as missing:
            urllib.request.urlopen(f"{address}/../../pyproject.toml")
        missing.value.close()
        server.shutdown()


def test_serve_takes_the_next_port_when_one_is_busy(site: Path) -> None:
    with bind(site, 0) as first, bind(site, first.server_port) as second:
        assert second.server_port > first.server_port
