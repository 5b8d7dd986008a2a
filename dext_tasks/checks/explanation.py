"""A rule in full, for ``--explain`` and docs/rules.md."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dext_tasks.checks.selection import unknown_rule

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from dext_tasks.checks.rule import Rule

_HEAD = """# Rules

What `inv check` asks. A rule mirrors Docker's validator where the column *Docker* quotes it; all others are ours.
Errors make the check fail, warnings only with `--strict`, notes never. `inv check --explain CODE` prints a rule in
full; `--select` and `--ignore CODE=reason` take codes and patterns such as `label-*`.

| code | severity | requires that | Docker |
| --- | --- | --- | --- |
"""


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
    return "\n".join([*lines, f"  why         {rule.why}", f"  fix         {rule.fix}", f"  source      {rule.source}"])


def rule_data(rule: Rule) -> dict[str, str]:
    """A rule in full, as data."""
    return {
        "rule": rule.code,
        "severity": rule.severity.value,
        "holds": rule.title,
        "docker": rule.docker,
        "why": rule.why,
        "fix": rule.fix,
        "source": rule.source,
    }


def page(sections: Sequence[tuple[str, Sequence[Rule]]]) -> str:
    """docs/rules.md.

    Args:
        sections: Heading and rules; the first one goes into the table at the top alone.
    """
    rules = [rule for _, section in sections for rule in section]
    table = "".join(_row(rule) for rule in rules)
    return _HEAD + table + "".join(f"\n## {heading}\n{_details(section)}" for heading, section in sections)


def _row(rule: Rule) -> str:
    docker = f"`{rule.docker}`" if rule.docker else ""
    cells = (f"[{rule.code}](#{rule.code})", rule.severity.value, rule.title, docker)
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |\n"


def _details(rules: Sequence[Rule]) -> str:
    return "".join(
        f"\n### {rule.code}\n\n"
        f"Requires that {rule.title}. *{rule.severity.value.capitalize()}.*\n\n"
        f"- Why: {rule.why}.\n- Fix: {rule.fix}.\n- Source: <{rule.source}>\n"
        for rule in rules
    )
