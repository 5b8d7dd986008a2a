"""Rules on the screenshots that a label links to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dext_tasks.checks.addresses import GUARDED_PICTURE, OK, answers, not_picture, not_served, screenshots
from dext_tasks.checks.documentation import LABEL_DOCS
from dext_tasks.checks.label_lookup import BREAKING, json_mistakes
from dext_tasks.checks.rule import DockerStep, Problem, Repair, Severity, rule
from dext_tasks.extension.labels import SCREENSHOTS
from dext_tasks.formats.pictures import identify

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dext_tasks.sources.source import Source

_RECOMMENDED = (2400, 1600)


@rule(
    code="screenshots-invalid",
    title="screenshots are a JSON array of objects with alt and url",
    severity=Severity.ERROR,
    step=DockerStep.LABELS,
    why="Docker's validator parses the label as the image has it, after the Dockerfile's quoting",
    fix="correct the JSON at the line and column given, which count in the label's value",
    source="https://github.com/docker/extensions-submissions/issues/218",
    repair=Repair.SURE,
)
def _screenshots_invalid(source: Source) -> Iterator[Problem]:
    return json_mistakes(source, SCREENSHOTS, BREAKING)


@rule(
    code="screenshot-small",
    title="screenshots are at least 2400 x 1600 pixels",
    severity=Severity.NOTE,
    why="smaller ones look blurred on the marketplace's page",
    fix="take the screenshot in a larger window or at twice the scale",
    source=LABEL_DOCS,
)
def _small(source: Source) -> Iterator[Problem]:
    for address, answer in answers(source, screenshots):
        picture = identify(answer.content) if answer.status == OK else None
        if picture and picture.has_size and (picture.width < _RECOMMENDED[0] or picture.height < _RECOMMENDED[1]):
            size = f"{picture.width} x {picture.height}"
            yield address.problem(f"is {size} pixels; {_RECOMMENDED[0]} x {_RECOMMENDED[1]} are recommended")


@rule(
    code="screenshot-not-served",
    title="every screenshot's address answers",
    severity=Severity.ERROR,
    why="users see a broken picture; Docker's validator does not look, its reviewers do",
    fix="put the screenshot where it stays, and give that address",
    source="https://github.com/docker/extensions-submissions/issues/161",
)
def _not_served(source: Source) -> Iterator[Problem]:
    return not_served(source, screenshots, GUARDED_PICTURE)


@rule(
    code="screenshot-not-picture",
    title="every screenshot's address answers with a picture",
    severity=Severity.WARNING,
    why="browsers show nothing for an address that answers with a page or plain text",
    fix="give the address of the file itself, not of a page about it",
    source=LABEL_DOCS,
)
def _not_picture(source: Source) -> Iterator[Problem]:
    return not_picture(source, screenshots)
