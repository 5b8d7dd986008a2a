from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dext_tasks.doctor.emulator import program
from dext_tasks.formats.executable import HEAD, Binary, BinaryFormat, Flaw, identify
from dext_tasks.formats.executable.binary import HostOS
from dext_tasks.formats.oci.platform import Platform

if TYPE_CHECKING:
    from collections.abc import Sequence

AMD64 = program(Platform("linux", "amd64"))
X86_64, ARM64 = 0x01000007, 0x0100000C


def elf(  # noqa: PLR0913 - the fields that matter
    machine: int,
    *,
    bits: int = 64,
    order: str = "<",
    abi: int = 0,
    kind: int = 2,
    entry: int = 0,
    loader: bytes | None = None,
) -> bytes:
    """A header with one program header of another kind, and one that names the loader if there is any."""
    wide = bits == 64
    header_size, entry_size = (64, 56) if wide else (52, 32)
    count = 1 if loader is None else 2
    identity = b"\x7fELF" + bytes((2 if wide else 1, 1 if order == "<" else 2, 1, abi)) + bytes(8)
    word = "Q" if wide else "I"
    sizes = (header_size, entry_size, count, 0, 0, 0)
    header = struct.pack(f"{order}HHI{word * 3}I6H", kind, machine, 1, entry, header_size, 0, 0, *sizes)
    end, size = header_size + count * entry_size, len(loader or b"")
    entries = [(1, 0, 64)] if loader is None else [(1, 0, 64), (3, end, size)]
    if wide:
        table = [struct.pack(f"{order}IIQQQQQQ", kind, 4, at, 0, 0, length, length, 1) for kind, at, length in entries]
    else:
        table = [struct.pack(f"{order}IIIIIIII", kind, at, 0, 0, length, length, 4, 1) for kind, at, length in entries]
    return identity + header + b"".join(table) + (loader or b"")


def macho(cpu: int, *, bits: int = 64, order: str = "<") -> bytes:
    return struct.pack(f"{order}IIIIIII", 0xFEEDFACF if bits == 64 else 0xFEEDFACE, cpu, 0, 2, 0, 0, 0x85) + bytes(4)


def universal(cpus: Sequence[int], *, bits: int = 32) -> bytes:
    part = ">IIIII" if bits == 32 else ">IIQQII"
    rest = (0, 0x4000, 0x1000, 14) if bits == 32 else (0, 0x4000, 0x1000, 14, 0)
    magic = 0xCAFEBABE if bits == 32 else 0xCAFEBABF
    return struct.pack(">II", magic, len(cpus)) + b"".join(struct.pack(part, cpu, *rest) for cpu in cpus)


def pe(machine: int, *, at: int = 0x80) -> bytes:
    return b"MZ".ljust(0x3C, b"\0") + struct.pack("<I", at) + bytes(at - 0x40) + b"PE\0\0" + struct.pack("<H", machine)


@pytest.mark.parametrize("architecture", ["amd64", "386", "arm64", "arm", "riscv64", "ppc64le", "s390x"])
def test_real_programs(architecture: str) -> None:
    found = identify(program(Platform("linux", architecture)))
    assert found == Binary(BinaryFormat.ELF, HostOS.LINUX, (architecture,))


@pytest.mark.parametrize(
    ("machine", "bits", "order", "architecture"),
    [
        (3, 32, "<", "386"),
        (8, 32, ">", "mips"),
        (8, 32, "<", "mipsle"),
        (8, 64, ">", "mips64"),
        (8, 64, "<", "mips64le"),
        (20, 32, ">", "ppc"),
        (21, 64, ">", "ppc64"),
        (21, 64, "<", "ppc64le"),
        (22, 64, ">", "s390x"),
        (22, 32, ">", "s390"),
        (40, 32, "<", "arm"),
        (40, 32, ">", "armbe"),
        (62, 64, "<", "amd64"),
        (62, 32, "<", "amd64p32"),
        (183, 64, "<", "arm64"),
        (183, 64, ">", "arm64be"),
        (243, 64, "<", "riscv64"),
        (243, 32, "<", "riscv"),
        (258, 64, "<", "loong64"),
    ],
)
def test_elf_architectures(machine: int, bits: int, order: str, architecture: str) -> None:
    found = identify(elf(machine, bits=bits, order=order))
    assert found == Binary(BinaryFormat.ELF, HostOS.LINUX, (architecture,))


@pytest.mark.parametrize(
    ("machine", "order", "name"),
    [
        (0, "<", "ELF machine 0 (64 bits, little-endian)"),
        (62, ">", "ELF machine 62 (64 bits, big-endian)"),
        (9999, "<", "ELF machine 9999 (64 bits, little-endian)"),
    ],
)
def test_elf_of_a_machine_without_a_name(machine: int, order: str, name: str) -> None:
    assert identify(elf(machine, order=order)).architectures == (name,)


@pytest.mark.parametrize("bits", [32, 64])
@pytest.mark.parametrize(
    ("kind", "entry", "loader", "flaws"),
    [
        (2, 0, None, ()),
        (2, 0x400000, None, ()),
        # Position-independent, static and not.
        (3, 0x1000, None, ()),
        (3, 0, b"/lib/ld.so\0", ()),
        (3, 0, None, (Flaw.LIBRARY,)),
        (1, 0, None, (Flaw.NOT_LINKED,)),
        (4, 0, None, (Flaw.NOT_LINKED,)),
        (0, 0, None, (Flaw.NOT_LINKED,)),
        (0xFFFF, 0, None, (Flaw.NOT_LINKED,)),
    ],
)
def test_elf_that_is_no_program(
    kind: int, entry: int, loader: bytes | None, flaws: tuple[Flaw, ...], bits: int
) -> None:
    assert identify(elf(62, bits=bits, kind=kind, entry=entry, loader=loader)).flaws == flaws


@pytest.mark.parametrize(
    ("abi", "os"),
    [(0, HostOS.LINUX), (3, HostOS.LINUX), (97, HostOS.LINUX), (2, None), (6, None), (9, None), (12, None)],
)
def test_elf_of_another_system(abi: int, os: HostOS | None) -> None:
    assert identify(elf(62, abi=abi)).os is os


@pytest.mark.parametrize(
    ("machine", "bits", "order", "loader"),
    [
        (62, 64, "<", "/lib64/ld-linux-x86-64.so.2"),
        (183, 64, "<", "/lib/ld-musl-aarch64.so.1"),
        (22, 64, ">", "/lib/ld64.so.1"),
        (40, 32, "<", "/lib/ld-linux-armhf.so.3"),
        (8, 32, ">", "/lib/ld.so.1"),
    ],
)
def test_elf_with_a_dynamic_loader(machine: int, bits: int, order: str, loader: str) -> None:
    found = identify(elf(machine, bits=bits, order=order, loader=f"{loader}\0".encode()))
    assert (found.interpreter, found.truncated) == (loader, False)


@pytest.mark.parametrize("size", [4, 5, 6, 7, 19])
def test_elf_cut_before_its_machine(size: int) -> None:
    assert identify(AMD64[:size]) == Binary(BinaryFormat.ELF, truncated=True)


@pytest.mark.parametrize("size", [20, 57, 63, 64])
def test_elf_cut_before_its_program_headers(size: int) -> None:
    assert identify(AMD64[:size]) == Binary(BinaryFormat.ELF, HostOS.LINUX, ("amd64",), truncated=True)


def test_elf_cut_before_the_name_of_its_loader() -> None:
    found = identify(elf(62, loader=b"/lib/ld.so\0")[:-3])
    assert found == Binary(BinaryFormat.ELF, HostOS.LINUX, ("amd64",), truncated=True)


@pytest.mark.parametrize(("offset", "value"), [(4, 0), (4, 3), (5, 0), (5, 3)])
def test_elf_of_no_known_class_or_byte_order(offset: int, value: int) -> None:
    head = bytearray(AMD64)
    head[offset] = value
    assert identify(bytes(head)) == Binary(BinaryFormat.OTHER)


@pytest.mark.parametrize(
    ("cpu", "bits", "order", "architectures"),
    [
        (X86_64, 64, "<", ("amd64",)),
        (ARM64, 64, "<", ("arm64",)),
        (7, 32, "<", ("386",)),
        (12, 32, "<", ("arm",)),
        (18, 32, ">", ("ppc",)),
        (0x01000012, 64, ">", ("ppc64",)),
        (0x0200000C, 32, "<", ("Mach-O CPU type 0x200000c",)),
    ],
)
def test_macho(cpu: int, bits: int, order: str, architectures: tuple[str, ...]) -> None:
    assert identify(macho(cpu, bits=bits, order=order)) == Binary(BinaryFormat.MACHO, HostOS.DARWIN, architectures)


@pytest.mark.parametrize("size", [4, 7])
def test_macho_cut_short(size: int) -> None:
    assert identify(macho(ARM64)[:size]) == Binary(BinaryFormat.MACHO, HostOS.DARWIN, truncated=True)


@pytest.mark.parametrize("bits", [32, 64])
@pytest.mark.parametrize(
    ("cpus", "architectures"),
    [
        ([X86_64, ARM64], ("amd64", "arm64")),
        ([ARM64], ("arm64",)),
        ([ARM64, ARM64, 99], ("arm64", "Mach-O CPU type 0x63")),
        ([X86_64] * 44, ("amd64",)),
    ],
)
def test_universal(cpus: list[int], architectures: tuple[str, ...], bits: int) -> None:
    head = universal(cpus, bits=bits)
    assert len(head) <= HEAD
    assert identify(head) == Binary(BinaryFormat.MACHO_UNIVERSAL, HostOS.DARWIN, architectures)


@pytest.mark.parametrize(
    ("size", "architectures"), [(4, ()), (8, ()), (27, ("amd64",)), (12, ("amd64",)), (31, ("amd64",))]
)
def test_universal_cut_short(size: int, architectures: tuple[str, ...]) -> None:
    found = identify(universal([X86_64, ARM64])[:size])
    assert found == Binary(BinaryFormat.MACHO_UNIVERSAL, HostOS.DARWIN, architectures, truncated=True)


@pytest.mark.parametrize("version", [45, 52, 65, 0x0003002D, 0xFFFF0041])
def test_a_java_class_is_no_macho(version: int) -> None:
    assert identify(struct.pack(">II", 0xCAFEBABE, version) + bytes(100)) == Binary(BinaryFormat.OTHER)


def test_a_universal_file_without_parts() -> None:
    assert identify(universal([])) == Binary(BinaryFormat.OTHER)


@pytest.mark.parametrize(
    ("machine", "architectures"),
    [
        (0x014C, ("386",)),
        (0x8664, ("amd64",)),
        (0xAA64, ("arm64",)),
        (0xA641, ("arm64",)),
        (0xA64E, ("arm64",)),
        (0x01C4, ("arm",)),
        (0x5064, ("riscv64",)),
        (0x0EBC, ("PE machine 0xebc",)),
        # Any machine.
        (0x0000, ()),
    ],
)
@pytest.mark.parametrize("at", [0x40, 0x80, 0x400])
def test_pe(machine: int, architectures: tuple[str, ...], at: int) -> None:
    assert identify(pe(machine, at=at)) == Binary(BinaryFormat.PE, HostOS.WINDOWS, architectures)


@pytest.mark.parametrize(
    "head", [b"MZ", pe(0x8664)[:0x3F], pe(0x8664)[:0x70], pe(0x8664)[:-1], pe(0x8664, at=5000)[:HEAD]]
)
def test_pe_cut_short(head: bytes) -> None:
    assert identify(head) == Binary(BinaryFormat.PE, HostOS.WINDOWS, truncated=True)


@pytest.mark.parametrize(
    "head",
    [b"MZ".ljust(200, b"\0"), pe(0x8664).replace(b"PE\0\0", b"NE\0\0"), b"MZ is where text may begin".ljust(200)],
    ids=["DOS", "NE", "text"],
)
def test_no_pe(head: bytes) -> None:
    assert identify(head) == Binary(BinaryFormat.OTHER)


@pytest.mark.parametrize(
    ("line", "interpreter"),
    [
        ("#!/bin/sh", "/bin/sh"),
        ("#! /bin/bash -eu", "/bin/bash"),
        ("#!\t/bin/sh\t", "/bin/sh"),
        ("#!/usr/bin/env python3", "python3"),
        ("#!/usr/bin/env -S node --flag", "node"),
        ("#!/usr/bin/env -Snode --flag", "node"),
        ("#!/usr/bin/env -vS node --flag", "node"),
        ("#!/usr/bin/env --split-string node --flag", "node"),
        ("#!/usr/bin/env --split-string=node --flag", "node"),
        ("#!/usr/bin/env -S -i A=b -u C -- perl -w", "perl"),
        ("#!/usr/bin/env -S -uC -C /tmp D= perl", "perl"),
        ("#!/usr/bin/env", "/usr/bin/env"),
        ("#!/usr/bin/env -S", "/usr/bin/env"),
        ("#!env sh", "sh"),
        ("#!/opt/\xe9/sh", "/opt/\xe9/sh"),
    ],
)
@pytest.mark.parametrize("rest", ["", "\n", "\nset -e\n#!/bin/false\n"])
def test_scripts(line: str, interpreter: str, rest: str) -> None:
    launcher = line.removeprefix("#!").split()[0]
    assert identify(f"{line}{rest}".encode()) == Binary(BinaryFormat.SCRIPT, interpreter=interpreter, launcher=launcher)


@pytest.mark.parametrize(
    ("head", "interpreter", "flaws"),
    [
        (b"#!/bin/sh\r\necho\r\n", "/bin/sh", (Flaw.CARRIAGE_RETURN,)),
        (b"#!/bin/sh\recho\r", "/bin/sh", (Flaw.CARRIAGE_RETURN,)),
        (b"#!/usr/bin/env bash\r\n", "bash", (Flaw.CARRIAGE_RETURN,)),
        (b"\xef\xbb\xbf#!/bin/sh\n", "/bin/sh", (Flaw.BYTE_ORDER_MARK,)),
        (b"\xef\xbb\xbf#!/bin/sh\r\n", "/bin/sh", (Flaw.BYTE_ORDER_MARK, Flaw.CARRIAGE_RETURN)),
        (b"#!", "", (Flaw.NO_INTERPRETER,)),
        (b"#! \n/bin/sh", "", (Flaw.NO_INTERPRETER,)),
        (b"#!/usr/bin/env node --flag\n", "node", (Flaw.ARGUMENTS_NOT_SPLIT,)),
        (b"#!/usr/bin/env -i sh\n", "sh", (Flaw.ARGUMENTS_NOT_SPLIT,)),
        (b"#!/bin/sh\necho\r\n", "/bin/sh", ()),
    ],
)
def test_flaws(head: bytes, interpreter: str, flaws: tuple[Flaw, ...]) -> None:
    found = identify(head)
    assert (found.format, found.interpreter, found.flaws) == (BinaryFormat.SCRIPT, interpreter, flaws)


def test_nothing() -> None:
    assert identify(b"") == Binary(BinaryFormat.EMPTY)


@pytest.mark.parametrize(
    "head",
    [
        b"@echo off\r\n",
        b"Write-Host hi\r\n",
        b"\xef\xbb\xbfWrite-Host hi\r\n",
        b" #!/bin/sh\n",
        b"\n#!/bin/sh\n",
        "#!/bin/sh\n".encode("utf-16"),
        b"#",
        b"M",
        b"\x7fEL",
        b"PK\x03\x04",
        b"\0asm\x01\0\0\0",
        b"\xbe\xba\xfe\xca\x02\0\0\0",
    ],
)
def test_anything_else(head: bytes) -> None:
    assert identify(head) == Binary(BinaryFormat.OTHER)


MAGICS = [
    b"\x7fELF\x02\x01",
    b"\x7fELF\x01\x02",
    b"MZ",
    b"#!",
    b"\xef\xbb\xbf#!",
    b"#!/usr/bin/env ",
    b"\xca\xfe\xba\xbe",
]
MAGICS += [bytes.fromhex(magic) for magic in ("cafebabf", "feedface", "feedfacf", "cefaedfe", "cffaedfe")]


@given(st.sampled_from([b"", *MAGICS]), st.binary(max_size=300))
@example(b"\x7fELF\x02\x01", b"\xff" * 300)
@example(b"MZ", b"\xff" * 300)
def test_any_bytes(magic: bytes, rest: bytes) -> None:
    found = identify(magic + rest)
    assert found.os is None or found.format in {
        BinaryFormat.ELF,
        BinaryFormat.MACHO,
        BinaryFormat.MACHO_UNIVERSAL,
        BinaryFormat.PE,
    }


@given(st.sampled_from([AMD64, elf(62, loader=b"/lib/ld.so\0"), universal([X86_64, ARM64]), pe(0x8664)]), st.data())
def test_any_damage(head: bytes, data: st.DataObject) -> None:
    damaged = bytearray(head)
    for _ in range(data.draw(st.integers(1, 4))):
        damaged[data.draw(st.integers(0, len(head) - 1))] = data.draw(st.integers(0, 255))
    identify(bytes(damaged[: data.draw(st.integers(0, len(head)))]))
