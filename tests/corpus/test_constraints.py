"""Tables of answers that the two Go libraries gave, against ours.

``DEXT_CORPUS`` names the folder of the corpus; the tables are in ``constraints`` beside it. A table is a JSON
document with ``rows``; what it holds is known by the keys of its rows.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from dext_tasks.formats.constraint import ConstraintError, Grammar, VersionRefusedError, allows, masterminds, parse

FOLDER = Path(os.environ.get("DEXT_CORPUS", "/nonexistent")).resolve().parent / "constraints"
ROWS: list[dict[str, Any]] = [
    row for path in sorted(FOLDER.glob("*.json")) for row in json.loads(path.read_text())["rows"]
]
CHECKED = [row for row in ROWS if row.get("kind") == "check"]
READ = [row for row in ROWS if row.get("kind") == "parse"]
COMPARED = [row for row in ROWS if "goversion" in row]

pytestmark = pytest.mark.skipif("DEXT_CORPUS" not in os.environ, reason="DEXT_CORPUS is not set")


def name(row: dict[str, Any]) -> str:
    return f"{row['constraint']} of {row.get('version', 'nothing')}"


def answer(row: dict[str, Any], grammar: Grammar) -> object:
    """The answer in the form the tables have it."""
    constraint, version, included = row["constraint"], row["version"], row.get("includePrerelease", False)
    try:
        return allows(constraint, version, grammar=grammar, include_prerelease=included)
    except VersionRefusedError:
        return "version"
    except ConstraintError as error:
        return {"error": error.message, "on": "constraint"}


def expected(found: object) -> object:
    return "version" if isinstance(found, dict) and found["on"] == "version" else found


def test_the_tables_are_there() -> None:
    assert CHECKED
    assert READ
    assert COMPARED


@pytest.mark.parametrize("row", CHECKED, ids=name)
def test_checked(row: dict[str, Any]) -> None:
    assert answer(row, "masterminds") is row["expected"]


@pytest.mark.parametrize("row", [row for row in READ if row["error"]], ids=name)
def test_refused(row: dict[str, Any]) -> None:
    with pytest.raises(ConstraintError) as caught:
        parse(row["constraint"])
    assert caught.value.message == row["message"]


@pytest.mark.parametrize("row", [row for row in READ if not row["error"]], ids=name)
def test_read(row: dict[str, Any]) -> None:
    sizes = [len(group) for group in masterminds.parse(row["constraint"]).any_of]
    assert (len(sizes), sizes[0]) == (row.get("ors", 1), row.get("ands_in_first", 1))


@pytest.mark.parametrize("row", COMPARED, ids=name)
def test_masterminds(row: dict[str, Any]) -> None:
    assert answer(row, "masterminds") == expected(row["masterminds"])


@pytest.mark.parametrize("row", COMPARED, ids=name)
def test_go_version(row: dict[str, Any]) -> None:
    assert answer(row, "go-version") == expected(row["goversion"])
