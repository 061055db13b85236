"""Sentences whose numbers come from code.

A chapter writes its findings with :func:`say`: the words stand in the notebook, the numbers come from results, and
the sentence shows as Markdown in JupyterLab, in Colab and in the book alike.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd

__all__ = ["Sentence", "day", "interval", "listed", "num", "pct", "say", "table", "usd"]

MINUS = "\N{MINUS SIGN}"
#: Keeps a number and its unit on one line.
TIE = "\N{NO-BREAK SPACE}"


class Sentence:
    """A piece of Markdown that a notebook displays."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return self.text

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {"text/markdown": self.text, "text/plain": self.text}


def say(template: str, **values: object) -> Sentence:
    """Return a sentence with its numbers filled in.

    Parameters
    ----------
    template : str
        Words with ``{names}`` in place of numbers.
    **values
        Text for each name; format numbers with :func:`pct`, :func:`usd`, :func:`num`, :func:`day`.

    Raises
    ------
    ValueError
        A name has no value, or a value is not used.

    Examples
    --------
    >>> from selloff.prose import num, say
    >>> say("Ether fell {fall} in a week.", fall=num(12.13, 1))
    Ether fell 12.1 in a week.
    """
    import string

    names = {name for _, name, _, _ in string.Formatter().parse(template) if name is not None}
    if names != set(values):
        odd = ", ".join(sorted(names ^ set(values)))
        raise ValueError(f"say: the template's names and the values differ: {odd}; give each name one value")
    return Sentence(template.format(**values))


def num(value: float, digits: int = 0, sign: bool = False) -> str:
    """Write a number with thousands separated and a true minus sign."""
    return f"{value:{'+' if sign else ''},.{digits}f}".replace("-", MINUS)


def interval(value: float, low: float, high: float, digits: int = 0, sign: bool = False) -> str:
    """Write an estimate with its interval.

    Examples
    --------
    >>> from selloff.prose import interval
    >>> interval(0.5, 0.25, 0.75, 2)
    '0.50 (0.25 to 0.75)'
    """
    estimate, lower, upper = (num(each, digits, sign) for each in (value, low, high))
    return f"{estimate} ({lower} to {upper})"


def pct(value: float, digits: int = 1, sign: bool = False) -> str:
    """Write a percentage that is given in percent."""
    return f"{num(value, digits, sign)}{TIE}%"


def usd(value: float, scale: str = "", digits: int = 0) -> str:
    """Write dollars; ``scale`` is a word such as ``"billion"``."""
    amount = f"USD{TIE}{abs(value):,.{digits}f}" + (f"{TIE}{scale}" if scale else "")
    return f"{MINUS}{amount}" if value < 0 else amount


def day(value: pd.Timestamp | str, year: bool = True) -> str:
    """Write a day, as in ``26 September 2025``."""
    date = pd.Timestamp(value)
    return f"{date.day} {date:%B %Y}" if year else f"{date.day} {date:%B}"


def listed(items: Iterable[str]) -> str:
    """Join items with commas and a last "and"."""
    words = list(items)
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def table(frame: pd.DataFrame, *, index: bool = False) -> Sentence:
    """Show a small table as Markdown, numbers right-aligned.

    Parameters
    ----------
    frame : DataFrame
        Cells as they are to be read; format numbers before.
    index : bool
        Whether to show the index as first column.
    """
    shown = frame.reset_index() if index else frame
    right = [name for name in shown.columns if _numeric(shown[name])]
    head = "| " + " | ".join(map(str, shown.columns)) + " |"
    rule = "|" + "|".join("---:" if name in right else "---" for name in shown.columns) + "|"
    rows = ["| " + " | ".join(_cell(cell) for cell in row) + " |" for row in shown.astype(object).to_numpy()]
    return Sentence("\n".join([head, rule, *rows]))


def _cell(value: object) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return num(value)
    return "" if pd.isna(value) else str(value).replace("|", "\\|")  # type: ignore[call-overload]


def _numeric(column: pd.Series) -> bool:
    """Whether every filled cell of a column starts like a number."""
    cells = [str(cell).lstrip(f"+-{MINUS}").removeprefix(f"USD{TIE}") for cell in column]
    filled = [cell for cell in cells if cell]
    return bool(filled) and all(cell[0].isdigit() for cell in filled)
