"""The Makefile tells what is missing in one line, and makes the environment once."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")


class Machine:
    """A clone of the build files on a machine with chosen Pythons and the plain tools of a system."""

    def __init__(self, root: Path) -> None:
        self.root, self.programs = root / "a clone", root / "bin"
        self.programs.mkdir(parents=True)
        (self.root / ".ci").mkdir(parents=True)
        for name in ("Makefile", ".ci/environment", "requirements.lock", "pyproject.toml"):
            shutil.copy(ROOT / name, self.root / name)
        for name in (
            "sh",
            "sed",
            "cat",
            "printf",
            "test",
            "cmp",
            "cp",
            "touch",
            "grep",
            "awk",
            "tail",
            "tee",
            "make",
        ):
            found = shutil.which(name)
            assert found, f"{name} is not installed"
            (self.programs / name).symlink_to(found)

    def python(self, name: str, version: str, *, venv: bool = True) -> None:
        """Put a Python on the path that knows its version, and whether it has venv, and nothing else."""
        self.program(
            name,
            f'case "$*" in *version_info*) echo {version};; *ensurepip*) exit {0 if venv else 1};; '
            f'*) echo "{name} $*" >> "{self.root}/calls"; exit 3;; esac',
        )

    def program(self, name: str, script: str) -> None:
        path = self.programs / name
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)

    def make(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["make", *words],
            cwd=self.root,
            env={"PATH": str(self.programs), "HOME": str(self.root)},
            capture_output=True,
            text=True,
            check=False,
        )

    def calls(self) -> str:
        path = self.root / "calls"
        return path.read_text() if path.is_file() else ""


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def complaint(done: subprocess.CompletedProcess[str]) -> str:
    """Return the one line of a failed command that is not make's own."""
    assert done.returncode != 0
    lines = [line for line in done.stderr.splitlines() if not line.startswith("make") or " needs " in line]
    assert len(lines) == 1, done.stderr
    return lines[0]


@pytest.mark.parametrize("goal", ["book", "test"])
def test_without_python_make_says_what_to_install(machine: Machine, goal: str) -> None:
    told = complaint(machine.make(goal))
    assert told.startswith(f"make {goal} needs Python 3.11 to 3.13; found no python3. Install it (Debian, Ubuntu: apt")
    assert told.endswith(f"or name one: make PYTHON=python3.12 {goal}")


@pytest.mark.parametrize("version", ["3.9", "3.10", "3.14", "2.7"])
def test_a_python_out_of_range_is_named_with_its_version(machine: Machine, version: str) -> None:
    machine.python("python3", version)
    assert f"needs Python 3.11 to 3.13; found {version} (python3)." in complaint(machine.make("book"))


def test_a_python_without_venv_is_told_which_package_to_install(machine: Machine) -> None:
    machine.python("python3", "3.11", venv=False)
    assert "apt install python3.11-venv" in complaint(machine.make("book"))


def test_another_python_in_range_is_taken_when_the_default_is_too_old(machine: Machine) -> None:
    machine.python("python3", "3.9")
    machine.python("python3.12", "3.12")
    machine.make("book")
    assert machine.calls() == "python3.12 -m venv --clear .venv\n"


def test_a_named_python_is_taken_or_refused_but_never_replaced(machine: Machine) -> None:
    machine.python("python3", "3.11")
    machine.python("old", "3.8")
    assert "found 3.8 (old)" in complaint(machine.make("PYTHON=old", "book"))
    assert machine.calls() == ""


@pytest.fixture
def with_fake_environment(machine: Machine) -> Machine:
    """A machine whose Python makes an environment that records what is run in it."""
    inner = '#!/bin/sh\\necho "$*" >> "$PWD/calls"\\n'
    machine.program("mkdir", f'exec {shutil.which("mkdir")} "$@"')
    machine.program("rm", f'exec {shutil.which("rm")} "$@"')
    machine.program("chmod", f'exec {shutil.which("chmod")} "$@"')
    machine.program(
        "python3",
        'case "$*" in *version_info*) echo 3.12;; *ensurepip*) exit 0;;\n'
        f"*venv*) rm -rf .venv; mkdir -p .venv/bin; printf '{inner}' > .venv/bin/python; "
        "chmod +x .venv/bin/python;; esac",
    )
    return machine


def test_the_environment_is_made_once(with_fake_environment: Machine) -> None:
    machine = with_fake_environment
    first = machine.make("book")
    assert first.returncode == 0, first.stderr
    assert "environment: .venv with Python 3.12" in first.stdout
    assert machine.calls().splitlines() == [
        "-m pip install --progress-bar off --require-hashes -r requirements.lock",
        "-m pip install --quiet --no-deps --no-build-isolation --no-index --editable .",
        "-m selloff book build",
    ]
    (machine.root / "calls").unlink()
    second = machine.make("book")
    assert second.stdout == ""
    assert machine.calls() == "-m selloff book build\n"


def test_a_lock_that_was_only_touched_installs_nothing_and_a_changed_one_everything(
    with_fake_environment: Machine,
) -> None:
    machine = with_fake_environment
    machine.make("book")
    lock = machine.root / "requirements.lock"
    (machine.root / "calls").unlink()
    os.utime(lock, (2**32, 2**32))
    os.utime(lock)
    machine.make("book")
    assert "--require-hashes" not in machine.calls()
    lock.write_text(lock.read_text() + "# changed\n")
    machine.make("book")
    assert "--require-hashes" in machine.calls()


def test_an_interrupted_installation_is_done_again(with_fake_environment: Machine) -> None:
    machine = with_fake_environment
    machine.make("book")
    (machine.root / ".venv/.packages").unlink()
    (machine.root / ".venv/.ready").unlink()
    (machine.root / ".venv/requirements.lock").unlink()
    (machine.root / "calls").unlink()
    machine.make("book")
    assert "--require-hashes" in machine.calls()


def test_a_failing_installation_says_where_to_look_and_leaves_nothing_that_counts_as_ready(
    with_fake_environment: Machine,
) -> None:
    machine = with_fake_environment
    script = (machine.programs / "python3").read_text().replace('>> "$PWD/calls"', ">&2; exit 1")
    (machine.programs / "python3").write_text(script)
    done = machine.make("book")
    assert done.returncode != 0
    assert "the packages could not be installed; the end of .venv/install.log says why:" in done.stderr
    assert not (machine.root / ".venv/.ready").exists()


def test_a_clone_that_was_moved_makes_its_environment_again(with_fake_environment: Machine) -> None:
    machine = with_fake_environment
    machine.make("book")
    machine.root = machine.root.rename(machine.root.with_name("moved"))
    (machine.root / "calls").unlink()
    machine.make("book")
    assert "--require-hashes" in machine.calls()


def test_help_is_the_default_and_lists_every_command(machine: Machine) -> None:
    done = machine.make()
    assert done.returncode == 0
    listed = re.findall(r"^  make (\w+)", done.stdout, re.M)
    assert {"book", "test", "check", "serve", "execute", "lint", "help", "lock", "clean"} <= set(listed)
    assert done.stdout == machine.make("help").stdout


def test_lock_says_what_it_needs(machine: Machine) -> None:
    assert complaint(machine.make("lock")).startswith("make lock needs uv.")


@pytest.mark.parametrize("goal", ["book", "test", "check", "execute", "serve", "lint", "gate", "clean"])
def test_every_goal_can_be_rehearsed(machine: Machine, goal: str) -> None:
    assert machine.make("-n", goal).returncode == 0


def test_the_script_of_ci_runs_make_test_and_is_executable() -> None:
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    assert "\nmake test\n" in script.read_text()
    bash = shutil.which("bash")
    if bash:
        subprocess.run([bash, "-n", str(script)], check=True)


def test_this_environment_has_the_python_that_the_makefile_asks_for() -> None:
    assert (3, 11) <= sys.version_info[:2] <= (3, 13)


def test_the_workflows_are_valid_yaml_and_pin_their_actions() -> None:
    import yaml

    for path in (ROOT / ".github" / "workflows").glob("*.yml"):
        flow: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
        used = [step["uses"] for job in flow["jobs"].values() for step in job["steps"] if "uses" in step]
        assert used
        assert all(re.fullmatch(r"[\w./-]+@v\d+", action) for action in used)
