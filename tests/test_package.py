"""The package: quick to import, lazily, and floors that import downwards only."""

from __future__ import annotations

import ast
import doctest
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import selloff

SOURCE = Path(selloff.__file__).parent
FLOORS = {
    "data": 0,
    "inference": 1,
    "correlation": 2,
    "market": 2,
    "claims": 3,
    "validation": 3,
    "scale": 3,
    "bench": 3,
    "charts": 4,
    "book": 5,
}
#: Words and the package itself stand on no floor; they import nothing heavy and nothing above the ground.
GROUND = {"prose": -1, "__init__": -1, "__main__": 6}


def test_importing_the_package_loads_nothing_heavy() -> None:
    heavy = "{'pandas', 'numpy', 'scipy', 'statsmodels', 'altair', 'arch', 'exchange_calendars', 'yaml', 'vl_convert'}"
    code = f"import sys, selloff; print(sorted({heavy} & set(sys.modules)))"

    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"
    )


@pytest.mark.parametrize("name", selloff.__all__)
def test_every_subpackage_is_there_when_asked_for(name: str) -> None:
    module = getattr(selloff, name)

    assert all(hasattr(module, public) for public in module.__all__)


def test_an_unknown_attribute_is_answered_with_the_known_ones() -> None:
    with pytest.raises(AttributeError, match="no attribute 'prices'; it has charts"):
        _ = selloff.prices


def floor(path: Path) -> int:
    first = path.relative_to(SOURCE).parts[0].removesuffix(".py")
    return FLOORS.get(first, GROUND.get(first, -1))


@pytest.mark.parametrize("path", sorted(SOURCE.rglob("*.py")), ids=lambda path: path.relative_to(SOURCE).as_posix())
def test_imports_go_down_only(path: Path) -> None:
    for other in imported(path):
        assert FLOORS.get(other, -1) <= floor(path), f"{path.name} imports {other} from above"


def imported(path: Path) -> set[str]:
    """First names, below the package, of everything of the package that a module imports, relatively or not."""
    package = ["selloff", *path.relative_to(SOURCE).parts[:-1]]
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            names = [f"{module}.{alias.name}" for alias in node.names]
        found |= {name.split(".")[1] for name in names if name.startswith("selloff.")}
    return found


def test_the_search_for_imports_sees_every_way_of_writing_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = tmp_path / "data" / "module.py"
    module.parent.mkdir()
    module.write_text(
        "from selloff import charts\nfrom ..claims import decide\nfrom .. import book\nimport selloff.market\n"
    )
    monkeypatch.setitem(globals(), "SOURCE", tmp_path)

    assert imported(module) == {"charts", "claims", "book", "market"}


@pytest.mark.parametrize("path", sorted(SOURCE.rglob("*.py")), ids=lambda path: path.relative_to(SOURCE).as_posix())
def test_no_module_is_longer_than_four_hundred_lines(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= 400


EXAMPLES = sorted(path for path in SOURCE.rglob("*.py") if ">>> " in path.read_text())


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.relative_to(SOURCE).as_posix())
def test_the_examples_in_docstrings_run(path: Path) -> None:
    name = ".".join(["selloff", *path.relative_to(SOURCE).with_suffix("").parts])

    result = doctest.testmod(import_module(name))

    assert result.attempted > 0
    assert result.failed == 0


MODELS = ("correlation", "inference", "market")


def public_functions() -> list[tuple[str, object]]:
    """Functions that the floors of models offer."""
    found = []
    for floor_name in MODELS:
        module = import_module(f"selloff.{floor_name}")
        found += [
            (f"{floor_name}.{name}", getattr(module, name))
            for name in module.__all__
            if callable(getattr(module, name)) and not isinstance(getattr(module, name), type)
        ]
    return found


@pytest.mark.parametrize(
    ("name", "function"), public_functions(), ids=lambda item: item if isinstance(item, str) else ""
)
def test_a_model_says_shapes_errors_source_and_has_an_example(name: str, function: object) -> None:
    text = function.__doc__ or ""

    assert "Parameters\n" in text
    assert "Returns\n" in text
    assert ">>> " in text, "give an example that runs"
    assert "References\n" in text or "Raises\n" in text
