"""A table in the width there is: words stay whole, and where they cannot, each row becomes a list of its cells."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rich.table import Table as RichTable
    from rich.text import Text

    Show = Callable[[str], Text]

# Longer words, such as digests, are folded: the longest key of a label and the longest code are shorter.
_LONGEST_WORD = 48
_LONGEST_NAME = 16
# Of a column: a space on either side and a line; of the table: one line more.
_COLUMN = 3
_EDGE = 1


class Table(NamedTuple):
    """A table for people.

    Attributes:
        title: Above the table.
        columns: Column heads.
        rows: Cells as text; a status, such as ``ok``, is shown in its colour, also with more after two spaces.
        notes: Lines below the table.
    """

    title: str
    columns: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    notes: Sequence[str] = ()


def grid(table: Table, width: int, show: Show, *, is_ascii: bool) -> RichTable:
    """The table, or the lists; without its title, which may be longer than any row.

    Args:
        table: What to show.
        width: Cells of the terminal.
        show: Makes text of a cell, with its colour.
        is_ascii: Whether lines are drawn in ASCII.
    """
    # Not needed for a report without findings, and slow to load.
    from rich import box
    from rich.table import Table as RichTable

    columns = list(zip(table.columns, *table.rows, strict=True))
    widths = _widths(columns, width - _EDGE - _COLUMN * len(columns))
    if widths is None:
        return _lists(table, width, show)
    made = RichTable(box=box.ASCII if is_ascii else box.SIMPLE_HEAD)
    for column, wide in zip(table.columns, widths, strict=True):
        made.add_column(column, overflow="fold", width=wide)
    for row in table.rows:
        made.add_row(*map(show, row))
    return made


def _widths(columns: Sequence[Sequence[str]], room: int) -> list[int] | None:
    """Width of each column; None where some word would have to be broken."""
    most = [max(map(_line, column)) for column in columns]
    least = [min(most[number], _LONGEST_WORD, max(map(_word, column))) for number, column in enumerate(columns)]
    spare, wanted = room - sum(least), sum(most) - sum(least)
    if spare < 0:
        return None
    # A row is found by its name: "git tag" stays on one line where there is room.
    if most[0] <= _LONGEST_NAME and most[0] - least[0] <= spare:
        spare, wanted, least[0] = spare - (most[0] - least[0]), wanted - (most[0] - least[0]), most[0]
    share = min(1.0, spare / wanted) if wanted else 0.0
    return [low + int((high - low) * share) for low, high in zip(least, most, strict=True)]


def _lists(table: Table, width: int, show: Show) -> RichTable:
    from rich.table import Table as RichTable
    from rich.text import Text

    made = RichTable.grid(padding=(0, 2))
    # A column may be called by the name of a docker context, of any length, and what is in it needs room, too.
    made.add_column(overflow="fold", width=min(max(map(_line, table.columns)), width // 2))
    made.add_column(overflow="fold")
    for row in table.rows:
        made.add_row()
        for name, cell in zip(table.columns, row, strict=True):
            if cell:
                made.add_row(Text(name, "dim"), show(cell))
    return made


def _line(cell: str) -> int:
    from rich.cells import cell_len

    return max((cell_len(line) for line in cell.splitlines()), default=0)


def _word(cell: str) -> int:
    from rich.cells import cell_len

    return max((cell_len(word) for word in cell.split()), default=0)
