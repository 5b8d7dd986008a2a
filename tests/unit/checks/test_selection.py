from __future__ import annotations

import pytest

from dext_tasks.checks.rule import Rule, Severity
from dext_tasks.checks.selection import Selection
from dext_tasks.errors import UsageError


def rule(code: str) -> Rule:
    return Rule(code, "", Severity.ERROR, "", "", "", "", lambda _: [])


RULES = [rule(code) for code in ("label-missing", "label-empty", "icon-absent", "tag-not-semver")]


@pytest.mark.parametrize(
    ("select", "chosen"),
    [
        ((), ["label-missing", "label-empty", "icon-absent", "tag-not-semver"]),
        (("icon-absent",), ["icon-absent"]),
        (("label-*",), ["label-missing", "label-empty"]),
        (("tag-*", "label-empty"), ["label-empty", "tag-not-semver"]),
        (("*",), ["label-missing", "label-empty", "icon-absent", "tag-not-semver"]),
    ],
)
def test_rules_are_chosen_by_code_or_pattern(select: tuple[str, ...], chosen: list[str]) -> None:
    assert [each.code for each in Selection(select).chosen(RULES)] == chosen


@pytest.mark.parametrize(
    ("selection", "message"),
    [
        (Selection(("label-mising",)), "there is no rule 'label-mising'; did you mean label-missing?"),
        (Selection(("label-empty", "zzz")), "there is no rule 'zzz'"),
        (Selection(("miss",)), "there is no rule 'miss'"),
        (Selection(ignore={"icon-abscent": "x"}), "there is no rule 'icon-abscent'; did you mean icon-absent?"),
        (Selection(("Label-*",)), "there is no rule 'Label-*'"),
    ],
)
def test_what_matches_no_rule_is_refused(selection: Selection, message: str) -> None:
    with pytest.raises(UsageError) as raised:
        selection.require_known(RULES)
    assert raised.value.message.startswith(message)


def test_what_is_known_need_not_be_asked() -> None:
    selection = Selection(("label-*", "tag-not-semver"), {"icon-absent": "see #12"})
    selection.require_known(RULES)
    assert [each.code for each in selection.chosen(RULES[:1])] == ["label-missing"]


@pytest.mark.parametrize(
    ("code", "reason"), [("label-missing", "later"), ("icon-absent", "see #12"), ("tag-not-semver", "")]
)
def test_a_reason_is_that_of_the_first_pattern(code: str, reason: str) -> None:
    selection = Selection(ignore={"label-*": "later", "label-missing": "never", "icon-absent": "see #12"})
    assert selection.reason(rule(code)) == reason
