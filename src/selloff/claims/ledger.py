"""The ledger of claims: what was said, under which definitions it is measured, by which rule it is decided."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from pathlib import Path
from typing import Any, Literal

from selloff.data import DataError, default_folder, load

__all__ = ["SURE", "Claim", "Specification", "claims", "ledger", "specifications", "stated", "weeks"]

#: How sure a verdict may be, from most to least.
SURE = ("high", "moderate", "low")

_COMMON = ("id", "name", "paraphrase", "chapter", "state", "rule", "change_our_mind")
#: What a claim owes besides once it is decided.
_DECIDED = ("choices", "article", "article_why", "reading", "sure", "sure_why")
_MEND = "git checkout -- data/claims.yml"


@dataclass(frozen=True)
class Claim:
    """One claim as fixed in ``data/claims.yml``.

    Attributes
    ----------
    id, name, paraphrase : str
        Its id, such as ``"C03"``, two to four words for it, and the claim in our words.
    chapter : str or None
        The chapter that decides it.
    state : {"computed", "open"}
        Whether an evaluator decides it yet.
    rule : str
        How numbers turn into a verdict.
    change_our_mind : str
        What would overturn the verdict.
    terms : mapping
        Everything else in its entry: choices, the report's own, figures it refers to.
    """

    id: str
    name: str
    paraphrase: str
    chapter: str | None
    state: Literal["computed", "open"]
    rule: str
    change_our_mind: str
    terms: Mapping[str, Any]

    @property
    def unit(self) -> str:
        """Unit of the claim's number; empty where it has none, so that it has no specification curve."""
        return str(self.terms.get("unit", ""))

    @property
    def article_choice(self) -> str | None:
        """Key of the definition that the report used, or seems to have used."""
        options: Mapping[str, str] | None = self.terms.get("article")
        return ".".join(options.values()) if options else None

    @property
    def not_counted(self) -> Mapping[str, Mapping[str, str]]:
        """Options that are shown but count for no verdict: the reason by option, by choice."""
        reasons: Mapping[str, Mapping[str, str]] = self.terms.get("not_counted") or {}
        return reasons


@dataclass(frozen=True)
class Specification:
    """One definition: an option of every choice that applies.

    Attributes
    ----------
    options : mapping
        Key of the option by choice, such as ``{"week": "sun_thu", "price": "hourly"}``.
    terms : mapping
        The entry of each option in the ledger by choice, at least with its ``label``.
    """

    options: Mapping[str, str]
    terms: Mapping[str, Mapping[str, Any]]

    def __getitem__(self, choice: str) -> str:
        """Return the key of the option of one choice."""
        return self.options[choice]

    @property
    def key(self) -> str:
        """Its key: the options in the order of the choices, joined by dots."""
        return ".".join(self.options.values())

    @property
    def label(self) -> str:
        """The definition in words."""
        return ", ".join(str(terms["label"]) for terms in self.terms.values() if terms["label"])


def specifications(claim: Claim, folder: Path | None = None) -> list[Specification]:
    """Return every definition of a claim: its choices crossed, or the grids of them that make sense.

    Parameters
    ----------
    claim : Claim
        With ``choices`` (options by choice; a list of keys takes labels from the windows of the ledger) and, where
        not every combination makes sense, ``grids``: options by choice; a choice left out keeps all its options, an
        empty one does not apply.
    folder : Path, optional
        Folder of the ledger.

    Raises
    ------
    DataError
        An option or a choice is named that the ledger does not have, or a definition stands there twice.

    Examples
    --------
    >>> from selloff.claims import claims, specifications
    >>> [spec.key for spec in specifications(claims()[4])][:2]
    ['thu.june.lowest', 'thu.june.level']
    """
    choices = {name: _options(claim, name, folder) for name in claim.terms["choices"]}
    found = []
    for grid in claim.terms.get("grids") or [{}]:
        _known(claim, "choice", set(grid), set(choices))
        picked = {name: list(grid.get(name, options)) for name, options in choices.items()}
        for name, options in picked.items():
            _known(claim, name, set(options), set(choices[name]))
        applying = {name: options for name, options in picked.items() if options}
        for combination in product(*applying.values()):
            chosen = dict(zip(applying, combination, strict=True))
            found.append(Specification(chosen, {name: choices[name][key] for name, key in chosen.items()}))
    keys = [spec.key for spec in found]
    if twice := sorted({key for key in keys if keys.count(key) > 1}):
        raise DataError("claims", f"{claim.id} defines {twice[0]} twice", "grids that do not overlap", _MEND)
    for name, reasons in claim.not_counted.items():
        _known(claim, "choice", {name}, set(choices))
        _known(claim, name, set(reasons), set(choices[name]))
    if claim.article_choice is not None and claim.article_choice not in keys:
        expected = f"one of its definitions, such as {keys[0]}"
        raise DataError("claims", f"the report's choice of {claim.id} is {claim.article_choice}", expected, _MEND)
    return found


def _options(claim: Claim, name: str, folder: Path | None) -> dict[str, Mapping[str, Any]]:
    options = claim.terms["choices"][name]
    if isinstance(options, list):
        windows = weeks(folder)
        _known(claim, name, set(options), set(windows))
        return {key: windows[key] for key in options}
    return {key: entry if isinstance(entry, dict) else {"label": entry} for key, entry in options.items()}


def _known(claim: Claim, what: str, named: set[str], known: set[str]) -> None:
    for name in sorted(named - known):
        raise DataError("claims", f"the terms of {claim.id} name the {what} {name}", ", ".join(sorted(known)), _MEND)


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
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError:
        raise DataError("claims", "the ledger is missing", "a file data/claims.yml", _MEND) from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        reason = " ".join(str(error).split())
        raise DataError("claims", f"the ledger cannot be read ({reason})", "YAML in UTF-8", _MEND) from None
    if not isinstance(content, dict) or set(content) != {"weeks", "claims"}:
        raise DataError("claims", "the ledger has other keys", "the keys weeks and claims", _MEND)
    for number, entry in enumerate(content["claims"], start=1):
        for fault, expected in _faults(entry):
            raise DataError("claims", f"entry {number} of the ledger {fault}", expected, _MEND)
    return content


def _faults(entry: Any) -> Iterator[tuple[str, str]]:
    if not isinstance(entry, dict):
        yield "is no mapping", "a claim with its id, paraphrase and rule"
        return
    owed = _COMMON + (_DECIDED if entry.get("state") == "computed" else ())
    if lacking := [name for name in owed if name not in entry]:
        yield f"lacks {', '.join(lacking)}", "every claim whole"
    elif entry["state"] not in ("computed", "open"):
        yield f"has the state {entry['state']}", "computed or open"
    elif entry["state"] == "computed" and entry["sure"] not in SURE:
        yield f"is sure to the degree {entry['sure']}", ", ".join(SURE)


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
