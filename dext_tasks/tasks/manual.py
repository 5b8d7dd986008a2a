"""dext manual."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dext_tasks.tasks.verb import verb

if TYPE_CHECKING:
    from dext_tasks.tasks.run import Run

_HELP = {"page": "page to show; without it, all pages are listed"}


@verb(help=_HELP, positional=("page",), example="settings")
def manual(run: Run, page: str = "") -> None:
    """Show a page of the documentation: settings, rules, exit codes and all the others."""
    from dext_tasks.console.manual import page as text_of
    from dext_tasks.console.manual import pages
    from dext_tasks.console.table_layout import Table

    if not page:
        found = pages()
        run.output.table(Table("Manual", ("page", "what it is about"), list(found.items())), result=True)
        run.output.data(found)
    elif run.output.as_json:
        run.output.data({"page": page, "text": text_of(page)})
    else:
        run.output.document(text_of(page))
