"""ELF files.

Layout: https://refspecs.linuxfoundation.org/elf/gabi4+/ch4.eheader.html and
https://refspecs.linuxfoundation.org/elf/gabi4+/ch5.pheader.html
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from dext_tasks.architectures import ARCHITECTURES
from dext_tasks.formats.executable.binary import Binary, BinaryFormat, Fields, Flaw, HeadTooShortError, HostOS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from dext_tasks.architectures import ByteOrder

_MAGIC = b"\x7fELF"
_CLASS, _DATA, _OSABI, _TYPE, _MACHINE, _ENTRY = 4, 5, 7, 16, 18, 24
_EXECUTABLE, _SHARED = 2, 3  # ET_EXEC; ET_DYN, which position-independent programs are, too
_ORDERS: Mapping[int, ByteOrder] = {1: "little", 2: "big"}
_INTERPRETER = 3  # PT_INTERP

# None and Linux's own, which only programs with GNU's extensions have; 64 and 97 are ARM's. FreeBSD and others
# put their own number: https://refspecs.linuxfoundation.org/elf/gabi4+/ch4.eheader.html#elfid
_LINUX_ABIS = frozenset({0, 3, 64, 97})

# https://refspecs.linuxfoundation.org/elf/gabi4+/ch4.eheader.html#e_machine and, for the later ones,
# https://github.com/torvalds/linux/blob/master/include/uapi/linux/elf-em.h; by machine, bits and byte order,
# as the names depend on all of them: https://go.dev/doc/install/source#environment
_ARCHITECTURES: Mapping[tuple[int, int, ByteOrder], str] = {
    **{(each.elf.number, each.elf.bits, each.elf.order): each.name for each in ARCHITECTURES.values()},
    # Of programs that nothing here is built for.
    (2, 32, "big"): "sparc",
    (8, 32, "big"): "mips",
    (8, 32, "little"): "mipsle",
    (8, 64, "big"): "mips64",
    (8, 64, "little"): "mips64le",
    (20, 32, "big"): "ppc",
    (21, 64, "big"): "ppc64",
    (22, 32, "big"): "s390",
    (40, 32, "big"): "armbe",
    (43, 64, "big"): "sparc64",
    (62, 32, "little"): "amd64p32",
    (183, 64, "big"): "arm64be",
    (243, 32, "little"): "riscv",
    (258, 64, "little"): "loong64",
}


@dataclass(frozen=True)
class _Layout:
    """Where the fields are in files of one class."""

    bits: int
    word: int
    table: int
    entry_size: int
    count: int
    offset: int
    size: int


_LAYOUTS: Mapping[int, _Layout] = {
    1: _Layout(bits=32, word=4, table=28, entry_size=42, count=44, offset=4, size=16),
    2: _Layout(bits=64, word=8, table=32, entry_size=54, count=56, offset=8, size=32),
}


def read(head: bytes) -> Binary | None:
    """The facts about an ELF file, None about any other."""
    if not head.startswith(_MAGIC):
        return None
    if len(head) <= _DATA:
        return Binary(BinaryFormat.ELF, truncated=True)
    layout, order = _LAYOUTS.get(head[_CLASS]), _ORDERS.get(head[_DATA])
    if layout is None or order is None:
        return Binary(BinaryFormat.OTHER)
    return _read(Fields(head, order), layout)


def _read(fields: Fields, layout: _Layout) -> Binary:
    binary = Binary(BinaryFormat.ELF, truncated=True)
    with suppress(HeadTooShortError):
        os = HostOS.LINUX if fields.number(_OSABI, 1) in _LINUX_ABIS else None
        binary = replace(binary, os=os, architectures=(_architecture(fields, layout),))
        entry = next(_interpreter_entries(fields, layout), None)
        if entry is None:
            return replace(binary, flaws=tuple(_flaws(fields, layout)), truncated=False)
        return replace(binary, interpreter=_interpreter(fields, layout, entry), truncated=False)
    return binary


def _architecture(fields: Fields, layout: _Layout) -> str:
    machine = fields.number(_MACHINE, 2)
    known = _ARCHITECTURES.get((machine, layout.bits, fields.order))
    return known or f"ELF machine {machine} ({layout.bits} bits, {fields.order}-endian)"


def _flaws(fields: Fields, layout: _Layout) -> Iterator[Flaw]:
    """What a file without a loader's name lacks to be a program."""
    kind = fields.number(_TYPE, 2)
    if kind not in {_EXECUTABLE, _SHARED}:
        yield Flaw.NOT_LINKED
    # A static program that is position-independent has an address to start at, libraries of today have none.
    if kind == _SHARED and not fields.number(_ENTRY, layout.word):
        yield Flaw.LIBRARY


def _interpreter_entries(fields: Fields, layout: _Layout) -> Iterator[int]:
    """Where the program headers are that name the dynamic loader."""
    table, entry_size = fields.number(layout.table, layout.word), fields.number(layout.entry_size, 2)
    for index in range(fields.number(layout.count, 2)):
        entry = table + index * entry_size
        if fields.number(entry, 4) == _INTERPRETER:
            yield entry


def _interpreter(fields: Fields, layout: _Layout, entry: int) -> str:
    offset = fields.number(entry + layout.offset, layout.word)
    size = fields.number(entry + layout.size, layout.word)
    return fields.content(offset, size).partition(b"\0")[0].decode("utf-8", "replace")
