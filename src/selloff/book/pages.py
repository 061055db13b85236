"""Pages that are written while the book is built: the claim board, the data dictionary, the run times."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import Any

from selloff.book import find_root, notebooks
from selloff.book.stamp import read_notebook
from selloff.claims import Result, board, reading, written
from selloff.claims.ledger import WORDS
from selloff.data import Manifest, read_manifest, table_names
from selloff.prose import num

__all__ = ["claim_board", "data_dictionary", "run_times"]

#: A hyphen at which a line may not end.
UNBROKEN = "\N{NON-BREAKING HYPHEN}"
_SHAPES = {"holds": "holds", "depends": "depends", "fails": "fails", "open": "untestable"}
_KINDS = {"date": "day", "time": "time, UTC", "number": "number", "integer": "whole number", "text": "text"}
_VERDICTS = {
    "open": "may be redistributed",
    "facts": "single facts, attributed",
    "derived": "levels restricted: changes or rounded values only",
}


def claim_board(folder: Path | None = None) -> str:
    """Return every claim as a card in HTML; decided ones first, each with its definitions side by side."""
    results = board(folder)
    decided = [result for result in results if result.findings]
    waiting = [result for result in results if not result.findings]
    cards = "\n".join(map(_card, decided))
    rest = "\n".join(
        f'<li><span class="claim-id">{escape(result.claim.id)}</span> '
        f"{escape(result.claim.paraphrase)}{_link(result)}</li>"
        for result in waiting
    )
    return (
        f'<ul class="board">\n{cards}\n</ul>\n'
        f'<h2 id="not-decided-yet">Not decided yet</h2>\n'
        f"<p>{num(len(waiting))} of {num(len(results))} claims wait for their chapter; their rules are fixed in "
        f"the ledger already.</p>\n"
        f'<ul class="waiting">\n{rest}\n</ul>'
    )


def _card(result: Result) -> str:
    claim, headline = result.claim, result.headline
    yes, of = result.support
    # The tick stands in the dark part of the bar if the report's own definition supports the claim, else after it.
    chosen = result.by_definition.get(claim.article_choice or "", False)
    mark = 50 * yes / of if chosen and yes else 100 - 50 * (of - yes) / of
    share = f"{yes} of {of} definitions support the claim" if of > 1 else "one definition, and it decides"
    number = f"{escape(written(headline))} <small>{escape(headline.label)}</small>" if headline else ""
    return (
        f'<li class="claim" id="{claim.id.lower()}">'
        f'<span class="claim-id">{escape(claim.id)}</span>'
        f"<h3>{escape(claim.paraphrase)}</h3>"
        f'<p class="claim-number">{number}</p>'
        f'<p class="verdict-{_SHAPES[result.verdict]}">{escape(WORDS[result.verdict])}</p>'
        f'<div class="share-bar" role="img" aria-label="{share}" style="--share: '
        f'{100 * yes / of:.0f}%; --mark: {mark:.0f}%"></div>'
        f'<p class="claim-why">{escape(reading(result))}{_link(result)}</p>'
        f"{_definitions(result)}</li>"
    )


def _link(result: Result) -> str:
    chapter = result.claim.chapter
    words = "How we know" if result.findings else "Work so far"
    return f' <a href="{chapter}.html#{_anchor(result)}">{words}</a>' if chapter else ""


def _anchor(result: Result) -> str:
    """Return the name of the heading under which the chapter decides the claim."""
    return f"claim-{result.claim.id.lower()}" if result.findings else ""


def _definitions(result: Result) -> str:
    parts = list(result.parts)
    head = "".join(f"<th scope='col'>{escape(part)}</th>" for part in parts)
    rows = []
    for key, supports in result.by_definition.items():
        found = {finding.part: finding for finding in result.findings if finding.definition == key}
        label = next(iter(found.values())).label + (" (the report's)" if key == result.claim.article_choice else "")
        cells = "".join(
            f"<td>{escape(written(found[part]))} {_mark(found[part].supports)}</td>" if part in found else "<td></td>"
            for part in parts
        )
        answer = ("yes" if supports else "no") if key in result.counted else "inferred, not counted"
        rows.append(f"<tr><th scope='row'>{escape(label)}</th>{cells}<td>{answer}</td></tr>")
    yes, of = result.support
    return (
        f"<details class='claim-definitions'><summary>Definitions: {yes} of {of} in favour</summary>"
        f"<div class='table-box'><table><thead><tr><th scope='col'>Definition</th>{head}<th "
        "scope='col'>supports</th></tr></thead>"
        f"<tbody>{''.join(rows)}</tbody></table></div><p>{escape(' '.join(result.claim.rule.split()))}</p></details>"
    )


def _mark(supports: bool) -> str:
    return (
        "<span class='fits'>\N{CHECK MARK}</span>"
        if supports
        else "<span class='misfits'>\N{MULTIPLICATION SIGN}</span>"
    )


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
