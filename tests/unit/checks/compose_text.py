"""Compose files for the tests of rules on them: a service of the extension's own, and a second one."""

from __future__ import annotations

from dext_tasks.checks.catalogue import declared_in
from dext_tasks.checks.rules import compose_file, compose_image, compose_machine
from dext_tasks.formats.oci.reference import Reference
from tests.unit.checks.fake_source import FakeSource, compose

OF_OTHER_SOURCES = {
    *("composefile-absent", "composefile-nowhere", "compose-side-file-absent"),
    *("compose-image-absent", "compose-image-platform-missing", "compose-image-unanswered"),
}
COMPOSE_RULES = [
    rule
    for family in (compose_file, compose_image, compose_machine)
    for rule in declared_in(family)
    if rule.code not in OF_OTHER_SOURCES
]
OWN_SERVICE = """services:
  web:
    image: ${DESKTOP_PLUGIN_IMAGE}
"""


def composed(text: str | bytes | None) -> FakeSource:
    """A source with this compose file; None for none."""
    return FakeSource(compose=[compose(text)])


def found_in_compose(text: str) -> dict[str, list[tuple[str, int]]]:
    """What is found, each with its line, by code."""
    problems = {rule.code: list(rule.ask(composed(text.encode()))) for rule in COMPOSE_RULES}
    return {code: [(each.what, each.place.line) for each in said] for code, said in problems.items() if said}


WAITS = "    depends_on: {db: {condition: service_completed_successfully}}"


def second_service(lines: str) -> str:
    """A compose file whose second service, db, has these lines."""
    return f"{OWN_SERVICE}  db:\n    image: postgres:17.2\n    {lines}\n"


def published_as_demo(text: str) -> FakeSource:
    """The same of an extension that is published as acme/demo."""
    return FakeSource(compose=[compose(text)], own_image=Reference.parse("acme/demo"))
