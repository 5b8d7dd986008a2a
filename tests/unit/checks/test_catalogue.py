from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from dext_tasks.checks.catalogue import RULES

if TYPE_CHECKING:
    from dext_tasks.checks.rule import Rule

EVERY = pytest.mark.parametrize("rule", RULES, ids=[rule.code for rule in RULES])


def test_codes_are_unique() -> None:
    assert len({rule.code for rule in RULES}) == len(RULES)


@EVERY
def test_a_code_is_short_and_stable(rule: Rule) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)+", rule.code)


@EVERY
def test_a_rule_says_what_why_and_how(rule: Rule) -> None:
    for text in (rule.title, rule.why, rule.fix):
        assert text
        assert "\n" not in text
        assert not text.endswith(".")


@EVERY
def test_a_rule_has_a_source(rule: Rule) -> None:
    assert rule.source.startswith("https://")
