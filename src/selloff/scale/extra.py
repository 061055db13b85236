"""The packages of the extra ``scale``, asked for when they are needed and not before."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from typing import Any

__all__ = ["need", "watched"]


def need(module: str) -> Any:
    """Import a module of the extra ``scale``.

    Parameters
    ----------
    module : str
        Its name, e.g. ``"duckdb"``.

    Returns
    -------
    module

    Raises
    ------
    ImportError
        It is not installed; the message says what to install.

    Examples
    --------
    >>> from selloff.scale.extra import need
    >>> need("json").loads("[1]")
    [1]
    """
    try:
        return import_module(module)
    except ImportError:
        package = module.partition(".")[0]
        raise ImportError(f'selloff.scale needs {package}, which is missing; pip install "selloff[scale]"') from None


def watched(work: Iterable[Any], title: str, total: int, shown: bool) -> Iterable[Any]:
    """Return ``work`` with a progress bar on stderr, or as it is when none is to be shown."""
    if not shown:
        return work
    bar: Iterable[Any] = need("tqdm").tqdm(work, desc=title, total=total, unit="block")
    return bar
