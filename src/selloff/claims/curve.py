"""The specification curve: one number under every definition that makes sense."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from selloff.claims.result import Result, decide
from selloff.prose import num

__all__ = ["SpecificationCurve", "specification_curve"]


@dataclass(frozen=True)
class SpecificationCurve:
    """One number of a claim under all its definitions, sorted.

    Attributes
    ----------
    result : Result
        The claim and all its findings.
    part : str
        The part of the claim that the number speaks to.
    table : DataFrame, shape (S, ...)
        One row a definition, sorted by ``value``: ``order`` (from 1), ``definition``, ``label``, ``value``, ``low``,
        ``high``, ``supports`` (the whole claim: true, false or None), ``counted``, ``article`` (the report's own), and
        a column for each choice with the words of the option taken (missing where the choice does not apply).
    choices : dict of str to dict
        Options by choice, words by key, in the order of the ledger.

    References
    ----------
    Simonsohn, Simmons and Nelson (2020), Nature Human Behaviour 4, 1208-1214.
    """

    result: Result
    part: str
    table: pd.DataFrame
    choices: dict[str, dict[str, str]]

    @property
    def median(self) -> float:
        """Median of the number over the definitions that count."""
        return float(self.table.loc[self.table["counted"], "value"].median())

    def to_frame(self) -> pd.DataFrame:
        """Return a copy of the table."""
        return self.table.copy()

    def summary(self) -> str:
        """Return the curve in one line."""
        yes, of = self.result.support
        counted = self.table.loc[self.table["counted"], "value"]
        return (
            f"{self.result.claim.id}, {self.part}: {num(of)} definitions from {counted.min():.4g} to "
            f"{counted.max():.4g}, median {self.median:.4g} {self.table['unit'].iloc[0]}; {num(yes)} support the claim"
        )


def specification_curve(claim: str | Result, part: str | None = None, folder: Path | None = None) -> SpecificationCurve:
    """Sort one number of a claim over all its definitions.

    Parameters
    ----------
    claim : str or Result
        Id of a claim, or the claim decided.
    part : str, optional
        Which part's number; the first by default.
    folder : Path, optional
        Folder of tables; the project's own by default.

    Returns
    -------
    SpecificationCurve

    Raises
    ------
    ValueError
        The claim has no number (it is not decided yet, or its definitions have no common unit), or no such part.

    Examples
    --------
    >>> from selloff.claims import specification_curve
    >>> specification_curve("C06").summary()
    'C06, size: 1 definitions from -504.6 to -504.6, median -504.6 USD m; 1 support the claim'

    References
    ----------
    Simonsohn, Simmons and Nelson (2020), Nature Human Behaviour 4, 1208-1214.
    """
    result = claim if isinstance(claim, Result) else decide(claim, folder)
    entry = result.claim
    frame = result.to_frame()
    if frame.empty or not entry.unit:
        raise ValueError(f"specification_curve: {entry.id} has no number of one unit; board() shows which claims have")
    part = part or str(frame["part"].iloc[0])
    table = frame[frame["part"] == part]
    if table.empty:
        parts = ", ".join(frame["part"].unique())
        raise ValueError(f"specification_curve: {entry.id} has no part {part!r}; expected one of {parts}")
    choices = _words(result)
    whole, counted = result.by_definition, result.counted
    table = (
        table.assign(
            supports=table["definition"].map(whole),
            counted=table["definition"].isin(list(counted)),
            article=table["definition"] == entry.article_choice,
            **{name: table[name].map(words) for name, words in choices.items()},
        )
        .sort_values("value", kind="stable")
        .reset_index(drop=True)
    )
    table.insert(0, "order", range(1, len(table) + 1))
    return SpecificationCurve(result, part, table, choices)


def _words(result: Result) -> dict[str, dict[str, str]]:
    """Return the words of each option by choice, of the choices that differ between definitions."""
    from selloff.claims.ledger import specifications

    words: dict[str, dict[str, str]] = {}
    for spec in specifications(result.claim):
        for choice, terms in spec.terms.items():
            words.setdefault(choice, {})[spec[choice]] = str(terms["label"])
    return words
