from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dext_tasks.checks import catalogue
from dext_tasks.checks.selection import Selection
from dext_tasks.sources.facts import FileFact, FileKind
from tests.unit.checks.extension_tree import TREE_DOCKERFILE, TREE_METADATA, asked_of_tree, tree_with
from tests.unit.checks.fake_source import (
    AMD64,
    ARM64,
    BY_CODE,
    FakeSource,
    fact,
    file_set,
    found_in_image,
    metadata,
    problems,
)

if TYPE_CHECKING:
    from dext_tasks.formats.oci.platform import Platform
    from tests.unit.conftest import MakeProject

RULES = Selection(
    (
        "binary-wrong-*",
        "binary-emulated",
        "binary-os-missing",
        "binary-empty",
        "binary-unrecognised",
        "binary-script-*",
        "binary-musl",
    )
).chosen(catalogue.RULES)
CODES = [rule.code for rule in RULES]
FILE_CODES = [code for code in CODES if code != "binary-os-missing"]


def elf(machine: int, osabi: int = 0, interpreter: bytes = b"", *, kind: int = 2, entry: int = 0) -> bytes:
    header = b"\x7fELF" + bytes([2, 1, 1, osabi]) + bytes(8) + struct.pack("<HHI", kind, machine, 1)
    header += struct.pack("<QQQIHHHHHH", entry, 64, 0, 0, 64, 56, 1 if interpreter else 0, 0, 0, 0)
    if interpreter:
        header += struct.pack("<IIQQQQQQ", 3, 4, 120, 0, 0, len(interpreter) + 1, len(interpreter) + 1, 1)
    return header + interpreter + b"\0" * 64


def macho(cpu: int) -> bytes:
    return bytes.fromhex("cffaedfe") + struct.pack("<I", cpu) + bytes(24)


def universal(*cpus: int) -> bytes:
    parts = b"".join(struct.pack(">IIIII", cpu, 0, 4096, 1, 12) for cpu in cpus)
    return bytes.fromhex("cafebabe") + struct.pack(">I", len(cpus)) + parts


def pe(machine: int) -> bytes:
    return b"MZ" + bytes(58) + struct.pack("<I", 64) + b"PE\0\0" + struct.pack("<H", machine) + bytes(40)


ELF_AMD64, ELF_ARM64 = elf(62), elf(183)
ELF_386, ELF_ARM = (
    b"\x7fELF" + bytes([1, 1, 1]) + bytes(9) + b"\2\0" + bytes([machine, 0]) + bytes(64) for machine in (3, 40)
)
MACHO_AMD64, MACHO_ARM64 = macho(0x01000007), macho(0x0100000C)
PE_AMD64, PE_ARM64 = pe(0x8664), pe(0xAA64)
SH = b"#!/bin/sh\necho\n"


def shipped(platforms: list[Platform], **contents: bytes | None) -> FakeSource:
    """Binaries by system; the same content for each platform's image."""
    data = {"host": {"binaries": [{os: [{"path": f"/{os}/tool"}] for os in contents}]}}
    held = {f"/{os}/tool": content for os, content in contents.items() if content is not None}
    return FakeSource(
        documents=[metadata(data)], files=[file_set(data, contents=held, platform=platform) for platform in platforms]
    )


def codes(platform: Platform, **contents: bytes) -> dict[str, list[str]]:
    source = shipped([platform], **contents)
    found = {code: [problem.what for problem in BY_CODE[code].ask(source)] for code in FILE_CODES}
    return {code: said for code, said in found.items() if said}


@pytest.mark.parametrize(
    ("platform", "os", "content"),
    [
        (AMD64, "linux", ELF_AMD64),
        (ARM64, "linux", ELF_ARM64),
        (AMD64, "linux", elf(62, interpreter=b"/lib64/ld-linux-x86-64.so.2")),
        (AMD64, "darwin", MACHO_AMD64),
        (ARM64, "darwin", MACHO_ARM64),
        (ARM64, "darwin", universal(0x01000007, 0x0100000C)),
        (AMD64, "windows", PE_AMD64),
        (ARM64, "windows", PE_ARM64),
        (AMD64, "windows", pe(0x014C)),
        # The processor runs it itself.
        (AMD64, "linux", ELF_386),
        (AMD64, "linux", SH),
        (ARM64, "darwin", b"#!/usr/bin/env bash\n"),
        (ARM64, "darwin", b"#!/bin/zsh\n"),
        (ARM64, "linux", b"#!/usr/bin/bash\n"),
        (ARM64, "linux", b"#!/bin/env -S sh -e\n"),
        (ARM64, "darwin", b"#!/usr/bin/env /bin/zsh\n"),
        (ARM64, "darwin", b"#!/usr/bin/osascript\n"),
        # Its loader's name is beyond what is read.
        (AMD64, "linux", elf(62, interpreter=b"/" * 5000)),
        (AMD64, "linux", elf(62, kind=3, entry=1)),
        (AMD64, "windows", pe(0)),
    ],
)
def test_nothing_is_wrong(platform: Platform, os: str, content: bytes) -> None:
    assert codes(platform, **{os: content}) == {}


@pytest.mark.parametrize(
    ("platform", "os", "content", "code", "what"),
    [
        (ARM64, "linux", ELF_AMD64, "binary-wrong-architecture", "is for amd64 in the image for arm64"),
        (AMD64, "linux", ELF_ARM64, "binary-wrong-architecture", "is for arm64 in the image for amd64"),
        (ARM64, "linux", ELF_ARM, "binary-emulated", "is for arm in the image for arm64"),
        (ARM64, "darwin", MACHO_AMD64, "binary-emulated", "is for amd64 in the image for arm64"),
        (AMD64, "darwin", MACHO_ARM64, "binary-wrong-architecture", "is for arm64 in the image for amd64"),
        (ARM64, "windows", PE_AMD64, "binary-emulated", "is for amd64 in the image for arm64"),
        (AMD64, "windows", PE_ARM64, "binary-wrong-architecture", "is for arm64 in the image for amd64"),
        (AMD64, "linux", MACHO_AMD64, "binary-wrong-os", "is a Mach-O file for darwin"),
        (AMD64, "darwin", ELF_AMD64, "binary-wrong-os", "is an ELF file for linux"),
        (AMD64, "windows", ELF_AMD64, "binary-wrong-os", "is an ELF file for linux"),
        (AMD64, "linux", PE_AMD64, "binary-wrong-os", "is a PE file for windows"),
        (AMD64, "linux", elf(62, osabi=9), "binary-wrong-os", "is an ELF file for another system"),
        (AMD64, "linux", b"", "binary-empty", "is empty"),
        (
            AMD64,
            "linux",
            b"echo hello\n",
            "binary-unrecognised",
            "is a text file without #!, which names no interpreter",
        ),
        (AMD64, "darwin", b"PK\3\4\0\0", "binary-unrecognised", "is not a darwin program"),
        (AMD64, "windows", b"@echo off\r\n", "binary-unrecognised", "is not a program that Windows knows"),
        (
            AMD64,
            "linux",
            b"#!/bin/sh\r\necho\r\n",
            "binary-script-carriage-return",
            "is a script whose first line ends with a carriage return",
        ),
        (AMD64, "linux", b"#!\n", "binary-script-flawed", "is a script: no interpreter is named after #!"),
        (
            AMD64,
            "linux",
            b"\xef\xbb\xbf#!/bin/sh\n",
            "binary-script-flawed",
            "is a script: a byte order mark stands before #!",
        ),
        (AMD64, "linux", b"#!/usr/bin/env python3\n", "binary-script-interpreter", "is a script for python3"),
        (AMD64, "linux", b"#!/bin/zsh\n", "binary-script-interpreter", "is a script for /bin/zsh"),
        (AMD64, "linux", b"#!/nonexistent/sh\n", "binary-script-interpreter", "is a script for /nonexistent/sh"),
        (
            AMD64,
            "linux",
            b"#!/usr/local/bin/bash\n",
            "binary-script-interpreter",
            "is a script for /usr/local/bin/bash",
        ),
        (AMD64, "linux", b"#!bash\n", "binary-script-interpreter", "is a script for bash"),
        (AMD64, "linux", b"#!/opt/env bash\n", "binary-script-interpreter", "is a script for bash, by /opt/env"),
        (AMD64, "linux", b"#!/usr/bin/env /opt/sh\n", "binary-script-interpreter", "is a script for /opt/sh"),
        (AMD64, "linux", b"#!/usr/bin/env\n", "binary-script-interpreter", "is a script for /usr/bin/env"),
        (AMD64, "darwin", b"#!/usr/bin/bash\n", "binary-script-interpreter", "is a script for /usr/bin/bash"),
        (AMD64, "darwin", b"#!/bin/env sh\n", "binary-script-interpreter", "is a script for sh, by /bin/env"),
        (
            AMD64,
            "darwin",
            b"#!/opt/homebrew/bin/bash\n",
            "binary-script-interpreter",
            "is a script for /opt/homebrew/bin/bash",
        ),
        (
            AMD64,
            "linux",
            elf(9999),
            "binary-wrong-architecture",
            "is for ELF machine 9999 (64 bits, little-endian) in the image for amd64",
        ),
        (AMD64, "linux", b"\x7fELF", "binary-unrecognised", "is an ELF file that ends before its header does"),
        (AMD64, "windows", b"MZ", "binary-unrecognised", "is a PE file that ends before its header does"),
        (
            AMD64,
            "linux",
            elf(62, kind=1),
            "binary-unrecognised",
            "is an object file or a core dump, which no system starts",
        ),
        (AMD64, "linux", elf(62, kind=3), "binary-unrecognised", "is a library, which other programs load"),
        (AMD64, "windows", SH, "binary-script-on-windows", "is a script for /bin/sh"),
        (
            AMD64,
            "linux",
            elf(62, interpreter=b"/lib/ld-musl-x86_64.so.1"),
            "binary-musl",
            "needs /lib/ld-musl-x86_64.so.1",
        ),
    ],
)
def test_one_thing_is_wrong_and_one_rule_says_so(
    platform: Platform, os: str, content: bytes, code: str, what: str
) -> None:
    assert codes(platform, **{os: content}) == {code: [f"/{os}/tool for {os} {what}"]}


def test_amd64_binaries_in_both_images_as_in_dockers_kubernetes_sample() -> None:
    source = shipped([AMD64, ARM64], darwin=MACHO_AMD64, windows=PE_AMD64, linux=ELF_AMD64)
    wrong = list(BY_CODE["binary-wrong-architecture"].ask(source))
    assert [str(problem.place) for problem in wrong] == ["/linux/tool, linux/arm64"]
    emulated = list(BY_CODE["binary-emulated"].ask(source))
    assert [str(problem.place) for problem in emulated] == ["/darwin/tool, linux/arm64", "/windows/tool, linux/arm64"]


@pytest.mark.parametrize(
    ("systems", "missing"),
    [
        (["darwin", "linux", "windows"], []),
        (["darwin", "linux"], ["there are host binaries for darwin and linux, none for windows"]),
        (["darwin", "windows"], ["there are host binaries for darwin and windows, none for linux"]),
        (
            ["linux"],
            [
                "there are host binaries for linux, none for darwin",
                "there are host binaries for linux, none for windows",
            ],
        ),
        ([], []),
    ],
)
def test_systems_left_out(systems: list[str], missing: list[str]) -> None:
    source = shipped([AMD64], **dict.fromkeys(systems, SH))
    assert [problem.what for problem in BY_CODE["binary-os-missing"].ask(source)] == missing


def listed(*groups: dict[str, list[str]]) -> FakeSource:
    """What metadata.json lists, in one group a system or in several."""
    binaries = [{os: [{"path": path} for path in paths] for os, paths in group.items()} for group in groups]
    return FakeSource(documents=[metadata({"host": {"binaries": binaries}})])


@pytest.mark.parametrize(
    "groups",
    [
        [{"darwin": ["/d/t"], "linux": ["/l/t"], "windows": ["/w/t.exe"]}],
        [{"darwin": ["/d/t"]}, {"linux": ["/l/t"]}, {"windows": ["/w/T.CMD"]}],
        [{"darwin": ["/t.sh"], "linux": ["/t.sh"], "windows": ["/t.ps1"]}],
        [{"darwin": ["/t-darwin-arm64"], "linux": ["/t_linux_amd64"], "windows": ["/t.windows.exe"]}],
        # What one system alone has is its helper.
        [{"darwin": ["/t", "/launchctl.sh"], "linux": ["/t"], "windows": ["/t.exe", "/startup.ps1"]}],
        [{"darwin": ["/darwin"], "linux": ["/linux"], "windows": ["/windows.exe"]}],
    ],
)
def test_each_binary_is_there_for_each_system(groups: list[dict[str, list[str]]]) -> None:
    assert list(BY_CODE["binary-os-missing"].ask(listed(*groups))) == []


@pytest.mark.parametrize(
    ("groups", "missing"),
    [
        (
            [{"linux": ["/t"], "darwin": ["/t"], "windows": ["/t.exe"]}, {"linux": ["/u.sh"], "darwin": ["/u.sh"]}],
            "there is a host binary u for darwin and linux, none for windows",
        ),
        (
            [{"linux": ["/t"], "darwin": ["/t", "/u"], "windows": ["/t.exe", "/u.exe"]}],
            "there is a host binary u for darwin and windows, none for linux",
        ),
    ],
)
def test_a_binary_that_a_system_lacks(groups: list[dict[str, list[str]]], missing: str) -> None:
    assert [problem.what for problem in BY_CODE["binary-os-missing"].ask(listed(*groups))] == [missing]


@pytest.mark.parametrize("name", ["liba.so", "liba.so.1.2", "tool"])
def test_libraries_may_be_there_for_the_programs_beside_them(name: str) -> None:
    data = {"host": {"binaries": [{"linux": [{"path": f"/{name}"}]}]}}
    source = FakeSource(files=[file_set(data, contents={f"/{name}": elf(62, kind=3)})])
    assert len(problems("binary-unrecognised", source)) == (name == "tool")


@pytest.mark.parametrize("suffix", [".cmd", ".bat", ".ps1", ".CMD"])
def test_windows_has_scripts_of_its_own(suffix: str) -> None:
    path = f"/windows/hello{suffix}"
    data = {"host": {"binaries": [{"windows": [{"path": path}]}]}}
    source = FakeSource(files=[file_set(data, contents={path: b"@echo off"})])
    assert [problem for code in FILE_CODES for problem in problems(code, source)] == []


def test_what_is_not_there_is_another_rules() -> None:
    source = shipped([AMD64], linux=None)
    assert [problem for code in FILE_CODES for problem in BY_CODE[code].ask(source)] == []


HEADS = st.sampled_from([ELF_AMD64, MACHO_ARM64, PE_AMD64, universal(7), SH, b"#!", b"MZ"])


@given(st.binary() | st.tuples(HEADS, st.integers(0, 130), st.binary()).map(lambda made: made[0][: made[1]] + made[2]))
def test_every_rule_has_an_answer_to_any_content(content: bytes) -> None:
    found: Any = codes(ARM64, linux=content, darwin=content, windows=content)
    assert all("\n" not in what for said in found.values() for what in said)


def listing(**by_os: list[str]) -> dict[str, Any]:
    return {"host": {"binaries": [{os: [{"path": path} for path in paths] for os, paths in by_os.items()}]}}


class TestMode:
    @pytest.mark.parametrize("mode", [0o755, 0o700, 0o111, 0o4755])
    def test_executable(self, mode: int) -> None:
        assert found_in_image("binary-not-executable", listing(linux=["/a"], darwin=["/a"]), {"/a": fact(mode)}) == []

    @pytest.mark.parametrize(("mode", "shown"), [(0o644, "0644"), (0o600, "0600"), (0, "0000"), (0o4644, "4644")])
    def test_not_executable_is_told_once_a_path(self, mode: int, shown: str) -> None:
        metadata = listing(linux=["/a"], darwin=["/a"], windows=["/a"])
        assert found_in_image("binary-not-executable", metadata, {"/a": fact(mode)}) == [(f"/a has mode {shown}", "/a")]

    def test_windows_does_not_look_at_the_mode(self) -> None:
        assert found_in_image("binary-not-executable", listing(windows=["/a.exe"]), {"/a.exe": fact(0o644)}) == []

    @pytest.mark.parametrize("facts", [{}, {"/a": fact(0o644, FileKind.FOLDER)}, {"/a": fact(0o644, FileKind.LINK)}])
    def test_what_is_no_file_is_another_rules(self, facts: dict[str, FileFact]) -> None:
        assert found_in_image("binary-not-executable", listing(linux=["/a"]), facts) == []


class TestNames:
    @pytest.mark.parametrize(
        "metadata",
        [
            listing(linux=["/linux/a"], darwin=["/darwin/a"], windows=["/windows/a"]),
            listing(linux=["/x/a", "/x/a"]),
            listing(linux=["/x/a", "/y/b"]),
            listing(linux=["/x/a", "/y/A"]),
        ],
    )
    def test_different(self, metadata: dict[str, Any]) -> None:
        assert found_in_image("binary-name-clash", metadata) == []

    @pytest.mark.parametrize(
        ("metadata", "what"),
        [
            (listing(linux=["/amd64/a", "/arm64/a"]), "/arm64/a and /amd64/a are both a for linux"),
            (listing(windows=["/x/a.exe", "/y/A.EXE"]), "/y/A.EXE and /x/a.exe are both A.EXE for windows"),
            (listing(darwin=["/x/a", "/y/A"]), "/y/A and /x/a are both A for darwin"),
        ],
    )
    def test_alike(self, metadata: dict[str, Any], what: str) -> None:
        assert [said for said, _ in found_in_image("binary-name-clash", metadata)] == [what]

    def test_groups_of_binaries_are_one_folder(self) -> None:
        groups = {"host": {"binaries": [{"linux": [{"path": "/x/a"}]}, {"linux": [{"path": "/y/a"}]}]}}
        assert len(found_in_image("binary-name-clash", groups)) == 1


TREE_BINARIES = TREE_METADATA[:-2] + (
    ',\n "host": {"binaries": [\n  {"linux": [{"path": "/bin/tool"}],\n   "darwin": [{"path": "/mac/tool"}]}]}\n}'
)


@pytest.mark.parametrize(
    ("lines_of_copy", "files", "said"),
    [
        ("COPY bin /bin\nCOPY mac /mac\n", {"bin/tool": "", "mac/tool": ""}, []),
        # They are made before the image is built.
        ("COPY bin /bin\nCOPY mac/tool /mac/\n", {"bin/tool": ""}, []),
        (
            "COPY bin /bin\n",
            {"bin/tool": "", "mac/tool": ""},
            ["host.binaries.0.darwin.0.path /mac/tool is not in the image: nothing copies mac/tool there"],
        ),
        (
            "COPY bin /bin\nCOPY mac /mac\n",
            {"bin/other": "", "mac/tool/x": ""},
            [
                "host.binaries.0.darwin.0.path /mac/tool is a folder, not a file",
                "host.binaries.0.linux.0.path /bin/tool is neither in the source tree nor made by the build",
            ],
        ),
    ],
)
def test_host_binaries(lines_of_copy: str, files: dict[str, str], said: list[str], make_project: MakeProject) -> None:
    changed = {"Dockerfile": TREE_DOCKERFILE + lines_of_copy, "metadata.json": TREE_BINARIES, **files}
    found_in_tree = asked_of_tree(tree_with(make_project, changed))
    assert (
        sorted(what.removeprefix("metadata.json: ") for code, what, _ in found_in_tree if code == "binary-nowhere")
        == said
    )
    assert {place for *_, place in found_in_tree} <= {"metadata.json:14", "metadata.json:15"}
