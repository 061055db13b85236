"""Sentences and small tables."""

from __future__ import annotations

import pandas as pd
import pytest

from selloff.prose import day, interval, listed, num, pct, say, table, usd


def test_a_sentence_shows_as_markdown_and_as_plain_text() -> None:
    shown = say("Ether fell to {low}.", low=num(3815))._repr_mimebundle_()

    assert shown == {"text/markdown": "Ether fell to 3,815.", "text/plain": "Ether fell to 3,815."}


@pytest.mark.parametrize("values", [{}, {"fall": "1", "rise": "2"}])
def test_a_sentence_wants_one_value_for_each_name(values: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="give each name one value"):
        say("Ether fell {fall}.", **values)


@pytest.mark.parametrize(
    ("written", "text"),
    [
        (num(1234567), "1,234,567"), (num(-0.05, 2), "−0.05"), (num(0.031, 2, sign=True), "+0.03"),
        (pct(-5.18), "−5.2 %"), (usd(-284.7, "billion"), "−USD 285 billion"), (usd(3815), "USD 3,815"),
        (day("2025-09-26"), "26 September 2025"), (day("2025-09-01", year=False), "1 September"),
        (interval(-0.8, -1.93, 0.22, 1, sign=True), "−0.8 (−1.9 to +0.2)"),
        (listed(["3", "4", "7"]), "3, 4 and 7"), (listed(["3"]), "3"),
    ],
)  # fmt: skip
def test_numbers_are_written_as_a_reader_expects(written: str, text: str) -> None:
    assert written.replace("\N{NO-BREAK SPACE}", " ") == text


def test_a_table_sets_numbers_to_the_right_and_leaves_blanks_blank() -> None:
    frame = pd.DataFrame(
        {
            "claim": ["a | b", "c"],
            "number": [usd(-284.7, "billion"), "12"],
            "rows": [28467, 7],
            "first": ["2014-09-17", None],
        }
    )

    lines = table(frame).text.splitlines()

    assert lines[0] == "| claim | number | rows | first |"
    assert lines[1].startswith("|---|---:|---:|")
    assert lines[2] == "| a \\| b | −USD\N{NO-BREAK SPACE}285\N{NO-BREAK SPACE}billion | 28,467 | 2014-09-17 |"
    assert lines[3] == "| c | 12 | 7 |  |"
