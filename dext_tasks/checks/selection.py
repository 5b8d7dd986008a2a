"""Which rules are asked, and which findings are known and accepted."""

from __future__ import annotations

from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Final

from dext_tasks.errors import UsageError
from dext_tasks.wording import did_you_mean, nearest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from dext_tasks.checks.rule import Rule

# A slip or a word left out; with less, any word of four letters is like some code.
_NEAR: Final = 0.7


@dataclass(frozen=True)
class Selection:
    """What the settings say of rules.

    Attributes:
        select: Codes or patterns such as ``label-*`` of the rules to ask; all if empty.
        ignore: Reason for each code or pattern whose findings are accepted.
    """

    select: tuple[str, ...] = ()
    ignore: Mapping[str, str] = field(default_factory=dict)

    def require_known(self, rules: Iterable[Rule]) -> None:
        """Require that every code and pattern is one of a rule, asked this time or not.

        Raises:
            UsageError: One matches no rule.
        """
        everything = tuple(rules)
        for pattern in (*self.select, *self.ignore):
            if not any(fnmatchcase(rule.code, pattern) for rule in everything):
                raise unknown_rule(pattern, [rule.code for rule in everything])

    def chosen(self, rules: Iterable[Rule]) -> tuple[Rule, ...]:
        """The rules to ask."""
        everything = tuple(rules)
        if not self.select:
            return everything
        return tuple(rule for rule in everything if any(fnmatchcase(rule.code, each) for each in self.select))

    def left_out(self, rules: Iterable[Rule]) -> tuple[str, ...]:
        """The rules that are not asked, by code, and by the pattern of a family where none of that is asked."""
        everything = tuple(rules)
        asked = {rule.code for rule in self.chosen(everything)}
        families = {rule.code.partition("-")[0] for rule in everything}
        silent = families - {code.partition("-")[0] for code in asked}
        single = {rule.code for rule in everything if rule.code.partition("-")[0] not in silent} - asked
        return tuple(sorted({*single, *(f"{family}-*" for family in silent)}))

    def reason(self, rule: Rule) -> str:
        """Why a rule's findings are accepted; empty if they are not."""
        return next((reason for pattern, reason in self.ignore.items() if fnmatchcase(rule.code, pattern)), "")


def unknown_rule(pattern: str, codes: Iterable[str]) -> UsageError:
    """The error for a code or pattern that matches no rule; it names the nearest, if one is near."""
    near = did_you_mean(nearest(pattern, codes, _NEAR))
    return UsageError(f"there is no rule {pattern!r}{near}", remedy="`dext manual rules` lists them all")
