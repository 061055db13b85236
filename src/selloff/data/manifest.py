"""Manifests: what each table is, where it comes from, and what its file must look like."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from selloff.data.errors import DataError

__all__ = ["Column", "Manifest", "default_folder", "read_manifest", "table_names"]

SUFFIX = ".manifest.yml"
KINDS = ("date", "time", "number", "integer", "category", "text")
FREQUENCIES = ("daily", "hourly", "8h", "nyse", "target", "fund", "irregular")
VERDICTS = ("open", "facts", "derived")
NESTED = {
    "publishers": {"name", "series", "url"},
    "licence": {"terms", "verdict", "reason", "read"},
    "snapshot": {"taken", "compiled", "vintage"},
    "clock": {"zone", "closes", "frequency"},
}
FIELDS = (
    "table", "title", "summary", "publishers", "licence", "snapshot", "clock", "index", "columns",
    "gaps", "cross_check", "traps", "builder", "consumers", "measured",
)  # fmt: skip


@dataclass(frozen=True)
class Column:
    """Schema of one column.

    Attributes
    ----------
    name, kind, meaning : str
        ``kind`` is one of ``date``, ``time``, ``number``, ``integer``, ``category``, ``text``.
    unit : str
        Unit of the values; empty where there is none.
    values : tuple of str
        Allowed values of a category, in the order in which rows of one date are sorted.
    minimum, maximum : float or None
        Inclusive bounds.
    nulls : bool
        Whether the column may hold blanks.
    """

    name: str
    kind: str
    meaning: str
    unit: str = ""
    values: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    nulls: bool = False


@dataclass(frozen=True)
class Manifest:
    """Everything known about one table; read with :func:`read_manifest`."""

    table: str
    folder: Path
    fields: Mapping[str, Any]
    columns: tuple[Column, ...]

    @property
    def path(self) -> Path:
        """The CSV file."""
        return self.folder / f"{self.table}.csv"

    @property
    def index(self) -> tuple[str, ...]:
        """Key columns: rows are unique and sorted by them."""
        return tuple(self.fields["index"])

    @property
    def measured(self) -> Mapping[str, Any]:
        """What :func:`selloff.data.seal` measured: sha256, rows, first, last, missing, nulls."""
        return self.fields["measured"] or {}

    @cached_property
    def mend(self) -> str:
        """The command that brings the table back."""
        return f"git checkout -- data/{self.table}.csv data/{self.table}{SUFFIX}"


def default_folder() -> Path:
    """Return the folder of the tables.

    ``SELLOFF_DATA`` if set; else the tables inside the installed package; else ``data/`` of the repository.
    """
    named = os.environ.get("SELLOFF_DATA")
    if named:
        return Path(named)
    package = Path(__file__).resolve().parents[1]
    installed = package / "tables"
    return installed if installed.is_dir() else package.parents[1] / "data"


def table_names(folder: Path | None = None) -> list[str]:
    """Return the names of all tables that have a manifest, sorted.

    Raises
    ------
    DataError
        The folder is missing or holds no manifest.
    """
    folder = Path(folder or default_folder())
    names = _names(folder)
    if not names:
        mend = "unset or correct SELLOFF_DATA, or git checkout -- data"
        raise DataError("of any name", f"the folder {folder.name}/ holds no manifest", f"files *{SUFFIX}", mend)
    return names


def _names(folder: Path) -> list[str]:
    return sorted(path.name.removesuffix(SUFFIX) for path in folder.glob(f"*{SUFFIX}"))


def read_manifest(table: str, folder: Path | None = None) -> Manifest:
    """Read and check the manifest of a table.

    Parameters
    ----------
    table : str
        Name of the table, such as ``"crypto_daily"``.
    folder : Path, optional
        Folder of tables; the project's own by default.

    Raises
    ------
    DataError
        No such table, or the manifest lacks a field or is no YAML.
    """
    folder = Path(folder or default_folder())
    path = folder / f"{table}{SUFFIX}"
    if not path.is_file():
        known = ", ".join(_names(folder)) or f"a table, but {folder.name}/ holds none"
        raise DataError(table, "there is no such table", f"one of: {known}", "python -m selloff data list")
    mend = f"git checkout -- data/{path.name}"
    fields = _parse(table, path, mend)
    missing = [name for name in FIELDS if name not in fields]
    unknown = [name for name in fields if name not in FIELDS]
    if missing or unknown or fields["table"] != table:
        found = (
            f"the manifest lacks {', '.join(missing)}" if missing
            else f"the manifest has an unknown field {unknown[0]}" if unknown
            else f"the manifest says it is of table {fields['table']}"
        )  # fmt: skip
        raise DataError(table, found, f"the fields {', '.join(FIELDS)}", mend)
    _check_nested(table, fields, mend)
    columns = tuple(_column(table, name, spec, mend) for name, spec in fields["columns"].items())
    return Manifest(table, folder, fields, columns)


def _parse(table: str, path: Path, mend: str) -> dict[str, Any]:
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        fields = yaml.load(path.read_text(encoding="utf-8"), Loader=loader)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        reason = " ".join(str(error).split())
        raise DataError(table, f"the manifest cannot be read ({reason})", "YAML in UTF-8", mend) from None
    if not isinstance(fields, dict):
        raise DataError(table, "the manifest is empty or no mapping", "YAML fields", mend)
    fields.setdefault("measured", None)
    return fields


def _check_nested(table: str, fields: Mapping[str, Any], mend: str) -> None:
    for name, keys in NESTED.items():
        entries = fields[name] if name == "publishers" else [fields[name]]
        if not isinstance(entries, list) or not all(
            isinstance(entry, dict) and keys <= set(entry) for entry in entries
        ):
            raise DataError(
                table, f"the manifest's {name} is not complete", f"the keys {', '.join(sorted(keys))}", mend
            )
    for name, value, allowed in (
        ("clock.frequency", fields["clock"]["frequency"], FREQUENCIES),
        ("licence.verdict", fields["licence"]["verdict"], VERDICTS),
    ):
        if value not in allowed:
            raise DataError(table, f"the manifest's {name} is {value!r}", f"one of {', '.join(allowed)}", mend)
    if not isinstance(fields["columns"], dict) or not set(fields["index"]) <= set(fields["columns"]):
        raise DataError(table, "the manifest's index names no column", "an index made of columns", mend)


def _column(table: str, name: str, spec: Mapping[str, Any], mend: str) -> Column:
    allowed = {"type", "meaning", "unit", "values", "minimum", "maximum", "nulls"}
    if not isinstance(spec, dict) or not {"type", "meaning"} <= set(spec) <= allowed or spec["type"] not in KINDS:
        expected = (
            f"type (one of {', '.join(KINDS)}), meaning, and perhaps {', '.join(sorted(allowed - {'type', 'meaning'}))}"
        )
        raise DataError(table, "the manifest's schema is not understood", expected, mend, column=name)
    for bound in ("minimum", "maximum"):
        if bound in spec and not isinstance(spec[bound], int | float):
            raise DataError(table, f"the manifest's {bound} is {spec[bound]!r}", "a number", mend, column=name)
    return Column(
        name=name,
        kind=spec["type"],
        meaning=" ".join(str(spec["meaning"]).split()),
        unit=spec.get("unit", ""),
        values=tuple(map(str, spec.get("values", ()))),
        minimum=spec.get("minimum"),
        maximum=spec.get("maximum"),
        nulls=bool(spec.get("nulls", False)),
    )
