from __future__ import annotations

import pytest

from dext_tasks.checks.catalogue import declared_in
from dext_tasks.checks.rules import docker_desktop
from dext_tasks.extension import labels
from tests.unit.checks.portable_extension import COMPLETES, COMPOSE, GUEST, LABELS, UNEXPOSED, Portable, found_where

FAILURES: list[tuple[str, Portable, tuple[str, str]]] = [
    (
        "docker-desktop-socket-unexposed",
        {"metadata": UNEXPOSED, "dockerfile": f'FROM a AS b\nENTRYPOINT ["{GUEST}"]\nFROM b\n'},
        ("ENTRYPOINT names /run/guest-services, which vm.exposes.socket does not ask for", "Dockerfile:2"),
    ),
    (
        "docker-desktop-service-socket-unexposed",
        {"metadata": UNEXPOSED, "compose": COMPOSE + f"    entrypoint: [/server, {GUEST}]\n"},
        (f"service web is started with {GUEST}", "compose.yaml:4"),
    ),
    (
        "docker-desktop-service-completes",
        {"compose": COMPLETES},
        ("service b waits until web has completed", "compose.yaml:2"),
    ),
    (
        "docker-desktop-api-version-missing",
        {"labels": {**LABELS, labels.API_VERSION: ""}},
        (f"label {labels.API_VERSION} is missing or empty", f"Dockerfile:1, label {labels.API_VERSION}"),
    ),
    (
        "docker-desktop-user",
        {"dockerfile": "FROM a\nUSER root\nUSER app:app\n"},
        ("USER is app, who cannot write to /run/guest-services", "Dockerfile:3"),
    ),
]


@pytest.mark.parametrize(("code", "told", "problem"), FAILURES)
def test_what_it_fails_on(code: str, told: Portable, problem: tuple[str, str]) -> None:
    assert found_where(code, **told) == [problem]


def test_every_rule_is_shown_to_fail() -> None:
    assert {code for code, _, _ in FAILURES} == {rule.code for rule in declared_in(docker_desktop)}
