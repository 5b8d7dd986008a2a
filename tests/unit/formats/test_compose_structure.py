from __future__ import annotations

import json

import pytest

from dext_tasks.formats.compose import ComposeFaultKind
from dext_tasks.formats.compose import structure as keys
from dext_tasks.formats.compose.reading import parse
from dext_tasks.formats.compose.structure import SERVICE

GOOD = """services:
  web:
    image: ${DESKTOP_PLUGIN_IMAGE}
"""


def faults(text: str) -> list[tuple[str, int]]:
    found = parse(text.encode()).faults
    assert all(fault.kind is ComposeFaultKind.STRUCTURE for fault in found)
    return [(fault.what, fault.line) for fault in found]


def service(lines: str) -> str:
    return f"{GOOD}    {lines}\n"


@pytest.mark.parametrize(
    "lines",
    [
        "command: [a, b]",
        "command: a b",
        "command:",
        "environment: {A: 1}",
        "environment: [A=1]",
        "depends_on: {db: {condition: service_healthy, required: false, restart: true}}",
        "healthcheck: {test: [CMD, x], interval: 1s, start_interval: 1s}",
        'volumes: ["a:/b", {type: bind, source: /a, target: /b, bind: {propagation: shared}}]',
        'ports: [80, "1:2", {target: 80, published: "8080"}]',
        "x-anything: {y: 1}",
        "env_file: [{path: a, required: false}]",
        "gpus: all",
        "user: '1000'",
        "deploy: {resources: {limits: {cpus: 1}}}",
    ],
)
def test_what_compose_takes(lines: str) -> None:
    assert faults(service(lines)) == []


@pytest.mark.parametrize(
    ("text", "what", "line"),
    [
        ("", "the file is empty", 0),
        ("[]", "the file is a list, not a mapping", 1),
        ("just text", "the file is a string, not a mapping", 1),
        ("volumes: {}", "there are no services", 1),
        ("services:\n", "there are no services", 1),
        ("services: {}", "there are no services", 1),
        ("web: {image: a}", "web: Additional property web is not allowed", 1),
        (
            "service:\n  web: {image: a}",
            "service: Additional property service is not allowed; did you mean services?",
            1,
        ),
        ("services:\n  web: text", "services.web is a string, not a mapping", 2),
        ("services:\n  web:\n", "services.web is empty, not a mapping", 2),
        ("services:\n  we b: {image: a}", "services.we b: a service's name has letters", 2),
        ("services:\n  web: {}", "services.web has neither an image nor a build context specified", 2),
        ("services:\n  web: {image: }", "services.web has neither an image nor a build context specified", 2),
        ("services:\n  web: {image: a}\n  web: {image: b}", "services.web is there twice", 3),
        ("services:\n- web", "services is a list, not a mapping", 1),
        (GOOD + "volumes: [a]", "volumes is a list, not a mapping", 4),
        (service("imge: x"), "services.web.imge: Additional property imge is not allowed; did you mean image?", 4),
        (service("ports: 80:80"), "services.web.ports is a string, not a list", 4),
        (service("environment: A=1"), "services.web.environment is a string, not a list or a mapping", 4),
        (service("image: twice"), "services.web.image is there twice", 4),
        (service("privileged: [a]"), "services.web.privileged is a list, not a string or a boolean", 4),
        (
            service("depends_on: {web: {condition: service_started, require: true}}"),
            "services.web.depends_on.web.require: Additional property require is not allowed; did you mean required?",
            4,
        ),
        (service("healthcheck: {tests: x}"), "services.web.healthcheck.tests: Additional property tests", 4),
        (service("volumes: [{src: a}]"), "services.web.volumes.0.src: Additional property src is not allowed", 4),
        (service("ports: [{host: 1}]"), "services.web.ports.0.host: Additional property host is not allowed", 4),
    ],
)
def test_what_compose_refuses(text: str, what: str, line: int) -> None:
    found = faults(text)
    assert found
    assert found[0][0].startswith(what) or found[-1][0].startswith(what)
    assert line in {place for _, place in found}


@pytest.mark.parametrize("key", ["extends", "provider", "build"])
def test_a_service_without_image_may_have_another_source(key: str) -> None:
    value = {"extends": "{file: other.yaml, service: other}", "provider": "{type: model}", "build": "."}[key]
    assert faults(f"services:\n  web:\n    {key}: {value}\n") == []


def test_services_may_be_in_an_included_file() -> None:
    assert faults("include: [other.yaml]\n") == []


def test_faults_are_bounded() -> None:
    text = json.dumps({"services": {"web": {"image": "a", **{f"key{number}": 1 for number in range(1000)}}}})
    assert len(faults(text)) == 50


def test_a_hostile_key_is_shown_on_one_short_line() -> None:
    ((what, _),) = faults(json.dumps({"services": {"web": {"image": "a", "\u202e" + "k\n" * 200: 1}}}))
    assert "\n" not in what
    assert "\u202e" not in what
    assert len(what) < 300


def test_the_tables_know_what_compose_files_of_extensions_use() -> None:
    assert {"name", "version", "services", "volumes", "networks"} <= keys.FILE.keys.keys()
    assert {"image", "pull_policy", "use_api_socket", "userns_mode", "extra_hosts"} <= SERVICE.keys.keys()
