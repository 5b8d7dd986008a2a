"""What compose would read and replace by itself is found in the files before it does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dext_tasks.extension.grants.files import UnreadableError, Variables, asked_by_files
from dext_tasks.extension.grants.machine import HostMachine
from dext_tasks.limits import LARGEST_VALUE

if TYPE_CHECKING:
    from collections.abc import Mapping

FILE = "/own/compose.yaml"
GIVEN = frozenset({"HOME", "PATH"})


def names(text: str, files: Mapping[str, str] | None = None, env: str = "") -> list[str]:
    """What a compose file asks for, with others beside it and an .env."""
    there = {FILE: text, **{f"/own/{name}": content for name, content in (files or {}).items()}, "/own/.env": env}
    machine = HostMachine("/own", lambda path: path.replace("/own/link", "/etc"))
    variables = Variables(GIVEN, ("/own/.env",), frozenset({"DESKTOP_PLUGIN_IMAGE"}))
    asked: list[str] = []

    def read(path: str) -> bytes | None:
        assert machine.is_own(path), f"{path} is read, and is not the extension's own"
        asked.append(path)
        return there[path].encode() if path in there else None

    return [str(each.grant) for each in asked_by_files(FILE, variables, machine, read)]


def service(text: str) -> str:
    return f"services: {{a: {{image: x, {text}}}}}"


@pytest.mark.parametrize(
    "text",
    [
        service("env_file: PATH"),
        service("env_file: [PATH]"),
        service("env_file: [{path: PATH, required: false}]"),
        service('"env_file": "PATH"'),
        service("label_file: PATH"),
        service("label_file: [PATH]"),
        service("extends: {file: PATH, service: x}"),
        "include: PATH",
        "include: [PATH]",
        "include: [{path: PATH}]",
        "include: [{path: [PATH]}]",
        "include: [{path: b.yaml, env_file: PATH}]",
        "include: [{path: b.yaml, env_file: [PATH]}]",
        "include: [{path: b.yaml, project_directory: PATH}]",
        "x-a: &a {env_file: PATH}\nservices: {a: {<<: *a, image: x}}",
        "x-a: &a [PATH]\ninclude: *a",
        "services: {}\n---\ninclude: [PATH]",
        "--- {}\n---\n---\ninclude: [PATH]\n",
        "? include\n: [PATH]",
        "{include: [PATH]}",
        "include:\n- PATH",
        "services: !override {a: {image: x, env_file: !reset [PATH]}}",
        service("env_file: [!reset PATH]"),
        service("!!binary ZW52X2ZpbGU=: PATH"),
    ],
)
@pytest.mark.parametrize(
    ("path", "real"),
    [
        ("/etc/passwd", "/etc/passwd"),
        ("../etc/passwd", "/etc/passwd"),
        ("./a/../../etc/passwd", "/etc/passwd"),
        ("link/passwd", "/etc/passwd"),
        ("/own/../etc/passwd", "/etc/passwd"),
        ("${X:-/etc/passwd}", "${X:-/etc/passwd}"),
        ("${X:-mine.env}", "${X:-mine.env}"),
        ("${X-mine.env}", "${X-mine.env}"),
        ("$X/passwd", "$X/passwd"),
        ("~/passwd", "~/passwd"),
        ("${X:-${Y:-/etc/passwd}}", ""),
    ],
)
def test_a_file_of_the_machine_is_not_read_but_asked_for(text: str, path: str, real: str) -> None:
    found = [
        name
        for name in names(text.replace("PATH", f'"{path}"' if '"PATH"' not in text else path))
        if "environment:" not in name
    ]
    assert found
    assert all(name.startswith("host-file:") for name in found)
    assert not real or found[0] == f"host-file:{real}"


def test_a_path_in_base64_is_the_one_it_stands_for() -> None:
    # /etc/passwd
    assert names(service("env_file: !!binary L2V0Yy9wYXNzd2Q=")) == ["host-file:/etc/passwd"]
    assert names("include:\n- !<tag:yaml.org,2002:binary> |\n  L2V0Yy9w\n  YXNzd2Q=\n") == ["host-file:/etc/passwd"]


@pytest.mark.parametrize(
    "address", ["https://example.com/x.git", "git@example.com:x", "oci://x/y", "github.com/x/y", "x.git#main"]
)
@pytest.mark.parametrize("text", ["include: ['PATH']", "services: {a: {extends: {file: 'PATH', service: x}}}"])
def test_a_file_of_elsewhere_is_asked_for(text: str, address: str) -> None:
    assert names(text.replace("PATH", address)) == [f"remote-file:{address}"]


class TestOwnFiles:
    def test_they_are_read_to_their_end(self) -> None:
        files = {
            "b.yaml": "include: [sub/c.yaml]",
            "sub/c.yaml": "services: {a: {extends: {file: ../d.yaml, service: x}}}",
            "d.yaml": "include: [e/e.yaml]\nservices: {x: {env_file: [../etc/passwd, sub/a.env]}}",
            "sub/a.env": "A=$SECRET\n",
            "e/.env": "B=$OTHER\n",
        }
        assert names("include: [b.yaml]", files) == [
            "environment:OTHER",
            "host-file:/etc/passwd",
            "environment:SECRET",
        ]

    def test_those_that_name_each_other_come_to_an_end(self) -> None:
        assert names("include: [b.yaml]", {"b.yaml": "include: [compose.yaml, b.yaml]"}) == []

    def test_there_may_not_be_any_number_of_them(self) -> None:
        files = {f"{number}.yaml": f"include: [{number + 1}.yaml]" for number in range(200)}
        assert names("include: [0.yaml]", files) == ["unknown:include"]

    def test_what_is_not_there_is_for_compose_to_say(self) -> None:
        assert names("include: [none.yaml]\nservices: {a: {env_file: none.env}}") == []

    @pytest.mark.parametrize(
        "text", ["a: [", "\t- x", "a: &a [*a]", "\udcff".encode("utf-8", "surrogateescape").decode("latin-1") + ": ["]
    )
    def test_what_cannot_be_read_is_not_given_to_compose(self, text: str) -> None:
        with pytest.raises(UnreadableError):
            names(text)

    def test_what_unfolds_without_end_is_not_either(self) -> None:
        levels = [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
        with pytest.raises(UnreadableError, match="values"):
            names("\n".join(["a0: &a0 [x]", *levels]))

    @pytest.mark.parametrize("key", ["env_file", "label_file"])
    def test_neither_is_a_file_of_variables_of_which_the_end_was_not_read(self, key: str) -> None:
        line = f"A={'x' * 61}\n"
        files = {"a.env": line * (LARGEST_VALUE // len(line))}
        assert names(service(f"{key}: a.env"), files) == []
        with pytest.raises(UnreadableError, match="larger than 256 KiB"):
            names(service(f"{key}: a.env"), {"a.env": f"{files['a.env']}B=$HOME\n"})

    @pytest.mark.parametrize(
        "text", ["", "7", "[1]", "services: 5", "services: {a: 5}", "include: 5", "services: {a: {extends: b}}"]
    )
    def test_odd_ones_are_for_compose_to_refuse(self, text: str) -> None:
        assert names(text) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("image: $A", ["A"]),
        ("image: '${A}'", ["A"]),
        ("image: 'x:${A?needed}'", ["A"]),
        ("image: 'x:${A:?needed}'", ["A"]),
        ("image: '${A}${B}'", ["A", "B"]),
        ("image: '${A:-${B}}'", ["B"]),
        ("image: '${A:-x}'", []),
        ("image: '${A-x}'", []),
        ("image: '${A:+x}'", []),
        ("image: '$$A $${A}'", []),
        ("image: '$$$A'", ["A"]),
        ("image: '${DESKTOP_PLUGIN_IMAGE}'", []),
        ("image: '${DEFINED}'", []),
        # What compose has itself is asked for whatever is said besides.
        ("image: '${HOME:-x}'", ["HOME"]),
        ("image: '${PATH:+x}'", ["PATH"]),
        ('image: "\\x24{A}"', ["A"]),
        ("labels: {'${A}': x}", ["A"]),
        ("environment: [A, B=c]", ["A"]),
        ("environment: {A: , B: c, C: ~}", ["A", "C"]),
        ("environment: [HOME, DEFINED]", ["HOME"]),
        ("environment: {HOME: null}", ["HOME"]),
    ],
)
def test_variables_of_the_caller(text: str, expected: list[str]) -> None:
    assert names(service(text), env="DEFINED=x\n") == [f"environment:{name}" for name in expected]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A=x\n# $B\nC=$A\n", []),
        ("A=$B\n", ["B"]),
        ("A=${B:-x}\n", []),
        ("A='$B'\n", []),
        ('A="$B"\n', ["B"]),
        ("export A=$HOME\n", ["HOME"]),
        ("A\n", ["A"]),
        ("export A\n", ["A"]),
        ("A=x\nA\n", []),
        ("HOME=x\n", []),
        ("A: $B\n", ["B"]),
        ("A=x'$B'y'\n", ["B"]),
    ],
)
@pytest.mark.parametrize("as_env", [True, False])
def test_files_of_variables(text: str, expected: list[str], as_env: bool) -> None:  # noqa: FBT001 - a row
    compose = service("image: y") if as_env else service("env_file: a.env")
    found = names(compose, {} if as_env else {"a.env": text}, text if as_env else "")
    assert found == [f"environment:{name}" for name in expected]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("\ufeffHOME\n", ["environment:HOME"]),
        ('A="\n#${HOME}\n"\n', ["environment:HOME"]),
        ("A=\"\nB='${HOME}'\n\"\n", ["environment:HOME"]),
        ("A='\n#' B=\"$HOME\"\n", ["environment:HOME"]),
        ("A='x' HOME\n", ["environment:HOME"]),
        ('A="x" export PATH\n', ["environment:PATH"]),
        ('A="\\0044{HOME}"\n', ["environment:HOME", "unknown:env_file"]),
        ('A="${HO\\0115E}"\n', ["unknown:env_file", "environment:HO"]),
        # As a file that is not unquoted has it: https://docs.docker.com/reference/compose-file/services/#format
        ('A="\nHOME\n"\n', ["environment:HOME"]),
        # A quoted value that goes on gives no more than it says.
        ("A=\"first\nsecond\"\nB='x'\n", []),
        ("# HOME='\nA='$HOME'\nexport B=it's $$\nC=\"x\" # y\nD: 'z'\r\n\r\nE=\n", []),
    ],
)
def test_quotes_hide_nothing_in_a_file_of_variables(text: str, expected: list[str]) -> None:
    assert list(dict.fromkeys(names(service("env_file: a.env"), {"a.env": text}))) == expected
