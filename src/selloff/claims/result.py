"""What the figures say of a claim: a finding under each definition, and the verdict that follows."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from selloff.claims.ledger import Claim, Specification, claims, specifications
from selloff.data import DataError, default_folder, recording

__all__ = ["WORDS", "Finding", "Measure", "Result", "Verdict", "decide"]

Verdict = Literal["holds", "depends", "fails", "untestable", "open"]
#: What each verdict says on a card.
WORDS: dict[Verdict, str] = {
    "holds": "holds",
    "depends": "holds only under some definitions",
    "fails": "fails",
    "untestable": "cannot be tested with public data",
    "open": "not decided yet",
}

_MODULES = ("weekly", "levels", "liquidations", "leverage", "feedback", "buyers", "macro")


@dataclass(frozen=True)
class Measure:
    """One number that an evaluator found under one definition.

    Attributes
    ----------
    part : str
        Which part of the claim the number speaks to, such as ``size``, ``rank``, ``level``.
    value : float
        The number.
    unit : str
        Its unit.
    supports : bool or None
        Whether it supports this part; None where it cannot tell.
    low, high : float
        Ends of its interval or range; NaN where it has none.
    """

    part: str
    value: float
    unit: str
    supports: bool | None
    low: float = math.nan
    high: float = math.nan


@dataclass(frozen=True)
class Finding(Measure):
    """A measure with the definition that it belongs to.

    Attributes
    ----------
    definition, label : str
        Key of the definition and its name in words.
    options : mapping
        The option of each choice.
    """

    definition: str = ""
    label: str = ""
    options: Mapping[str, str] | None = None


#: An evaluator: the measures of a claim under one definition.
Evaluator = Callable[[Claim, Specification, Path | None], Iterable[Measure]]


@dataclass(frozen=True)
class Result:
    """A claim with its findings.

    A definition supports a claim only if it supports every part of it. A definition that the ledger names under
    ``not_counted``, such as one inferred from the report's own figure, is shown, but counts for no verdict.
    """

    claim: Claim
    findings: tuple[Finding, ...]
    #: Names of the tables that were read to find them.
    tables: tuple[str, ...] = ()

    def to_frame(self) -> pd.DataFrame:
        """Return the findings as a table: definition, label, part, value, unit, low, high, supports, each choice."""
        fields = ("definition", "label", "part", "value", "unit", "low", "high", "supports")
        return pd.DataFrame(
            [{name: getattr(f, name) for name in fields} | dict(f.options or {}) for f in self.findings]
        )

    @property
    def by_definition(self) -> dict[str, bool | None]:
        """Whether each definition supports the whole claim; None where it cannot tell."""
        marks: dict[str, list[bool | None]] = {}
        for finding in self.findings:
            marks.setdefault(finding.definition, []).append(finding.supports)
        return {key: False if False in parts else None if None in parts else True for key, parts in marks.items()}

    @property
    def counted(self) -> dict[str, bool | None]:
        """Whether each definition that counts supports the whole claim."""
        shown_only = {
            finding.definition
            for finding in self.findings
            for choice, option in (finding.options or {}).items()
            if option in self.claim.not_counted.get(choice, {})
        }
        return {key: supports for key, supports in self.by_definition.items() if key not in shown_only}

    @property
    def parts(self) -> dict[str, int]:
        """How many definitions that count support each part of the claim."""
        counts: dict[str, int] = {}
        for finding in self.findings:
            if finding.definition in self.counted:
                counts[finding.part] = counts.get(finding.part, 0) + bool(finding.supports)
        return counts

    @property
    def support(self) -> tuple[int, int]:
        """How many definitions that count support the claim, and how many there are."""
        return sum(supports is True for supports in self.counted.values()), len(self.counted)

    @property
    def share(self) -> float:
        """Share of the definitions that count which support the claim; NaN if there are none."""
        yes, of = self.support
        return yes / of if of else math.nan

    @property
    def verdict(self) -> Verdict:
        """What follows from the definitions that count.

        ``holds`` if every one supports the claim, ``depends`` if some do. If none does: ``fails`` if every one speaks
        against it, and ``untestable`` if some cannot tell.
        """
        marks = list(self.counted.values())
        if not marks:
            return "open"
        if True in marks:
            return "holds" if all(marks) else "depends"
        return "untestable" if None in marks else "fails"

    @property
    def headline(self) -> Finding | None:
        """The first number under the report's own choice, or else under the first definition that counts."""
        chosen = self.claim.article_choice or next(iter(self.counted), None)
        return next((found for found in self.findings if found.definition == chosen), None)

    def find(self, part: str, **options: str) -> Finding:
        """Return one finding.

        Parameters
        ----------
        part : str
            Part of the claim.
        **options
            The option of as many choices as are needed to tell the number from the others.

        Raises
        ------
        ValueError
            No finding answers, or several with different numbers.
        """
        found = [
            f for f in self.findings if f.part == part and options.items() <= dict(f.options or {}).items()
        ]  # fmt: skip
        asked = ", ".join([part, *(f"{choice}={option}" for choice, option in options.items())])
        if not found:
            raise ValueError(f"{self.claim.id} has no finding {asked}; to_frame() shows what there is")
        if len({f.value for f in found}) > 1:
            raise ValueError(f"{self.claim.id} has {len(found)} findings {asked}; name more choices")
        return found[0]

    def value(self, part: str, **options: str) -> float:
        """Return the number of one finding; see :meth:`find`."""
        return self.find(part, **options).value


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

    Raises
    ------
    ValueError
        There is no such claim.
    DataError
        The ledger names what the tables do not have.

    Examples
    --------
    >>> from selloff.claims import decide
    >>> decide("C06").verdict
    'holds'
    """
    known = {entry.id: entry for entry in claims(folder)}
    if claim not in known:
        raise ValueError(f"decide: unknown claim {claim!r}; expected {min(known)} to {max(known)}")
    if known[claim].state == "open":
        return Result(known[claim], ())
    return _decided(claim, Path(folder or default_folder()).resolve())


@lru_cache(maxsize=256)
def _decided(claim: str, folder: Path) -> Result:
    entry = next(known for known in claims(folder) if known.id == claim)
    evaluators = _evaluators()
    mend = "correct data/claims.yml or git checkout -- data/claims.yml"
    if claim not in evaluators:
        raise DataError("claims", f"{claim} is marked computed but nothing computes it", "state: open", mend)
    findings: list[Finding] = []
    with recording() as tables:
        for spec in specifications(entry, folder):
            try:
                measures = list(evaluators[claim](entry, spec, folder))
            except KeyError as error:
                found = f"the terms of {claim} name {error.args[0]}, which is not there"
                raise DataError("claims", found, "days and keys that the tables and the ledger have", mend) from error
            if not measures:
                found = f"{claim} has no number under {spec.key}"
                raise DataError("claims", found, "a number, or NaN that cannot tell", mend)
            findings += [
                Finding(**m.__dict__, definition=spec.key, label=spec.label, options=spec.options) for m in measures
            ]
    return Result(entry, tuple(findings), tuple(sorted(tables)))


def _evaluators() -> dict[str, Evaluator]:
    found: dict[str, Any] = {}
    for name in _MODULES:
        found |= import_module(f"selloff.claims.{name}").EVALUATORS
    return found
