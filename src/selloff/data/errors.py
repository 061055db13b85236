"""The one error of the data layer."""

from __future__ import annotations

__all__ = ["DataError"]


class DataError(ValueError):
    """A table, or its manifest, is not what it must be.

    The message is one line: what was wrong and where, what was expected, what to do.

    Parameters
    ----------
    table : str
        Name of the table.
    found : str
        What was wrong.
    expected : str
        What was expected instead.
    mend : str
        The command or step that mends it.
    row : int, optional
        Data row counted from 1; the header is line 1 of the file, so row ``n`` is line ``n + 1``.
    column : str, optional
        Name of the column.
    """

    def __init__(
        self,
        table: str,
        found: str,
        expected: str,
        mend: str,
        *,
        row: int | None = None,
        column: str | None = None,
    ) -> None:
        self.table, self.found, self.expected, self.mend = table, found, expected, mend
        self.row, self.column = row, column
        place = f"table {table}"
        if row is not None:
            place += f", row {row} (line {row + 1})"
        if column is not None:
            place += f", column {column}"
        super().__init__(f"{place}: {found}; expected {expected}; to mend: {mend}")

    def __reduce__(self) -> tuple[object, ...]:
        # The default would call the class with the message alone, which fails across processes.
        return _rebuild, (self.table, self.found, self.expected, self.mend, self.row, self.column)


def _rebuild(table: str, found: str, expected: str, mend: str, row: int | None, column: str | None) -> DataError:
    return DataError(table, found, expected, mend, row=row, column=column)
