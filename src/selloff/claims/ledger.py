"""The ledger of claims: definitions fixed in advance, findings under each, a verdict by rule."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from selloff.data import DataError, default_folder, load

__all__ = ["Claim", "Finding", "Result", "Verdict", "claims", "decide", "ledger", "stated", "weeks"]

Verdict = Literal["holds", "depends", "fails", "open"]
#: What each verdict says on a card.
WORDS: dict[Verdict, str] = {
    "holds": "holds",
    "depends": "depends on the definition",
    "fails": "fails",
    "open": "not decided yet",
}


_COMMON = ("id", "paraphrase", "chapter", "state", "rule")


@dataclass(frozen=True)
class Finding:
    """One number under one definition, and whether it supports the claim.

    Attributes
    ----------
    definition, label : str
        Key of the definition and its name in words.
    part : str
        Which part of the claim the number speaks to: ``size``, ``rank``, ``level``, ``range``.
    value : float
        The number.
    unit : str
        Its unit.
    supports : bool
        Whether it supports this part.
    """

    definition: str
    label: str
    part: str
    value: float
    unit: str
    supports: bool


@dataclass(frozen=True)
class Claim:
    """One claim as fixed in ``data/claims.yml``."""

    id: str
    paraphrase: str
    chapter: str | None
    state: Literal["computed", "open"]
    rule: str
    terms: Mapping[str, Any]

    @property
    def unit(self) -> str:
        """Unit of the claim's number; empty where it has none."""
        return str(self.terms.get("unit", ""))

    @property
    def article_choice(self) -> str | None:
        """Key of the definition that the report used, or seems to have used."""
        return self.terms.get("article")


@dataclass(frozen=True)
class Result:
    """A claim with its findings.

    A definition supports a claim only if it supports every part of it. A definition that was inferred from the
    report's own figure supports it by construction: it is shown, but counts for no verdict.
    """

    claim: Claim
    findings: tuple[Finding, ...]

    def to_frame(self) -> pd.DataFrame:
        """Return the findings as a table: definition, label, part, value, unit, supports."""
        return pd.DataFrame([finding.__dict__ for finding in self.findings])

    @property
    def by_definition(self) -> dict[str, bool]:
        """Whether each definition supports the whole claim."""
        support: dict[str, bool] = {}
        for finding in self.findings:
            support[finding.definition] = support.get(finding.definition, True) and finding.supports
        return support

    @property
    def counted(self) -> dict[str, bool]:
        """Whether each definition that counts supports the whole claim."""
        inferred = self.claim.terms.get("inferred", ())
        return {key: supports for key, supports in self.by_definition.items() if key not in inferred}

    @property
    def parts(self) -> dict[str, int]:
        """How many definitions that count support each part of the claim."""
        counts: dict[str, int] = {}
        for finding in self.findings:
            if finding.definition in self.counted:
                counts[finding.part] = counts.get(finding.part, 0) + finding.supports
        return counts

    @property
    def support(self) -> tuple[int, int]:
        """How many definitions that count support the claim, and how many there are."""
        return sum(self.counted.values()), len(self.counted)

    @property
    def verdict(self) -> Verdict:
        """``holds`` if every definition that counts supports the claim, ``fails`` if none does, else ``depends``."""
        if not self.findings:
            return "open"
        yes, of = self.support
        return "holds" if yes == of else "fails" if yes == 0 else "depends"

    @property
    def headline(self) -> Finding | None:
        """The first number under the report's own choice of definition."""
        return next((found for found in self.findings if found.definition == self.claim.article_choice), None)

    def value(self, definition: str, part: str) -> float:
        """Return one number."""
        for finding in self.findings:
            if (finding.definition, finding.part) == (definition, part):
                return finding.value
        raise KeyError(f"{self.claim.id} has no finding {definition}/{part}")


def ledger(folder: Path | None = None) -> dict[str, Any]:
    """Read ``data/claims.yml`` as it stands; the answer is the caller's own copy.

    Raises
    ------
    DataError
        The file is missing, is no YAML with the keys ``weeks`` and ``claims``, or an entry is not complete.
    """
    return copy.deepcopy(_ledger(Path(folder or default_folder()).resolve()))


@lru_cache(maxsize=8)
def _ledger(folder: Path) -> dict[str, Any]:
    import yaml

    path = folder / "claims.yml"
    mend = "git checkout -- data/claims.yml"
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError:
        raise DataError("claims", "the ledger is missing", "a file data/claims.yml", mend) from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        reason = " ".join(str(error).split())
        raise DataError("claims", f"the ledger cannot be read ({reason})", "YAML in UTF-8", mend) from None
    if not isinstance(content, dict) or set(content) != {"weeks", "claims"}:
        raise DataError("claims", "the ledger has other keys", "the keys weeks and claims", mend)
    for number, entry in enumerate(content["claims"], start=1):
        lacking = [name for name in _COMMON if not isinstance(entry, dict) or name not in entry]
        if lacking:
            raise DataError(
                "claims", f"entry {number} of the ledger lacks {', '.join(lacking)}", "every claim whole", mend
            )
    return content


def claims(folder: Path | None = None) -> list[Claim]:
    """Return all claims in the order of their ids."""
    return [
        Claim(**{name: entry[name] for name in _COMMON}, terms={k: v for k, v in entry.items() if k not in _COMMON})
        for entry in ledger(folder)["claims"]
    ]


def weeks(folder: Path | None = None) -> Mapping[str, Mapping[str, str]]:
    """Return the windows that weekly claims are measured over."""
    windows: Mapping[str, Mapping[str, str]] = ledger(folder)["weeks"]
    return windows


def stated(scope: str, folder: Path | None = None) -> float:
    """Return a figure that the report states, from the table ``published_figures``."""
    table = load("published_figures", folder)
    rows = table[(table["topic"] == "article") & (table["scope"] == scope)]
    if len(rows) != 1:
        raise DataError("published_figures", f"{len(rows)} rows state {scope!r}", "one row", "see data/claims.yml")
    return float(rows["value"].iloc[0])


def decide(claim: str, folder: Path | None = None) -> Result:
    """Evaluate one claim on the tables.

    Parameters
    ----------
    claim : str
        Its id, such as ``"C03"``.
    folder : Path, optional
        Folder of tables; the project's own by default.

    Returns
    -------
    Result
        Without findings if no evaluator decides the claim yet.
    """
    from selloff.claims.readings import READINGS
    from selloff.claims.weekly import WEEKLY

    known = {entry.id: entry for entry in claims(folder)}
    if claim not in known:
        raise ValueError(f"decide: unknown claim {claim!r}; expected {min(known)} to {max(known)}")
    entry = known[claim]
    if entry.state == "open":
        return Result(entry, ())
    evaluators = {**WEEKLY, **READINGS}
    mend = "correct data/claims.yml or git checkout -- data/claims.yml"
    if claim not in evaluators:
        raise DataError("claims", f"{claim} is marked computed but nothing computes it", "state: open", mend)
    try:
        return Result(entry, tuple(evaluators[claim](entry, folder)))
    except KeyError as error:
        found = f"the terms of {claim} name {error.args[0]}, which is not there"
        raise DataError("claims", found, "days, weeks and keys that the tables and the ledger have", mend) from error
