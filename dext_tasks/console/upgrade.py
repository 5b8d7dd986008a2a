"""What an upgrade changes, for people and programs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dext_tasks.console.table_layout import Table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dext_tasks.scaffold.file_changes import FileChange
    from dext_tasks.scaffold.upgrade import Upgrade


def availability(upgrade: Upgrade) -> str:
    """Whether there is an upgrade, in a line."""
    if upgrade.is_available:
        return f"{upgrade.root} has the template of {upgrade.before}, and {upgrade.after} is available"
    return f"{upgrade.root} has the newest template, {upgrade.after}"


def upgrade_table(upgrade: Upgrade, *, dry: bool) -> Table:
    """One row a file that is not left alone.

    Args:
        upgrade: The upgrade.
        dry: Whether nothing was changed.
    """
    way = f"from {upgrade.before} to {upgrade.after}" if upgrade.before != upgrade.after else f"within {upgrade.after}"
    rows = [(each.fate.value, each.path, _remark(each)) for each in upgrade.files]
    return Table(f"{'Would upgrade' if dry else 'Upgraded'} {way}", ("what", "file", "remark"), rows)


def next_lines(upgrade: Upgrade) -> Iterator[str]:
    """What to do after an upgrade without conflicts."""
    yield ""
    yield "Next:"
    yield "  git diff"
    yield "  inv check"
    yield f"  git add --all && git commit -m 'Template of dext-tasks {upgrade.after}'"


def upgrade_data(upgrade: Upgrade, *, dry: bool) -> dict[str, object]:
    """The same as data."""
    files = [
        {"path": each.path, "what": each.fate.value, "lines": list(each.lines), "why": each.why}
        for each in upgrade.files
    ]
    return {
        **availability_data(upgrade),
        "dry_run": dry,
        "files": files,
        "conflicts": [each.path for each in upgrade.conflicts],
    }


def availability_data(upgrade: Upgrade) -> dict[str, object]:
    """Whether there is an upgrade, as data."""
    return {
        "path": str(upgrade.root),
        "from": str(upgrade.before),
        "to": str(upgrade.after),
        "available": upgrade.is_available,
    }


def _remark(change: FileChange) -> str:
    if change.lines:
        return f"line {', '.join(map(str, change.lines))}"
    return change.why
