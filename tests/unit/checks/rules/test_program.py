from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from dext_tasks.checks import catalogue
from dext_tasks.checks.selection import Selection
from dext_tasks.sources.source import NotOfferedError
from dext_tasks.sources.tree import TreeSource
from tests.unit.checks.fake_source import BY_CODE

if TYPE_CHECKING:
    from tests.unit.conftest import MakeProject

RULES = Selection(("program-nowhere*",)).chosen(catalogue.RULES)
CODES = [rule.code for rule in RULES]
BACKEND = json.dumps({"vm": {"image": "${DESKTOP_PLUGIN_IMAGE}"}})
COMPOSE = json.dumps({"vm": {"composefile": "compose.yaml"}})
SERVICE = "services: {a: {image: '${DESKTOP_PLUGIN_IMAGE}'}}"


def asked(make_project: MakeProject, dockerfile: str, metadata: str = BACKEND, **files: str) -> list[tuple[str, ...]]:
    """Codes, texts and places of what is found; of what cannot be told, code and reason."""
    text = f"{dockerfile}\nCOPY metadata.json *.yaml /\n"
    shipped = {"Dockerfile": text, "metadata.json": metadata, "service": "x", "bin/run.sh": "x"}
    tree = TreeSource(make_project({**shipped, **files}))
    said: list[tuple[str, ...]] = []
    for code in CODES:
        try:
            said += [(code, problem.what, str(problem.place)) for problem in BY_CODE[code].ask(tree)]
        except NotOfferedError as silence:
            said.append((code, f"not checked: {silence}"))
    return said


@pytest.mark.parametrize(
    ("dockerfile", "what"),
    [
        ('FROM scratch\nCMD ["/service"]', "CMD: /service is put there by nothing"),
        ('FROM scratch\nENTRYPOINT ["/service", "-x"]', "ENTRYPOINT: /service is put there by nothing"),
        ('FROM alpine:3.22\nENTRYPOINT ["/service"]', "ENTRYPOINT: /service is put there by nothing"),
        ('FROM scratch\nCOPY service /app/\nCMD ["/service"]', "CMD: /service is put there by nothing"),
        ('FROM scratch\nCOPY service /app/\nCMD ["./service"]', "CMD: ./service is put there by nothing"),
        ('FROM scratch\nCOPY service /\nCMD ["service"]', "CMD: service is in none of the folders of PATH"),
        (
            'FROM scratch\nENV PATH=/app:/bin\nCOPY service /\nCMD ["service"]',
            "CMD: service is in none of the folders of PATH",
        ),
        ("FROM scratch\nCOPY service /\nCMD /service -x", "CMD: /bin/sh, which reads it, is put there by nothing"),
        ('FROM scratch\nSHELL ["/ash", "-c"]\nCMD x', "CMD: /ash, which reads it, is put there by nothing"),
        ("FROM alpine\nCMD exec /service -x", "CMD: /service is put there by nothing"),
        # What is copied to a path of its own may be anything, and /service is none of it.
        (
            'FROM alpine AS b\nRUN make\nFROM alpine\nCOPY --from=b /x /x\nCMD ["/service"]',
            "CMD: /service is put there by nothing",
        ),
        ('FROM alpine\nRUN apk add curl\nCMD ["/service"]', "CMD: /service is put there by nothing"),
        ('FROM scratch AS a\nCMD ["/service"]\nFROM a', "CMD: /service is put there by nothing"),
    ],
)
def test_a_program_that_nothing_puts_there(dockerfile: str, what: str, make_project: MakeProject) -> None:
    line = next(number for number, text in enumerate(dockerfile.split("\n"), 1) if "CMD" in text or "ENTRY" in text)
    assert asked(make_project, dockerfile) == [("program-nowhere", what, f"Dockerfile:{line}")]


NOTHING = "the image starts nothing: no CMD or ENTRYPOINT names a program"


@pytest.mark.parametrize(
    ("dockerfile", "line"),
    [
        ("FROM scratch", 1),
        ("FROM scratch\nCMD []", 1),
        ('FROM scratch\nCMD ["/service"]\nCMD []', 1),
        ("FROM scratch\nENTRYPOINT []", 1),
        ('FROM scratch AS a\nFROM a\nLABEL x="y"', 2),
        ('FROM alpine AS b\nCMD ["/x"]\nFROM scratch', 3),
    ],
)
def test_an_image_that_starts_nothing(dockerfile: str, line: int, make_project: MakeProject) -> None:
    assert asked(make_project, dockerfile) == [("program-nowhere", NOTHING, f"Dockerfile:{line}")]
    by_compose = asked(make_project, dockerfile, COMPOSE, **{"compose.yaml": SERVICE})
    assert by_compose == [("program-nowhere", NOTHING, f"Dockerfile:{line}")]


@pytest.mark.parametrize(
    ("metadata", "compose"),
    [
        ("{}", ""),
        (COMPOSE, "services: {a: {image: 'redis:7'}}"),
        (COMPOSE, SERVICE.replace("}}", ", command: [/x]}}", 1)),
    ],
)
def test_an_image_that_nobody_starts_may_start_nothing(metadata: str, compose: str, make_project: MakeProject) -> None:
    files = {"compose.yaml": compose} if compose else {}
    assert asked(make_project, "FROM scratch", metadata, **files) == []


@pytest.mark.parametrize(
    "dockerfile",
    [
        'FROM scratch\nCOPY service /\nCMD ["/service"]',
        'FROM scratch\nCOPY service /\nWORKDIR /\nCMD ["./service"]',
        'FROM scratch\nWORKDIR /app\nCOPY service .\nCMD ["./service"]',
        'FROM scratch\nCOPY service /bin/\nCMD ["service"]',
        'FROM scratch\nENV PATH=/app\nCOPY service /app/\nCMD ["service"]',
        # The entry point runs, the other words are its arguments.
        'FROM scratch\nCOPY service /\nENTRYPOINT ["/service"]\nCMD ["/nope"]',
        'FROM scratch\nCOPY service /\nCMD ["/nope"]\nCMD ["/service"]',
        # What a base image starts is not known.
        "FROM alpine",
        "FROM acme/base\nCMD []",
        "FROM alpine\nCMD echo",
        "FROM node:22\nCMD node x.js",
        'FROM scratch AS a\nCMD ["/nope"]\nFROM a\nCOPY service /\nCMD ["/service"]',
    ],
)
def test_one_that_is_there(dockerfile: str, make_project: MakeProject) -> None:
    assert asked(make_project, dockerfile) == []


@pytest.mark.parametrize(
    ("dockerfile", "why"),
    [
        (
            'FROM golang AS b\nRUN go build\nFROM scratch\nCOPY --from=b /s /service\nCMD ["/service"]',
            "what RUN in line 2",
        ),
        ('FROM alpine\nRUN make\nCMD ["/service"]', "what RUN in line 2"),
        ('FROM scratch\nCOPY dist/service /\nCMD ["/service"]', "line 2 copies dist/service, which is not in"),
        ('FROM acme/base\nCMD ["/service"]', "the base image acme/base may hold it"),
        ('FROM registry:2\nCMD ["/entrypoint.sh"]', "registry:2 may hold it"),
        ('FROM alpine\nCMD ["sh"]', "where sh is looked for depends on the base image"),
        ('FROM alpine\nCMD ["/bin/sh"]', "the base image alpine may hold it"),
        ('FROM acme/base\nWORKDIR x\nCMD ["./service"]', "where ./service is looked for depends on the base image"),
    ],
)
def test_what_only_the_build_knows(dockerfile: str, why: str, make_project: MakeProject) -> None:
    said = asked(make_project, dockerfile)
    assert [code for code, _ in said] == [rule.code for rule in RULES]
    assert all(text.startswith(f"not checked: {why}") for _, text in said)


@pytest.mark.parametrize(
    ("metadata", "compose", "code"),
    [
        (BACKEND, "", "program-nowhere"),
        (COMPOSE, SERVICE, "program-nowhere"),
        ("{}", "", "program-nowhere-unused"),
        ('{"vm": {"image": "acme/other:1"}}', "", "program-nowhere-unused"),
        (COMPOSE, "services: {a: {image: 'redis:7'}}", "program-nowhere-unused"),
        (COMPOSE, SERVICE.replace("}}", ", command: [/x]}}", 1), "program-nowhere-unused"),
    ],
)
def test_it_matters_where_the_image_is_the_backend(
    metadata: str, compose: str, code: str, make_project: MakeProject
) -> None:
    files = {"compose.yaml": compose} if compose else {}
    said = asked(make_project, 'FROM scratch\nCMD ["/service"]', metadata, **files)
    assert [found for found, *_ in said] == [code]


ABSENT = "service a starts /nope, which is neither in the source tree nor made by the build"


@pytest.mark.parametrize(
    ("dockerfile", "keys", "what"),
    [
        ("FROM scratch", "entrypoint: [/nope, -x]", ABSENT),
        ("FROM scratch", "entrypoint: /nope -x", ABSENT),
        (
            "FROM scratch\nCOPY service /app/",
            "entrypoint: /service",
            "service a starts /service, which is not in the image",
        ),
        # Something else may put it there, or nobody starts it, or it is not a path.
        ("FROM scratch\nCOPY service /", "entrypoint: /service", ""),
        ("FROM scratch", "entrypoint: /nope\n    volumes: ['v:/v']", ""),
        ("FROM scratch", "entrypoint: /nope\n    configs: [{source: c, target: /nope}]", ""),
        ("FROM scratch", "entrypoint: /nope\n    profiles: [debug]", ""),
        ("FROM scratch", "entrypoint: nope", ""),
        ("FROM scratch", "entrypoint: ['/${X:-nope$$Y}']", ""),
        ("FROM scratch", "command: /nope", ""),
        ("FROM acme/base", "entrypoint: /nope", ""),
        ("FROM alpine AS b\nRUN make\nFROM scratch\nCOPY --from=b /out /", "entrypoint: /nope", ""),
    ],
)
def test_a_service_that_starts_another_program(
    dockerfile: str, keys: str, what: str, make_project: MakeProject
) -> None:
    compose = f"services:\n  a:\n    image: ${{DESKTOP_PLUGIN_IMAGE}}\n    {keys}\n"
    said = asked(make_project, dockerfile, COMPOSE, **{"compose.yaml": compose})
    found = [each for each in said if each[0] == "program-nowhere" and len(each) > 2]
    assert [(each[1][: len(what)], each[2]) for each in found] == ([(what, "compose.yaml:4")] if what else [])


def test_a_service_of_another_image_starts_what_it_likes(make_project: MakeProject) -> None:
    compose = "services: {a: {image: 'redis:7', entrypoint: /nope}}"
    assert asked(make_project, "FROM scratch", COMPOSE, **{"compose.yaml": compose}) == []


def test_on_some_platforms_only(make_project: MakeProject) -> None:
    dockerfile = 'FROM scratch\nARG TARGETARCH\nCOPY $TARGETARCH /\nCMD ["/tool"]'
    said = asked(make_project, dockerfile, **{"amd64/tool": "x", "arm64/other": "x"})
    assert said == [("program-nowhere", "CMD: /tool is put there by nothing", "Dockerfile:4, linux/arm64")]
