"""The board: every claim with its verdict, as a table and for the terminal."""

from __future__ import annotations

import math
import re
from pathlib import Path

import pandas as pd

from selloff.claims.ledger import claims
from selloff.claims.result import WORDS, Measure, Result, decide
from selloff.data import DataError
from selloff.prose import MINUS, TIE, num, pct, usd

__all__ = ["MARKS", "board", "board_frame", "board_text", "findings_table", "reading", "written"]

_SHORT = {"depends": "depends", "untestable": "cannot be tested"}
#: How a part that fits, one that does not, and one that cannot tell are marked.
MARKS = {True: "\N{CHECK MARK}", False: "\N{MULTIPLICATION SIGN}", None: "?"}


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
                "number": _number(result),
                "definitions in favour": f"{yes} of {of}" if of else "",
                "verdict": WORDS[result.verdict],
            }
        )
    return pd.DataFrame(rows).set_index("id")


def _number(result: Result) -> str:
    """Return the number under the report's own definition; nothing where it names none."""
    return written(result.headline) if result.headline and result.claim.article_choice else ""


def findings_table(result: Result) -> pd.DataFrame:
    """Return a claim's numbers by definition, one column per part, each marked with whether it supports the claim."""
    rows: dict[str, dict[str, str]] = {}
    for finding in result.findings:
        row = rows.setdefault(finding.definition, {"definition": finding.label, "supports": ""})
        # The head of the column says what is ranked.
        row[finding.part] = f"{written(finding).removesuffix(f'{TIE}weeks')}{TIE}{MARKS[finding.supports]}"
    for key, supports in result.by_definition.items():
        answer = {True: "yes", False: "no", None: "cannot tell"}[supports]
        rows[key]["supports"] = answer if key in result.counted else f"{answer}, not counted"
    return pd.DataFrame(list(rows.values())).fillna("")


def written(finding: Measure) -> str:
    """Write a finding's number with its unit and as many digits as it deserves."""
    value, unit = finding.value, finding.unit
    if math.isnan(value):
        return "no public figure"
    if unit == "%":
        return pct(value, sign=True)
    if unit.startswith("of "):
        return f"{_ordinal(int(value))} {unit}".replace(" ", TIE)
    if unit == "share":
        return f"{pct(100 * value, 0)}{TIE}of{TIE}the{TIE}range"
    if unit == "USD m" and abs(value) >= 10_000:
        return usd(value / 1000, "billion", 0 if value % 1000 == 0 else 1)
    if unit.startswith("USD"):
        return usd(value, {"USD bn": "billion", "USD m": "million", "USD": ""}[unit])
    if unit.startswith("percentage points"):
        # The unit may break, so that it leaves room for the words of a definition beside it.
        return f"{num(value, 1, sign=True)}{TIE}{unit}"
    if unit == "puts for a call":
        return f"{num(value, 3, sign=True)}{TIE}{unit}"
    if not unit or unit == "in 100 runs":
        return f"{num(value, 0 if unit else 2)}{TIE}{unit}".strip()
    if unit == "times":
        return f"{num(value, 1)}{TIE}times"
    if unit.startswith("points"):
        return f"{num(value, 2, sign=True)}{TIE}{unit.replace(' ', TIE)}"
    return f"{value:,.4g} {unit}".strip().replace("-", MINUS).replace(" ", TIE)


def reading(result: Result) -> str:
    """Return the sentence that tells how the claim fared, its numbers filled in from the findings.

    In the ledger a number stands as ``{part choice=option ...}``, with as many choices as tell it from the others.
    """

    def number(match: re.Match[str]) -> str:
        part, *options = match[1].split()
        try:
            return written(result.find(part, **dict(option.split("=") for option in options)))
        except ValueError as error:
            found = f"the reading of {result.claim.id} names {{{match[1]}}}: {error}"
            raise DataError("claims", found, "a part and options of that claim", "edit data/claims.yml") from error

    # Line breaks go before the numbers come in: these hold spaces that do not break.
    text = " ".join(str(result.claim.terms.get("reading", "")).split())
    return re.sub(r"\{([^}]*)\}", number, text)


def _ordinal(number: int) -> str:
    suffix = "th" if 10 <= number % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{suffix}"


def board_text(folder: Path | None = None, width: int = 100) -> str:
    """Return the board for a terminal, one claim a line."""
    lines = []
    for result in board(folder):
        yes, of = result.support
        support = f"{yes}/{of}" if of else ""
        number = _number(result)
        verdict = _SHORT.get(result.verdict, WORDS[result.verdict])
        head = f"{result.claim.id}  {verdict:<16}  {support:>6}  {number:>20}  "
        room = max(width - len(head), 20)
        text = result.claim.paraphrase
        lines.append(head + (text if len(text) <= room else text[: room - 1].rstrip() + "…"))
    return "\n".join(lines)
