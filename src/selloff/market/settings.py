"""One number at a time: what a setting of a model may be."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["check_count", "check_number"]


def check_number(
    value: Any, name: str, above: float = 0.0, most: float = np.inf, equal: bool = False, advice: str = ""
) -> float:
    """Return one number as a float, or say why it cannot be used.

    Parameters
    ----------
    value : float
        The number.
    name : str
        How the message calls it.
    above, most : float
        It must exceed ``above`` and not exceed ``most``.
    equal : bool
        Whether it may equal ``above``.
    advice : str
        What to do, added to the message.

    Raises
    ------
    ValueError
        It is no number, not finite or out of range.
    """
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = np.nan
    if not np.isfinite(number) or number > most or number < above or (number == above and not equal):
        sign = "from" if equal else "above"
        upper = "" if np.isinf(most) else f" and at most {most:g}"
        shown = repr(value) if np.isnan(number) else f"{number:g}"
        raise ValueError(f"{name} must be a number {sign} {above:g}{upper}, got {shown}{advice and f'; {advice}'}")
    return number


def check_count(value: Any, name: str, least: int = 1, most: int | None = None) -> int:
    """Return one whole number, or say why it cannot be used.

    Raises
    ------
    ValueError
        It is not whole, below ``least`` or above ``most``.
    """
    whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
    if not whole or value < least or (most is not None and value > most):
        upper = "" if most is None else f" to {most}"
        raise ValueError(f"{name} must be a whole number from {least}{upper}, got {value!r}")
    return int(value)
