from __future__ import annotations

import pytest

from dext_tasks.checks.catalogue import declared_in
from dext_tasks.checks.rule import Severity
from dext_tasks.checks.rules import rancher_desktop
from tests.unit.checks.fake_source import BY_CODE
from tests.unit.checks.portable_extension import (
    COMPLETES,
    COMPOSE,
    GUEST,
    UNEXPOSED,
    Portable,
    changed,
    found_where,
    root,
)

FAILURES: list[tuple[str, Portable, tuple[str, str]]] = [
    ("rancher-desktop-icon-missing", {"metadata": {}}, ("metadata.json: there is no icon", "metadata.json:1")),
    (
        "rancher-desktop-vm-image",
        {"metadata": changed(vm={"image": "nginx:1"})},
        ("metadata.json: vm.image is nginx:1", "metadata.json:1"),
    ),
    (
        "rancher-desktop-ui-root",
        {"metadata": root("/a/ui")},
        ("metadata.json: ui.dashboard-tab.root is /a/ui", "metadata.json:1"),
    ),
    (
        "rancher-desktop-ui-root",
        {"metadata": root("/")},
        ("metadata.json: ui.dashboard-tab.root is /", "metadata.json:1"),
    ),
    (
        "rancher-desktop-composefile-root",
        {"metadata": changed(vm={"composefile": "compose.yaml"})},
        ("metadata.json: vm.composefile is /compose.yaml", "metadata.json:1"),
    ),
    (
        "rancher-desktop-socket-unexposed",
        {"metadata": UNEXPOSED, "dockerfile": f"FROM a\nCMD /server {GUEST}\n"},
        ("CMD names /run/guest-services, which vm.exposes.socket does not ask for", "Dockerfile:2"),
    ),
    (
        "rancher-desktop-service-socket-unexposed",
        {"metadata": UNEXPOSED, "compose": COMPOSE + f"    command: /server {GUEST}\n"},
        (f"service web is started with /server {GUEST}", "compose.yaml:4"),
    ),
    (
        "rancher-desktop-guest-services-mount",
        {"compose": COMPOSE + "    volumes: ['sockets:/run/guest-services/']\n"},
        ("service web mounts sockets at /run/guest-services", "compose.yaml:4"),
    ),
    (
        "rancher-desktop-service-ends",
        {"compose": COMPOSE + '    restart: "no"\n'},
        ('service web has restart: "no", and no other one waits until it has completed', "compose.yaml:2"),
    ),
    (
        "rancher-desktop-theme",
        {"script": b"x=window.__ddMuiV6Themes.light"},
        (
            "the script takes its colours from the window, as docker-mui-theme does from 0.0.13 on",
            "/ui/a.js, linux/amd64",
        ),
    ),
    (
        "rancher-desktop-navigate",
        {"script": b"d.desktopUI.navigate.viewContainers()"},
        ("the script calls desktopUI.navigate", "/ui/a.js, linux/amd64"),
    ),
    (
        "rancher-desktop-user",
        {"dockerfile": 'FROM a AS b\nUSER "1000"\nFROM b\n'},
        ("USER is 1000, who cannot write to /run/guest-services", "Dockerfile:2"),
    ),
    (
        "rancher-desktop-client-v0",
        {"script": b"window.ddClient.backend.get('/x')"},
        ("the script calls backend, which extension.vm replaces", "/ui/a.js, linux/amd64"),
    ),
    (
        "rancher-desktop-client-v0",
        {"script": b"ddClient;e.toastError('x')"},
        ("the script calls toastError, which desktopUI.toast.error replaces", "/ui/a.js, linux/amd64"),
    ),
    (
        "rancher-desktop-request-data",
        {"script": b"ddClient.extension.vm.service.request({url,data:{a:1}})"},
        ("the script calls vm.service.request with data", "/ui/a.js, linux/amd64"),
    ),
    (
        "rancher-desktop-navigate",
        {"script": b"d.desktopUI.navigate.viewDevEnvironments()"},
        ("the script calls desktopUI.navigate", "/ui/a.js, linux/amd64"),
    ),
]


@pytest.mark.parametrize(("code", "told", "problem"), FAILURES)
def test_what_it_fails_on(code: str, told: Portable, problem: tuple[str, str]) -> None:
    assert found_where(code, **told) == [problem]


def test_every_rule_is_shown_to_fail() -> None:
    assert {code for code, _, _ in FAILURES} == {rule.code for rule in declared_in(rancher_desktop)}


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("rancher-desktop-vm-image", {"metadata": changed(vm={"image": "${DESKTOP_PLUGIN_IMAGE}"})}),
        ("rancher-desktop-socket-unexposed", {"dockerfile": f"FROM a\nCMD {GUEST}\n"}),
        ("rancher-desktop-socket-unexposed", {"metadata": changed(vm=None), "dockerfile": f"FROM a\nCMD {GUEST}\n"}),
        ("rancher-desktop-socket-unexposed", {"metadata": UNEXPOSED, "dockerfile": f"FROM a\nRUN {GUEST}\n"}),
        ("rancher-desktop-socket-unexposed", {"metadata": UNEXPOSED, "target": "nowhere"}),
        ("rancher-desktop-service-ends", {"compose": COMPOSE + "    restart: always\n"}),
        # The default is the same, and nothing is meant by it; servers have on-failure, too.
        ("rancher-desktop-service-ends", {"compose": COMPOSE}),
        ("rancher-desktop-service-ends", {"compose": COMPOSE + "    restart: on-failure\n"}),
        ("rancher-desktop-service-ends", {"compose": COMPOSE + '    restart: "no"\n    command: sleep infinity\n'}),
        ("rancher-desktop-service-ends", {"compose": COMPOSE + '    restart: "no"\n    profiles: [dev]\n'}),
        # Compose waits for its end, and not for it to run.
        ("rancher-desktop-service-ends", {"compose": COMPLETES.replace("    x-y:", '    restart: "no"\n    x-y:')}),
        (
            "rancher-desktop-theme",
            {"script": b"window.__ddMuiV6Themes = {dark: createTheme({}), light: createTheme({})}"},
        ),
        (
            "rancher-desktop-theme",
            {"script": b"window.__ddMuiV6Themes = own;\nconst theme = window.__ddMuiV6Themes.dark"},
        ),
        ("rancher-desktop-navigate", {"script": b"history.navigate('/view')"}),
        ("rancher-desktop-navigate", {"script": b"try { d.desktopUI.navigate.viewImages() } catch (e) { toast(e) }"}),
        ("rancher-desktop-navigate", {"script": b"d.desktopUI.navigate.viewImages?.()"}),
        ("rancher-desktop-navigate", {"script": b"// d.desktopUI.navigate.viewImages()"}),
        (
            "rancher-desktop-navigate",
            {"script": b"if (d.desktopUI.navigate.viewImages) { d.desktopUI.navigate.viewImages() }"},
        ),
        ("rancher-desktop-client-v0", {"script": b"ddClient; try { e.execHostCmd('x') } catch {}"}),
        ("rancher-desktop-client-v0", {"script": b"ddClient; this.toastError('x'); function toastError(m) {}"}),
        ("rancher-desktop-user", {"dockerfile": "FROM a\nUSER app\nUSER 0:0\n"}),
        ("rancher-desktop-user", {"dockerfile": "FROM a\nARG USER\nUSER $USER\n"}),
        ("rancher-desktop-user", {"dockerfile": "FROM a\nUSER app\n", "metadata": UNEXPOSED}),
        ("rancher-desktop-user", {"dockerfile": "FROM a\nUSER app\n", "compose": COMPOSE + "    user: root\n"}),
        ("rancher-desktop-user", {"dockerfile": "FROM a\nUSER app\n", "compose": COMPOSE + "    user: '0:0'\n"}),
        ("rancher-desktop-user", {"dockerfile": "FROM a AS b\nUSER app\nFROM a\n"}),
        ("rancher-desktop-client-v0", {"script": b"e.toastError('x')"}),
        ("rancher-desktop-client-v0", {"script": b"ddClient.desktopUI.navigate.viewDevEnvironments()"}),
        ("rancher-desktop-request-data", {"script": b"ddClient.extension.vm.service.post('/x',{a:1})"}),
    ],
)
def test_what_is_fine(code: str, told: Portable) -> None:
    assert found_where(code, **told) == []


def test_a_call_after_one_that_is_caught_is_found() -> None:
    script = b"try { d.desktopUI.navigate.viewImages() } catch (e) {}\nd.desktopUI.navigate.viewImages()"
    assert [what for what, _ in found_where("rancher-desktop-navigate", script=script)] == [
        "the script calls desktopUI.navigate"
    ]


def test_rancher_desktop_installs_nothing_without_an_icon() -> None:
    assert BY_CODE["rancher-desktop-icon-missing"].severity is Severity.ERROR
