from __future__ import annotations

import pytest

from dext_tasks.formats.constraint import Verdict, VersionRefusedError, allows, verdict


@pytest.mark.parametrize(
    ("text", "version", "expected"),
    [
        (">= 0.3.0", "0.3.4", Verdict.ALLOWED),
        (">= 1.4.7, < 2.0", "1.5.0", Verdict.ALLOWED),
        ("0.3.4", "0.3.4", Verdict.ALLOWED),
        ("~> 0.3.0", "0.3.4", Verdict.ALLOWED),
        ("0.3.0", "0.3.4", Verdict.REFUSED),
        (">= 1.4.7, < 2.0", "2.0.0", Verdict.REFUSED),
        ("0.2-0.4", "0.3.0", Verdict.REFUSED),
    ],
)
def test_a_shared_answer_is_firm(text: str, version: str, expected: Verdict) -> None:
    assert verdict(text, version) is expected


@pytest.mark.parametrize("text", ["0.3", "= 0.3", "> 0.3", "<= 0.3", "!= 0.3"])
def test_different_answers(text: str) -> None:
    assert verdict(text, "0.3.4") is Verdict.NOT_PORTABLE


@pytest.mark.parametrize(
    "text",
    ["^0.3", "~0.3", "0.3.x", "*", "0.2 - 0.4", ">= 0.3.0 < 1", "0.3.0 || 0.3.4", "=> 0.3.0", "0.3.0.1", "0.3.4beta"],
)
def test_only_one_library_reads_it(text: str) -> None:
    assert verdict(text, "0.3.4") is Verdict.NOT_PORTABLE


@pytest.mark.parametrize(
    ("text", "version"),
    [("~> 0.3", "0.4.2"), (">= 0.3.0-0", "0.4.0-rc.1"), (">= 0.3.0", "0.3.0.1"), (">= 0.3.0", "0.3.4-01")],
)
def test_an_answer_that_hangs_on_the_version(text: str, version: str) -> None:
    assert verdict(text, version) is Verdict.NOT_PORTABLE


@pytest.mark.parametrize(
    "text",
    ["", " ", "==1", "1,", ",1", "1,,2", ">= 0.3.0 # x", "V0.3.0", "latest", "${VAR}", ">=", "> = 1", "1" * 5000],
)
def test_nobody_reads_it(text: str) -> None:
    assert verdict(text, "0.3.4") is Verdict.INVALID


def test_an_invalid_constraint_comes_before_a_refused_version() -> None:
    assert verdict("latest", "nonsense") is Verdict.INVALID


@pytest.mark.parametrize("text", [">= 0.3.0", "^1"])
def test_a_version_that_nobody_reads(text: str) -> None:
    with pytest.raises(VersionRefusedError, match='version "next": neither library reads it'):
        verdict(text, "next")


def test_a_grammar_that_is_none_is_named_with_those_there_are() -> None:
    with pytest.raises(ValueError, match="no grammar 'go_version'; there are masterminds and go-version"):
        allows(">= 1", "1.0.0", grammar="go_version")  # type: ignore[arg-type]  # what is tested
