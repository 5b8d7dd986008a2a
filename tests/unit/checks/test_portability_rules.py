from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypedDict, Unpack

import pytest

from dext_tasks.checks.catalogue import PORTABILITY, RULES
from dext_tasks.checks.rule import Rule, Severity
from dext_tasks.extension import labels
from dext_tasks.extension.desktops import Desktop
from dext_tasks.formats import dockerfile
from dext_tasks.formats.oci.platform import Platform
from dext_tasks.sources.source import (
    DockerfileFacet,
    Document,
    FileFact,
    FileKind,
    FileSet,
    NotOfferedError,
    PartNotOfferedError,
    Place,
    Source,
)
from tests.unit.checks.fake_source import Facets, FakeSource, compose, in_dockerfile, metadata

if TYPE_CHECKING:
    from collections.abc import Mapping

EVERY = tuple(rule for runtime in Desktop for rule in PORTABILITY[runtime])
BY_CODE = {rule.code: rule for rule in EVERY}
AMD64 = Platform("linux", "amd64")
METADATA: dict[str, Any] = {
    "icon": "icon.svg",
    "ui": {"dashboard-tab": {"title": "x", "root": "/ui", "src": "index.html"}},
    "vm": {"composefile": "/compose/compose.yaml", "exposes": {"socket": "a.sock"}},
}
COMPOSE = "services:\n  web:\n    image: ${DESKTOP_PLUGIN_IMAGE}\n"
COMPLETES = (
    f"{COMPOSE}    x-y: 1\n  b:\n    image: b:1\n"
    "    depends_on: {web: {condition: service_completed_successfully}}\n"
)
LABELS = dict.fromkeys([labels.TITLE, labels.DESCRIPTION, labels.VENDOR, labels.API_VERSION], "set")


class Portable(TypedDict, total=False):
    """What a test says of an extension that runs everywhere otherwise."""

    metadata: object
    compose: str
    labels: Mapping[str, str]
    icon: bytes
    script: bytes
    dockerfile: str
    target: str


def portable(**told: Unpack[Portable]) -> Facets:
    data = metadata(told.get("metadata", METADATA))
    fact = FileFact(FileKind.FILE, 0o644, 6)
    text = told.get("dockerfile", 'FROM alpine\nCMD ["/server"]\n')
    return {
        "documents": [data],
        "compose": [compose(told.get("compose", COMPOSE))],
        "labels": [in_dockerfile(told.get("labels", LABELS))],
        "files": [FileSet(AMD64, data.content, {"/icon.svg": fact}, lambda *_: told.get("icon", b"<svg/>"))],
        "scripts": [Document(told.get("script", b"let a = 1"), Place(path="/ui/a.js", platform=AMD64))],
        "dockerfile": DockerfileFacet(dockerfile.parse(text), told.get("target", ""), "Dockerfile"),
    }


def found(code: str, **told: Unpack[Portable]) -> list[tuple[str, str]]:
    return [(problem.what, str(problem.place)) for problem in BY_CODE[code].ask(FakeSource(**portable(**told)))]


def changed(**parts: Any) -> dict[str, Any]:  # noqa: ANN401 - any part
    return {key: value for key, value in {**METADATA, **parts}.items() if value is not None}


def root(path: str) -> dict[str, Any]:
    return changed(ui={"dashboard-tab": {"title": "x", "root": path, "src": "index.html"}})


THEMED = "the script takes its colours from the window, as docker-mui-theme does from 0.0.13 on"
UNEXPOSED = changed(vm={"composefile": "/compose/compose.yaml"})
GUEST = "/run/guest-services/a.sock"


class TestCatalogue:
    def test_every_runtime_has_rules(self) -> None:
        assert {runtime: PORTABILITY[runtime] for runtime in Desktop} == PORTABILITY
        assert all(PORTABILITY.values())

    def test_codes_are_unique_among_all(self) -> None:
        codes = [rule.code for rule in (*RULES, *EVERY)]
        assert len(set(codes)) == len(codes)

    @pytest.mark.parametrize("runtime", Desktop)
    def test_a_rule_says_which_runtime_it_is_about(self, runtime: Desktop) -> None:
        for rule in PORTABILITY[runtime]:
            assert rule.code.startswith(f"{runtime}-")
            assert rule.docker == ""

    @pytest.mark.parametrize("rule", EVERY, ids=[rule.code for rule in EVERY])
    def test_a_rule_says_what_why_and_how(self, rule: Rule) -> None:
        for text in (rule.title, rule.why, rule.fix):
            assert text
            assert "\n" not in text
            assert not text.endswith(".")
        assert rule.source.startswith("https://")


@pytest.mark.parametrize("code", BY_CODE)
def test_what_runs_everywhere(code: str) -> None:
    assert found(code) == []


@pytest.mark.parametrize("code", BY_CODE)
def test_what_a_source_cannot_say_is_not_run(code: str) -> None:
    with pytest.raises(NotOfferedError):
        list(BY_CODE[code].ask(Source()))


FAILURES: list[tuple[str, dict[str, Any], tuple[str, str]]] = [
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
        "docker-desktop-socket-unexposed",
        {"metadata": UNEXPOSED, "dockerfile": f'FROM a AS b\nENTRYPOINT ["{GUEST}"]\nFROM b\n'},
        ("ENTRYPOINT names /run/guest-services, which vm.exposes.socket does not ask for", "Dockerfile:2"),
    ),
    (
        "rancher-desktop-service-socket-unexposed",
        {"metadata": UNEXPOSED, "compose": COMPOSE + f"    command: /server {GUEST}\n"},
        (f"service web is started with /server {GUEST}", "compose.yaml:4"),
    ),
    (
        "docker-desktop-service-socket-unexposed",
        {"metadata": UNEXPOSED, "compose": COMPOSE + f"    entrypoint: [/server, {GUEST}]\n"},
        (f"service web is started with {GUEST}", "compose.yaml:4"),
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
        "podman-desktop-service-completes",
        {"compose": COMPLETES},
        ("service b waits until web has completed", "compose.yaml:2"),
    ),
    (
        "docker-desktop-service-completes",
        {"compose": COMPLETES},
        ("service b waits until web has completed", "compose.yaml:2"),
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
        "podman-desktop-theme",
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
        "podman-desktop-navigate",
        {"script": b"d.desktopUI?.navigate?.viewImage(a)"},
        ("the script calls desktopUI.navigate", "/ui/a.js, linux/amd64"),
    ),
    (
        "docker-desktop-api-version-missing",
        {"labels": {**LABELS, labels.API_VERSION: ""}},
        (f"label {labels.API_VERSION} is missing or empty", f"Dockerfile:1, label {labels.API_VERSION}"),
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
        "docker-desktop-user",
        {"dockerfile": "FROM a\nUSER root\nUSER app:app\n"},
        ("USER is app, who cannot write to /run/guest-services", "Dockerfile:3"),
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
        "podman-desktop-client-v0",
        {"script": b"ddClient;e.navigateToDevEnvironments()"},
        ("the script calls navigateToDevEnvironments", "/ui/a.js, linux/amd64"),
    ),
    (
        "rancher-desktop-request-data",
        {"script": b"ddClient.extension.vm.service.request({url,data:{a:1}})"},
        ("the script calls vm.service.request with data", "/ui/a.js, linux/amd64"),
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
        "rancher-desktop-navigate",
        {"script": b"d.desktopUI.navigate.viewDevEnvironments()"},
        ("the script calls desktopUI.navigate", "/ui/a.js, linux/amd64"),
    ),
    (
        "podman-desktop-ui-missing",
        {"metadata": changed(ui=None)},
        ("metadata.json: there is no ui", "metadata.json:1"),
    ),
]


@pytest.mark.parametrize(("code", "told", "problem"), FAILURES)
def test_what_one_desktop_fails_on(code: str, told: dict[str, Any], problem: tuple[str, str]) -> None:
    assert found(code, **told) == [problem]


def test_every_rule_is_shown_to_fail() -> None:
    assert {code for code, _, _ in FAILURES} == BY_CODE.keys()


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("rancher-desktop-vm-image", {"metadata": changed(vm={"image": "${DESKTOP_PLUGIN_IMAGE}"})}),
        ("podman-desktop-vm-image", {"metadata": changed(vm={"image": "a", "composefile": "/c/b"})}),
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
        # Another rule's.
        ("podman-desktop-service-completes", {"compose": COMPLETES.replace("x-y: 1", "restart: always")}),
        (
            "podman-desktop-label-missing",
            {"labels": {**LABELS, labels.API_VERSION: "", "io.podman-desktop.api.version": "1"}},
        ),
        ("podman-desktop-theme", {"script": b"window.__ddMuiV5Themes ?? own"}),
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
        ("podman-desktop-client-v0", {"script": b"ddClient;e.navigateToDevEnvironments?.()"}),
        ("rancher-desktop-user", {"dockerfile": "FROM a\nUSER app\nUSER 0:0\n"}),
        ("rancher-desktop-user", {"dockerfile": "FROM a\nARG USER\nUSER $USER\n"}),
        ("rancher-desktop-user", {"dockerfile": "FROM a\nUSER app\n", "metadata": UNEXPOSED}),
        ("rancher-desktop-user", {"dockerfile": "FROM a\nUSER app\n", "compose": COMPOSE + "    user: root\n"}),
        ("rancher-desktop-user", {"dockerfile": "FROM a\nUSER app\n", "compose": COMPOSE + "    user: '0:0'\n"}),
        ("rancher-desktop-user", {"dockerfile": "FROM a AS b\nUSER app\nFROM a\n"}),
        ("rancher-desktop-client-v0", {"script": b"e.toastError('x')"}),
        ("rancher-desktop-client-v0", {"script": b"ddClient.desktopUI.navigate.viewDevEnvironments()"}),
        ("podman-desktop-client-v0", {"script": b"ddClient.toastError('x')"}),
        ("rancher-desktop-request-data", {"script": b"ddClient.extension.vm.service.post('/x',{a:1})"}),
        ("podman-desktop-text-body", {"script": b"ddClient.extension.vm.service.post('/x',{a:1})"}),
        ("podman-desktop-exec-options", {"script": b"ddClient.docker.cli.exec('ps',[],{stream:{}})"}),
        ("podman-desktop-stream-close", {"script": b"p=ddClient.docker.cli.exec('ps',[],{stream:{}});q.close()"}),
    ],
)
def test_what_is_fine(code: str, told: dict[str, Any]) -> None:
    assert found(code, **told) == []


def test_a_call_after_one_that_is_caught_is_found() -> None:
    script = b"try { d.desktopUI.navigate.viewImages() } catch (e) {}\nd.desktopUI.navigate.viewImages()"
    assert [what for what, _ in found("rancher-desktop-navigate", script=script)] == [
        "the script calls desktopUI.navigate"
    ]


THEME_PACKAGE = b'{\n "dependencies": {\n  "@docker/docker-mui-theme": "VERSION"\n }\n}\n'


def packaged(version: str, script: bytes | None, lock: bytes = b"") -> FakeSource:
    """A source tree with the packages of its UI."""
    package = Document(THEME_PACKAGE.replace(b"VERSION", version.encode()), Place(file="ui/package.json"))
    packages = [package, Document(lock, Place(file="ui/yarn.lock"))]
    if script is None:
        return FakeSource(packages=packages)
    return FakeSource(packages=packages, scripts=[Document(script, Place(file="ui/src/main.tsx"))])


IMPORT = b"import { DockerMuiV6ThemeProvider } from '@docker/docker-mui-theme';"


@pytest.mark.parametrize("script", [IMPORT, None])
@pytest.mark.parametrize("code", ["rancher-desktop-theme", "podman-desktop-theme"])
def test_the_theme_is_found_before_there_is_a_bundle(code: str, script: bytes | None) -> None:
    (problem,) = BY_CODE[code].ask(packaged("0.0.13", script))
    assert (problem.what, str(problem.place)) == (
        "docker-mui-theme 0.0.13 takes its colours from the window",
        "ui/package.json:3",
    )


@pytest.mark.parametrize(
    ("version", "script"),
    [
        ("0.0.11", IMPORT),
        ("0.0.13", b"nothing of it"),
        ("0.0.13", IMPORT + b"\nwindow.__ddMuiV6Themes = own"),
    ],
)
def test_a_theme_that_works_everywhere(version: str, script: bytes) -> None:
    assert list(BY_CODE["rancher-desktop-theme"].ask(packaged(version, script))) == []


def test_a_range_says_nothing_without_a_lock_file() -> None:
    with pytest.raises(PartNotOfferedError, match=r"admits docker-mui-theme <0\.1\.0, and no lock file"):
        list(BY_CODE["rancher-desktop-theme"].ask(packaged("<0.1.0", IMPORT)))
    lock = b'"@docker/docker-mui-theme@<0.1.0":\n  version "0.0.VERSION"\n'
    old, new = (
        list(BY_CODE["rancher-desktop-theme"].ask(packaged("<0.1.0", IMPORT, lock.replace(b"VERSION", each))))
        for each in (b"11", b"13")
    )
    assert (len(old), len(new)) == (0, 1)


def test_rancher_desktop_installs_nothing_without_an_icon() -> None:
    assert BY_CODE["rancher-desktop-icon-missing"].severity is Severity.ERROR
