"""The timeline page shows every event once, in order, with its moment, its words and its source."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd
import pytest
from bs4 import BeautifulSoup, Tag

from selloff.book.timeline import timeline
from selloff.data import default_folder, events, seal, table_names


@pytest.fixture(scope="module")
def items() -> list[Tag]:
    return BeautifulSoup(timeline(), "html.parser").select("ol.timeline > li")


def item(items: list[Tag], key: str) -> Tag:
    return next(tag for tag in items if tag["id"] == f"event-{key}")


def test_every_event_stands_once_in_the_order_of_the_table(items: list[Tag]) -> None:
    keys = [str(key).replace("_", "-") for key in events().index]

    assert [tag["id"] for tag in items] == [f"event-{key}" for key in keys]
    assert len(keys) == len(pd.read_csv(default_folder() / "events.csv"))


def test_an_item_says_what_happened_in_which_field_and_where_it_was_read(items: list[Tag]) -> None:
    for tag, event in zip(items, events().itertuples(), strict=True):
        assert event.what in tag.p.text.replace("\N{NO-BREAK SPACE}", " ")
        assert tag.find(class_="event-category").text == event.category
        assert tag.a.text == event.source
        if event.kind == "published":
            assert tag.a["href"] == event.url


def test_a_computed_event_points_at_its_table_in_the_data_dictionary(items: list[Tag]) -> None:
    names = {f"appendix/data-dictionary.html#{name.replace('_', '-')}" for name in table_names()}
    computed = [tag.a["href"] for tag, kind in zip(items, events()["kind"], strict=True) if kind == "computed"]

    assert computed
    assert set(computed) <= names


def test_an_hour_is_shown_where_it_is_known_and_the_machine_reads_it_in_utc(items: list[Tag]) -> None:
    cut = item(items, "fed-cut-september").time
    assert (cut.text, cut["datetime"]) == ("Wed 1718:00", "2025-09-17T18:00Z")
    record = item(items, "btc-record").time
    assert (record.text, record["datetime"]) == ("Mon 6", "2025-10-06")
    crash = item(items, "covid-crash").time
    assert (crash.text, crash["datetime"]) == ("Thu 12 Mar 2020", "2020-03-12")


def test_the_five_days_of_the_week_are_shaded_and_no_other(items: list[Tag]) -> None:
    shaded = {tag.time["datetime"][:10] for tag in items if tag.get("class") == ["in-week"]}
    plain = {tag.time["datetime"][:10] for tag in items if not tag.get("class")}

    assert shaded == {"2025-09-22", "2025-09-25", "2025-09-26"}
    assert not shaded & plain


def test_months_follow_one_another_after_the_worst_days_of_earlier_years() -> None:
    headings = [line.removeprefix("## ") for line in timeline().splitlines() if line.startswith("## ")]

    assert headings[0] == "Worst days of earlier years"
    months = [pd.Timestamp(heading) for heading in headings[1:]]
    assert months == sorted(set(months))
    assert months[0] == pd.Timestamp("2025-07-01")


def test_a_sign_of_html_in_the_table_cannot_become_markup(tmp_path: Path) -> None:
    for path in default_folder().glob("events.*"):
        shutil.copy(path, tmp_path / path.name)
    path = tmp_path / "events.csv"
    path.write_text(path.read_text().replace("Binance withdraws its offer", "Binance <b>withdraws</b> its offer"))
    seal("events", tmp_path)

    assert "Binance &lt;b&gt;withdraws&lt;/b&gt; its offer" in timeline(tmp_path)
