from __future__ import annotations

import pytest

from dext_tasks.checks.catalogue import declared_in
from dext_tasks.checks.rules import podman_desktop
from dext_tasks.extension import labels
from tests.unit.checks.portable_extension import COMPLETES, COMPOSE, LABELS, Portable, changed, found_where

FAILURES: list[tuple[str, Portable, tuple[str, str]]] = [
    (
        "podman-desktop-service-completes",
        {"compose": COMPLETES},
        ("service b waits until web has completed", "compose.yaml:2"),
    ),
    (
        "podman-desktop-theme",
        {"script": b"x=window.__ddMuiV6Themes.light"},
        (
            "the script takes its colours from the window, as docker-mui-theme does from 0.0.13 on",
            "/ui/a.js, linux/amd64",
        ),
    ),
    (
        "podman-desktop-navigate",
        {"script": b"d.desktopUI?.navigate?.viewImage(a)"},
        ("the script calls desktopUI.navigate", "/ui/a.js, linux/amd64"),
    ),
    (
        "podman-desktop-label-missing",
        {"labels": {**LABELS, labels.VENDOR: ""}},
        (f"label {labels.VENDOR} is missing or empty", f"Dockerfile:1, label {labels.VENDOR}"),
    ),
    (
        "podman-desktop-label-missing",
        {"labels": {key: "x" for key in LABELS if key != labels.API_VERSION}},
        (f"label {labels.API_VERSION} is missing or empty", f"Dockerfile:1, label {labels.API_VERSION}"),
    ),
    (
        "podman-desktop-vm-image",
        {"metadata": changed(vm={"image": "${DESKTOP_PLUGIN_IMAGE}"})},
        ("metadata.json: vm.image is ${DESKTOP_PLUGIN_IMAGE}", "metadata.json:1"),
    ),
    (
        "podman-desktop-plugin-image",
        {"compose": COMPOSE + "    environment: ['A=${DESKTOP_PLUGIN_IMAGE}']\n"},
        ("A=${DESKTOP_PLUGIN_IMAGE} is more than image: ${DESKTOP_PLUGIN_IMAGE}", "compose.yaml:4"),
    ),
    (
        "podman-desktop-plugin-image",
        {"compose": "services:\n  web:\n    image: $DESKTOP_PLUGIN_IMAGE\n"},
        ("$DESKTOP_PLUGIN_IMAGE is more than image: ${DESKTOP_PLUGIN_IMAGE}", "compose.yaml:3"),
    ),
    (
        "podman-desktop-plugin-image",
        {"compose": COMPOSE + "    environment: {A: '${DESKTOP_PLUGIN_IMAGE}'}\n"},
        ("${DESKTOP_PLUGIN_IMAGE} is more than image: ${DESKTOP_PLUGIN_IMAGE}", "compose.yaml:4"),
    ),
    (
        "podman-desktop-side-file",
        {"compose": COMPOSE + "    env_file: a.env\n"},
        ("service web needs the file a.env", "compose.yaml:4"),
    ),
    (
        "podman-desktop-side-file",
        {"compose": COMPOSE + "    volumes: ['./a:/b']\n"},
        ("service web needs the file ./a", "compose.yaml:4"),
    ),
    (
        "podman-desktop-side-file",
        {"compose": COMPOSE + "configs: {c: {file: ./c}}\n"},
        ("./c is a file that the compose file needs", "compose.yaml:4"),
    ),
    (
        "podman-desktop-engine-socket",
        {"compose": COMPOSE + "    volumes: ['/var/run/docker.sock.raw:/var/run/docker.sock']\n"},
        ("service web mounts /var/run/docker.sock.raw", "compose.yaml:4"),
    ),
    ("podman-desktop-icon-format", {"icon": b"\x89PNG\r\n\x1a\n"}, ("/icon.svg is PNG", "/icon.svg, linux/amd64")),
    (
        "podman-desktop-client-v0",
        {"script": b"ddClient;e.navigateToDevEnvironments()"},
        ("the script calls navigateToDevEnvironments", "/ui/a.js, linux/amd64"),
    ),
    (
        "podman-desktop-text-body",
        {"script": b"ddClient.extension.vm.service.post('/x',JSON.stringify(a))"},
        ("the script sends the backend a string as body", "/ui/a.js, linux/amd64"),
    ),
    (
        "podman-desktop-extension-image",
        {"script": b"ddClient.extension.image"},
        ("the script uses extension.image", "/ui/a.js, linux/amd64"),
    ),
    (
        "podman-desktop-exec-options",
        {"script": b"ddClient.docker.cli.exec('ps',[],{cwd:'/x'})"},
        ("the script uses cli.exec option cwd", "/ui/a.js, linux/amd64"),
    ),
    (
        "podman-desktop-stream-close",
        {"script": b"p=ddClient.docker.cli.exec('ps',[],{stream:{}});p.close();q(()=>p.close())"},
        ("the script calls close() on a process", "/ui/a.js, linux/amd64"),
    ),
    (
        "podman-desktop-ui-missing",
        {"metadata": changed(ui=None)},
        ("metadata.json: there is no ui", "metadata.json:1"),
    ),
]


@pytest.mark.parametrize(("code", "told", "problem"), FAILURES)
def test_what_it_fails_on(code: str, told: Portable, problem: tuple[str, str]) -> None:
    assert found_where(code, **told) == [problem]


def test_every_rule_is_shown_to_fail() -> None:
    assert {code for code, _, _ in FAILURES} == {rule.code for rule in declared_in(podman_desktop)}


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("podman-desktop-vm-image", {"metadata": changed(vm={"image": "a", "composefile": "/c/b"})}),
        # Another rule's.
        ("podman-desktop-service-completes", {"compose": COMPLETES.replace("x-y: 1", "restart: always")}),
        (
            "podman-desktop-label-missing",
            {"labels": {**LABELS, labels.API_VERSION: "", "io.podman-desktop.api.version": "1"}},
        ),
        ("podman-desktop-theme", {"script": b"window.__ddMuiV5Themes ?? own"}),
        ("podman-desktop-client-v0", {"script": b"ddClient;e.navigateToDevEnvironments?.()"}),
        ("podman-desktop-client-v0", {"script": b"ddClient.toastError('x')"}),
        ("podman-desktop-text-body", {"script": b"ddClient.extension.vm.service.post('/x',{a:1})"}),
        ("podman-desktop-exec-options", {"script": b"ddClient.docker.cli.exec('ps',[],{stream:{}})"}),
        ("podman-desktop-stream-close", {"script": b"p=ddClient.docker.cli.exec('ps',[],{stream:{}});q.close()"}),
    ],
)
def test_what_is_fine(code: str, told: Portable) -> None:
    assert found_where(code, **told) == []
