from __future__ import annotations

import io
import tarfile
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dext_tasks.formats.oci.layers import Archive, ArchiveError, ArchiveMember, MemberKind, TooLargeError
from dext_tasks.limits import LayerLimits

if TYPE_CHECKING:
    from collections.abc import Iterator

SMALL = LayerLimits(header=4096)


def archive(*members: tuple[tarfile.TarInfo, bytes], form: int = tarfile.PAX_FORMAT) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as tar:
        for info, content in members:
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return out.getvalue()


def info(name: str, kind: bytes = tarfile.REGTYPE, link: str = "", **fields: object) -> tarfile.TarInfo:
    made = tarfile.TarInfo(name)
    made.type, made.linkname = kind, link
    for field, value in fields.items():
        setattr(made, field, value)
    return made


def header(name: str, flag: bytes, size: int) -> bytes:
    made = info(name, flag)
    made.size = size
    return made.tobuf(tarfile.USTAR_FORMAT)


def padded(content: bytes) -> bytes:
    return content + bytes(-len(content) % 512)


def read(content: bytes, bounds: LayerLimits = SMALL) -> list[ArchiveMember]:
    return list(Archive(io.BytesIO(content).read, bounds))


def contents(content: bytes, most: int = 1 << 20) -> Iterator[tuple[str, bytes]]:
    opened = Archive(io.BytesIO(content).read, SMALL)
    for member in opened:
        yield member.name, opened.content(most)


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_members_are_those_of_the_standard_library(form: int) -> None:
    made = archive(
        (info("a/", tarfile.DIRTYPE, mode=0o755), b""),
        (info("a/b.txt", mode=0o640), b"hello"),
        (info("a/link", tarfile.SYMTYPE, "../b"), b""),
        (info("a/hard", tarfile.LNKTYPE, "a/b.txt"), b""),
        (info("dev", tarfile.CHRTYPE), b""),
        form=form,
    )
    assert read(made) == [
        ArchiveMember("a", MemberKind.FOLDER, 0o755, 0, ""),
        ArchiveMember("a/b.txt", MemberKind.FILE, 0o640, 5, ""),
        ArchiveMember("a/link", MemberKind.SYMLINK, 0o644, 0, "../b"),
        ArchiveMember("a/hard", MemberKind.HARDLINK, 0o644, 0, "a/b.txt"),
        ArchiveMember("dev", MemberKind.OTHER, 0o644, 0, ""),
    ]


@pytest.mark.parametrize("form", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_long_names_and_links(form: int) -> None:
    name, link = "folder/" * 40 + "name", "elsewhere/" * 40
    made = archive((info(name), b"x"), (info("l", tarfile.SYMTYPE, link), b""), (info("after"), b"y"), form=form)
    assert [(member.name, member.link) for member in read(made)] == [(name, ""), ("l", link), ("after", "")]


def test_content_is_read_as_far_as_asked_for() -> None:
    made = archive((info("a"), b"0123456789" * 100), (info("b"), b"second"))
    assert list(contents(made, 4)) == [("a", b"0123"), ("b", b"seco")]
    assert list(contents(made)) == [("a", b"0123456789" * 100), ("b", b"second")]


def test_a_size_in_an_extended_header_counts() -> None:
    record = b"11 size=600\n"
    record = b"%d size=600\n" % len(record) if len(record) != 11 else record
    made = header("x", b"x", len(record)) + padded(record) + header("big", b"0", 0) + padded(b"z" * 600)
    assert [(name, len(content)) for name, content in contents(made + header("next", b"0", 0))] == [
        ("big", 600),
        ("next", 0),
    ]


def test_global_headers_are_passed_over() -> None:
    record = b"15 path=/global\n"
    made = header("g", b"g", len(record)) + padded(record) + header("name", b"0", 0)
    assert [member.name for member in read(made)] == ["name"]


def test_links_and_folders_have_no_content_whatever_their_size() -> None:
    made = header("folder", b"5", 5000) + header("link", b"2", 1 << 30) + header("file", b"0", 0)
    assert [member.name for member in read(made)] == ["folder", "link", "file"]


def test_an_old_folder_is_a_file_with_a_slash() -> None:
    assert [member.kind for member in read(header("old/", b"\0", 0))] == [MemberKind.FOLDER]


def test_sparse_files_are_not_whole() -> None:
    block = bytearray(header("sparse", b"S", 512))
    block[482] = 1
    total = sum(block[:148]) + 256 + sum(block[156:])
    block[148:156] = b"%06o\0 " % total
    made = bytes(block) + bytes(512) + bytes(512) + header("next", b"0", 0)
    assert [(member.name, member.whole) for member in read(made)] == [("sparse", False), ("next", True)]
    record = b"29 GNU.sparse.name=real/name\n"
    made = header("x", b"x", len(record)) + padded(record) + header("GNUSparseFile.0/name", b"0", 0)
    assert [(member.name, member.whole) for member in read(made)] == [("real/name", False)]


def test_nothing_and_an_empty_archive_have_no_members() -> None:
    assert read(b"") == []
    assert read(bytes(1024)) == []


@pytest.mark.parametrize(
    "content",
    [
        b"x" * 512,
        b"short",
        header("a", b"0", 10),
        header("a", b"0", 10) + b"123",
        header("a", b"x", 10) + b"123",
        header("a", b"x", 5) + padded(b"abcde"),
        header("a", b"x", 5) + padded(b"99 a="),
        header("a", b"x", 6) + padded(b"6 a=bc"),
        header("a", b"x", 12) + padded(b"12 size=-12\n") + header("b", b"0", 0),
        header("a", b"L", 300),
    ],
)
def test_what_is_no_archive(content: bytes) -> None:
    with pytest.raises(ArchiveError):
        read(content)


@pytest.mark.parametrize("flag", [b"x", b"g", b"L", b"K"])
def test_a_header_of_gigabytes_is_not_read(flag: bytes) -> None:
    asked = 0

    def endless(most: int) -> bytes:
        nonlocal asked
        asked += 1
        return header("bomb", flag, 1 << 32)[:most] if asked == 1 else bytes(most)

    with pytest.raises(TooLargeError):
        list(Archive(endless))
    assert asked < 3


@given(st.binary(max_size=3000), st.integers(0, 3000))
def test_damage_anywhere_is_an_archive_error_or_nothing(noise: bytes, at: int) -> None:
    made = archive((info("folder/" * 40 + "a"), b"content" * 100), (info("b", tarfile.SYMTYPE, "c"), b""))
    damaged = made[:at] + noise + made[at + len(noise) :]
    with suppress(ArchiveError):
        assert all(len(content) <= 1 << 20 for _, content in contents(damaged))


@given(st.binary(max_size=2048))
def test_noise_never_crashes(noise: bytes) -> None:
    with suppress(ArchiveError):
        read(noise)
