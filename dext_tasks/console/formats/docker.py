"""The part of the report that Docker's validator would print, in its own order and wording.

Wording: https://github.com/docker/extensions-submissions (test/validation_outputs) and the issues the rules name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dext_tasks.checks.rule import DockerStep
from dext_tasks.console.text import uncommanding, visible

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dext_tasks.checks.rule import Finding
    from dext_tasks.checks.run import Checked
    from dext_tasks.errors import DextError

_DOCS = "https://docs.docker.com/desktop/extensions-sdk/extensions"
_SUBMIT = "please submit it for publication at https://www.docker.com/products/extensions/submissions/"
# Said after the errors of a step.
_ADVICE = {
    DockerStep.LABELS: f"Image labels check failed. Learn more at: {_DOCS}/labels/",
    DockerStep.PLATFORMS: 'Use "--platform=linux/amd64,linux/arm64" when building and pushing your image to DockerHub. '
    f"Learn more at: {_DOCS}/multi-arch/",
}
# A check installs nothing: what would stop an installation is said, and never that one succeeded.
_NOT_DONE = frozenset({DockerStep.INSTALLATION})


def docker(checked: Checked) -> str:
    """Each step that was checked, with its errors as the validator would report them, then its verdict."""
    # Not the validator's words, which is told one image.
    lines = [f"INFO Looked at {each}" for each in checked.said]
    if checked.resolution:
        lines.append(f"INFO Tag not specified, greatest semver tag resolved: {checked.resolution.tag}")
    for step in DockerStep:
        lines += _step(step, checked)
    return "".join(map(_printed, (*lines, *_verdict(checked))))


def docker_failure(error: DextError) -> str:
    """The line of a check that could not be made."""
    return _printed(f"ERRO {error.message}")


def _printed(line: str) -> str:
    return f"{uncommanding(visible(line))}\n"


def _step(step: DockerStep, checked: Checked) -> Iterator[str]:
    report = checked.report
    silent = {*report.docker_silent}
    if all(rule.code in silent for rule in report.known if rule.step is step):
        return
    if step not in _NOT_DONE:
        yield f"INFO {step}"
    found = [*report.findings, *(each.finding for each in report.accepted)]
    errors = dict.fromkeys(
        _line(each) for each in found if each.rule.code in report.docker_rules and each.rule.step is step
    )
    yield from errors
    if errors and step in _ADVICE:
        yield _ADVICE[step]


def _line(finding: Finding) -> str:
    if finding.docker:
        return f"ERRO {finding.docker}"
    # The validator's failing text was never seen.
    platform = f" ({finding.place.platform})" if finding.place.platform else ""
    return f"ERRO {finding.what}{platform}"


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
