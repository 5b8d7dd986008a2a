"""What is said of a build context and of COPY before a build, against what a real build copies.

Dockerfiles and patterns are made at random, from seeds, of the parts that BuildKit reads in ways of its own.
"""

from __future__ import annotations

import io
import subprocess
import tarfile
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

import pytest

from dext_tasks.formats.dockerfile.document import parse
from dext_tasks.formats.dockerfile.ignored import Ignored
from dext_tasks.formats.dockerfile.refusals import DockerfileRefusedError
from dext_tasks.sources.context import Context
from dext_tasks.sources.origin import OriginKind
from dext_tasks.sources.origins import Origins

if TYPE_CHECKING:
    from pathlib import Path

_SEEDS = range(8)
_BUILDS_A_SEED = 3
_FILES = (
    *("a", "b.js", "m.json", ".h", "ui/a", "ui/b.js", "ui/s/a", "ui/s/c", "vm/a", "vm/ui/a", "vm/m.json"),
    *("x/y/z/a", "foo/a/b/c", "ui/node_modules/p/a", "node_modules/a", "a b", "[x]"),
)
_LINKS = {"lnk": "ui", "la": "ui/a"}
_SOURCES = (
    *("a", "b.js", "ui", "ui/", "ui/a", "ui/s", "vm", "vm/m.json", "m.json", ".", "*.js", "ui/*", "*/", "vm/*", "?"),
    *("x/y", "x/*/z", "ui/[ab]*", "lnk", "la", "lnk/a", "ui/s/..", "./ui/./s", "nope*", "$S", "$N/a", "lnk/s"),
)
_PLACES = (
    "/",
    "/ui",
    "/ui/",
    "/d",
    "/d/",
    ".",
    "d",
    "./d/",
    "/a",
    "/d/a",
    "/d/e/",
    "..",
    "$D",
    "/ui/s/",
    "/d/.",
    "../",
)
_STAGE_SOURCES = ("/", "/ui", "/d", "/a", "/d/a", "ui/s", "/ui/*", "d/e", ".")
_HEREDOCS = ("<<a", "<<t.txt", "<<-b.js", "<<'q'")
_FOLDERS = ("/d", "e", "/ui", "/", "/q/r", "..")
_PATTERNS = (
    *("a", "b", "foo", "*", "**", "*.js", "?", "x.*", "[ab]", "[^a]*", ".h", "node_modules", "ui", ".", "..", "a b"),
    *("\\[x\\]", "a*", "*b", "**foo", "**.js", "b**", "[a-c]", "f?o"),
)


def plant(root: Path) -> Path:
    """A build context."""
    for name in _FILES:
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"content of {name}\n", encoding="utf-8")
    for name, target in _LINKS.items():
        (root / name).symlink_to(target)
    return root


@dataclass(frozen=True)
class Built:
    """What a build made: the kind of each path, and the content of each file."""

    kinds: dict[str, OriginKind]
    contents: dict[str, bytes]


def build(dockerfile: Path, root: Path) -> Built | None:
    """What BuildKit copies; None if it refuses."""
    command = [
        "docker",
        "buildx",
        "build",
        "--quiet",
        "--output",
        "type=tar,dest=-",
        "--file",
        str(dockerfile),
        str(root),
    ]
    done = subprocess.run(command, capture_output=True, timeout=120, check=False)
    if done.returncode:
        assert b"failed to solve" in done.stderr, done.stderr
        return None
    made = Built({"/": OriginKind.FOLDER}, {})
    with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
        for member in archive:
            path = f"/{member.name.rstrip('/')}"
            made.kinds[path] = OriginKind.FOLDER if member.isdir() else OriginKind.FILE
            if member.isfile() and (content := archive.extractfile(member)):
                made.contents[path] = content.read()
    return made


def _chance(seed: int, number: int) -> Random:
    return Random(f"{seed} {number}")  # noqa: S311 - the same every time is what is wanted


def _copy(chance: Random, stages: list[str]) -> str:
    if chance.random() < 0.12:
        word = chance.choice(_HEREDOCS)
        name = word.strip("<-").strip("'")
        return f'COPY {word} {chance.choice(_PLACES)}\ntext $S ${{N}} "x"\n{name}'
    flags, sources = "", [chance.choice(_SOURCES) for _ in range(chance.choice([1, 1, 2]))]
    if stages and chance.random() < 0.45:
        flags, sources = f"--from={chance.choice(stages)} ", [chance.choice(_STAGE_SOURCES)]
    keyword = "ADD" if not flags and chance.random() < 0.15 else "COPY"
    flags += "--link " if chance.random() < 0.12 else ""
    return f"{keyword} {flags}{' '.join(sources)} {chance.choice(_PLACES)}"


def _dockerfile(chance: Random) -> str:
    lines: list[str] = []
    stages: list[str] = []
    for number in range(chance.choice([1, 1, 2, 3])):
        base = chance.choice(stages) if stages and chance.random() < 0.3 else "scratch"
        lines += [f"FROM {base} AS s{number}", "ARG S=ui", "ENV N=vm D=/d"]
        for _ in range(chance.randint(1, 4)):
            is_folder = chance.random() < 0.25
            lines.append(f"WORKDIR {chance.choice(_FOLDERS)}" if is_folder else _copy(chance, stages))
        stages.append(f"s{number}")
    return "\n".join(lines) + "\n"


def _said(origins: Origins, path: str) -> tuple[OriginKind, bytes | None] | None:
    """What is at a path and what it says; None where that is not certain."""
    known = origins.of(path)
    if not known.is_sure:
        return None
    content = known.text if known.text is not None else known.file.read_bytes() if known.file else None
    return known.kind, None if known.blur else content


@pytest.mark.parametrize("seed", _SEEDS)
def test_what_is_certain_is_what_a_build_makes(seed: int, tmp_path: Path) -> None:
    root, file = plant(tmp_path / "context"), tmp_path / "Dockerfile"
    certain = 0
    for number in range(_BUILDS_A_SEED):
        text = _dockerfile(_chance(seed, number))
        file.write_text(text, encoding="utf-8")
        built = build(file, root)
        try:
            origins = Origins(Context(root, file), parse(text), "")
        except DockerfileRefusedError:
            assert built is None, text
            continue
        if built is None:
            continue
        assert list(origins.unsent()) == [], text
        for path in {*built.kinds, "/a", "/ui/a", "/d/a", "/d", "/nope", "/ui/s/a", "/x", "/t.txt"}:
            if said := _said(origins, path):
                certain += 1
                expected = (built.kinds.get(path, OriginKind.ABSENT), built.contents.get(path))
                assert (path, *said) == (path, *expected), text
    assert certain


def _pattern(chance: Random) -> str:
    path = "/".join(chance.choice(_PATTERNS) for _ in range(chance.choice([1, 1, 2, 3])))
    begins, ends = chance.choice(["", "", "/", "./", "  "]), chance.choice(["", "", "/", "/**", "  "])
    return f"{chance.choice(['', '', '!', '# ', '! '])}{begins}{path}{ends}"


@pytest.mark.parametrize("seed", _SEEDS)
def test_what_is_left_out_is_what_a_build_does_not_find(seed: int, tmp_path: Path) -> None:
    root, file = plant(tmp_path / "context"), tmp_path / "Dockerfile"
    file.write_text("FROM scratch\nCOPY . /\n", encoding="utf-8")
    for number in range(_BUILDS_A_SEED):
        chance = _chance(seed, number)
        lines = [chance.choice(["*", "**", "a", ""]), *(_pattern(chance) for _ in range(chance.randint(1, 6)))]
        content = chance.choice(["\n", "\r\n"]).join(lines).encode()
        (tmp_path / "Dockerfile.dockerignore").write_bytes(content)
        built, ignored = build(file, root), Ignored(content)
        assert (built is None) is (ignored.fault is not None), content
        if built is not None:
            sent = {f"/{name}" for name in _FILES if not ignored.leaves_out(name)}
            assert set(built.contents) == sent, content


@pytest.mark.parametrize(
    ("name", "ignore", "is_left_out"),
    [
        ("Dockerfile", ".dockerignore", True),
        ("Dockerfile", "Dockerfile.dockerignore", True),
        ("dockerfile", "dockerfile.dockerignore", True),
        ("dockerfile", "Dockerfile.dockerignore", False),
        ("docker/X", "docker/X.dockerignore", True),
        ("docker/X", "X.dockerignore", False),
        ("docker/X", "docker/.dockerignore", False),
    ],
)
def test_which_file_of_patterns_counts(name: str, ignore: str, *, is_left_out: bool, tmp_path: Path) -> None:
    for path, text in ((name, "FROM scratch\nCOPY a* /x/\n"), (ignore, "a\n"), ("a", "a"), ("ab", "b")):
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text, encoding="utf-8")
    built = build(tmp_path / name, tmp_path)
    assert built is not None
    assert ("/x/a" not in built.kinds) is is_left_out
    assert (not Context(tmp_path, tmp_path / name).find("a").is_sent) is is_left_out


@pytest.mark.parametrize("platform", ["linux/amd64", "linux/arm64"])
@pytest.mark.parametrize(
    ("lines", "is_fixed"),
    [
        ("FROM scratch\nARG TARGETARCH\n", False),
        ("FROM scratch\nARG TARGETARCH=s390x\n", True),
        ("ARG TARGETARCH=s390x\nFROM scratch\nARG TARGETARCH\n", True),
        ("FROM scratch\nARG TARGETARCH\nENV TARGETARCH=s390x\n", True),
        ("FROM scratch\nENV TARGETARCH=s390x\nARG TARGETARCH\n", False),
    ],
)
def test_a_default_goes_before_what_buildkit_sets(platform: str, lines: str, *, is_fixed: bool, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text(f"{lines}COPY <<x /\n$TARGETARCH\nx\n", encoding="utf-8")
    command = ["docker", "buildx", "build", "--quiet", "--platform", platform, "--output", "type=tar,dest=-"]
    done = subprocess.run([*command, str(tmp_path)], capture_output=True, timeout=120, check=True)
    with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
        content = archive.extractfile("x")
        assert content is not None
        assert content.read() == (b"s390x\n" if is_fixed else f"{platform.partition('/')[2]}\n".encode())
