"""Rules on the categories that a label names."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dext_tasks.checks.documentation import LABEL_DOCS
from dext_tasks.checks.label_lookup import values_of
from dext_tasks.checks.rule import Problem, Repair, Severity, rule
from dext_tasks.extension.labels import CATEGORIES, CATEGORY_NAMES, nearest_category, without_brackets
from dext_tasks.wording import excerpt

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dext_tasks.sources.source import Source

_LONGEST_CATEGORY = 500


@rule(
    code="category-unknown",
    title="categories are from Docker's list",
    severity=Severity.WARNING,
    why="nobody finds the extension by a category the marketplace does not have",
    fix="use the marketplace's own names",
    source=LABEL_DOCS,
)
def _unknown(source: Source) -> Iterator[Problem]:
    for _, value, place in values_of(source, [CATEGORIES]):
        for name in dict.fromkeys(each.strip() for each in without_brackets(value).split(",")):
            if name and name not in CATEGORY_NAMES:
                yield Problem(f"there is no category {excerpt(name, 40)!r}{_category_hint(name)}", place)


def _category_hint(name: str) -> str:
    parts = [part for part in re.split(r"[;|/+\s]+", name[:_LONGEST_CATEGORY]) if part]
    if len(parts) > 1 and any(part in CATEGORY_NAMES for part in parts):
        return ": names are joined by commas"
    nearest = nearest_category(name)
    return f", probably {nearest}" if nearest else f": choose from {', '.join(CATEGORY_NAMES)}"


@rule(
    code="category-list-malformed",
    title="categories are joined by single commas",
    severity=Severity.WARNING,
    why="the documented form has no spaces, and a name with one may not be recognised",
    fix="write them as in kubernetes,security",
    source=LABEL_DOCS,
    repair=Repair.SURE,
)
def _list_malformed(source: Source) -> Iterator[Problem]:
    for _, value, place in values_of(source, [CATEGORIES]):
        bare = without_brackets(value)
        if bare != value:
            names = [name.strip() for name in bare.split(",") if name.strip()]
            what = "a JSON array" if value.strip().startswith("[") else "names in quotes"
            fix = f"write {','.join(names)}" if names else ""
            yield Problem(f"{what}, where names are joined by commas alone: {excerpt(value)}", place, fix=excerpt(fix))
            continue
        names = value.strip().split(",")
        said = [name.strip() for name in names if name.strip()]
        if any(name != name.strip() for name in names):
            yield Problem(f"white space between the names: {excerpt(value)!r}", place)
        if len(said) < len(names):
            yield Problem(f"a comma with nothing before or after it: {excerpt(value)!r}", place)
        if len(set(said)) < len(said):
            yield Problem(f"a name is there twice: {excerpt(value)!r}", place)
