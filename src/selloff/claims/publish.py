"""The ledger for machines: every claim, number and verdict as JSON, with a schema."""

from __future__ import annotations

import json
import math
from importlib.resources import files
from pathlib import Path
from typing import Any

from selloff.claims.board import board, reading
from selloff.claims.result import WORDS, Finding, Result
from selloff.data import default_folder, read_manifest
from selloff.data.reader import sha256

__all__ = ["claim_entry", "claims_json", "claims_schema"]

#: Significant digits of a published number: more than any of them deserves, fewer than machines differ in.
_DIGITS = 10


def claims_json(folder: Path | None = None) -> dict[str, Any]:
    """Return the board as data: what is published as ``claims.json``.

    Parameters
    ----------
    folder : Path, optional
        Folder of tables; the project's own by default.

    Returns
    -------
    dict
        As described by :func:`claims_schema`. ``tables`` maps each table that a number rests on to its SHA-256; the
        ledger itself stands there as ``claims.yml``.

    Examples
    --------
    >>> from selloff.claims import claims_json
    >>> entry = claims_json()["claims"][5]
    >>> entry["id"], entry["verdict"], entry["numbers"][0]["value"]
    ('C06', 'holds', -504.6)
    """
    results = board(folder)
    used = sorted({table for result in results for table in result.tables})
    ledger = Path(folder or default_folder()) / "claims.yml"
    checksums = {name: str(read_manifest(name, folder).measured["sha256"]) for name in used}
    return {
        "$schema": "claims.schema.json",
        "subject": "Claims of a news report of 26 September 2025 on the crypto market, tested on public figures",
        "tables": {"claims.yml": sha256(ledger.read_bytes()), **checksums},
        "claims": [claim_entry(result) for result in results],
    }


def claims_schema() -> dict[str, Any]:
    """Return the JSON schema (draft 2020-12) of ``claims.json``."""
    schema: dict[str, Any] = json.loads(
        files("selloff.claims").joinpath("claims.schema.json").read_text(encoding="utf-8")
    )
    return schema


def claim_entry(result: Result) -> dict[str, Any]:
    """Return one claim as it stands in ``claims.json``."""
    claim = result.claim
    yes, of = result.support
    decided = bool(result.findings)
    return {
        "id": claim.id,
        "paraphrase": claim.paraphrase,
        "verdict": result.verdict,
        "verdict_words": WORDS[result.verdict],
        "confidence": {"level": claim.terms["sure"], "reason": claim.terms["sure_why"]} if decided else None,
        "definitions": {"support": yes, "counted": of},
        "report_definition": claim.article_choice if decided else None,
        "reading": reading(result).replace("\N{NO-BREAK SPACE}", " "),
        "rule": " ".join(claim.rule.split()),
        "change_our_mind": " ".join(claim.change_our_mind.split()),
        "chapter": f"{claim.chapter}.html" if claim.chapter else None,
        "numbers": [_number(result, finding) for finding in result.findings],
    }


def _number(result: Result, finding: Finding) -> dict[str, Any]:
    return {
        "key": f"{result.claim.id}.{finding.definition}.{finding.part}",
        "part": finding.part,
        "value": _rounded(finding.value),
        "unit": finding.unit,
        "low": _rounded(finding.low),
        "high": _rounded(finding.high),
        "definition": finding.label,
        "supports": finding.supports,
        "counted": finding.definition in result.counted,
        "tables": list(result.tables),
    }


def _rounded(value: float) -> float | None:
    return float(f"{value:.{_DIGITS}g}") if math.isfinite(value) else None
