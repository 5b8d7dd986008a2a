"""dext new."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from dext_tasks.errors import InterruptedError as Interrupted
from dext_tasks.errors import UsageError
from dext_tasks.tasks.verb import verb

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dext_tasks.scaffold.answers import Answers
    from dext_tasks.scaffold.destination import Destination
    from dext_tasks.scaffold.render import Scaffolded
    from dext_tasks.tasks.run import Run

_HELP = {
    "name": "folder and repository name of the extension, or . for the current folder; asked for if it is left out",
    "image": "what it is published as: [HOST[:PORT]/]ORG/NAME",
    "title": "what people see in the dashboard",
    "description": "what it does, in one line",
    "vendor": "person or organisation that publishes it",
    "publisher_url": "the vendor's web page",
    "repository": "web address of its source",
    "category": "one of the marketplace's categories",
    "frontend": "what the page is made of; --list shows the choices of this flag and of those like it",
    "backend": "what answers the page",
    "compose": "add a second service with a volume beside the backend",
    "host_binaries": "add a program that runs on the host",
    "ci": "whose pipeline it gets",
    "license": "SPDX identifier of the licence of its source, or none",
    "year": "year of the copyright notice, the current one if not given",
    "updates": "what proposes newer versions of what is pinned",
    "api_version": "versions of the extension API that it runs with, such as '>= 0.3.4'",
    "answers": "YAML or JSON file of answers by their names, such as another extension's .copier-answers.yml",
    "data": "one more answer; it wins over that of the file, and a flag over both (repeatable)",
    "defaults": "ask nothing, take the defaults for what is not given",
    "yes": "the same as --defaults",
    "list": "list every question with its choices, and make nothing",
    "force": "take a folder that holds files: replace those that the template makes, and leave the rest",
}


@verb(
    help=_HELP,
    positional=("name",),
    repeated={"data": "KEY=VALUE"},
    switches=("compose", "host_binaries"),
    changes=True,
    example="my-extension --image my-org/my-extension",
)
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
    frontend: str = "",
    backend: str = "",
    compose: bool | str = "",
    host_binaries: bool | str = "",
    ci: str = "",
    license: str = "",  # noqa: A002 - the answer's name
    year: str = "",
    updates: str = "",
    api_version: str = "",
    answers: str = "",
    data: Sequence[str] = (),
    defaults: bool = False,
    yes: bool = False,
    list: bool = False,  # noqa: A002 - what people look for
    force: bool = False,
) -> None:
    """Make a new extension in a folder of its own."""
    if list:
        _show_questions(run)
        return
    flags = {
        "name": name,
        "image": image,
        "title": title,
        "description": description,
        "vendor": vendor,
        "publisher_url": publisher_url,
        "repository": repository,
        "category": category,
        "frontend": frontend,
        "backend": backend,
        "compose": compose,
        "host_binaries": host_binaries,
        "ci": ci,
        "license": license,
        "year": year,
        "updates": updates,
        "api_version": api_version,
    }
    _make(run, _given(answers, data, flags), is_quiet=defaults or yes, force=force)


def _given(file: str, pairs: Sequence[str], flags: Mapping[str, str | bool]) -> dict[str, str]:
    from datetime import date

    from dext_tasks.scaffold.given import answers_of_file, answers_of_pairs, together

    today = {"year": f"{date.today():%Y}"}  # noqa: DTZ011 - that of the person who publishes
    of_pairs = answers_of_pairs(pairs)
    if "folder" in of_pairs:
        raise UsageError(
            "--data folder=… follows from where the extension is made", remedy="write dext new FOLDER/NAME"
        )
    of_file = answers_of_file(Path(file)) if file else {}
    # Where another extension is.
    of_file.pop("folder", None)
    return together(today, of_file, of_pairs, flags)


def _make(run: Run, given: Mapping[str, str], *, is_quiet: bool, force: bool) -> None:
    from dext_tasks.console.prompt import somebody_answers

    asks = somebody_answers() and not is_quiet and not run.output.as_json
    folder, answers = _answered(run, given, asks=asks, force=force)
    if run.dry_run:
        _show_intention(run, answers, folder, force=force)
    else:
        _show(run, _made(answers, folder, force=force))


def _answered(run: Run, given: Mapping[str, str], *, asks: bool, force: bool) -> tuple[Path, Answers]:
    """Where it is made, and every answer: what is given is judged before anything is asked or derived."""
    from dext_tasks.scaffold.answers import derive
    from dext_tasks.scaffold.destination import Destination
    from dext_tasks.scaffold.repository import require_git
    from dext_tasks.scaffold.validation import require

    others = {name: answer for name, answer in given.items() if name != "name"}
    require(others)
    destination = Destination.of(run.folder, given.get("name", ""), force=force)
    if not (asks or destination.name):
        raise UsageError("the extension needs a name", remedy="write dext new NAME")
    if not run.dry_run:
        require_git(run.folder)
    found = asdict(destination.found)
    if asks:
        answers = _asked(run, destination, others)
    else:
        answers = derive(destination.name, **others, **found)
        # What follows from others is judged as if it were given: an image of docker/… makes nobody Docker.
        require(answers.written())
    return destination.folder_of(answers.name), answers


def _show_questions(run: Run) -> None:
    from dext_tasks.console.scaffolding import questions_data, questions_table
    from dext_tasks.scaffold.questions import listed

    run.output.table(questions_table(listed()), result=True)
    run.output.data(questions_data(listed()))


def _asked(run: Run, destination: Destination, given: Mapping[str, str]) -> Answers:
    from dext_tasks.console.prompt import Prompt, interruptible
    from dext_tasks.scaffold.questions import interview

    run.output.say("Return takes what is in brackets, Ctrl-C ends this and makes nothing.")
    try:
        with interruptible():
            known = {"name": destination.name, **given}
            return interview(known, Prompt(run.output), destination.fault_of, destination.around)
    except (KeyboardInterrupt, EOFError):
        # Below the line that was being typed.
        run.output.say("")
        raise _nothing_made() from None


def _made(answers: Answers, folder: Path, *, force: bool) -> Scaffolded:
    from dext_tasks.scaffold.answers import ANSWERS_FILE
    from dext_tasks.scaffold.render import render

    try:
        return render(answers, folder, force=force)
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
    from dext_tasks.console.scaffolding import scaffold_data, scaffold_lines

    # Before the lines for people, so that these end with what to do next.
    run.output.result(str(made.path))
    for line in scaffold_lines(made):
        run.output.say(line)
    run.output.data(scaffold_data(made))


def _show_intention(run: Run, answers: Answers, folder: Path, *, force: bool) -> None:
    from dext_tasks.console.intentions import NOTHING_CHANGED
    from dext_tasks.console.scaffolding import scaffold_intention_data, scaffold_intention_lines
    from dext_tasks.scaffold.render import preview

    planned = preview(answers, folder, force=force)
    for line in scaffold_intention_lines(planned):
        run.output.say(line, result=True)
    run.output.say(NOTHING_CHANGED)
    run.output.data(scaffold_intention_data(planned))
