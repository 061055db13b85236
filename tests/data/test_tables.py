"""Sealing, the catalogue, and manifests that are not understood."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from pathlib import Path

import pytest

from selloff.data import DataError, catalogue, check, default_folder, load, read_manifest, seal, table_names

ROOT = Path(__file__).parents[2]


def copied(table: str, folder: Path) -> Path:
    for name in (f"{table}.csv", f"{table}.manifest.yml"):
        shutil.copy(default_folder() / name, folder / name)
    return folder / f"{table}.manifest.yml"


def test_every_table_of_the_project_is_sealed() -> None:
    check()

    for table in table_names():
        content = (default_folder() / f"{table}.csv").read_bytes()
        assert read_manifest(table).measured["sha256"] == hashlib.sha256(content).hexdigest()


def test_the_catalogue_lists_the_thirteen_tables_with_rows_and_verdicts() -> None:
    listed = catalogue()

    assert len(listed) == 13
    for table, row in listed.iterrows():
        lines = (default_folder() / f"{table}.csv").read_bytes().count(b"\n")
        assert row["rows"] == lines - 1
        assert row["redistribution"] in ("open", "facts", "derived")


def test_sealing_accepts_a_change_and_keeps_the_prose(tmp_path: Path) -> None:
    manifest = copied("etf_flows_daily", tmp_path)
    prose = manifest.read_text().split("\nmeasured:")[0]
    path = tmp_path / "etf_flows_daily.csv"
    path.write_bytes(path.read_bytes().replace(b"-253.4", b"-253.5"))

    seal("etf_flows_daily", tmp_path)

    assert load("etf_flows_daily", tmp_path).loc["2025-09-25", "btc_usd_m"] == -253.5
    assert manifest.read_text().split("\nmeasured:")[0] == prose


def test_sealing_again_changes_nothing(tmp_path: Path) -> None:
    manifest = copied("funding_8h", tmp_path)
    before = manifest.read_bytes()

    seal("funding_8h", tmp_path)

    assert manifest.read_bytes() == before


def test_a_table_that_does_not_fit_its_schema_cannot_be_sealed(tmp_path: Path) -> None:
    manifest = copied("fear_greed_daily", tmp_path)
    before = manifest.read_bytes()
    path = tmp_path / "fear_greed_daily.csv"
    path.write_bytes(path.read_bytes().replace(b"2025-09-26,28", b"2025-09-26,280"))

    with pytest.raises(DataError, match="there is 280; expected a value from 0 to 100"):
        seal("fear_greed_daily", tmp_path)

    assert manifest.read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "fear_greed_daily.csv",
        "fear_greed_daily.manifest.yml",
    ]


@pytest.mark.parametrize(
    ("edit", "found"),
    [
        (lambda text: text.replace("licence:", "license:"), "lacks licence"),
        (lambda text: text.replace("type: integer", "type: float"), "schema is not understood"),
        (lambda text: text.replace("table: fear_greed_daily", "table: mood"), "it is of table mood"),
        (lambda text: text + "\n: [", "cannot be read"),
        (lambda text: "", "empty"),
        (lambda text: text.replace("frequency: daily", "frequency: fortnightly"), "clock.frequency is 'fortnightly'"),
        (lambda text: text.replace("index: [date]", "index: [day]"), "index names no column"),
        (lambda text: text.replace("maximum: 100", 'maximum: "100"'), "maximum is '100'"),
        (lambda text: text.replace("  closes:", "  shuts:"), "clock is not complete"),
        (lambda text: re.sub(r"rows: \d+", "rows: 7", text), "measured rows is 7"),
        (lambda text: re.sub(r"missing: \d+", "missing: 0", text), "measured missing is 0"),
    ],
)
def test_a_bad_manifest_is_refused_in_one_line(tmp_path: Path, edit, found) -> None:
    manifest = copied("fear_greed_daily", tmp_path)
    manifest.write_text(edit(manifest.read_text()))

    with pytest.raises(DataError, match=found) as caught:
        load("fear_greed_daily", tmp_path)

    assert "\n" not in str(caught.value)


@pytest.mark.chapters
@pytest.mark.parametrize("table", table_names())
def test_a_manifest_names_all_that_read_its_table(table: str) -> None:
    readers = []
    for path in sorted([*(ROOT / "src").rglob("*.py"), *(ROOT / "notebooks").rglob("*.ipynb")]):
        if path.suffix == ".py":
            code = re.sub(r">>> .*", "", path.read_text())
        else:
            cells = json.loads(path.read_text())["cells"]
            code = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
        if re.search(rf"load\(\s*\"{table}\"", code):
            readers.append(path.relative_to(ROOT).as_posix())

    assert read_manifest(table).fields["consumers"] == readers


def test_a_folder_without_tables_is_an_error_and_no_empty_success(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="holds no manifest"):
        check(tmp_path)


def test_a_relative_folder_follows_the_working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("first", "second"):
        (tmp_path / name / "data").mkdir(parents=True)
        copied("fear_greed_daily", tmp_path / name / "data")
    spoiled = tmp_path / "second" / "data" / "fear_greed_daily.csv"
    spoiled.write_bytes(spoiled.read_bytes().replace(b"2025-09-26,28", b"2025-09-26,29"))

    monkeypatch.chdir(tmp_path / "first")
    load("fear_greed_daily", Path("data"))
    monkeypatch.chdir(tmp_path / "second")

    with pytest.raises(DataError, match="not the sealed one"):
        load("fear_greed_daily", Path("data"))


def test_an_interrupted_seal_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    manifest = copied("fear_greed_daily", tmp_path)
    before = manifest.read_bytes()

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        seal("fear_greed_daily", tmp_path)

    assert manifest.read_bytes() == before
    assert len(list(tmp_path.iterdir())) == 2
