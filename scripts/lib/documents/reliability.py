"""docs/reliability.md, from what bench/faults has written down."""

from __future__ import annotations

import json
from itertools import groupby
from typing import TYPE_CHECKING, Any

from dext_tasks.wording import counted

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_PAGE = """\
# Reliability

What comes of a release that is disturbed, by the figures of `bench/faults`.

Each case is a release of 0.2.0 after 0.1.0, by the real program in a process of its own, on a real engine, to a real
registry behind a proxy that wants a login. It is disturbed once, in one way, at one moment. Then the same command runs
once more, undisturbed. A case has converged if that run ends with exit code 0 and everything is as intended: the index
with both platforms, both images from the commit, the pushed annotated git tag with the index's digest in its message,
and `latest`.

While both run, an observer asks the registry itself and the git remote, four times a second and before and after each
tag that is written. A violation is any of these, at any moment:

- a version that changes its digest, disappears, or lacks a platform
- a version that nobody releases, or a staging tag that reads as one
- a git tag without its version, or one that changes
- `latest` that moves before the git tag, goes backwards, or names no version
- exit code 0 although something is left to do, an internal error, or a password in an output or in the state folder
- something published that is built again

The clean clone is of what `dext new` makes, backend and smoke test included. Its registry has TLS and a login, and is
looked at once, at the end.

For two machines, the second one has an engine and a network of its own, so that the two share no leases. Either release
may win; the other one has to end with exit code 43 or 45, or find everything done.

## The last run

{date}, dext-tasks {version}, {minutes} minutes on {cores}: **{cases}, {converged} converged, {violations}**.
{whole}.
The observer looked {looks} times. A release takes {requests} of the registry.

"Went through" are cases in which the disturbed run itself ended with exit code 0. A run that had ended before its
moment came is counted as "too late".
{tables}
"""


def page(record: Path) -> str:
    """The text of the page.

    Args:
        record: What a whole run of bench/faults wrote.
    """
    run = json.loads(record.read_text(encoding="utf-8"))
    kinds: list[dict[str, Any]] = run["kinds"]
    families = groupby(kinds, key=lambda each: each["family"])
    return _PAGE.format(
        **{name: run[name] for name in ("date", "version", "minutes", "looks")},
        whole=_whole(_sum(kinds, "cases"), run["known"]),
        cores=counted(run["cores"], "core"),
        cases=counted(_sum(kinds, "cases"), "case"),
        converged=_sum(kinds, "converged"),
        violations=counted(_sum(kinds, "violations"), "violation"),
        requests=counted(run["requests"], "request"),
        tables="\n".join(_table(family, list(group)) for family, group in families),
    )


def _table(family: str, kinds: Sequence[dict[str, Any]]) -> str:
    rows = [
        f"| {each['kind']} | {each['cases']} | {each['cases'] - each['in_time']} | {each['went_through']} | "
        f"{each['converged']} | {each['violations']} |"
        for each in kinds
    ]
    columns = ("disturbance", "cases", "too late", "went through", "converged", "violations")
    head = (f"| {' | '.join(columns)} |", f"|{' --- |' * len(columns)}")
    return "\n".join((f"\n### {family[0].upper()}{family[1:]}\n", *head, *rows))


def _whole(cases: int, known: int) -> str:
    return (
        "These are all that there are" if cases == known else f"They are spread evenly over the {known} that there are"
    )


def _sum(kinds: Sequence[dict[str, Any]], name: str) -> int:
    total: int = sum(each[name] for each in kinds)
    return total
