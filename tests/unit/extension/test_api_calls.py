from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dext_tasks.extension.api_calls import (
    binds,
    calls,
    closed_streams,
    defines,
    is_on_client,
    object_requests,
    obsolete_calls,
    text_bodies,
    uses_client,
)


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


@pytest.mark.timeout(120)
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


STREAMED = "t.docker.cli.exec('logs',['-f'],{stream:{onOutput(d){}}})"


@pytest.mark.parametrize(
    ("source", "objects", "texts"),
    [
        ("d.extension.vm.service.request({url:'/x',method:'POST',data:{a:1}})", 1, 0),
        ("d.extension.vm?.service?.request({url,data})", 1, 0),
        ("d.vm.service.request({url,data:JSON.stringify(x)})", 0, 1),
        ('d.vm.service.request({data : "a"})', 0, 1),
        ("d.vm.service.request({url,headers:{data:1}})", 0, 0),
        ("d.vm.service.request({url:'/{data:1}'})", 0, 0),
        ("d.vm.service.request(config)", 0, 0),
        ("d.vm.service.request(", 0, 0),
        ("d.vm.service.post('/x', JSON.stringify({a:1}))", 0, 1),
        ("d.vm.service.put(f(a,b), `x`)", 0, 1),
        ("d.vm.service.patch(`/x/${a}`,{a:'b'})", 0, 0),
        ("d.vm.service.post('/x');f('/y', 'z')", 0, 0),
        ("d.vm.service.delete('/x', 'y')", 0, 0),
    ],
)
def test_bodies(source: str, objects: int, texts: int) -> None:
    assert (len(object_requests(source.encode())), len(text_bodies(source.encode()))) == (objects, texts)


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        (f"const p = {STREAMED};\nreturn () => p.close()", (2,)),
        (f"ref.current = await {STREAMED};\nref.current?.close()", (2,)),
        (f"let e={STREAMED},n=()=>e.close();e.close()", (1,)),
        ("const p = t.docker.cli.exec('logs',['-f']);p.close()", ()),
        (f"x=1;{STREAMED};x.close()", ()),
        (f"const f = () => {STREAMED};f.close()", ()),
        (f"if (a == {STREAMED}) a.close()", ()),
        (f"let e={STREAMED};be.close();b.e.close()", ()),
        (f"let e={STREAMED};{' ' * 5000}e.close()", ()),
        (f"{STREAMED}", ()),
    ],
)
def test_closed_streams(source: str, lines: tuple[int, ...]) -> None:
    assert closed_streams(source.encode()) == lines


def test_lines_of_requests() -> None:
    assert text_bodies(b"\nservice.post('/', 'b')\nservice.request({data:'a'})") == (2, 3)


@pytest.mark.timeout(120)
@pytest.mark.parametrize(
    "unit", [b"a=x.cli.exec('a',[],{stream:1});", b"cli.exec(", b"service.request({data:", b"a =."]
)
def test_requests_in_10_mb_take_no_time(unit: bytes) -> None:
    content = unit * (10_000_000 // len(unit))
    for find in (object_requests, text_bodies, closed_streams):
        find(content)


@given(st.binary() | st.text(alphabet="cli.exec(){}[]'\"`\\ =stream:,service.request.post?data").map(str.encode))
def test_any_request_is_read(content: bytes) -> None:
    for find in (object_requests, text_bodies, closed_streams):
        find(content)
        find(b"a=cli.exec(a,{stream:1}" + content)
        find(b"service.request({data:" + content)


@pytest.mark.parametrize(
    "source",
    [
        "function toastError(m) {}",
        "function* toastError() {}",
        "async function toastError() {}",
        "const toastError = (m) => {}",
        "let toastError: (m: string) => void = x",
        "this.toastError = x",
        "{ toastError: (m) => show(m) }",
        "{ toastError: function (m) {} }",
        "{ 'toastError': m => show(m) }",
        "{ toastError: show }",
        "class A { toastError(m) { show(m) } }",
        "class A { async toastError(m: string): Promise<void> { } }",
        "class A { toastError = (m: string) => { } }",
        "{ toastError(m) { } }",
    ],
)
def test_what_is_defined(source: str) -> None:
    assert defines(source.encode(), b"toastError")


@pytest.mark.parametrize(
    "source",
    [
        "ddClient.toastError('x')",
        "toastError('x')",
        "if (a.toastError(x)) { }",
        "const { toastError } = ddClient",
        "const f = a.toastError",
        "a.toastError === b",
        "const x = toastErrors => 1",
        "mytoastError = () => 1",
        "// function toastError() {}",
        "",
    ],
)
def test_what_is_not(source: str) -> None:
    assert not defines(source.encode(), b"toastError")


@pytest.mark.parametrize(
    "source",
    [
        "list.map(extension => extension.image)",
        "list.map((extension) => extension.image)",
        "list.map((extension: Extension, i: number) => extension.image)",
        "function f(a, extension) { return extension.image }",
        "for (const extension of list) extension.image",
        "const extension = find(list); extension.image",
        "let extension: Extension = find(list)",
    ],
)
def test_a_name_of_something_else(source: str) -> None:
    assert binds(source.encode(), b"extension")


@pytest.mark.parametrize(
    "source",
    [
        "ddClient.extension.image",
        "const { extension } = ddClient; extension.image",
        "const extension = ddClient.extension; extension.image",
        "const extension = useDockerDesktopClient().extension",
        "a.extension = b",
        "extensions => 1",
        "",
    ],
)
def test_a_name_of_the_client(source: str) -> None:
    assert not binds(source.encode(), b"extension")


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("ddClient.", True),
        ("window.ddClient.", True),
        ("client?.", True),
        ("dockerClient.", True),
        ("dd.", True),
        ("createDockerDesktopClient().", True),
        ("const e = createDockerDesktopClient(); e.", True),
        ("var e=(0,t.createDockerDesktopClient)();function f(){e.", True),
        ("const api: DockerDesktopClient = make(); api.", False),
        ("const api = window.ddClient; api.", True),
        ("this.", False),
        ("props.", False),
        ("toasts.", False),
        ("", False),
    ],
)
def test_what_is_the_client(source: str, expected: bool) -> None:  # noqa: FBT001 - a row
    content = source.encode()
    assert is_on_client(content + b"toastError()", max(0, len(content) - 1)) is expected


@given(st.text(alphabet="toastError(){}=>:, .\n'const ").map(str.encode))
def test_any_text_is_read(content: bytes) -> None:
    assert defines(content, b"toastError") in {True, False}
    assert binds(content, b"toast") in {True, False}
    assert is_on_client(content, len(content)) in {True, False}
