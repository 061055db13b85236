"""Rules for chapters: how cells are cut, what outputs may hold, what every chapter must say.

Each rule is a function that takes a notebook and yields what is wrong and how to mend it.
:func:`check_notebook` runs them all; the tests run it over the book.
"""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from selloff.book import BookError, Problem, find_root
from selloff.book.literals import typed_numbers
from selloff.book.outputs import check_outputs
from selloff.book.stamp import read_notebook

__all__ = ["RULES", "SECTIONS", "check_notebook", "check_page"]

LINES = 15
AVERAGE = 6
SECTIONS = ("What you will learn", "What would change our mind", "Exercises", "Summary", "References")

_NETWORK = (
    "aiohttp", "ccxt", "ftplib", "http", "httpx", "pandas_datareader", "requests", "socket", "urllib",
    "urllib3", "websocket", "websockets", "yfinance",
)  # fmt: skip
_SILENCERS = (
    "catch_warnings", "errstate", "filterwarnings", "redirect_stderr", "redirect_stdout", "seterr",
    "simplefilter",
)  # fmt: skip
_ESCAPES = re.compile(r"#\s*(?:NBVAL_\w+|PYTEST_VALIDATE_IGNORE_OUTPUT)")
_HIDING_TAGS = ("remove-cell", "remove-output", "skip-execution")
_UNTESTABLE_VERBS = (
    "appreciate", "be", "become", "familiarise", "grasp", "know", "learn", "realise", "see", "understand",
)  # fmt: skip
_PATH = re.compile(r"(?<![\w.:/~-])(?:/(?:home|root|Users|tmp|work|mnt)/\w|[A-Z]:\\\w)")
_FENCE = re.compile(r"^(`{3,}|~{3,}).*?^\1[`~]*\s*$", re.M | re.S)
_MINUTES = re.compile(r"^\*About \d+ minutes\. Needs: [^*\n]+\*$")
_WORDS_SHOWN = ("print", "Markdown", "HTML", "Latex")
_WORDS_NAMED = ("caption", "description", "label", "subtitle", "text", "title")

Cell = Mapping[str, Any]
Notebook = Mapping[str, Any]
Fault = tuple[str, str]


def check_notebook(path: Path, root: Path | None = None) -> list[Problem]:
    """Run every rule over one notebook.

    Parameters
    ----------
    path : Path
        The notebook.
    root : Path, optional
        Root of the book, for the name in the message; looked for above the notebook by default.

    Returns
    -------
    list of Problem
        Empty if the chapter keeps all rules.
    """
    notebook = read_notebook(path)
    return [Problem(_name(path, root), what, mend) for rule in RULES for what, mend in rule(notebook)]


def check_page(path: Path, root: Path | None = None) -> list[Problem]:
    """Find the typed numbers of a page that is no notebook, such as ``index.md``."""
    found = typed_numbers(path.read_text(encoding="utf-8"))
    return [Problem(_name(path, root), f"has a typed number ({words})", _TYPED) for words in found]


_TYPED = (
    "let code compute it and show it with say(), or mark what the article says as [USD 300bn]{.article}, "
    "or write a constant as `code` or $math$"
)


def short_cells(notebook: Notebook) -> Iterator[Fault]:
    """Code cells have at most 15 lines, and 6 on average."""
    lengths = []
    for number, cell in _code(notebook):
        lines = len(cell["source"].strip().splitlines())
        lengths.append(lines)
        if not lines:
            yield f"has an empty code cell ({number})", "delete it"
        if lines > LINES:
            yield (
                f"cell {number} has {lines} lines of code",
                f"cut it to {LINES}, or move the work into src/selloff",
            )
    if lengths and sum(lengths) / len(lengths) > AVERAGE:
        mean = sum(lengths) / len(lengths)
        yield f"has {mean:.1f} lines of code per cell", f"cut cells to {AVERAGE} on average"


def no_definitions(notebook: Notebook) -> Iterator[Fault]:
    """No function, class or named lambda: what is worth a name is worth a test, in ``src/``."""
    for number, tree in _trees(notebook):
        for node in ast.walk(tree):
            kind = ""
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                kind = f"function {node.name}"
            elif isinstance(node, ast.ClassDef):
                kind = f"class {node.name}"
            elif isinstance(node, ast.Assign | ast.AnnAssign | ast.NamedExpr) and isinstance(node.value, ast.Lambda):
                kind = "named lambda"
            if kind:
                yield f"cell {number} defines a {kind}", "move it into src/selloff, with a test"


def no_network(notebook: Notebook) -> Iterator[Fault]:
    """No import of a network module and no address in code."""
    for number, tree in _trees(notebook):
        for node in ast.walk(tree):
            modules = []
            if isinstance(node, ast.Import):
                modules = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                modules = [node.module or ""]
            for module in modules:
                if module.split(".")[0] in _NETWORK:
                    yield (
                        f"cell {number} imports {module}",
                        "read a table with selloff.data.load; no network in a chapter",
                    )
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and re.search(r"\w+://", node.value):
                yield (
                    f"cell {number} holds an address in code",
                    "read a table with selloff.data.load, or put the link in prose",
                )


def plain_code(notebook: Notebook) -> Iterator[Fault]:
    """Cells are plain Python: no magics, no shell, nothing silenced, no way around the tests."""
    for number, cell in _code(notebook):
        if _tree(cell) is None:
            yield (
                f"cell {number} is not plain Python",
                "write it without % and ! lines, and without syntax errors",
            )
        if _ESCAPES.search(cell["source"]):
            yield (
                f"cell {number} asks the tests to look away",
                "take the NBVAL comment out; make the output the same on each run",
            )
        for tag in cell["metadata"].get("tags", []):
            if tag in _HIDING_TAGS or tag.startswith("nbval-") or tag == "raises-exception":
                yield f"cell {number} has the tag {tag}", "take it out; use hide-input to fold code"
    for number, tree in _trees(notebook):
        for node in ast.walk(tree):
            name = _name_of(node)
            if name in _SILENCERS:
                yield f"cell {number} silences warnings or output ({name})", "mend the cause instead"


def executed_in_order(notebook: Notebook) -> Iterator[Fault]:
    """Every code cell ran once, from the first to the last, without error and without a word on stderr."""
    for expected, (number, cell) in enumerate(_code(notebook), start=1):
        count = cell.get("execution_count")
        if count != expected:
            ran = "was not executed" if count is None else f"was executed as number {count}, not {expected}"
            yield f"cell {number} {ran}", 'run "make execute"'
        for output in cell.get("outputs", []):
            if output["output_type"] == "error":
                yield (
                    f"cell {number} stores an error ({output.get('ename')})",
                    'mend it and run "make execute"',
                )
            if output["output_type"] == "stream" and output.get("name") == "stderr":
                yield (
                    f"cell {number} stores a warning or other words on stderr",
                    'mend the cause and run "make execute"',
                )


def opening(notebook: Notebook) -> Iterator[Fault]:
    """Chapters open with a short title, a question, and a line with minutes and prerequisites."""
    cells = notebook["cells"]
    text = cells[0]["source"] if cells and cells[0]["cell_type"] == "markdown" else ""
    title = re.match(r"# (.+)", text)
    if title is None:
        yield (
            "does not start with a title",
            "start the first cell with a line such as # Did correlation rise?",
        )
        return
    if re.search(r"[-\u2010\u2011]", title[1]):
        yield f"has a hyphen in its title ({title[1]})", "write the title without hyphens"
    if len(title[1]) > 60:
        yield f"has a title of {len(title[1])} characters", "cut it to 60"
    others = [number for number, cell in _markdown(notebook)[1:] if re.search(r"^# ", _unfenced(cell["source"]), re.M)]
    if others or len(re.findall(r"^# ", _unfenced(text), re.M)) > 1:
        yield f"has a second title (cell {others[0] if others else 1})", "use ## for sections"
    first = "\n".join(cell["source"] for cell in cells[:3] if cell["cell_type"] == "markdown")
    lines = [line.strip() for line in first.splitlines() if line.strip()]
    places = [place for place, line in enumerate(lines) if _MINUTES.match(line)]
    if not places:
        yield "does not say how long it takes", "under the question, add *About 20 minutes. Needs: ...*"
    elif not lines[places[0] - 1].rstrip("*_ ").endswith("?"):
        yield (
            "has no question above its line of minutes",
            "put the chapter's question, with its question mark, there",
        )


def sections(notebook: Notebook) -> Iterator[Fault]:
    """Each section that every chapter owes stands there once, with something in it."""
    bodies: dict[str, list[str]] = {}
    current = ""
    for _, cell in _all(notebook):
        if cell["cell_type"] != "markdown":
            if current:
                bodies[current].append("code")
            continue
        for line in _unfenced(cell["source"], keep=True).splitlines():
            heading = re.match(r"#{1,2} (.+?)\s*$", line)
            if heading:
                current = heading[1]
                bodies.setdefault(current, [])
            elif current and line.strip():
                bodies[current].append(line.strip())
    for section in SECTIONS:
        if section not in bodies:
            yield f'has no section "{section}"', f"add ## {section}"
        elif not bodies[section]:
            yield f'has nothing under "{section}"', "write it"
    goals = [re.sub(r"^(?:[-*+]|\d+[.)])\s+", "", line) for line in bodies.get(SECTIONS[0], []) if _is_item(line)]
    if bodies.get(SECTIONS[0]) and len(goals) < 2:
        yield f'has no list under "{SECTIONS[0]}"', "list what a reader will be able to do, one verb each"
    for goal in goals:
        verb = re.split(r"\W+", goal.lstrip("*_ "))[0]
        if verb.lower() in _UNTESTABLE_VERBS or not verb:
            yield (
                f"promises what no test can show ({goal})",
                "start with a verb such as compute, compare, explain, decide",
            )


def numbers_from_code(notebook: Notebook) -> Iterator[Fault]:
    """No number is typed in prose, in the template of a sentence or in words that code shows."""
    in_references = False
    for number, cell in _markdown(notebook):
        text = f"## References\n{cell['source']}" if in_references else cell["source"]
        for words in typed_numbers(text):
            yield f"cell {number} has a typed number ({words})", _TYPED
        headings = re.findall(r"^#{1,6} +(.+?)\s*$", _unfenced(text), re.M)
        in_references = bool(headings) and headings[-1] == "References"
    for number, tree in _trees(notebook):
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                for what in _typed_in_call(node):
                    yield f"cell {number} {what}", _TYPED


def sentences_without_code(notebook: Notebook) -> Iterator[Fault]:
    """Cells that only say a sentence show no code in the book; every other cell does, or unfolds."""
    for number, cell in _code(notebook):
        tree = _tree(cell)
        if tree is None or not tree.body:
            continue
        only = all(isinstance(line, ast.Expr) and _is_say(line.value) for line in tree.body)
        removed = "remove-input" in cell["metadata"].get("tags", [])
        if only and not removed:
            yield f"cell {number} only says a sentence but shows its code", "tag it remove-input"
        if removed and not only:
            yield f"cell {number} hides code that does more than say a sentence", "tag it hide-input instead"


def no_local_paths(notebook: Notebook) -> Iterator[Fault]:
    """No path of the machine on which it ran."""
    for number, cell in _all(notebook):
        words = [cell["source"]]
        for output in cell.get("outputs", []):
            words += [output.get("text"), *output.get("data", {}).values()]
        if any(isinstance(text, str) and _PATH.search(text) for text in words):
            yield f"cell {number} shows a path of one machine", "show names from the root of the book"


RULES: tuple[Callable[[Notebook], Iterator[Fault]], ...] = (
    short_cells,
    no_definitions,
    no_network,
    plain_code,
    executed_in_order,
    opening,
    sections,
    numbers_from_code,
    sentences_without_code,
    check_outputs,
    no_local_paths,
)


def _typed_in_call(call: ast.Call) -> Iterator[str]:
    """Find numbers typed in what one call shows."""
    name = _name_of(call)
    if name == "say":
        template = call.args[0] if call.args else None
        if not isinstance(template, ast.Constant) or not isinstance(template.value, str):
            yield "gives say() something else than a plain template"
        else:
            for words in typed_numbers(_without_placeholders(template.value)):
                yield f"has a typed number in say() ({words})"
        for keyword in call.keywords:
            if not _computed(keyword.value):
                yield f"gives say() a typed value ({keyword.arg}={ast.unparse(keyword.value)})"
        return
    shown = list(call.args) if name in _WORDS_SHOWN else []
    shown += [keyword.value for keyword in call.keywords if keyword.arg in _WORDS_NAMED]
    for value in shown:
        for node in ast.walk(value):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                for words in typed_numbers(node.value):
                    yield f"has a typed number in shown words ({words})"


def _computed(value: ast.expr) -> bool:
    """Whether an expression asks for anything beyond constants and the functions that format them."""
    formats = {id(node.func) for node in ast.walk(value) if isinstance(node, ast.Call)}
    return any(isinstance(node, ast.Name) and id(node) not in formats for node in ast.walk(value))


def _without_placeholders(template: str) -> str:
    try:
        return "".join(text + ("" if name is None else " ") for text, name, *_ in string.Formatter().parse(template))
    except ValueError:
        return template


def _is_say(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and _name_of(node) == "say"


def _name_of(node: ast.AST) -> str:
    """Return the last name of a call, an attribute or a name; empty for anything else."""
    if isinstance(node, ast.Call):
        return _name_of(node.func)
    if isinstance(node, ast.Attribute):
        return node.attr
    if isinstance(node, ast.alias):
        return node.name.rsplit(".", 1)[-1]
    return node.id if isinstance(node, ast.Name) else ""


def _is_item(line: str) -> bool:
    return re.match(r"(?:[-*+]|\d+[.)])\s+\S", line) is not None


def _unfenced(text: str, keep: bool = False) -> str:
    """Take fenced code out, so that a comment in it is no heading; or keep it without its comment signs."""
    return _FENCE.sub(lambda match: match[0].replace("#", "") if keep else "", text)


def _all(notebook: Notebook) -> list[tuple[int, Cell]]:
    return list(enumerate(notebook["cells"], start=1))


def _code(notebook: Notebook) -> list[tuple[int, Cell]]:
    return [(number, cell) for number, cell in _all(notebook) if cell["cell_type"] == "code"]


def _markdown(notebook: Notebook) -> list[tuple[int, Cell]]:
    return [(number, cell) for number, cell in _all(notebook) if cell["cell_type"] == "markdown"]


def _tree(cell: Cell) -> ast.Module | None:
    try:
        return ast.parse(str(cell["source"]))
    except SyntaxError:
        return None


def _trees(notebook: Notebook) -> Iterator[tuple[int, ast.Module]]:
    for number, cell in _code(notebook):
        tree = _tree(cell)
        if tree is not None:
            yield number, tree


def _name(path: Path, root: Path | None) -> str:
    try:
        root = root or find_root(path.parent)
        return path.resolve().relative_to(root.resolve()).as_posix()
    except (BookError, ValueError):
        return path.name
