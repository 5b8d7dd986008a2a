from __future__ import annotations

import io
import struct
import tarfile
from dataclasses import dataclass

import pytest

from dext_tasks.doctor.emulator import NAME, archive, is_known, program
from dext_tasks.formats.oci.platform import REQUIRED, Platform


@dataclass(frozen=True)
class Expected:
    """What readelf would say; machine numbers are those of elf(5) and the processor supplements."""

    machine: int
    bits: int
    order: str
    flags: int
    code: str


EXPECTED = {
    "amd64": Expected(62, 64, "<", 0, "31ff b83c000000 0f05"),
    "386": Expected(3, 32, "<", 0, "31db b801000000 cd80"),
    "arm64": Expected(183, 64, "<", 0, "000080d2 a80b80d2 010000d4"),
    "arm": Expected(40, 32, "<", 0x5000000, "0000a0e3 0170a0e3 000000ef"),
    "riscv64": Expected(243, 64, "<", 0, "13050000 9308d005 73000000"),
    "ppc64le": Expected(21, 64, "<", 2, "00006038 01000038 02000044"),
    "s390x": Expected(22, 64, ">", 0, "a7290000 0a01"),
}
EVERY = pytest.mark.parametrize("architecture", EXPECTED)


@dataclass(frozen=True)
class Header:
    type: int
    machine: int
    version: int
    entry: int
    segments_at: int
    sections_at: int
    flags: int
    size: int
    segment_size: int
    segments: int


@dataclass(frozen=True)
class Segment:
    type: int
    flags: int
    offset: int
    address: int
    physical: int
    in_file: int
    in_memory: int
    align: int


def made(architecture: str) -> bytes:
    return program(Platform("linux", architecture))


def header(content: bytes, expected: Expected) -> Header:
    word = "Q" if expected.bits == 64 else "I"
    fields = struct.unpack_from(f"{expected.order}HHI{word * 3}IHHH", content, 16)
    return Header(*fields)


def segment(content: bytes, expected: Expected, at: int) -> Segment:
    if expected.bits == 64:
        return Segment(*struct.unpack_from(f"{expected.order}IIQQQQQQ", content, at))
    kind, offset, address, physical, in_file, in_memory, flags, align = struct.unpack_from(
        f"{expected.order}8I", content, at
    )
    return Segment(kind, flags, offset, address, physical, in_file, in_memory, align)


def test_every_architecture_has_its_expectation() -> None:
    known = [name for name in (*EXPECTED, "vax", "mips64", "loong64", "") if is_known(Platform("linux", name))]
    assert known == list(EXPECTED)


@pytest.mark.parametrize("platform", REQUIRED, ids=str)
def test_the_required_platforms_are_known(platform: Platform) -> None:
    assert is_known(platform)


@EVERY
def test_identification(architecture: str) -> None:
    expected = EXPECTED[architecture]
    assert made(architecture)[:16] == bytes(
        [0x7F, *b"ELF", expected.bits // 32, 1 if expected.order == "<" else 2, 1, *bytes(9)]
    )


@EVERY
def test_header(architecture: str) -> None:
    expected = EXPECTED[architecture]
    sizes = (64, 56) if expected.bits == 64 else (52, 32)
    assert header(made(architecture), expected) == Header(
        type=2,
        machine=expected.machine,
        version=1,
        entry=0x400000 + sum(sizes),
        segments_at=sizes[0],
        sections_at=0,
        flags=expected.flags,
        size=sizes[0],
        segment_size=sizes[1],
        segments=1,
    )


@EVERY
def test_the_one_segment_is_the_whole_file_readable_and_executable(architecture: str) -> None:
    expected, content = EXPECTED[architecture], made(architecture)
    found = segment(content, expected, header(content, expected).segments_at)
    assert (found.type, found.flags, found.offset) == (1, 5, 0)
    assert found.in_file == found.in_memory == len(content)
    assert found.address == found.physical == 0x400000
    # https://refspecs.linuxfoundation.org/elf/gabi4+/ch5.pheader.html: congruent modulo the alignment.
    assert found.address % found.align == found.offset % found.align


@EVERY
def test_execution_begins_at_the_code(architecture: str) -> None:
    expected, content = EXPECTED[architecture], made(architecture)
    found = header(content, expected)
    start = found.entry - segment(content, expected, found.segments_at).address
    assert content[start:] == bytes.fromhex(expected.code)


@EVERY
def test_the_archive_holds_the_executable_and_nothing_else(architecture: str) -> None:
    with tarfile.open(fileobj=io.BytesIO(archive(Platform("linux", architecture)))) as tar:
        (member,) = tar.getmembers()
        content = tar.extractfile(member)
        assert content is not None
        assert content.read() == made(architecture)
    assert (member.name, member.mode & 0o111) == (NAME, 0o111)


def test_a_variant_runs_the_program_of_its_architecture() -> None:
    assert program(Platform("linux", "arm", "v6")) == made("arm")
