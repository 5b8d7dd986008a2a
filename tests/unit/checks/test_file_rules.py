from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from dext_tasks.checks import catalogue
from dext_tasks.checks.selection import Selection
from dext_tasks.formats.oci.platform import Platform
from dext_tasks.sources.source import FileFact, FileKind, Place
from tests.unit.checks.fake_source import FakeSource, file_set

RULES = Selection(
    (
        "icon-absent",
        "ui-root-absent",
        "ui-entry-absent",
        "composefile-absent",
        "binary-absent",
        "ui-entry-useless",
        "icon-format",
        "binary-not-executable",
        "binary-name-clash",
    )
).chosen(catalogue.RULES)
BY_CODE = {rule.code: rule for rule in RULES}
ARM64 = Platform("linux", "arm64")
SVG, PNG = b"<svg/>", b"\x89PNG\r\n\x1a\n"


def filed(
    metadata: object, facts: dict[str, FileFact] | None = None, contents: dict[str, bytes] | None = None
) -> FakeSource:
    return FakeSource(
        files=[replace(file_set(metadata, facts), read=lambda path, most: (contents or {}).get(path, b"")[:most])]
    )


def found(
    code: str,
    metadata: dict[str, Any],
    facts: dict[str, FileFact] | None = None,
    contents: dict[str, bytes] | None = None,
) -> list[tuple[str, str]]:
    problems = list(BY_CODE[code].ask(filed(metadata, facts, contents)))
    assert all(problem.place == Place(path=problem.place.path, platform=ARM64) for problem in problems)
    return [(problem.what, problem.place.path) for problem in problems]


def binaries(**by_os: list[str]) -> dict[str, Any]:
    return {"host": {"binaries": [{os: [{"path": path} for path in paths] for os, paths in by_os.items()}]}}


def file(mode: int, kind: FileKind = FileKind.FILE) -> FileFact:
    return FileFact(kind, mode, 1)


class TestMode:
    @pytest.mark.parametrize("mode", [0o755, 0o700, 0o111, 0o4755])
    def test_executable(self, mode: int) -> None:
        assert found("binary-not-executable", binaries(linux=["/a"], darwin=["/a"]), {"/a": file(mode)}) == []

    @pytest.mark.parametrize(("mode", "shown"), [(0o644, "0644"), (0o600, "0600"), (0, "0000"), (0o4644, "4644")])
    def test_not_executable_is_told_once_a_path(self, mode: int, shown: str) -> None:
        metadata = binaries(linux=["/a"], darwin=["/a"], windows=["/a"])
        assert found("binary-not-executable", metadata, {"/a": file(mode)}) == [(f"/a has mode {shown}", "/a")]

    def test_windows_does_not_look_at_the_mode(self) -> None:
        assert found("binary-not-executable", binaries(windows=["/a.exe"]), {"/a.exe": file(0o644)}) == []

    @pytest.mark.parametrize("facts", [{}, {"/a": file(0o644, FileKind.FOLDER)}, {"/a": file(0o644, FileKind.LINK)}])
    def test_what_is_no_file_is_another_rules(self, facts: dict[str, FileFact]) -> None:
        assert found("binary-not-executable", binaries(linux=["/a"]), facts) == []


class TestNames:
    @pytest.mark.parametrize(
        "metadata",
        [
            binaries(linux=["/linux/a"], darwin=["/darwin/a"], windows=["/windows/a"]),
            binaries(linux=["/x/a", "/x/a"]),
            binaries(linux=["/x/a", "/y/b"]),
            binaries(linux=["/x/a", "/y/A"]),
        ],
    )
    def test_different(self, metadata: dict[str, Any]) -> None:
        assert found("binary-name-clash", metadata) == []

    @pytest.mark.parametrize(
        ("metadata", "what"),
        [
            (binaries(linux=["/amd64/a", "/arm64/a"]), "/arm64/a and /amd64/a are both a for linux"),
            (binaries(windows=["/x/a.exe", "/y/A.EXE"]), "/y/A.EXE and /x/a.exe are both A.EXE for windows"),
            (binaries(darwin=["/x/a", "/y/A"]), "/y/A and /x/a are both A for darwin"),
        ],
    )
    def test_alike(self, metadata: dict[str, Any], what: str) -> None:
        assert [said for said, _ in found("binary-name-clash", metadata)] == [what]

    def test_groups_of_binaries_are_one_folder(self) -> None:
        groups = {"host": {"binaries": [{"linux": [{"path": "/x/a"}]}, {"linux": [{"path": "/y/a"}]}]}}
        assert len(found("binary-name-clash", groups)) == 1


class TestIcon:
    @pytest.mark.parametrize(("path", "content"), [("/i.svg", SVG), ("/i.png", PNG), ("/i.SVG", SVG), ("/i.svg", b"")])
    def test_good(self, path: str, content: bytes) -> None:
        assert found("icon-format", {"icon": path}, contents={path: content}) == []

    @pytest.mark.parametrize(
        ("path", "content", "what"),
        [
            ("/i.svg", PNG, "/i.svg is PNG by its content, SVG by its name"),
            ("/i.png", SVG, "/i.png is SVG by its content, PNG by its name"),
            ("/icon", SVG, "/icon is SVG by its content, not a picture by its name"),
            ("/i.jpg", b"\xff\xd8\xff", "/i.jpg is JPEG by its content, neither SVG nor PNG"),
            ("/i.svg", b"404: Not Found", "/i.svg is not a picture by its content, neither SVG nor PNG"),
        ],
    )
    def test_wrong(self, path: str, content: bytes, what: str) -> None:
        assert found("icon-format", {"icon": path}, contents={path: content}) == [(what, path)]

    def test_empty(self) -> None:
        facts = {"/i.svg": FileFact(FileKind.FILE, 0o644, 0)}
        assert found("icon-format", {"icon": "/i.svg"}, facts) == [("/i.svg is empty", "/i.svg")]

    @pytest.mark.parametrize(
        ("written", "shown"),
        [
            ("https://a.example/icon.svg", "https://a.example/icon.svg"),
            ("/HTTP://a.example/icon.svg", "/HTTP://a.example/icon.svg"),
        ],
    )
    def test_an_address_is_no_path(self, written: str, shown: str) -> None:
        ((what, _),) = found("icon-absent", {"icon": written})
        assert what == f"metadata.json names the address {shown}, where the path of a file in the image is expected"

    def test_what_to_do_fits_what_it_is(self) -> None:
        folder = filed(b'{"icon": "/i"}', {"/i": FileFact(FileKind.FOLDER, 0o755, 1)}, {})
        address = filed(b'{"icon": "https://a.example/i.svg"}', {}, {})
        absent = filed(b'{"icon": "/i"}', {}, {})
        said = [problem.fix for each in (folder, address, absent) for problem in BY_CODE["icon-absent"].ask(each)]
        assert said == [
            "name the file itself, with its name",
            "put the file into the project, COPY it into the final stage, and write its path in the image",
            "",
        ]

    @pytest.mark.parametrize("kind", FileKind)
    def test_what_it_is_instead(self, kind: FileKind) -> None:
        said = [what for what, _ in found("icon-absent", {"icon": "/i"}, {"/i": FileFact(kind, 0o644, 1)})]
        kinds = {FileKind.FOLDER: "a folder", FileKind.LINK: "a link", FileKind.OTHER: "a device, a pipe or a socket"}
        assert said == ([] if kind is FileKind.FILE else [f"/i is {kinds[kind]}, not a file"])

    def test_no_icon_is_another_rules(self) -> None:
        assert found("icon-format", {}) == []


def tab(src: str, root: str = "/ui") -> dict[str, Any]:
    return {"ui": {"dashboard-tab": {"title": "x", "root": root, "src": src}}}


class TestEntry:
    @pytest.mark.parametrize("metadata", [tab("index.html"), tab("/index.html#x"), tab("ui/index.html", "/"), {}])
    def test_good(self, metadata: dict[str, Any]) -> None:
        assert found("ui-entry-useless", metadata, {"/ui/index.html": file(0o644)}) == []

    @pytest.mark.parametrize("facts", [{}, {"/ui/index.html": file(0o755, FileKind.FOLDER)}])
    def test_what_is_no_file_is_another_rules(self, facts: dict[str, FileFact]) -> None:
        assert found("ui-entry-useless", tab("index.html"), facts) == []

    @pytest.mark.parametrize(("src", "path"), [("../index.html", "/index.html"), ("../ui2/i.html", "/ui2/i.html")])
    def test_outside(self, src: str, path: str) -> None:
        what = f"{path} is outside /ui, the folder that is installed"
        assert found("ui-entry-useless", tab(src), {path: file(0o644)}) == [(what, path)]

    def test_empty(self) -> None:
        facts = {"/ui/index.html": FileFact(FileKind.FILE, 0o644, 0)}
        assert found("ui-entry-useless", tab("index.html"), facts) == [("/ui/index.html is empty", "/ui/index.html")]

    def test_an_address_is_no_path(self) -> None:
        facts = {"/ui": file(0o755, FileKind.FOLDER)}
        ((what, _),) = found("ui-entry-absent", tab("https://a.example/"), facts)
        assert what == (
            "metadata.json names the address https://a.example/, where the path of a file in the image is expected"
        )

    @pytest.mark.parametrize("facts", [{}, {"/ui": file(0o644)}])
    def test_without_its_folder_it_is_missing_too_which_is_one_finding(self, facts: dict[str, FileFact]) -> None:
        assert found("ui-entry-absent", tab("index.html"), facts) == []
        assert len(found("ui-root-absent", tab("index.html"), facts)) == 1
        assert found("ui-entry-absent", tab("index.html"), {"/ui": file(0o755, FileKind.FOLDER)})

    def test_docker_installs_an_extension_without_it(self) -> None:
        assert [BY_CODE[code].docker for code in ("ui-entry-absent", "ui-entry-useless")] == ["", ""]


@pytest.mark.parametrize("code", BY_CODE)
@pytest.mark.parametrize("metadata", [b"", b"{", b"[]", b'{"icon": 1, "host": {"binaries": [1]}}'])
def test_metadata_that_cannot_be_read_is_another_rules(code: str, metadata: bytes) -> None:
    assert list(BY_CODE[code].ask(filed(metadata, {}, {}))) == []
