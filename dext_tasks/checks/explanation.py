"""A rule in full, for ``--explain``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dext_tasks.checks.rule import Repair
from dext_tasks.checks.selection import unknown_rule

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dext_tasks.checks.rule import Rule

REPAIRS: Final = {
    Repair.SURE: "`dext fix` puts it right where there is one right answer",
    Repair.CHOICE: "`dext fix` shows the right answers that there are, and asks which",
    Repair.BY_HAND: "",
}
"""What `dext fix` does about findings of a rule, in words; empty where that is nothing."""


def find(rules: Iterable[Rule], code: str) -> Rule:
    """The rule of a code.

    Raises:
        UsageError: There is none; the message names the nearest.
    """
    by_code = {rule.code: rule for rule in rules}
    if code in by_code:
        return by_code[code]
    raise unknown_rule(code, by_code)


def explain(rule: Rule) -> str:
    """A rule in full, as lines of text."""
    lines = [f"{rule.code} ({rule.severity})", f"  requires    that {rule.title}"]
    if rule.docker:
        lines.append(f"  Docker      {rule.docker}")
    lines += [f"  why         {rule.why}", f"  fix         {rule.fix}"]
    if repair := REPAIRS[rule.repair]:
        lines.append(f"  repair      {repair}")
    return "\n".join([*lines, f"  source      {rule.source}"])


def rule_data(rule: Rule) -> dict[str, str]:
    """A rule in full, as data."""
    return {
        "rule": rule.code,
        "severity": rule.severity.value,
        "holds": rule.title,
        "docker": rule.docker,
        "why": rule.why,
        "fix": rule.fix,
        "repair": rule.repair.value,
        "source": rule.source,
    }
