from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dext_tasks.extension.api_calls import binds, defines, is_on_client


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
