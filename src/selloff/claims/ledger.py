"""The ledger of claims: definitions fixed in advance, findings under each, a verdict by rule."""

from __future__ import annotations

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

    A definition supports a claim only if it supports every part of it.
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
    def parts(self) -> dict[str, int]:
        """How many definitions support each part of the claim."""
        counts: dict[str, int] = {}
        for finding in self.findings:
            counts[finding.part] = counts.get(finding.part, 0) + finding.supports
        return counts

    @property
    def support(self) -> tuple[int, int]:
        """How many definitions support the claim, and how many there are."""
        return sum(self.by_definition.values()), len(self.by_definition)

    @property
    def verdict(self) -> Verdict:
        """``holds`` under every definition, ``fails`` under all of them, else ``depends``."""
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


@lru_cache(maxsize=8)
def ledger(folder: Path | None = None) -> Mapping[str, Any]:
    """Read ``data/claims.yml`` as it stands.

    Raises
    ------
    DataError
        The file is missing or is no YAML with the keys ``weeks`` and ``claims``.
    """
    import yaml

    path = (folder or default_folder()) / "claims.yml"
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
    return content


def claims(folder: Path | None = None) -> list[Claim]:
    """Return all claims in the order of their ids."""
    common = ("id", "paraphrase", "chapter", "state", "rule")
    return [
        Claim(**{name: entry[name] for name in common}, terms={k: v for k, v in entry.items() if k not in common})
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
    return Result(entry, tuple({**WEEKLY, **READINGS}[claim](entry, folder)))
