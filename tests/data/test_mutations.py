"""Whatever happens to a file, it loads as the original or not at all."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from selloff.data import DataError, Manifest, default_folder, load, read_manifest, table_names
from selloff.data.reader import parse, read

EXAMPLES = int(os.environ.get("MUTATIONS", "10000"))

#: Long tables cost more to read; they are drawn less often so that all are reached in reasonable time.
TABLES = [name for name in table_names() for _ in range(1 if name.startswith("crypto") else 4)]


class Mutated(NamedTuple):
    """A table and what is left of its bytes; shown by its first difference, not in full."""

    table: str
    content: bytes

    def __repr__(self) -> str:
        before = (default_folder() / f"{self.table}.csv").read_bytes()
        pairs = zip(before, self.content, strict=False)
        place = next((i for i, (a, b) in enumerate(pairs) if a != b), min(len(before), len(self.content)))
        return f"Mutated({self.table}, {len(self.content)} bytes, from {place}: {self.content[place : place + 40]!r})"


@st.composite
def mutations(draw: st.DrawFn) -> Mutated:
    """Draw a table and what is left of its bytes after one to three accidents."""
    table = draw(st.sampled_from(TABLES))
    content = (default_folder() / f"{table}.csv").read_bytes()
    for _ in range(draw(st.integers(1, 3))):
        content = draw(st.sampled_from(ACCIDENTS))(draw, content)
    return Mutated(table, content)


def _place(draw: st.DrawFn, content: bytes) -> int:
    return draw(st.integers(0, max(len(content) - 1, 0)))


def _line(draw: st.DrawFn, lines: list[bytes]) -> int:
    return draw(st.integers(0, len(lines) - 1))


def other_byte(draw: st.DrawFn, content: bytes) -> bytes:
    place = _place(draw, content)
    return content[:place] + bytes([draw(st.integers(0, 255))]) + content[place + 1 :]


def other_digit(draw: st.DrawFn, content: bytes) -> bytes:
    place = _place(draw, content)
    return content[:place] + draw(st.sampled_from([b"%d" % digit for digit in range(10)])) + content[place + 1 :]


def lost_bytes(draw: st.DrawFn, content: bytes) -> bytes:
    place = _place(draw, content)
    return content[:place] + content[place + draw(st.integers(1, 40)) :]


def new_bytes(draw: st.DrawFn, content: bytes) -> bytes:
    place = _place(draw, content)
    return content[:place] + draw(st.binary(min_size=1, max_size=8)) + content[place:]


def new_text(draw: st.DrawFn, content: bytes) -> bytes:
    place = _place(draw, content)
    word = draw(st.sampled_from(["nan", "inf", "-", "0", "1e9", ",", "\n", '"', " ", "\ufeff", "2025-09-25", "\u0663"]))
    return content[:place] + word.encode() + content[place:]


def cut_short(draw: st.DrawFn, content: bytes) -> bytes:
    return content[: _place(draw, content)]


def lost_line(draw: st.DrawFn, content: bytes) -> bytes:
    lines = content.split(b"\n")
    del lines[_line(draw, lines)]
    return b"\n".join(lines)


def line_twice(draw: st.DrawFn, content: bytes) -> bytes:
    lines = content.split(b"\n")
    place = _line(draw, lines)
    return b"\n".join([*lines[:place], lines[place], *lines[place:]])


def lines_swapped(draw: st.DrawFn, content: bytes) -> bytes:
    lines = content.split(b"\n")
    a, b = _line(draw, lines), _line(draw, lines)
    lines[a], lines[b] = lines[b], lines[a]
    return b"\n".join(lines)


ACCIDENTS = [
    other_byte, other_digit, lost_bytes, new_bytes, new_text, cut_short, lost_line, line_twice, lines_swapped,
]  # fmt: skip


class Held:
    """A manifest whose file holds given bytes."""

    def __init__(self, table: str, folder: Path) -> None:
        manifest = read_manifest(table)
        self.manifest = Manifest(manifest.table, folder, manifest.fields, manifest.columns)

    def read(self, content: bytes) -> pd.DataFrame:
        self.manifest.path.write_bytes(content)
        return read(self.manifest)


def outcome(reading: Callable[[], pd.DataFrame]) -> pd.DataFrame | DataError:
    try:
        return reading()
    except DataError as error:
        return error


@pytest.mark.slow
@given(mutation=mutations())
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    suppress_health_check=[
        HealthCheck.too_slow,
        HealthCheck.function_scoped_fixture,
        HealthCheck.data_too_large,
    ],
)
def test_a_mutated_file_loads_as_the_original_or_raises_a_data_error(tmp_path: Path, mutation: Mutated) -> None:
    table, content = mutation
    got = outcome(lambda: Held(table, tmp_path).read(content))

    if isinstance(got, DataError):
        assert got.table == table
        assert "\n" not in str(got)
    else:
        pd.testing.assert_frame_equal(got, load(table))


@given(mutation=mutations())
@settings(
    max_examples=300,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
def test_the_schema_alone_answers_any_bytes_with_a_table_or_a_data_error(mutation: Mutated) -> None:
    table, content = mutation
    manifest = read_manifest(table)
    got = outcome(lambda: parse(manifest, content))

    if isinstance(got, DataError):
        assert got.table == table
    else:
        assert list(got.reset_index().columns[-1:]) == [manifest.columns[-1].name]
