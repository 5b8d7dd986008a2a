"""What was cleared away, for people and programs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dext_tasks.console.table_layout import Table
from dext_tasks.console.tables import size
from dext_tasks.wording import counted

if TYPE_CHECKING:
    from dext_tasks.cleaning.clean import Cleaned
    from dext_tasks.cleaning.leftovers import Leftover


def cleaned_table(cleaned: Cleaned, *, dry: bool) -> Table:
    """One row a thing; what stays has its reason."""
    done = "would go" if dry else "removed"
    rows = [(each.kind.value, _name(each), done) for each in cleaned.removed]
    rows += [(each.kind.value, _name(each), f"kept: {each.kept}") for each in cleaned.kept]
    return Table("Would clean" if dry else "Cleaned", ("what", "name", "outcome"), rows)


def cleaned_lines(cleaned: Cleaned, *, dry: bool) -> list[str]:
    """How much that is."""
    if not cleaned.removed:
        return ["there is nothing to clear away"]
    count = len(cleaned.removed)
    things = counted(count, "thing")
    freed = f"{size(cleaned.freed)} of images, less what other images share"
    return [f"{things} would go, which would free {freed}" if dry else f"{things} removed; freed {freed}"]


def cleaned_data(cleaned: Cleaned, *, dry: bool) -> dict[str, object]:
    """The same as data."""
    return {
        "dry_run": dry,
        "removed": [_data(each) for each in cleaned.removed],
        "kept": [{**_data(each), "reason": each.kept} for each in cleaned.kept],
        "freed": cleaned.freed,
    }


def _name(leftover: Leftover) -> str:
    return f"{leftover.name} in {leftover.context}" if leftover.context else leftover.name


def _data(leftover: Leftover) -> dict[str, object]:
    return {
        "kind": leftover.kind.value,
        "name": leftover.name,
        "image": leftover.image,
        "context": leftover.context,
    }
