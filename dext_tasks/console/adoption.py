"""What an adoption found and writes, for people and programs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from dext_tasks.checks.rule import Severity
from dext_tasks.console.prompt import Prompt
from dext_tasks.console.report import findings_table
from dext_tasks.console.table_layout import Table
from dext_tasks.redaction import masked
from dext_tasks.scaffold.adoption.answers import fault_of, place
from dext_tasks.scaffold.adoption.found import Unclear
from dext_tasks.scaffold.pipelines import PipelineSystem
from dext_tasks.scaffold.questions import Question
from dext_tasks.wording import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from dext_tasks.checks.report import Report, ReportedFault
    from dext_tasks.checks.rule import Finding
    from dext_tasks.console.output import Output
    from dext_tasks.scaffold.adoption.found import KnownValue, Survey
    from dext_tasks.scaffold.adoption.plan import Adoption, PlannedFile
    from dext_tasks.scaffold.adoption.record import Undoing

# Values of its setting may be secrets.
_ARGUMENTS: Final = "build.args"
_ORDER: Final = {severity: number for number, severity in enumerate(Severity)}
# What is left is counted; `inv check` shows all of it.
_MOST_FINDINGS: Final = 10
_NEXT: Final = ("check", "smoke", "release --dry-run")


class CheckedTree(NamedTuple):
    """What was found in the source tree of an extension.

    Attributes:
        report: All of it.
        fixable: The findings that `dext fix` can do something about.
    """

    report: Report
    fixable: tuple[Finding, ...] = ()

    def can_fix(self, fault: ReportedFault) -> bool:
        """Whether `dext fix` can do something about a fault."""
        return any(each in self.fixable for each in fault.findings)


def ask(survey: Survey, output: Output) -> Survey:
    """Ask what could not be told.

    Raises:
        EOFError: The input ended.
    """
    prompt = Prompt(output)
    for key, unclear in survey.questions.items():
        found = tuple(dict.fromkeys(each.value for each in unclear.candidates))
        meanings = {each.value: place(each.origins[0]) for each in unclear.candidates if each.origins}
        question = Question(key, f"{unclear.question} ({unclear.why})", "", found, meanings)
        answer = prompt(question, "")
        while fault := fault_of(survey, key, answer):
            answer = prompt(replace(question, excluded={answer: fault}), fault)
        survey = survey.answered(key, answer)
    return survey


def ask_pipeline(output: Output, none: str) -> PipelineSystem | None:
    """Ask whose pipeline is to be written, where the repository does not show which CI system it uses.

    Args:
        output: Where it is asked.
        none: What stands for no pipeline.

    Raises:
        EOFError: The input ended.
    """
    prompt = Prompt(output)
    question = Question("ci", "Whose pipeline shall be written?", none, (none, *PipelineSystem))
    answer = prompt(question, "") or none
    while answer not in question.choices:
        answer = prompt(question, "no such system") or none
    return None if answer == none else PipelineSystem(answer)


def plan_tables(adoption: Adoption, *, dry: bool) -> Iterator[Table]:
    """What was found out, a table an extension, and what is written.

    Args:
        adoption: The adoption.
        dry: Whether nothing will be changed.
    """
    for survey in adoption.surveys:
        rows = [(key, _shown(key, found), _from(found)) for key, found in survey.values.items()]
        yield Table(f"Found in {survey.root}", ("setting", "value", "from"), rows)
    if adoption.files:
        title = "Would write" if dry else "To write"
        yield Table(
            title, ("what", "file", "remark"), [(_what(each), each.path, _remark(each)) for each in adoption.files]
        )


def plan_lines(adoption: Adoption) -> Iterator[str]:
    """What people have to do themselves, and should know."""
    if not adoption.files:
        yield f"{adoption.folder} has all that can be added"
    for shown in adoption.shown:
        yield f"{shown.file} is left as it is: {shown.why}; add to it:"
        for line in shown.text.rstrip("\n").split("\n"):
            yield f"  {line}"
    for note in adoption.notes:
        yield f"note: {note}"
    for survey in adoption.surveys:
        last = survey.history.last
        told = last.value if last else "not known: there is no git tag of one"
        yield f"the last version of {survey.root.name} is {told}"


def findings_tables(adoption: Adoption, trees: Mapping[Path, CheckedTree]) -> Iterator[Table]:
    """The gravest findings of each extension, each with the command that puts it right, where there is one."""
    for survey in adoption.surveys:
        tree = trees[survey.root]
        report = tree.report
        if not report.findings:
            continue
        commands = {(each.rule.code, each.what): _fix_command(each, tree, survey, adoption) for each in report.faults}
        found = sorted(findings_table(report).rows, key=lambda row: _ORDER[Severity(row[1])])
        rows = [
            (severity, code, where, what, commands[code, what] or fix) for where, severity, code, what, fix in found
        ]
        left = len(rows) - _MOST_FINDINGS
        notes = [f"and {counted(left, 'finding')} more"] if left > 0 else []
        columns = ("severity", "rule", "where", "what", "fix")
        yield Table(f"Findings in {survey.root}", columns, rows[:_MOST_FINDINGS], notes=notes)


def _fix_command(fault: ReportedFault, tree: CheckedTree, survey: Survey, adoption: Adoption) -> str:
    """The command that does something about a fault; empty if it is for a person to put right."""
    if not tree.can_fix(fault):
        return ""
    where = "" if survey.root == adoption.folder else f" --path {survey.root.relative_to(adoption.folder).as_posix()}"
    return f"dext fix --rule {fault.rule.code}{where}"


def findings_lines(adoption: Adoption, trees: Mapping[Path, CheckedTree]) -> Iterator[str]:
    """How many findings of each severity there are."""
    for survey in adoption.surveys:
        report = trees[survey.root].report
        told = [counted(number, each.value) for each in Severity if (number := report.count(each))]
        yield f"a check of {survey.root} finds {', '.join(told) or 'nothing'}"


def next_lines(adoption: Adoption) -> Iterator[str]:
    """What to do after an adoption."""
    yield ""
    is_here = adoption.folder == Path.cwd()
    yield "Next:" if is_here else f"Next, in {adoption.folder}:"
    for command in next_commands(adoption):
        yield f"  {command}"


def next_commands(adoption: Adoption) -> list[str]:
    """The three commands that come next; of several extensions, those of the first."""
    first = adoption.members[0] if adoption.members else None
    # After a version, what the next one raises has to be said; a patch is the least.
    bump = " --bump patch" if adoption.surveys[0].history.last else ""
    commands = [f"{each}{bump}" if each.startswith("release") else each for each in _NEXT]
    if not adoption.has_tasks:
        where = f" --path {first.folder}" if first else ""
        return [f"dext {each}{where}" for each in commands]
    if first:
        return [f"inv {first.name}.{each}" for each in commands]
    return [f"inv {'dext.' if each.split()[0] in adoption.taken else ''}{each}" for each in commands]


def adoption_data(adoption: Adoption, trees: Mapping[Path, CheckedTree], *, dry: bool) -> dict[str, object]:
    """The same as data."""
    return {
        "dry_run": dry,
        "path": str(adoption.folder),
        "extensions": [_survey_data(adoption, each, trees.get(each.root)) for each in adoption.surveys],
        "files": [{"path": each.path, "what": _what(each), "line": each.line or None} for each in adoption.files],
        "shown": [{"path": each.file, "text": each.text, "why": each.why} for each in adoption.shown],
        "notes": list(adoption.notes),
        "next": next_commands(adoption),
    }


def undo_lines(undoing: Undoing, *, dry: bool) -> Iterator[str]:
    """What an undo does, a line a file."""
    would = "would be " if dry else ""
    for what, paths in (("removed", undoing.removed), ("restored", undoing.restored)):
        for path in paths:
            yield f"{would}{what}  {path}"
    for path in undoing.left:
        yield f"left  {path}, which was changed since"


def undo_data(undoing: Undoing, *, dry: bool) -> dict[str, object]:
    """The same as data."""
    return {
        "dry_run": dry,
        "path": str(undoing.record.folder),
        "removed": list(undoing.removed),
        "restored": list(undoing.restored),
        "left": list(undoing.left),
    }


def _survey_data(adoption: Adoption, survey: Survey, tree: CheckedTree | None) -> dict[str, object]:
    return {
        "path": str(survey.root),
        "values": {key: _value_data(key, found) for key, found in survey.values.items()},
        "last_version": survey.history.last.value if survey.history.last else None,
        "findings": _findings_data(adoption, survey, tree) if tree else None,
    }


def _findings_data(adoption: Adoption, survey: Survey, tree: CheckedTree) -> dict[str, object]:
    report = tree.report
    faults = sorted(report.faults, key=lambda each: _ORDER[each.rule.severity])
    return {
        "counts": {each.value: report.count(each) for each in Severity},
        "gravest_first": [
            {
                "rule": each.rule.code,
                "severity": each.rule.severity.value,
                "what": each.what,
                "command": _fix_command(each, tree, survey, adoption) or None,
            }
            for each in faults
        ],
    }


def _value_data(key: str, found: KnownValue[object] | Unclear) -> dict[str, object]:
    assert not isinstance(found, Unclear)  # noqa: S101 - everything was answered
    value = _unsecret(found.value) if key == _ARGUMENTS else found.value
    return {"value": value, "from": [origin._asdict() for origin in found.origins]}


def _unsecret(value: object) -> dict[str, str]:
    return dict(masked(tuple(value.items()))) if isinstance(value, dict) else {}


def _shown(key: str, found: KnownValue[object] | Unclear) -> str:
    if isinstance(found, Unclear):
        return "?"
    value = _unsecret(found.value) if key == _ARGUMENTS else found.value
    if isinstance(value, dict):
        return ", ".join(f"{name}={text}" for name, text in value.items())
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _from(found: KnownValue[object] | Unclear) -> str:
    if isinstance(found, Unclear):
        return found.why
    if not found.origins:
        return "default"
    more = f" and {len(found.origins) - 1} more" if len(found.origins) > 1 else ""
    return f"{place(found.origins[0])}{more}"


def _what(file: PlannedFile) -> str:
    return "extended" if file.before else "new"


def _remark(file: PlannedFile) -> str:
    return f"line {file.line}" if file.line else ""
