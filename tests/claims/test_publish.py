"""claims.json: valid against its schema, and nothing in it that the functions do not return."""

from __future__ import annotations

import hashlib
import json

import pytest
from jsonschema import Draft202012Validator

from selloff.claims import board, claims_json, claims_schema, written
from selloff.data import default_folder


@pytest.fixture(scope="module")
def published() -> dict:
    # As a reader of the file gets it.
    return json.loads(json.dumps(claims_json(), allow_nan=False))


def test_the_file_is_valid_against_its_schema(published: dict) -> None:
    schema = claims_schema()
    Draft202012Validator.check_schema(schema)

    assert list(Draft202012Validator(schema).iter_errors(published)) == []


def test_the_schema_refuses_a_verdict_that_does_not_exist_a_number_too_many_and_a_claim_too_few(published) -> None:
    validator = Draft202012Validator(claims_schema())
    for change in (
        lambda data: data["claims"][0].update(verdict="maybe"),
        lambda data: data["claims"].pop(),
        lambda data: data["claims"][16].update(verdict="holds"),
        lambda data: data["claims"][0]["numbers"][0].pop("unit"),
        lambda data: data["tables"].update(crypto_daily="no checksum"),
    ):
        spoiled = json.loads(json.dumps(published))
        change(spoiled)
        assert not validator.is_valid(spoiled)


def test_every_number_equals_what_the_functions_return(published: dict) -> None:
    for result, entry in zip(board(), published["claims"], strict=True):
        assert (entry["id"], entry["verdict"]) == (result.claim.id, result.verdict)
        assert (entry["definitions"]["support"], entry["definitions"]["counted"]) == result.support
        for finding, number in zip(result.findings, entry["numbers"], strict=True):
            assert number["value"] == pytest.approx(finding.value, rel=1e-9, nan_ok=True)
            for end in ("low", "high"):
                value = getattr(finding, end)
                assert number[end] is None if value != value else number[end] == pytest.approx(value, rel=1e-9)
            assert (number["unit"], number["supports"]) == (finding.unit, finding.supports)


def test_keys_of_numbers_are_unique(published: dict) -> None:
    keys = [number["key"] for entry in published["claims"] for number in entry["numbers"]]

    assert len(keys) > 100
    assert len(set(keys)) == len(keys)


def test_every_table_that_a_number_rests_on_stands_there_with_the_checksum_of_its_file(published: dict) -> None:
    used = {table for entry in published["claims"] for number in entry["numbers"] for table in number["tables"]}

    assert used == set(published["tables"]) - {"claims.yml"}
    for name, checksum in published["tables"].items():
        file = name if name.endswith(".yml") else f"{name}.csv"
        assert checksum == hashlib.sha256((default_folder() / file).read_bytes()).hexdigest()


def test_the_reading_gives_the_numbers_of_the_findings(published: dict) -> None:
    entry = published["claims"][0]

    shown = [written(finding).replace("\N{NO-BREAK SPACE}", " ") for finding in board()[0].findings]
    assert any(number in entry["reading"] for number in shown)
