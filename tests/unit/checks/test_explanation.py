from __future__ import annotations

from dataclasses import replace

import pytest

from dext_tasks.checks.catalogue import RULES
from dext_tasks.checks.explanation import explain, find, rule_data
from dext_tasks.checks.rule import Repair, Rule, Severity
from dext_tasks.errors import UsageError

MIRRORED = Rule("a-rule", "it is so", Severity.ERROR, "image a|b", "it breaks", "fix it", "https://x", lambda _: [])
OURS = Rule("b-rule", "it is nice", Severity.WARNING, "", "it is odd", "polish it", "https://y", lambda _: [])


def test_a_rule_is_found_by_its_code() -> None:
    assert find([MIRRORED, OURS], "b-rule") is OURS


def test_a_code_that_is_none_is_refused_with_the_nearest() -> None:
    with pytest.raises(UsageError, match="there is no rule 'b-rul'; did you mean b-rule"):
        find([OURS], "b-rul")


@pytest.mark.parametrize("code", ["nope", "zzz", "labels"])
def test_a_code_that_is_like_none_is_refused_without_a_guess(code: str) -> None:
    with pytest.raises(UsageError) as raised:
        find(RULES, code)
    assert raised.value.message == f"there is no rule {code!r}"


def test_a_rule_is_told_in_full() -> None:
    assert [line.split()[0] for line in explain(MIRRORED).splitlines()] == [
        "a-rule",
        "requires",
        "Docker",
        "why",
        "fix",
        "source",
    ]
    assert "Docker" not in explain(OURS)


def test_a_rule_says_whether_it_can_be_fixed() -> None:
    assert "  repair      `dext fix` puts it right" in explain(replace(OURS, repair=Repair.SURE))
    assert "  repair      `dext fix` shows the right answers" in explain(replace(OURS, repair=Repair.CHOICE))
    assert "repair" not in explain(OURS)
    assert rule_data(OURS)["repair"] == "by-hand"


@pytest.mark.parametrize("rule", RULES, ids=[rule.code for rule in RULES])
def test_every_rule_can_be_told(rule: Rule) -> None:
    assert rule.fix in explain(find(RULES, rule.code))
