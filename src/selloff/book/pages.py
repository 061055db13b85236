"""Pages that are written while the book is built: the data dictionary, the run times."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from selloff.book import find_root, notebooks
from selloff.book.stamp import read_notebook
from selloff.data import Manifest, read_manifest, table_names
from selloff.prose import num

__all__ = ["data_dictionary", "run_times"]

#: A hyphen at which a line may not end.
UNBROKEN = "\N{NON-BREAKING HYPHEN}"
_KINDS = {"date": "day", "time": "time, UTC", "number": "number", "integer": "whole number", "text": "text"}
_VERDICTS = {
    "open": "may be redistributed",
    "facts": "single facts, attributed",
    "derived": "levels restricted: changes or rounded values only",
}


def data_dictionary(folder: Path | None = None) -> str:
    """Return every table, its provenance and its columns, as MyST Markdown."""
    manifests = [read_manifest(table, folder) for table in table_names(folder)]
    rows = [
        f"| [`{manifest.table}`](#{manifest.table}) | {manifest.fields['title']} | {num(manifest.measured['rows'])} |"
        for manifest in manifests
    ]
    overview = ["## The tables", "", "| table | what it holds | rows |", "|---|---|---:|", *rows, ""]
    return "\n".join(overview + [line for manifest in manifests for line in _entry(manifest)])


def _entry(manifest: Manifest) -> list[str]:
    fields, measured = manifest.fields, manifest.measured
    licence, clock, snapshot = fields["licence"], fields["clock"], fields["snapshot"]
    span = f"{measured['first']} to {measured['last']}, " if "first" in measured else ""
    publishers = (f"[{_line(p['name'])}]({p['url']}), {_line(p['series'])}" for p in fields["publishers"])
    facts = {
        "File": f"`data/{manifest.table}.csv`: {span}{num(measured['rows'])} rows",
        "Publishers": "; ".join(publishers),
        "Struck at": f"{_line(clock['closes'])} ({clock['zone']}; {clock['frequency']})",
        "Snapshot": f"taken {snapshot['taken']}, compiled {snapshot['compiled']}. {_line(snapshot['vintage'])}",
        "Terms": f"{_line(licence['terms'])} Verdict, read {licence['read']}: {_VERDICTS[licence['verdict']]}. "
        f"{_line(licence['reason'])}",
        "Gaps": _line(fields["gaps"]),
        "Cross-check": _line(fields["cross_check"]),
        "Made by": _line(fields["builder"]),
        "Used by": ", ".join(f"`{name}`" for name in fields["consumers"]) or "nothing yet",
        "SHA-256": f"`{measured['sha256']}`",
    }
    return [
        f"({manifest.table})=",
        f"## {fields['title']}",
        "",
        _line(fields["summary"]),
        "",
        *[line for term, text in facts.items() for line in (term, f": {text}", "")],
        "| column | type | unit | blanks | meaning |",
        "|---|---|---|---:|---|",
        *[_column(column, measured["nulls"]) for column in manifest.columns],
        "",
        "**Traps**",
        "",
        *[f"- {_line(trap)}" for trap in fields["traps"]],
        "",
    ]


def _column(column: Any, blanks: dict[str, int]) -> str:
    kind = f"one of {', '.join(column.values)}" if column.kind == "category" else _KINDS[column.kind]
    return (
        f"| `{column.name}` | {_cell(kind)} | {_cell(column.unit)} | "
        f"{num(blanks.get(column.name, 0))} | {_cell(column.meaning)} |"
    )


def _line(text: object) -> str:
    """One line of Markdown in which no sign of the manifest's plain text is taken for markup."""
    line = " ".join(str(text).split())
    for sign in ("*", "_", "<", "$"):
        line = line.replace(sign, f"\\{sign}")
    return line


def _cell(text: object) -> str:
    return _line(text).replace("|", "\\|")


def run_times(root: Path | None = None) -> str:
    """Return when, how long and with which versions each chapter last ran, as MyST Markdown."""
    root = root or find_root(Path.cwd())
    lines = ["| chapter | run | seconds | Python | versions |", "|---|---|---:|---|---|"]
    total = 0.0
    for path in notebooks(root):
        notebook = read_notebook(path)
        stamp = notebook["metadata"]["selloff"]
        title = notebook["cells"][0]["source"].splitlines()[0].lstrip("# ")
        versions = ", ".join(f"{name} {version}" for name, version in stamp["versions"].items())
        link = path.relative_to(root / "notebooks").with_suffix("").as_posix()
        day, seconds = stamp["executed"].replace("-", UNBROKEN), f"{stamp['seconds']:.1f}"
        lines.append(f"| [{title}](../{link}) | {day} | {seconds} | {stamp['python']} | {versions} |")
        total += stamp["seconds"]
    lines += ["", f"One after the other the chapters take {num(total)} seconds."]
    return "\n".join(lines)
