"""The board: every claim with its verdict, as a table and for the terminal."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd

from selloff.claims.ledger import WORDS, Finding, Result, claims, decide
from selloff.data import DataError
from selloff.prose import TIE, pct, usd

__all__ = ["board", "board_frame", "board_text", "findings_table", "reading", "written"]


def board(folder: Path | None = None) -> list[Result]:
    """Decide every claim, in the order of the ledger."""
    return [decide(claim.id, folder) for claim in claims(folder)]


def board_frame(folder: Path | None = None) -> pd.DataFrame:
    """Return the board as a table: claim, the report's own definition, its number, support, verdict."""
    rows = []
    for result in board(folder):
        yes, of = result.support
        rows.append(
            {
                "id": result.claim.id,
                "claim": result.claim.paraphrase,
                "number": written(result.headline) if result.headline else "",
                "definitions in favour": f"{yes} of {of}" if of else "",
                "verdict": WORDS[result.verdict],
            }
        )
    return pd.DataFrame(rows).set_index("id")


def findings_table(result: Result) -> pd.DataFrame:
    """Return a claim's numbers by definition, one column per part, each marked with whether it supports the claim."""
    rows: dict[str, dict[str, str]] = {}
    for finding in result.findings:
        mark = "\N{CHECK MARK}" if finding.supports else "\N{MULTIPLICATION SIGN}"
        row = rows.setdefault(finding.definition, {"definition": finding.label, "supports": ""})
        # The head of the column says what is ranked.
        row[finding.part] = f"{written(finding).removesuffix(f'{TIE}weeks')}{TIE}{mark}"
    for key, supports in result.by_definition.items():
        rows[key]["supports"] = ("yes" if supports else "no") if key in result.counted else "inferred"
    return pd.DataFrame(list(rows.values())).fillna("")


def written(finding: Finding) -> str:
    """Write a finding's number with its unit and as many digits as it deserves."""
    value, unit = finding.value, finding.unit
    if unit == "%":
        return pct(value, sign=True)
    if unit.startswith("of "):
        return f"{_ordinal(int(value))} {unit}".replace(" ", TIE)
    if unit == "share":
        return f"{pct(100 * value, 0)}{TIE}of{TIE}the{TIE}range"
    if unit.startswith("USD"):
        return usd(value, {"USD bn": "billion", "USD m": "million", "USD": ""}[unit])
    return f"{value:g} {unit}".strip().replace(" ", TIE)


def reading(result: Result) -> str:
    """Return the sentence that tells how the claim fared, its numbers filled in from the findings."""

    def number(match: re.Match[str]) -> str:
        definition, part = match[1], match[2]
        finding = next((f for f in result.findings if (f.definition, f.part) == (definition, part)), None)
        if finding is None:
            found = f"the reading of {result.claim.id} names {definition}/{part}"
            raise DataError("claims", found, "a definition and a part of that claim", "edit data/claims.yml")
        return written(finding)

    return re.sub(r"\{(\w+)/(\w+)\}", number, str(result.claim.terms.get("reading", "")))


def _ordinal(number: int) -> str:
    suffix = "th" if 10 <= number % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{suffix}"


def board_text(folder: Path | None = None, width: int = 100) -> str:
    """Return the board for a terminal, one claim a line."""
    lines = []
    for result in board(folder):
        yes, of = result.support
        support = f"{yes}/{of}" if of else ""
        number = written(result.headline) if result.headline else ""
        verdict = "depends" if result.verdict == "depends" else WORDS[result.verdict]
        head = f"{result.claim.id}  {verdict:<15}  {support:>5}  {number:>20}  "
        room = max(width - len(head), 20)
        text = result.claim.paraphrase
        lines.append(head + (text if len(text) <= room else text[: room - 1].rstrip() + "…"))
    return "\n".join(lines)
