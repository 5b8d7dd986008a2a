"""dext fix."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from dext_tasks.config.settings import CHECK, names_in
from dext_tasks.errors import ConfirmationNeededError, FileAccessError, UsageError
from dext_tasks.errors import InterruptedError as Interrupted
from dext_tasks.tasks.verb import verb
from dext_tasks.wording import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dext_tasks.checks.fixes.edit import Choice, Fix
    from dext_tasks.checks.fixing import Fixing, FixRequest
    from dext_tasks.checks.rule import Finding, Rule
    from dext_tasks.console.output import Output
    from dext_tasks.tasks.run import Run

_OPTIONS = ("platforms", "dockerfile", "metadata", "build_args", "build_target", *names_in(CHECK))
_HELP = {
    "rule": "fix only what this rule finds (repeatable)",
    "yes": "write without asking; what has several right answers is left",
    "list": "list the rules that can be fixed, and fix nothing",
}


@verb(options=_OPTIONS, help=_HELP, repeated={"rule": "CODE"}, changes=True, example="--dry-run")
def fix(
    run: Run,
    rule: Sequence[str] = (),
    yes: bool = False,
    list: bool = False,  # noqa: A002 - the flag's name
) -> None:
    """Fix what check finds where one answer is right; the diff is shown before anything is written."""
    if list:
        _list(run)
        return
    from dext_tasks.checks.fixing import fix_all
    from dext_tasks.console import prompt

    asks = not (run.dry_run or yes or run.output.as_json) and prompt.somebody_answers()
    request = _request(run, rule)
    fixing = fix_all(run.project, request, partial(_decide, run.output) if asks else lambda *_: None)
    _show(run, fixing, "left without an answer" if asks else "run it in a terminal to choose")
    if fixing.changes and not run.dry_run:
        _write(run, fixing, yes=yes)
    _end(run, fixing, request)


def _list(run: Run) -> None:
    from dext_tasks.console.fixing import fixable_data, fixable_table

    rules = _every_rule()
    run.output.table(fixable_table(rules), result=True)
    run.output.data(fixable_data(rules))


def _every_rule() -> tuple[Rule, ...]:
    from dext_tasks.checks.catalogue import RULES
    from dext_tasks.checks.run import optional_rules

    return (*RULES, *optional_rules())


def _request(run: Run, codes: Sequence[str]) -> FixRequest:
    from dext_tasks.checks.explanation import find
    from dext_tasks.checks.fixing import FixRequest
    from dext_tasks.checks.rule import Repair
    from dext_tasks.checks.run import CheckRequest, chosen

    for code in codes:
        found = find(_every_rule(), code)
        if found.repair is Repair.BY_HAND:
            raise UsageError(
                f"what {code} finds cannot be fixed without its author",
                remedy=f"`dext check --explain {code}` says what to do; `dext fix --list` shows what can be fixed",
            )
    rules, selection = chosen(CheckRequest(), run.settings)
    return FixRequest(rules, selection, frozenset(codes))


def _decide(output: Output, finding: Finding, choice: Choice) -> Fix | None:
    """Ask which answer is right; none of them where nothing, or nothing that is offered, is typed."""
    from dext_tasks.console import prompt
    from dext_tasks.console.fixing import option_line

    output.say("")
    output.say(f"{finding.rule.code}, {finding.place}: {finding.what}")
    output.say(f"{choice.question} (Enter leaves it)")
    for number, (words, _) in enumerate(choice.options, start=1):
        output.say(option_line(number, words))
    numbered = {str(number): fix for number, (_, fix) in enumerate(choice.options, start=1)}
    while True:
        try:
            with prompt.interruptible():
                answer = prompt.read_line("> ").strip()
        except EOFError:
            return None
        if not answer or answer in numbered:
            return numbered.get(answer)
        output.say(f"  answer with one of {', '.join(numbered)}, or with Enter alone", style="yellow")


def _show(run: Run, fixing: Fixing, advice: str) -> None:
    from dext_tasks.console.diff import diff_lines
    from dext_tasks.console.fixing import fix_lines, undecided_lines

    # A program gets whole lines.
    for line in diff_lines(fixing.changes, 80 if run.output.is_read_by_people else 0):
        run.output.say(line.text, line.style, result=True)
    for text in fix_lines(fixing):
        run.output.say(text)
    if fixing.undecided:
        run.output.say(f"Several answers are right; {advice}:")
    for text in undecided_lines(fixing):
        run.output.say(f"  {text}")


def _write(run: Run, fixing: Fixing, *, yes: bool) -> None:
    """Write all files or none, once that is confirmed.

    Raises:
        ConfirmationNeededError: Nobody confirms it.
        FileAccessError: A file cannot be written, or is another one by now.
        HalfWrittenError: A run before was killed while it wrote files.
    """
    from dext_tasks.scaffold.file_changes import FileState
    from dext_tasks.scaffold.file_replacing import replace_files, require_whole
    from dext_tasks.tasks.question import confirm

    root = run.project.root.resolve()
    require_whole(root)
    files = counted(len(fixing.changes), "file")
    try:
        confirm(f"Write this to {files}?", yes=yes, output=run.output)
    except ConfirmationNeededError as error:
        raise ConfirmationNeededError(error.message, remedy="add --yes if the diff above is right") from None
    states: dict[str, FileState | None] = {}
    for change in fixing.changes:
        now = FileState.read(root / change.file)
        if now.content != change.before:
            raise FileAccessError(f"{change.file} has changed since it was read", remedy="run it again")
        states[change.file] = FileState(change.after, now.is_executable or change.runs)
    try:
        with replace_files(root, states):
            pass
    except KeyboardInterrupt:
        raise Interrupted("interrupted, nothing was changed", remedy="run it again when you are ready") from None


def _end(run: Run, fixing: Fixing, request: FixRequest) -> None:
    from dext_tasks.checks.fixing import DraftTree
    from dext_tasks.console.fixing import fixing_data, left_line
    from dext_tasks.console.intentions import NOTHING_CHANGED

    output = run.output
    if not fixing.changes:
        output.say("nothing to fix without a choice of yours" if fixing.undecided else "nothing to fix", result=True)
    elif run.dry_run:
        output.say(NOTHING_CHANGED)
    else:
        output.say(f"fixed {counted(len(fixing.fixes), 'fault')} in {counted(len(fixing.changes), 'file')}", "green")
    # What is on disk is what is told of.
    report = fixing.report if run.dry_run else request.check(DraftTree(run.project))
    output.say(left_line(report, run.project.command("check")))
    output.data(fixing_data(fixing, dry=run.dry_run))
