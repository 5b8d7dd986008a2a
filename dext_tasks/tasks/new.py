"""dext new."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from dext_tasks.errors import UsageError
from dext_tasks.tasks.verb import Run, verb

if TYPE_CHECKING:
    from pathlib import Path

    from dext_tasks.scaffold.answers import Answers

_HELP = {
    "name": "folder and repository name of the extension",
    "image": "what it is published as: [HOST[:PORT]/]ORG/NAME",
    "title": "what people see in the dashboard",
    "description": "what it does, in one line",
    "vendor": "person or organisation that publishes it",
    "publisher_url": "the vendor's web page",
    "repository": "web address of its source",
    "category": "one of the marketplace's categories",
    "yes": "ask nothing, take the defaults for what is not given",
}


@verb(help=_HELP, positional=("name",), changes=True, example="my-extension --image my-org/my-extension")
def new(  # noqa: PLR0913, PLR0917 - one flag an answer
    run: Run,
    name: str = "",
    image: str = "",
    title: str = "",
    description: str = "",
    vendor: str = "",
    publisher_url: str = "",
    repository: str = "",
    category: str = "",
    yes: bool = False,
) -> None:
    """Make a new extension in a folder of its own."""
    from dext_tasks.console.tables import scaffold_data, scaffold_lines
    from dext_tasks.scaffold.answers import derive
    from dext_tasks.scaffold.render import render

    given = {
        "image": image,
        "title": title,
        "description": description,
        "vendor": vendor,
        "publisher_url": publisher_url,
        "repository": repository,
        "category": category,
    }
    if not name:
        raise UsageError("the extension needs a name", remedy="write dext new NAME")
    asks = sys.stdin.isatty() and not yes and not run.output.as_json
    answers = _asked(name, given) if asks else derive(name, **given)
    if run.dry_run:
        _show_intention(run, answers, run.folder / name)
        return
    made = render(answers, run.folder / name)
    for line in scaffold_lines(made):
        run.output.say(line)
    run.output.data(scaffold_data(made))
    run.output.result(str(made.path))


def _show_intention(run: Run, answers: Answers, folder: Path) -> None:
    from dext_tasks.console.intentions import NOTHING_CHANGED, scaffold_intention_data, scaffold_intention_lines
    from dext_tasks.scaffold.render import preview

    planned = preview(answers, folder)
    for line in scaffold_intention_lines(planned):
        run.output.say(line, result=True)
    run.output.say(NOTHING_CHANGED)
    run.output.data(scaffold_intention_data(planned))


def _asked(name: str, given: dict[str, str]) -> Answers:
    """Ask for what was not given; each proposal follows from the answers before it."""
    import questionary

    from dext_tasks.scaffold.answers import derive
    from dext_tasks.scaffold.questions import questions

    for each in questions(derive(name, **given)):
        if each.name == "name" or given[each.name]:
            continue
        proposed = getattr(derive(name, **given), each.name)
        prompt = (
            questionary.select(each.text, choices=list(each.choices), default=proposed)
            if each.choices
            else questionary.text(each.text, default=proposed)
        )
        given[each.name] = prompt.unsafe_ask()
    return derive(name, **given)
