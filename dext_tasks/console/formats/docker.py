"""The part of the report that Docker's validator would print, in its own order and wording.

Wording: https://github.com/docker/extensions-submissions (test/validation_outputs) and the issues the rules name.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dext_tasks.console.output import uncommanding, visible

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dext_tasks.checks.rule import Finding, Rule
    from dext_tasks.checks.run import Checked
    from dext_tasks.errors import DextError

_DOCS = "https://docs.docker.com/desktop/extensions-sdk/extensions"
_SUBMIT = "please submit it for publication at https://www.docker.com/products/extensions/submissions/"
_FOUND_TAG = "greatest semver tag resolved: "


@dataclass(frozen=True)
class _Step:
    """A step of the validator.

    Attributes:
        said: When it is done, with or without errors, which follow.
        parts: What of it is in the rules that mirror it.
        advice: Said after its errors.
        is_done: Whether a check does what the step says.
    """

    said: str
    parts: tuple[str, ...] = ()
    advice: str = ""
    is_done: bool = True

    def has(self, rule: Rule) -> bool:
        """Whether a rule mirrors a part of it."""
        return rule.docker.startswith((self.said, *self.parts)) if rule.docker else False


_STEPS = (
    _Step(
        "Checked image labels",
        ("(required) image label",),
        f"Image labels check failed. Learn more at: {_DOCS}/labels/",
    ),
    _Step("Checked metadata.json", ("metadata.json",)),
    _Step("Checked image tag is semver"),
    _Step(
        "Checked image is multiplatform",
        ("the image for platform",),
        'Use "--platform=linux/amd64,linux/arm64" when building and pushing your image to DockerHub. '
        f"Learn more at: {_DOCS}/multi-arch/",
    ),
    _Step("Checked extension is compatible with current SDK version", ("image label",)),
    # A check installs nothing: what would stop an installation is said, and never that one succeeded.
    _Step("Installed extension", is_done=False),
)


def docker(checked: Checked) -> str:
    """Each step that was checked, with its errors as the validator would report them, then its verdict."""
    lines = [
        f"INFO Tag not specified, {note.partition(',')[0]}" for note in checked.notes if note.startswith(_FOUND_TAG)
    ]
    for step in _STEPS:
        lines += _step(step, checked)
    # Not the validator's words, which is told one image.
    said = [f"INFO Looked at {each}" for each in checked.said]
    return "".join(map(_printed, (*said, *lines, *_verdict(checked))))


def docker_failure(error: DextError) -> str:
    """The line of a check that could not be made."""
    return _printed(f"ERRO {error.message}")


def _printed(line: str) -> str:
    return f"{uncommanding(visible(line))}\n"


def _step(step: _Step, checked: Checked) -> Iterator[str]:
    report = checked.report
    silent = {*report.docker_silent}
    if all(rule.code in silent for rule in report.known if step.has(rule)):
        return
    if step.is_done:
        yield f"INFO {step.said}"
    found = [*report.findings, *(each.finding for each in report.accepted)]
    errors = dict.fromkeys(
        _line(each, step) for each in found if each.rule.code in report.docker_rules and step.has(each.rule)
    )
    yield from errors
    if errors and step.advice:
        yield step.advice


def _line(finding: Finding, step: _Step) -> str:
    template = finding.rule.docker
    if finding.docker or "KEY" in template or "PLATFORM" in template:
        return f"ERRO {finding.docker_says}"
    # The validator's failing text was never seen.
    platform = f" ({finding.place.platform})" if finding.place.platform else ""
    return f"ERRO {finding.what}{platform}" if template == step.said else f"ERRO {template}: {finding.what}{platform}"


def _verdict(checked: Checked) -> tuple[str, ...]:
    named = f'The extension "{checked.reference}"'
    match checked.report.would_pass:
        case True:
            return (
                f"{named} passes the validation checks.",
                f"If you want to make your extension available in the marketplace, {_SUBMIT}",
            )
        case False:
            return (
                f"{named} hasn't passed the checks to be published.",
                "Please fix the errors above and run the validate command again.",
            )
    silent = checked.report.docker_silent
    why = f"not checked: {', '.join(silent)}" if silent else "BuildKit refuses its Dockerfile"
    # Not the validator's words, which always knows.
    return (f"{named} may or may not pass the validation checks; {why}",)
