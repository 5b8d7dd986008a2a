from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from dext_tasks.formats.dockerfile.document import parse
from dext_tasks.sources.context import Context
from dext_tasks.sources.origin import Origin, OriginKind
from dext_tasks.sources.origins import Origins

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in ("a.svg", "ui/index.html", "ui/a.js", "vm/compose.yaml", "compose.yaml", "vm/icons/b.svg"):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(name, encoding="utf-8")
    return tmp_path


def found(root: Path, dockerfile: str, path: str, target: str = "") -> Origin:
    return Origins(Context(root, root / "Dockerfile"), parse(dockerfile), target).of(path)


def origin(root: Path, dockerfile: str, path: str, target: str = "") -> tuple[str | None, bool]:
    known = found(root, dockerfile, path, target)
    return known.file.relative_to(root).as_posix() if known.file else None, known.is_sure


@pytest.mark.parametrize(
    ("dockerfile", "path", "file", "is_sure"),
    [
        ("FROM scratch\nCOPY ui /ui", "/ui/a.js", "ui/a.js", True),
        ("FROM scratch\nCOPY ui /ui", "/ui/b.js", None, True),
        ("FROM scratch\nCOPY ui/. .", "/a.js", "ui/a.js", True),
        ("FROM scratch\nCOPY . .", "/ui/a.js", "ui/a.js", True),
        ("FROM scratch\nCOPY vm/compose.yaml /", "/compose.yaml", "vm/compose.yaml", True),
        ("FROM scratch\nCOPY vm/compose.yaml /docker-compose.yaml", "/docker-compose.yaml", "vm/compose.yaml", True),
        ("FROM scratch\nCOPY . .\nCOPY vm/compose.yaml .", "/compose.yaml", "vm/compose.yaml", True),
        ("FROM scratch\nCOPY vm/compose.yaml .\nCOPY . .", "/compose.yaml", "compose.yaml", True),
        ("FROM scratch\nCOPY vm/icons/*.svg /", "/b.svg", "vm/icons/b.svg", True),
        ("FROM scratch\nCOPY vm/*/ /", "/b.svg", "vm/icons/b.svg", True),
        ("FROM alpine\nCOPY ui /ui", "/a.svg", None, True),
        ("FROM docker.io/library/alpine\nCOPY ui /ui", "/a.svg", None, True),
        ("FROM acme/base\nCOPY ui /ui", "/a.svg", None, False),
        ("FROM acme/base\nCOPY ui /ui", "/ui/a.js", "ui/a.js", True),
        ("FROM scratch\nCOPY ui /ui\nRUN x", "/ui/a.js", "ui/a.js", False),
        ("FROM scratch\nRUN x\nCOPY ui /ui", "/ui/a.js", "ui/a.js", True),
        ("FROM scratch\nRUN x\nCOPY ui /ui", "/ui/b.js", None, False),
        ("FROM scratch AS x\nCOPY ui /y\nFROM scratch\nCOPY --from=x /y /ui", "/ui/a.js", "ui/a.js", True),
        ("FROM scratch AS x\nCOPY ui /y\nFROM scratch\nCOPY --from=0 /y /ui", "/ui/a.js", "ui/a.js", True),
        ("FROM scratch AS x\nCOPY ui /y\nRUN x\nFROM scratch\nCOPY --from=x /y /ui", "/ui/a.js", "ui/a.js", False),
        ("FROM scratch AS x\nCOPY ui /y\nFROM x\nCOPY vm /vm", "/y/a.js", "ui/a.js", True),
        ("FROM scratch\nCOPY --from=acme/ui / /ui", "/ui/a.js", None, False),
        ("FROM scratch\nCOPY --from=acme/ui / /ui", "/a.svg", None, True),
        ("FROM scratch\nADD https://acme.org/x.js /ui/\nCOPY ui /ui", "/ui/b.js", None, True),
        ("FROM scratch\nCOPY ../../../../etc /etc", "/etc/passwd", None, False),
        ("FROM scratch\nCOPY dist /ui\nCOPY vm /vm", "/ui/a.js", None, False),
        ("FROM scratch\nCOPY dist /ui\nCOPY vm /vm", "/vm/a.js", None, True),
        ("FROM scratch\nCOPY ui dist /ui/", "/ui/b.js", None, False),
        ("FROM scratch\nCOPY tool /", "/tool", None, False),
        ("FROM scratch\nCOPY icon.svg /", "/icon.svg", None, True),
        ("FROM scratch\nCOPY art/icon.svg /icon.svg", "/icon.svg", None, True),
        ("FROM scratch\nCOPY other.svg /icon.svg", "/icon.svg", None, False),
    ],
)
def test_where_a_file_comes_from(dockerfile: str, path: str, file: str | None, root: Path, *, is_sure: bool) -> None:
    assert origin(root, dockerfile, path) == (file, is_sure)


def test_the_stage_that_is_built_counts(root: Path) -> None:
    text = "FROM scratch AS one\nCOPY ui /ui\nFROM scratch AS two\nCOPY vm /ui\n"
    assert origin(root, text, "/ui/a.js", "one") == ("ui/a.js", True)
    assert origin(root, text, "/ui/a.js", "two") == (None, True)


@pytest.mark.parametrize("path", ["/ui/a\0b", "/ui/" + "x" * 5000, "", "/ui/\ud800"])
def test_names_that_no_file_has(path: str, root: Path) -> None:
    assert found(root, "FROM scratch\nCOPY ui /ui\n", path) == Origin(OriginKind.ABSENT)


@pytest.mark.parametrize(
    ("dockerfile", "path", "kind"),
    [
        ("FROM scratch", "/", OriginKind.FOLDER),
        ("FROM scratch\nCOPY ui /a/b", "/a", OriginKind.FOLDER),
        ("FROM scratch\nCOPY ui /a/b", "/a/b", OriginKind.FOLDER),
        ("FROM scratch\nCOPY a.svg /a/b", "/a", OriginKind.FOLDER),
        ("FROM scratch\nCOPY a.svg /a/b", "/a/b", OriginKind.FILE),
        ("FROM scratch\nCOPY a.svg /a/b", "/a/b/c", OriginKind.ABSENT),
        ("FROM scratch\nCOPY vm /", "/icons", OriginKind.FOLDER),
        ("FROM scratch\nWORKDIR /a/b", "/a/b", OriginKind.FOLDER),
        ("FROM scratch\nWORKDIR /a/b", "/a", OriginKind.FOLDER),
        # A file goes into a folder that is there already, with --link it does not.
        ("FROM scratch\nWORKDIR /x\nCOPY a.svg /x", "/x/a.svg", OriginKind.FILE),
        ("FROM scratch\nWORKDIR /x\nCOPY a.svg /x", "/x", OriginKind.FOLDER),
        ("FROM scratch\nWORKDIR /x\nCOPY --link a.svg /x", "/x", OriginKind.FILE),
        ("FROM scratch\nCOPY ui /x\nCOPY a.svg /x", "/x/a.svg", OriginKind.FILE),
        ("FROM scratch\nCOPY a.svg compose.yaml /x", "/x", OriginKind.FILE),
        # What is copied has the name of the file that a link leads to nowhere: the source's own counts.
        ("FROM scratch\nCOPY link.svg /", "/link.svg", OriginKind.FILE),
        ("FROM scratch\nCOPY ui/link /x", "/x/a.js", OriginKind.FILE),
        ("FROM scratch\nCOPY ui /x", "/x/link", OriginKind.FILE),
        ("FROM scratch\nCOPY ui/../ui/./a.js /", "/a.js", OriginKind.FILE),
        # Wildcards: files by their names, folders by what is in them.
        ("FROM scratch\nCOPY *.svg /x/", "/x/a.svg", OriginKind.FILE),
        ("FROM scratch\nCOPY u* /x/", "/x/a.js", OriginKind.FILE),
        ("FROM scratch\nCOPY u? /x", "/x", OriginKind.FOLDER),
        ("FROM scratch\nCOPY [a-b].svg /", "/a.svg", OriginKind.FILE),
        ("FROM scratch\nCOPY vm/*/*.svg /", "/b.svg", OriginKind.FILE),
        ("FROM scratch AS x\nCOPY ui /ui\nFROM scratch\nCOPY --from=x /ui/*.js /", "/a.js", OriginKind.FILE),
        ("FROM scratch AS x\nCOPY ui /ui\nFROM scratch\nCOPY --from=X ui/a.js /", "/a.js", OriginKind.FILE),
        # Of two stages with one name the last one counts.
        (
            "FROM scratch AS x\nFROM scratch AS x\nCOPY vm /\nFROM scratch\nCOPY --from=x / /",
            "/icons",
            OriginKind.FOLDER,
        ),
        ("FROM scratch AS x\nONBUILD COPY a.svg /\nFROM x", "/a.svg", OriginKind.FILE),
        ("FROM scratch\nONBUILD COPY a.svg /", "/a.svg", OriginKind.ABSENT),
        ("FROM scratch\nADD a.svg /x/", "/x/a.svg", OriginKind.FILE),
        ("FROM scratch\nADD https://acme.org/x.js?v=1 /ui/", "/ui/x.js", OriginKind.FILE),
        ("FROM scratch\nARG A=ui\nCOPY $A/a.js /$A/", "/ui/a.js", OriginKind.FILE),
        ("FROM scratch\nENV A=ui\nWORKDIR /$A\nCOPY ui/a.js .", "/ui/a.js", OriginKind.FILE),
    ],
)
def test_what_is_certainly_at_a_path(dockerfile: str, path: str, kind: OriginKind, root: Path) -> None:
    (root / "link.svg").symlink_to("vm/icons/b.svg")
    (root / "ui" / "link").symlink_to("/ui")
    known = found(root, dockerfile, path)
    assert (known.kind, known.doubt) == (kind, "")


@pytest.mark.parametrize(
    ("dockerfile", "text", "line", "blur"),
    [
        ("FROM scratch\nCOPY <<EOF /x\na\nEOF", b"a\n", 3, ""),
        ("FROM scratch\nCOPY <<EOF /\na\nEOF", None, 0, ""),
        ("FROM scratch\nCOPY <<x <<y /\na\nx\nb\ny", b"a\n", 3, ""),
        ("FROM scratch\nARG A=1\nCOPY <<EOF /x\n$A \"$A\" '$A' \\$A\nEOF", b"1 \"1\" '1' $A\n", 4, ""),
        ("FROM scratch\nCOPY <<'EOF' /x\n$A \\$A\nEOF", b"$A \\$A\n", 3, ""),
        ("FROM scratch\nCOPY <<-EOF /x\n\ta\n\t\tb\n\tEOF", b"a\nb\n", 3, ""),
        ("FROM scratch\r\nCOPY <<EOF /x\r\na\r\nEOF\r\n", b"a\r\n", 3, ""),
        ("FROM scratch\nCOPY <<EOF /x\n$A\nEOF", b"\n", 3, "what line 3 makes it say depends on $A"),
        ("FROM scratch\nADD https://acme.org/x /", None, 0, "line 2 downloads it"),
        ("FROM scratch\nCOPY linked /", None, 0, "line 2 copies linked/x as a symbolic link"),
        ("FROM scratch AS s\nCOPY <<x /\na\nx\nFROM scratch\nCOPY --from=s x /", b"a\n", 3, ""),
    ],
)
def test_what_a_file_says_that_is_in_no_tree(
    dockerfile: str, text: bytes | None, line: int, blur: str, root: Path
) -> None:
    (root / "linked").mkdir()
    (root / "linked" / "x").symlink_to("../a.svg")
    known = found(root, dockerfile, "/x")
    assert (known.text, known.line, known.blur) == (text, line, blur)


@pytest.mark.parametrize(
    ("dockerfile", "path"),
    [
        # What is copied to a folder may hold anything, and is not taken to replace what has been named.
        ("FROM scratch\nCOPY a.svg /\nCOPY bin/service /", "/a.svg"),
        ("FROM scratch\nCOPY a.svg /\nCOPY --from=acme/tool /tool /", "/a.svg"),
        ("FROM golang AS b\nRUN go build -o /s\nFROM scratch\nCOPY a.svg /\nCOPY --from=b /s /", "/a.svg"),
        ("FROM scratch\nCOPY a.svg /\nADD x.tar.gz /", "/a.svg"),
        ("FROM scratch\nCOPY a.svg /\nCOPY $X /", "/a.svg"),
        ("FROM scratch\nCOPY a.svg /\nCOPY dist/* /", "/a.svg"),
        ("FROM alpine\nCOPY a.svg /\nRUN apk add --no-cache curl && mkdir -p /run/guest-services", "/a.svg"),
        ("FROM alpine\nCOPY a.svg /\nRUN chmod +x /service", "/a.svg"),
    ],
)
def test_what_is_copied_by_name_stays(dockerfile: str, path: str, root: Path) -> None:
    assert origin(root, dockerfile, path) == ("a.svg", True)


@pytest.mark.parametrize(
    ("dockerfile", "doubt"),
    [
        ("FROM scratch\nCOPY a.svg /\nRUN make", "what RUN in line 3 does to it is not known before the build"),
        ("FROM scratch\nCOPY bin/x /x", "line 2 copies bin/x, which is not in the source tree yet"),
        ("FROM scratch\nCOPY dist /", "line 2 copies dist, which is not in the source tree yet"),
        ("FROM scratch\nCOPY dist/* /", "more that matches dist/* in line 2 may be made before the build"),
        ("FROM scratch\nCOPY nope* /x/", "more that matches nope* in line 2 may be made before the build"),
        ("FROM scratch\nCOPY --from=acme/x / /", "line 2 copies from acme/x, into which nobody looks"),
        ("FROM acme/x", "the base image acme/x may hold it"),
        ("FROM scratch\nADD x.tar.gz /", "line 2 copies x.tar.gz, which is not in the source tree yet"),
        ("FROM scratch\nADD packed.bin /", "line 2 unpacks the archive packed.bin"),
        ("FROM scratch\nCOPY $A /", "what line 2 copies depends on $A"),
        ("FROM scratch\nCOPY a.svg $A", "where line 2 copies to depends on $A"),
        ("FROM scratch AS s\nFROM scratch\nCOPY --from=s /x /", "line 3 copies x, which nothing puts into stage s"),
        ("FROM scratch AS s\nFROM scratch\nCOPY --from=s /y* /", "which files match y* in line 3 is not known"),
        ("FROM scratch\nCOPY --from=later / /\nFROM scratch AS later\nFROM scratch", ""),
    ],
)
def test_why_something_is_not_certain(dockerfile: str, doubt: str, root: Path) -> None:
    (root / "packed.bin").write_bytes(b"\x1f\x8b\x08 and so on")
    assert found(root, dockerfile, "/x").doubt.startswith(doubt)
    assert bool(found(root, dockerfile, "/x").doubt) is bool(doubt)


def test_only_what_distributions_lack_is_no_presumption(root: Path) -> None:
    assert not found(root, "FROM scratch\n", "/service").is_presumed
    assert not found(root, "FROM alpine:3.22\n", "/service").is_presumed
    assert found(root, "FROM registry:2\n", "/entrypoint.sh").is_presumed
    copied = "FROM registry:2 AS r\nFROM scratch\nCOPY --from=r / /\n"
    assert found(root, copied, "/entrypoint.sh").is_presumed


def test_what_lies_behind_a_link_in_a_folder_is_not_certain(root: Path) -> None:
    (root / "ui" / "more").symlink_to("../vm")
    known = found(root, "FROM scratch\nCOPY ui /ui\n", "/ui/more/compose.yaml")
    assert known.doubt == "line 2 copies ui/more/compose.yaml as a symbolic link"


class TestUnsent:
    @pytest.mark.parametrize(
        ("dockerfile", "ignored", "found"),
        [
            ("FROM scratch\nCOPY a.svg /", "a.svg", [("a.svg", "which line 1 of .dockerignore leaves out")]),
            ("FROM scratch\nCOPY ui/a.js /", "b\nui", [("ui/a.js", "which line 2 of .dockerignore leaves out")]),
            ("FROM scratch\nCOPY dist /", "dist", [("dist", "which line 1 of .dockerignore leaves out")]),
            ("FROM scratch\nADD a.svg /", "*", [("a.svg", "which line 1 of .dockerignore leaves out")]),
            (
                "FROM scratch AS s\nCOPY a.svg /\nFROM s",
                "a.svg",
                [("a.svg", "which line 1 of .dockerignore leaves out")],
            ),
            ("FROM scratch AS s\nFROM scratch\nCOPY --from=s /x /", "", [("x", "which nothing puts into stage s")]),
            ("FROM scratch AS s\nFROM scratch\nCOPY --from=0 /x /", "", [("x", "which nothing puts into stage 0")]),
            # What may be there, or is not built.
            ("FROM scratch\nCOPY a.svg /", "*\n!a.svg", []),
            ("FROM scratch\nCOPY ui /", "ui\n!ui/a.js", []),
            ("FROM scratch\nCOPY dist /", "dist\n!dist/x", []),
            ("FROM scratch\nCOPY . /", "*", []),
            ("FROM scratch\nCOPY *.svg /", "a.svg", []),
            ("FROM scratch\nCOPY bin/x /", "", []),
            ("FROM scratch AS s\nCOPY a.svg /\nFROM scratch", "a.svg", []),
            ("FROM alpine AS s\nFROM scratch\nCOPY --from=s /usr/bin/x /", "", []),
            ("FROM registry:2 AS s\nFROM scratch\nCOPY --from=s /entrypoint.sh /", "", []),
            ("FROM scratch\nCOPY --from=acme/x /x /", "", []),
            ("FROM golang AS s\nRUN go build\nFROM scratch\nCOPY --from=s /x /", "", []),
        ],
    )
    def test_what_a_build_does_not_find(
        self, dockerfile: str, ignored: str, found: list[tuple[str, str]], root: Path
    ) -> None:
        (root / ".dockerignore").write_text(ignored, encoding="utf-8")
        origins = Origins(Context(root, root / "Dockerfile"), parse(dockerfile), "")
        assert [(copy.source, why) for copy, why in origins.unsent()] == found


class TestIgnored:
    def test_what_is_left_out_of_a_folder_is_absent_and_why(self, root: Path) -> None:
        (root / ".dockerignore").write_text("**/*.js\n", encoding="utf-8")
        known = found(root, "FROM scratch\nCOPY ui /ui\n", "/ui/a.js")
        assert known.is_lacking
        assert known.why == "line 1 of .dockerignore leaves ui/a.js out of the build context"
        assert origin(root, "FROM scratch\nCOPY ui /ui\n", "/ui/index.html") == ("ui/index.html", True)

    def test_a_file_that_is_left_out_matches_no_pattern(self, root: Path) -> None:
        (root / ".dockerignore").write_text("a.svg\n", encoding="utf-8")
        assert found(root, "FROM scratch\nCOPY *.svg /\n", "/a.svg").is_lacking

    def test_a_link_leads_nowhere_where_its_end_is_left_out(self, root: Path) -> None:
        (root / "link.svg").symlink_to("a.svg")
        (root / ".dockerignore").write_text("a.svg\n", encoding="utf-8")
        assert not found(root, "FROM scratch\nCOPY link.svg /\n", "/link.svg").is_sure


def test_nothing_outside_of_the_context_is_found_through_a_link(root: Path) -> None:
    (root / "out.svg").symlink_to("/etc/passwd")
    (root / "up").symlink_to("..")
    doubt = "line 2 copies out.svg, but out.svg is a symbolic link that leads out of the project"
    assert found(root, "FROM scratch\nCOPY out.svg /\n", "/out.svg") == Origin(OriginKind.ABSENT, doubt=doubt)
    assert found(root, "FROM scratch\nCOPY up /x\n", "/x/a.svg").file == root / "a.svg"


def test_what_is_too_winding_is_not_followed(root: Path) -> None:
    stages = ["FROM scratch AS s0\nCOPY ui /ui"]
    stages += [f"FROM scratch AS s{n}\nCOPY --from=s{n - 1} /ui /ui" for n in range(1, 400)]
    assert origin(root, "\n".join(stages), "/ui/a.js") == (None, False)


def test_what_branches_without_end_is_not_followed(root: Path) -> None:
    copies = "\n".join(f"COPY --from=s{{}} a b c d e /x{'' if n else '/'}" for n in range(20))
    stages = [f"FROM scratch AS s{n + 1}\n{copies.replace('{}', str(n))}" for n in range(40)]
    started = time.process_time()
    assert origin(root, "FROM scratch AS s0\n" + "\n".join(stages), "/x/y/z") == (None, False)
    assert time.process_time() - started < 5
