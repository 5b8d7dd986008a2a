"""Workflows of GitHub Actions: the steps of all jobs, with the expressions in them replaced as far as reading shows.

https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import islice, product
from typing import TYPE_CHECKING, Final, NamedTuple

from dext_tasks.formats.compose.tree import Mapping as YamlMapping
from dext_tasks.formats.compose.tree import Scalar, TreeError, Value, read
from dext_tasks.formats.compose.tree import Sequence as YamlSequence
from dext_tasks.formats.gaps import Gaps, without_private
from dext_tasks.regex import regex

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_EXPRESSION = regex(r"\$\{\{([^{}]{0,400})\}\}")
_MOST_STEPS: Final = 2000
_MOST_VARIANTS: Final = 24
# A value that holds another one twice doubles with each of them.
_MOST_REPLACED: Final = 200
_LONGEST: Final = 4096


class WorkflowStep(NamedTuple):
    """A step of a job, for one combination of the job's matrix.

    Attributes:
        line: Of the step, from 1.
        run: The script; empty if it runs none.
        run_line: Of the script's first line.
        uses: The action, without its version; empty if it uses none.
        inputs: Of the action.
        lines: Line of each input.
        env: Variables that the script sees.
        folder: Where the script runs, from the top of the repository.
        name: Its ``id``.
    """

    line: int
    run: str
    run_line: int
    uses: str
    inputs: Mapping[str, str]
    lines: Mapping[str, int]
    env: Mapping[str, str]
    folder: str
    name: str


@dataclass(frozen=True)
class Expressions:
    """What expressions stand for.

    Attributes:
        gaps: Where unknown parts are kept.
        known: Values by the expression that stands for them, as ``env.IMAGE``.
    """

    gaps: Gaps
    known: Mapping[str, str] = field(default_factory=dict)

    def with_more(self, more: Mapping[str, str], context: str) -> Expressions:
        """The same with the values of one context, each expanded by what is known before it."""
        made = dict(self.known)
        for name, value in more.items():
            made[f"{context}.{name}"] = Expressions(self.gaps, made).expand(value)[:_LONGEST]
        return Expressions(self.gaps, made)

    def expand(self, text: str) -> str:
        """A text with its expressions replaced."""
        if "${{" not in text:
            return text
        return _EXPRESSION.sub(lambda found: self._value(" ".join(found[1].split()))[:_LONGEST], text, _MOST_REPLACED)

    def _value(self, expression: str) -> str:
        # `a || 'b'`: the first that is known.
        for part in expression.split("||"):
            bare = part.strip()
            if bare in self.known:
                return self.known[bare]
            if len(bare) > 1 and bare[0] == bare[-1] == "'":
                return bare[1:-1]
        return self.gaps.mark(expression)


def steps(content: bytes, gaps: Gaps, known: Mapping[str, str]) -> Iterator[WorkflowStep]:
    """The steps of a workflow; what is no workflow has none.

    Args:
        content: The file.
        gaps: Where unknown parts are kept.
        known: What is known of expressions beforehand, as ``github.repository``.
    """
    try:
        root = read(content)
    except TreeError:
        return
    jobs = root.get("jobs") if isinstance(root, YamlMapping) else None
    if not isinstance(root, YamlMapping) or not isinstance(jobs, YamlMapping):
        return
    whole = Expressions(gaps, known).with_more(texts(root.get("env")), "env")
    made = (step for job in jobs.entries.values() if isinstance(job, YamlMapping) for step in _of_job(root, job, whole))
    yield from islice(made, _MOST_STEPS)


def _of_job(root: YamlMapping, job: YamlMapping, whole: Expressions) -> Iterator[WorkflowStep]:
    found = job.get("steps")
    for matrix in _matrix(job):
        here = whole.with_more(matrix, "matrix").with_more(texts(job.get("env")), "env")
        folder = _folder(job) or _folder(root)
        for step in found.items if isinstance(found, YamlSequence) else ():
            if isinstance(step, YamlMapping):
                yield _step(step, here, folder)


def _step(step: YamlMapping, around: Expressions, folder: str) -> WorkflowStep:
    here = around.with_more(texts(step.get("env")), "env")
    given = step.get("with")
    run = step.get("run")
    inputs = {key: here.expand(value) for key, value in texts(given).items()}
    # The text of a block begins on the line after its key.
    run_line = (run.line + (1 if isinstance(run, Scalar) and "\n" in run.text else 0)) if run else 0
    return WorkflowStep(
        line=step.line,
        run=here.expand(text_of(run)),
        run_line=run_line,
        uses=text_of(step.get("uses")).partition("@")[0],
        inputs=inputs,
        lines=given.lines if isinstance(given, YamlMapping) else {},
        env={key.removeprefix("env."): value for key, value in here.known.items() if key.startswith("env.")},
        folder=here.expand(text_of(step.get("working-directory")) or folder),
        name=text_of(step.get("id")),
    )


def _folder(value: YamlMapping) -> str:
    """The working directory of all scripts below."""
    defaults = value.get("defaults")
    run = defaults.get("run") if isinstance(defaults, YamlMapping) else None
    return text_of(run.get("working-directory")) if isinstance(run, YamlMapping) else ""


def _matrix(job: YamlMapping) -> tuple[Mapping[str, str], ...]:
    """The combinations of a job's matrix; one without values where there is none."""
    strategy = job.get("strategy")
    matrix = strategy.get("matrix") if isinstance(strategy, YamlMapping) else None
    if not isinstance(matrix, YamlMapping):
        return ({},)
    axes = {
        key: [text_of(item) for item in value.items if isinstance(item, Scalar)]
        for key, value in matrix.entries.items()
        if key not in {"include", "exclude"} and isinstance(value, YamlSequence)
    }
    axes = {key: values for key, values in axes.items() if values}
    made = [dict(zip(axes, each, strict=True)) for each in islice(product(*axes.values()), _MOST_VARIANTS)]
    included = matrix.get("include")
    more = [texts(item) for item in included.items] if isinstance(included, YamlSequence) else []
    if not axes:
        return tuple(more[:_MOST_VARIANTS]) or ({},)
    for entry in more:
        fitting = [
            each for each in made if all(each.get(key, value) == value for key, value in entry.items() if key in axes)
        ]
        for each in fitting:
            each.update(entry)
        if not fitting:
            made.append(entry)
    return tuple(made[:_MOST_VARIANTS])


def text_of(value: Value | None) -> str:
    """The text of a scalar; empty for anything else."""
    return without_private(value.text) if isinstance(value, Scalar) else ""


def texts(value: Value | None) -> dict[str, str]:
    """The scalars of a mapping by their keys."""
    if not isinstance(value, YamlMapping):
        return {}
    return {key: text_of(each) for key, each in value.entries.items() if isinstance(each, Scalar)}
