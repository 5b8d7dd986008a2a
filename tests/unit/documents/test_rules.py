"""scripts/lib/documents/rules.py: docs/rules/."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from documents.rules import FAMILIES, Family, by_family, every_rule, pages

from dext_tasks.checks.rule import Rule, Severity

if TYPE_CHECKING:
    from pathlib import Path

MIRRORED = Rule("a-rule", "it is so", Severity.ERROR, "image a|b", "it breaks", "fix it", "https://x", lambda _: [])
OURS = Rule("b-rule", "it is a|b", Severity.WARNING, "", "it is odd", "polish it", "https://y", lambda _: [])
SMALL = (Family("first", "The First", "Applied first.", ("a",)), Family("second", "Second", "Then.", ("b",)))


def test_a_family_has_a_page_with_its_rules_in_full() -> None:
    made = pages([OURS, MIRRORED], SMALL)
    assert list(made) == ["README.md", "first.md", "second.md"]
    assert made["first.md"] == (
        "# Rules: The First\n\nApplied first. [All rules](README.md)\n\n"
        "## a-rule\n\nRequires that it is so. *Error.*\n\n"
        "- Why: it breaks.\n- Fix: fix it.\n- Docker's validator: `image a|b`\n- Source: <https://x>\n"
    )
    assert "Docker" not in made["second.md"]


def test_the_index_has_a_row_for_each() -> None:
    index = pages([OURS, MIRRORED], SMALL)["README.md"]
    assert "- [The First](#the-first)\n" in index
    assert "| [a-rule](first.md#a-rule) | it is so | error |" in index
    assert "| [b-rule](second.md#b-rule) | it is a\\|b | warning |" in index
    assert index.index("## The First") < index.index("a-rule]") < index.index("## Second") < index.index("b-rule]")


def test_a_rule_without_a_page_is_an_error_that_says_where_pages_are() -> None:
    with pytest.raises(ValueError, match="b-rule belongs to no page: add its prefix to FAMILIES"):
        pages([MIRRORED, OURS], SMALL[:1])


def test_every_family_has_rules_and_every_prefix_is_of_one_family() -> None:
    assert set(by_family(every_rule(), FAMILIES)) == set(FAMILIES)
    prefixes = [prefix for family in FAMILIES for prefix in family.prefixes]
    assert len(prefixes) == len(set(prefixes))
    used = {prefix for prefix in prefixes if any(rule.code.startswith(f"{prefix}-") for rule in every_rule())}
    assert used == set(prefixes)


def test_no_rule_names_the_version_that_it_was_asked_with() -> None:
    assert not any("4.40" in text for text in pages(every_rule()).values())


def test_the_pages_are_the_generated_ones(repository: Path) -> None:
    made = pages(every_rule())
    found = {file.name: file.read_text(encoding="utf-8") for file in (repository / "docs/rules").iterdir()}
    assert found == made
