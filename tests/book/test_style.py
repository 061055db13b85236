"""Every rule catches its bad example and passes its good one; the whole book keeps them all."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from selloff.book import notebooks
from selloff.book.literals import typed_numbers
from selloff.book.outputs import CHART, POINTS
from selloff.book.style import check_notebook, check_page

ROOT = Path(__file__).resolve().parents[2]
OPENING = "# Did correlation rise?\n\n**Did it rise in 2025?**\n\n*About 20 minutes. Needs: the first chapter.*"
CLOSING = (
    "## What you will learn\n\n- Compute a correlation.\n- Explain its band.\n\n"
    "## What would change our mind\n\nA band that leaves zero out.\n\n"
    "## Exercises\n\n1. Change the window to 30 days.\n\n## Summary\n\nIt did not.\n\n"
    "## References\n\nAn author (2002), A journal 57(5), 2223-2261."
)


def chart(**changes: Any) -> dict[str, Any]:
    """A chart's output that keeps all rules."""
    description = "A line that falls from the left to the right, with a band around it."
    spec = {
        "description": description,
        "title": {"text": "It fell"},
        "usermeta": {"source": "Binance"},
        "params": [{"name": "hover"}],
        "datasets": {"prices": [{"x": 1}]},
        "data": {"name": "prices"},
    }
    return {CHART: spec | changes, "image/svg+xml": "<svg></svg>", "text/plain": description}


def displayed(**data: Any) -> dict[str, Any]:
    return {"output_type": "display_data", "metadata": {}, "data": data}


@pytest.fixture
def problems(small_book: Any, text_cell: Any, code_cell: Any) -> Callable[..., list[str]]:
    """Say what is wrong with a good chapter after its one cell of code, or its text, is changed."""

    def problems(
        source: str = "1 + 1",
        *tags: str,
        opening: str = OPENING,
        closing: str = CLOSING,
        outputs: Any = (),
        count: int | None = 1,
        more: Any = (),
    ) -> list[str]:
        cell = code_cell(source, *tags) | {"outputs": list(outputs), "execution_count": count}
        path = small_book.add("chapter.ipynb", text_cell(opening), cell, *more, text_cell(closing))
        found = check_notebook(path)
        assert {problem.notebook for problem in found} <= {"notebooks/chapter.ipynb"}
        assert all("\n" not in str(problem) for problem in found)
        return [problem.what for problem in found]

    return problems


def test_a_good_chapter_has_no_problem(problems: Any) -> None:
    assert problems() == []


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("\n".join(["x = 1"] * 16), "cell 2 has 16 lines of code"),
        ("\n".join(["x = 1"] * 7), "has 7.0 lines of code per cell"),
        (" \n", "has an empty code cell (2)"),
        ("def f():\n    pass", "cell 2 defines a function f"),
        ("async def f():\n    pass", "cell 2 defines a function f"),
        ("class A:\n    pass", "cell 2 defines a class A"),
        ("f = lambda x: x", "cell 2 defines a named lambda"),
        ("f: object = lambda x: x", "cell 2 defines a named lambda"),
        ("if (f := lambda x: x):\n    pass", "cell 2 defines a named lambda"),
        ("import urllib.request", "cell 2 imports urllib.request"),
        ("from requests import get", "cell 2 imports requests"),
        ("pd.read_csv('https://example.org/a.csv')", "cell 2 holds an address in code"),
        ("%matplotlib inline", "cell 2 is not plain Python"),
        ("%%capture\n1", "cell 2 is not plain Python"),
        ("!pip install x", "cell 2 is not plain Python"),
        ("x = 1  # NBVAL_IGNORE_OUTPUT", "cell 2 asks the tests to look away"),
        ("#NBVAL_SKIP\nx = 1", "cell 2 asks the tests to look away"),
        (
            "import warnings\nwarnings.filterwarnings('ignore')",
            "cell 2 silences warnings or output (filterwarnings)",
        ),
        ("from warnings import simplefilter as s", "cell 2 silences warnings or output (simplefilter)"),
        ("np.seterr(all='ignore')", "cell 2 silences warnings or output (seterr)"),
        ("with np.errstate(all='ignore'):\n    1", "cell 2 silences warnings or output (errstate)"),
        ("open('/home/me/a.csv')", "cell 2 shows a path of one machine"),
    ],
)
def test_code_that_a_chapter_may_not_hold_is_named(problems: Any, source: str, told: str) -> None:
    assert told in problems(source)


@pytest.mark.parametrize(
    "source",
    [
        "\n".join(["x = 1"] * 6),
        "frame.sort_values(key=lambda x: x)",
        "from selloff.data import load\nload('crypto_daily').head()",
        "ratio = low / high\nratio",
        "1 % 2",
    ],
)
def test_ordinary_code_passes(problems: Any, source: str) -> None:
    assert problems(source) == []


@pytest.mark.parametrize(
    "tag", ["nbval-skip", "nbval-ignore-output", "raises-exception", "remove-cell", "remove-output"]
)
def test_tags_that_hide_from_tests_or_readers_are_refused(problems: Any, tag: str) -> None:
    assert f"cell 2 has the tag {tag}" in problems("x = 1", tag)


def test_cells_run_in_order_without_errors_and_warnings(problems: Any, code_cell: Any) -> None:
    assert problems(count=None) == ["cell 2 was not executed"]
    second = code_cell("2") | {"execution_count": 3}
    assert problems(more=[second]) == ["cell 3 was executed as number 3, not 2"]
    error = {"output_type": "error", "ename": "KeyError", "evalue": "", "traceback": []}
    assert problems(outputs=[error]) == ["cell 2 stores an error (KeyError)"]
    warning = {"output_type": "stream", "name": "stderr", "text": "FutureWarning"}
    assert problems(outputs=[warning]) == ["cell 2 stores a warning or other words on stderr"]


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("# Did correlation rise?", "Did correlation rise?", "does not start with a title"),
        ("# Did", "## Did", "does not start with a title"),
        (
            "# Did correlation",
            "# Did cross-correlation",
            "has a hyphen in its title (Did cross-correlation rise?)",
        ),
        ("correlation rise?", "correlation rise " + "a" * 50, "has a title of 71 characters"),
        ("*About 20 minutes. Needs: the first chapter.*", "", "does not say how long it takes"),
        (
            "*About 20 minutes. Needs: the first chapter.*",
            "*About 20 minutes.*",
            "does not say how long it takes",
        ),
        ("in 2025?**", "in 2025.**", "has no question above its line of minutes"),
        ("\n\n**Did", "\n\n# Another\n\n**Did", "has a second title (cell 1)"),
    ],
)
def test_the_opening_has_title_question_minutes_and_prerequisites(
    problems: Any, before: str, after: str, told: str
) -> None:
    assert told in problems(opening=OPENING.replace(before, after))


def test_a_hash_in_fenced_code_is_no_title(problems: Any) -> None:
    assert problems(closing=CLOSING + "\n\n```python\n# a comment\n```\n") == []


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("## Exercises", "### Exercises", 'has no section "Exercises"'),
        ("It did not.", "", 'has nothing under "Summary"'),
        ("- Explain its band.", "", 'has no list under "What you will learn"'),
        ("- Explain its band.", "- Understand bands.", "promises what no test can show (Understand bands.)"),
        ("- Explain its band.", "- Be able to tell.", "promises what no test can show (Be able to tell.)"),
    ],
)
def test_every_section_stands_there_with_something_in_it(problems: Any, before: str, after: str, told: str) -> None:
    assert told in problems(closing=CLOSING.replace(before, after))


@pytest.mark.parametrize(
    "text",
    [
        "On Monday 22 September 2025, from 22 to 26 September, and on 2025-09-26 at 16:00.",
        "The day ends at 00:00 UTC, at UTC-4 and at 4 pm.",
        "September 22-26, 2025; 15 September to 14 October 2025; since January 2024; the 2020s; in Q3 2025.",
        "A 90-day window, 30, 60 and 90 days, 30- to 180-day windows, 24 hours, five years, 20 trading days.",
        "A two-sided 95 % band, a 95 per cent confidence interval, the 5 % level, a confidence of 95 %.",
        "C01 and C03; the S&P 500, the Nasdaq-100, the 10-year yield, M2, SHA-256, Python 3.11, GARCH(1,1).",
        "The code `x = 5` and ``a ` 7``, the math $\\rho = 0.5$ and $$\n1 + 1 = 2\n$$, a role {math}`2^2`.",
        "A link to [page](https://example.org/12/34), <https://example.org/5>, ![alt](figure7.png).",
        "A note[^3].",
        "[^3]: A footnote of 12 pages,\n    and 13 more.\n\n[ref]: https://example.org/99",
        "1. First\n2. Second\n\n> 3. Third",
        "## 19 claims\n\nText.",
        "The article says that [USD 300bn]{.article} fled and [1.7 billion]{.article} were sold.",
        "```python\nx = 5\n```\n\n~~~\n7\n~~~",
        "```{code-block} python\n:lineno-start: 10\nx = 5\n```",
        "<!-- 17 things to do -->\n% 18 more\n\n:::{note}\n:width: 300px\nWords.\n:::",
        "<img src='a.svg' width='300' alt='A line'>",
        "See chapter 3, table 2 and exercises 1 to 4. Markets trade 24/7 and close at 4 pm.",
        "On day 1 and days 2 to 5, in week 38.",
        "Nothing to count here: twelve tables, one answer.",
    ],
)
def test_a_number_that_no_data_can_change_may_be_typed(text: str) -> None:
    assert typed_numbers(text) == []


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("Bitcoin fell 5.2 % in the week.", ["5.2"]),
        ("It fell by -5%.", ["-5%"]),
        ("It fell by \N{MINUS SIGN}5 %.", ["\N{MINUS SIGN}5"]),
        ("USD 109,000 was its price", ["109,000"]),
        ("about $300bn and $20 more", ["$300bn", "$20"]),
        ("a price of $2025 or USD 2025", ["$2025", "USD 2025"]),
        ("worth 2025 dollars", ["2025"]),
        ("a half-life of 12.5 days", ["12.5"]),
        ("the 3rd largest week of 412", ["3rd", "412"]),
        ("dominance stood at 58 %.", ["58"]),
        ("correlation rose from 0.31 to 0.52", ["0.31", "0.52"]),
        ("USD300bn and BTC109", ["USD300bn", "BTC109"]),
        ("in September 22 % fell", ["22"]),
        ("in September 22.5 points", ["22.5"]),
        ("3 of 19 claims hold", ["3", "19"]),
        ("```{note}\nIt fell 7 %.\n```", ["7"]),
        ("````{admonition} Title\n```python\n1\n```\nIt fell 7 %.\n````", ["7"]),
        (":::{note}\nIt fell 7 %.\n:::", ["7"]),
        ("[It fell 7 %]{.other} and [9 points](https://example.org)", ["7", "9"]),
        ("![A line that falls 7 %](a.svg)", ["7"]),
        ("| a | 7.5 |", ["7.5"]),
        ("fell\n12\npoints", ["12"]),
        ("## References\n\n12\n\n## Next\n\nfell 8 %", ["8"]),
    ],
)
def test_a_number_that_data_could_change_is_found_with_its_words(text: str, numbers: list[str]) -> None:
    found = typed_numbers(text)
    assert len(found) == len(numbers)
    assert all(number in words for number, words in zip(numbers, found, strict=True))


def test_a_typed_number_is_told_with_the_words_around_it() -> None:
    assert typed_numbers("In that week bitcoin fell 5.2 % against the dollar.") == ["week bitcoin fell 5.2 % against"]


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("say('It fell 5 % to {x}.', x=usd(price))", "cell 2 has a typed number in say() (It fell 5 % to)"),
        ("say(f'It fell {x} %.')", "cell 2 gives say() something else than a plain template"),
        ("say(template, x=pct(fall))", "cell 2 gives say() something else than a plain template"),
        ("say('It fell {x}.', x='5 %')", "cell 2 gives say() a typed value (x='5 %')"),
        ("say('It fell {x}.', x=pct(-5.2))", "cell 2 gives say() a typed value (x=pct(-5.2))"),
        ("prose.say('It fell 5 %.')", "cell 2 has a typed number in say() (It fell 5 %.)"),
    ],
)
def test_a_number_typed_into_a_sentence_of_code_is_found(problems: Any, source: str, told: str) -> None:
    assert told in problems(source, "remove-input")


@pytest.mark.parametrize(
    "source",
    [
        "say('From 22 September 2025 on, {name} fell {x:>8} in 7 days.', name=asset, x=pct(fall))",
        "say('It fell {x} [USD 300bn]{{.article}}.', x=pct(week.fall['BTC']))",
        "say('One.')\nsay('Two {x}.', x=listed(names))",
    ],
)
def test_a_sentence_with_computed_numbers_passes(problems: Any, source: str) -> None:
    assert problems(source, "remove-input") == []


@pytest.mark.parametrize(
    "source", ["print('fell 5 %')", "Markdown(f'fell 5 % to {x}')", "draw(x, title='It fell 5 %')"]
)
def test_a_number_typed_into_words_that_code_shows_is_found(problems: Any, source: str) -> None:
    assert any("typed number in shown words" in what for what in problems(source))


def test_references_may_run_over_several_cells(problems: Any, text_cell: Any) -> None:
    more = [text_cell("## References"), text_cell("A journal 57(5), 2223-2261.")]
    assert problems(more=more) == []
    more = [text_cell("## References"), text_cell("A journal 57."), text_cell("## Next\n\nfell 5 %")]
    assert problems(more=more) == ["cell 5 has a typed number (fell 5 %)"]


def test_a_cell_that_only_says_a_sentence_shows_no_code_and_no_other_cell_hides_it(problems: Any) -> None:
    assert problems("say('It fell.')") == ["cell 2 only says a sentence but shows its code"]
    assert problems("x = 1\nsay('It fell.')") == []
    assert problems("x = 1\nsay('It fell.')", "hide-input") == []
    assert problems("x = 1", "remove-input") == ["cell 2 hides code that does more than say a sentence"]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"description": "A line."}, "cell 2 shows a chart with a description of 7 characters"),
        ({"title": {"subtitle": "only"}}, "cell 2 shows a chart without a title"),
        ({"title": ["", ""]}, "cell 2 shows a chart without a title"),
        ({"usermeta": {}}, "cell 2 shows a chart without a source"),
        ({"datasets": {"a": [{"x": 1}] * (POINTS + 1)}}, "cell 2 shows a chart of 2001 points"),
        ({"layer": [{"data": {"values": [1] * 1500}}] * 2}, "cell 2 shows a chart of 3001 points"),
        ({"data": {"url": "a.csv"}}, "cell 2 shows a chart that loads its data"),
        ({"layer": [{"data": {"url": "a.csv"}}]}, "cell 2 shows a chart that loads its data"),
        ({"params": [{"name": "param_1"}]}, "cell 2 shows a chart with a numbered name (param_1)"),
        (
            {"params": [{"name": "hover", "views": ["view_3"]}]},
            "cell 2 shows a chart with a numbered name (view_3)",
        ),
        (
            {"name": "altair-viz-0123456789abcdef"},
            "cell 2 shows a chart with a random id (altair-viz-0123456789abcdef)",
        ),
    ],
)
def test_a_chart_that_breaks_a_rule_is_named(problems: Any, changes: dict[str, Any], told: str) -> None:
    assert told in problems(outputs=[displayed(**chart(**changes))])


def test_a_chart_that_keeps_the_rules_passes(problems: Any) -> None:
    full = {"datasets": {"a": [{"x": 1}] * POINTS}, "layer": [{"data": {"name": "a"}}] * 2}
    assert problems(outputs=[displayed(**chart()), displayed(**chart(**full))]) == []


def test_a_chart_has_a_static_picture_and_its_description_as_plain_text(problems: Any) -> None:
    bare = chart()
    del bare["image/svg+xml"]
    assert problems(outputs=[displayed(**bare)]) == ["cell 2 shows a chart without its static picture"]
    remote = chart() | {"image/svg+xml": "<svg><image href='https://example.org/a.png'/></svg>"}
    assert problems(outputs=[displayed(**remote)]) == ["cell 2 shows a static picture that loads something"]
    other = chart() | {"text/plain": "<Chart>"}
    assert problems(outputs=[displayed(**other)]) == ["cell 2 shows a chart whose plain text is not its description"]


@pytest.mark.parametrize(
    ("mime", "content", "told"),
    [
        ("image/png", "AA==", "cell 2 shows image/png"),
        ("application/javascript", "1", "cell 2 shows application/javascript"),
        ("image/svg+xml", "<svg></svg>", "cell 2 shows a picture without its specification"),
        ("text/html", "<table></table><script>1</script>", "cell 2 shows HTML with <script>"),
        ("text/html", "<iframe></iframe>", "cell 2 shows HTML with <iframe>"),
        ("text/html", "<b>bold</b>", "cell 2 shows HTML that is not a table"),
        ("text/html", "<table onclick='x()'></table>",
         "cell 2 shows HTML that runs or loads something (onclick)"),
        ("text/html", "<table><tr><td><a href=' JavaScript:x()'>a</a></td></tr></table>",
         "cell 2 shows HTML that runs or loads something (href)"),
        ("text/html", "<style>a{background:url(b)}</style><table></table>",
         "cell 2 shows HTML that runs or loads something (style)"),
        ("text/html", "<table id='T_0af31'></table>", "cell 2 shows a styled table with random ids"),
    ],
)  # fmt: skip
def test_an_output_that_is_no_chart_table_or_sentence_is_named(
    problems: Any, mime: str, content: str, told: str
) -> None:
    assert problems(outputs=[displayed(**{mime: content})]) == [told]


def test_tables_of_pandas_pass(problems: Any) -> None:
    import pandas as pd

    frame = pd.DataFrame({"fall_pct": [1.5]}, index=["BTC"])
    plain, styled = frame._repr_html_(), frame.style.set_uuid("falls").format("{:.1f}").to_html()
    assert problems(outputs=[displayed(**{"text/html": html}) for html in (plain, styled)]) == []


def test_a_page_is_searched_for_typed_numbers_too(small_book: Any) -> None:
    page = small_book.root / "index.md"
    page.write_text("# Title\n\nBitcoin fell 5 %.\n")
    (problem,) = check_page(page)
    assert str(problem).startswith("index.md has a typed number (Bitcoin fell 5 %.); let code compute it")


@pytest.mark.chapters
@pytest.mark.parametrize("path", notebooks(ROOT), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_chapter_of_the_book_keeps_the_rules(path: Path) -> None:
    problems = check_notebook(path, ROOT)
    assert not problems, "\n" + "\n".join(map(str, problems))


@pytest.mark.chapters
@pytest.mark.parametrize(
    "path", [*ROOT.glob("index.md"), *sorted((ROOT / "notebooks").rglob("*.md"))], ids=lambda path: path.name
)
def test_every_page_of_the_book_has_its_numbers_from_code(path: Path) -> None:
    problems = check_page(path, ROOT)
    assert not problems, "\n" + "\n".join(map(str, problems))
