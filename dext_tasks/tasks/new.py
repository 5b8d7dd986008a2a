"""dext new."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dext_tasks.errors import InterruptedError as Interrupted
from dext_tasks.errors import UsageError
from dext_tasks.tasks.verb import Run, verb

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from dext_tasks.scaffold.answers import Answers
    from dext_tasks.scaffold.destination import Destination
    from dext_tasks.scaffold.render import Scaffolded

_HELP = {
    "name": "folder and repository name of the extension, or . for the current folder; asked for if it is left out",
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
    from dext_tasks.console.prompt import somebody_answers

    given = {
        "image": image,
        "title": title,
        "description": description,
        "vendor": vendor,
        "publisher_url": publisher_url,
        "repository": repository,
        "category": category,
    }
    asks = somebody_answers() and not yes and not run.output.as_json
    folder, answers = _answered(run, name, given, asks=asks)
    if run.dry_run:
        _show_intention(run, answers, folder)
    else:
        _show(run, _made(answers, folder))


def _answered(run: Run, name: str, given: Mapping[str, str], *, asks: bool) -> tuple[Path, Answers]:
    """Where it is made, and every answer: what is given is judged before anything is asked or derived."""
    from dext_tasks.scaffold.answers import derive
    from dext_tasks.scaffold.destination import Destination
    from dext_tasks.scaffold.validation import require

    require({field: answer for field, answer in given.items() if answer})
    destination = Destination.of(run.folder, name)
    if asks:
        answers = _asked(run, destination, given)
    elif destination.name:
        answers = derive(destination.name, **given, origin=destination.origin)
    else:
        raise UsageError("the extension needs a name", remedy="write dext new NAME")
    return destination.folder_of(answers.name), answers


def _asked(run: Run, destination: Destination, given: Mapping[str, str]) -> Answers:
    from dext_tasks.console.prompt import Prompt, interruptible
    from dext_tasks.scaffold.questions import interview

    run.output.say("Return takes what is in brackets, Ctrl-C ends this and makes nothing.")
    try:
        with interruptible():
            known = {"name": destination.name, **given}
            return interview(known, Prompt(run.output), destination.fault_of, destination.origin_of)
    except (KeyboardInterrupt, EOFError):
        # Below the line that was being typed.
        run.output.say("")
        raise _nothing_made() from None


def _made(answers: Answers, folder: Path) -> Scaffolded:
    from dext_tasks.scaffold.answers import ANSWERS_FILE
    from dext_tasks.scaffold.render import render

    try:
        return render(answers, folder)
    except KeyboardInterrupt:
        if (folder / ANSWERS_FILE).exists():
            raise Interrupted(
                f"interrupted when {folder} was made already",
                remedy="see with `git status` what is not committed there",
            ) from None
        raise _nothing_made() from None


def _nothing_made() -> Interrupted:
    return Interrupted("interrupted, nothing was made", remedy="run it again when you are ready")


def _show(run: Run, made: Scaffolded) -> None:
    from dext_tasks.console.tables import scaffold_data, scaffold_lines

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
