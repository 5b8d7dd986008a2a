from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dext_tasks.extension.api_calls import calls, obsolete_calls, uses_client


def names(source: str) -> list[str]:
    return [call.member.name for call in calls(source.encode())]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("ddClient.extension.image", ["extension.image"]),
        ("const {image}=e . extension?.image;", ["extension.image"]),
        ("myextension.image; e.extension.images; e.extensions.image", []),
        ("ddClient.host.platform", ["host.platform"]),
        ("localhost.platform", []),
        ("e.host.hostname", ["host.hostname"]),
        ("ddClient.desktopUI.dialog.showOpenDialog({})", ["desktopUI.dialog"]),
        ("ddClient.desktopUI?.dialog", ["desktopUI.dialog"]),
        ("t.desktopUI.navigate.viewContainerTerminal(id)", ["navigate.viewContainerTerminal"]),
        ("t.desktopUI.navigate.viewContainer(id)", []),
        ("ddClient.docker.cli.exec('ps', ['-a'])", []),
        ("ddClient.docker.cli.exec('ps', [], {stream: {onOutput() {}}})", ["cli.exec option stream"]),
        (
            "e.extension.host.cli.exec(`a`,['{cwd:1'],{cwd:'/',env:{stream:1}})",
            ["cli.exec option cwd", "cli.exec option env"],
        ),
        ("e.cli?.exec('a', b(')', {env: 1}), {cwd})", ["cli.exec option cwd"]),
        ("e.cli.exec('a', []); x({env: 1})", []),
        ('e.cli.exec("a\\"{env:1}", [])', []),
        ("cli.exec(", []),
        ("const n=e.desktopUI.navigate;n.viewContainerTerminal(t)", ["navigate.viewContainerTerminal"]),
        ("const{viewContainerTerminal}=n;viewContainerTerminal(t)", ["navigate.viewContainerTerminal"]),
        ("const {dialog} = e.desktopUI; dialog.showOpenDialog?.()", ["desktopUI.dialog"]),
        ("r('ps',[],{stream:{splitOutputLines:!0}})", ["cli.exec option stream"]),
        ("reviewContainerTerminal(t); {viewContainerTerminal: f()}; $showOpenDialog()", []),
        ("interface X {splitOutputLines?: boolean}", []),
    ],
)
def test_calls(source: str, expected: list[str]) -> None:
    assert names(source) == expected


def test_the_first_use_counts_however_it_is_written() -> None:
    assert [call.line for call in calls(b"\nd.showOpenDialog()\ne.desktopUI.dialog")] == [2]
    assert [call.line for call in calls(b"\ne.desktopUI.dialog\nd.showOpenDialog()")] == [2]


def test_lines() -> None:
    (call,) = calls(b"a\nb\nx.extension.image\nx.extension.image")
    assert call.line == 3


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("window.ddClient.toastError('x')", ["toastError"]),
        ("e.execHostCmd (x)", ["execHostCmd"]),
        ("e.execHostCmd?.(x)", ["execHostCmd"]),
        ("ddClient.backend.get('/x')", ["backend"]),
        ("window.ddClient?.listContainers()", ["listContainers"]),
        ("ddClient.docker.listContainers(); ddClient.host.openExternal('x')", []),
        ("app.backend.get(); toastError('x'); {toastError: 1}", []),
        ("e.navigate.viewDevEnvironments()", ["viewDevEnvironments"]),
        ("e.navigateToContainer(x)", ["navigateToContainer"]),
    ],
)
def test_obsolete_calls(source: str, expected: list[str]) -> None:
    assert [call.member.name for call in obsolete_calls(source.encode())] == expected


@pytest.mark.parametrize(
    ("source", "uses"),
    [(b"window.ddClient", True), (b"createDockerDesktopClient()", True), (b"dclient", False), (b"", False)],
)
def test_uses_client(source: bytes, uses: bool) -> None:  # noqa: FBT001 - a parameter of the test
    assert uses_client(source) is uses


@pytest.mark.timeout(20)
@pytest.mark.parametrize("unit", [b"x.cli.exec('a',[],{env:1});", b"cli.exec(", b"host. ", b'"', b"cli .", b"\n"])
def test_a_bundle_of_10_mb_takes_no_time(unit: bytes) -> None:
    content = unit * (10_000_000 // len(unit))
    calls(content)
    obsolete_calls(content)


@given(st.binary() | st.text(alphabet="cli.exec(){}[]'\"`\\ envstream:,?").map(str.encode))
def test_anything_is_read(content: bytes) -> None:
    calls(content)
    calls(b"cli.exec(" + content)
    obsolete_calls(content)
