"""Build the site: all of it or nothing.

The new site grows in a folder aside and takes the old one's place in one rename once every page is there. A
build that fails or is interrupted leaves the previous site as it was; without new inputs nothing is done.
"""

from __future__ import annotations

import contextlib
import ctypes
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from time import monotonic

from selloff.book import BookError, toc_pages

__all__ = ["build", "digest_inputs"]

_INPUTS = ("_config.yml", "_toc.yml", "requirements.lock", "notebooks", "assets", "src/selloff", "data")
_DIGEST = ".inputs"
_ASIDE = "building-"
_SKIPPED = ("__pycache__", ".ipynb_checkpoints")
_EXCHANGE = 2  # RENAME_EXCHANGE of linux/fs.h


def build(root: Path, *, strict: bool = True) -> Path:
    """Build the book's site.

    Parameters
    ----------
    root : Path
        Folder that holds ``_config.yml`` and ``_toc.yml``.
    strict : bool
        Whether any warning of Sphinx fails the build.

    Returns
    -------
    Path
        ``_build/html/index.html``.

    Raises
    ------
    BookError
        The build failed, warned (when strict) or left out a page; the previous site stays.
    """
    root = root.resolve()
    wanted = toc_pages(root)
    site = root / "_build" / "html"
    site.parent.mkdir(exist_ok=True)
    with _alone(site.parent):
        _clear(site)
        digest = digest_inputs(root)
        if _read(site / _DIGEST) == digest and not _missing(site, wanted):
            return site / "index.html"
        aside = Path(tempfile.mkdtemp(prefix=_ASIDE, dir=site.parent))
        try:
            start = monotonic()
            print(f"site: building {len(wanted)} pages", flush=True)
            fresh = _run(root, aside, strict=strict)
            if missing := _missing(fresh, wanted):
                raise BookError(
                    f"the build left out {', '.join(missing)}: each entry of _toc.yml needs a file of that "
                    "name; mend _toc.yml or add the file"
                )
            (fresh / _DIGEST).write_text(digest, encoding="utf-8")
            _swap(fresh, site)
            print(f"site: done in {monotonic() - start:.0f} s", flush=True)
        finally:
            shutil.rmtree(aside, ignore_errors=True)
    return site / "index.html"


def digest_inputs(root: Path) -> str:
    """Return a digest of every file the site is made from, and of the Python version.

    Parameters
    ----------
    root : Path
        Folder that holds the book.
    """
    total = hashlib.sha256(f"{sys.version_info[:2]}".encode())
    for path in _input_files(root):
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        total.update(f"{path.relative_to(root).as_posix()}\0{content}\n".encode())
    return total.hexdigest()


def _input_files(root: Path) -> list[Path]:
    found = set(root.glob("*.md"))
    for name in _INPUTS:
        path = root / name
        found |= set(path.rglob("*")) if path.is_dir() else {path}
    return sorted(p for p in found if p.is_file() and not any(part in _SKIPPED for part in p.parts))


def _missing(site: Path, wanted: list[str]) -> list[str]:
    paths = {name: site / f"{name}.html" for name in wanted}
    return [name for name, path in paths.items() if not (path.is_file() and path.stat().st_size)]


def _run(root: Path, aside: Path, *, strict: bool) -> Path:
    """Run Jupyter Book and return the folder of the new site."""
    flags = ["-W", "--keep-going"] if strict else []
    program = "from jupyter_book.cli.main import main; main()"  # the package cannot be run with -m
    command = [sys.executable, "-c", program, "build", str(root), "-n", *flags, "--path-output", str(aside)]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1", "SOURCE_DATE_EPOCH": _epoch(root)}
    with (aside / "log").open("w+", encoding="utf-8") as log:
        done = subprocess.run(command, cwd=root, env=environment, stdout=log, stderr=subprocess.STDOUT, check=False)
        log.seek(0)
        output = re.sub(r"\x1b\[[0-9;]*m", "", log.read())
    if done.returncode:
        raise BookError(_reasons(output, root))
    return aside / "_build" / "html"


def _epoch(root: Path) -> str:
    """Return the last commit's time, which stands for now, so that equal books give equal sites."""
    if given := os.environ.get("SOURCE_DATE_EPOCH"):
        return given
    command = ["git", "-C", str(root), "log", "-1", "--format=%ct"]
    with contextlib.suppress(OSError):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode == 0 and done.stdout.strip().isdigit():
            return done.stdout.strip()
    return "1767225600"  # 1 January 2026: a book without history has a constant date too


def _reasons(output: str, root: Path) -> str:
    """Return what Sphinx complained about, or the end of its output when it said nothing clear."""
    output = output.replace(f"{root}{os.sep}", "")
    lines = output.splitlines()
    told = [line for line in lines if re.search(r"\b(WARNING|ERROR|CRITICAL|Error)\b:?", line)]
    if not told:
        told = lines[-20:]
    shown = "\n  ".join(dict.fromkeys(told))
    return f'the site was not built; the previous one stays. Mend this and run "make book" again:\n  {shown}'


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Let one build at a time work in a folder; a second one waits and then finds the work done."""
    try:
        import fcntl
    except ImportError:  # not on Windows, where each build still has a folder of its own
        yield
        return
    with (folder / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("site: waiting for another build to end", flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _clear(site: Path) -> None:
    """Remove what a killed build left behind; bring the old site back if it was killed while swapping."""
    for path in site.parent.glob(f"{_ASIDE}*"):
        if not site.exists() and (path / "previous").is_dir():
            (path / "previous").rename(site)
        shutil.rmtree(path, ignore_errors=True)


def _swap(fresh: Path, site: Path) -> None:
    """Put the new site in the old one's place."""
    if not site.exists():
        fresh.rename(site)
    elif not _exchange(fresh, site):
        previous = fresh.parents[1] / "previous"
        site.rename(previous)
        fresh.rename(site)


def _exchange(one: Path, other: Path) -> bool:
    """Exchange two folders in one step where the system can; return whether it did."""
    try:
        rename = ctypes.CDLL(None, use_errno=True).renameat2
    except (OSError, AttributeError, TypeError):
        return False
    here = -100  # AT_FDCWD: paths as they are
    return bool(rename(here, os.fsencode(one), here, os.fsencode(other), _EXCHANGE) == 0)


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.is_file() else ""
