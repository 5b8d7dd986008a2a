"""Mach-O files, of one architecture or of several.

Layout: https://github.com/apple-oss-distributions/xnu/blob/main/EXTERNAL_HEADERS/mach-o/loader.h and
https://github.com/apple-oss-distributions/xnu/blob/main/EXTERNAL_HEADERS/mach-o/fat.h
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from dext_tasks.architectures import ARCHITECTURES
from dext_tasks.formats.executable.binary import Binary, BinaryFormat, Fields, HeadTooShortError, HostOS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dext_tasks.architectures import ByteOrder

_MAGIC_SIZE = 4
_MAGICS: Mapping[bytes, ByteOrder] = {
    bytes.fromhex("feedface"): "big",
    bytes.fromhex("feedfacf"): "big",
    bytes.fromhex("cefaedfe"): "little",
    bytes.fromhex("cffaedfe"): "little",
}
# The size of what is said of each part; these headers are big-endian whatever the parts are.
_UNIVERSAL_MAGICS: Mapping[bytes, int] = {
    bytes.fromhex("cafebabe"): 20,
    bytes.fromhex("cafebabf"): 32,
}
_COUNT, _PARTS = 4, 8
# A Java class begins with the same four bytes and has its version where the count is, 45 the first one ever:
# https://docs.oracle.com/javase/specs/jvms/se8/html/jvms-4.html#jvms-4.1
_JAVA = 45

# https://github.com/apple-oss-distributions/xnu/blob/main/osfmk/mach/machine.h; the high byte holds the ABI.
_ARCHITECTURES: Mapping[int, str] = {
    **{each.macho: each.name for each in ARCHITECTURES.values() if each.macho is not None},
    # Of programs that nothing here is built for.
    0x00000012: "ppc",
    0x01000012: "ppc64",
}


def read(head: bytes) -> Binary | None:
    """The facts about a Mach-O file, None about any other."""
    magic = head[:_MAGIC_SIZE]
    if order := _MAGICS.get(magic):
        return _thin(Fields(head, order))
    if size := _UNIVERSAL_MAGICS.get(magic):
        return _universal(Fields(head, "big"), size)
    return None


def _thin(fields: Fields) -> Binary:
    names: tuple[str, ...] = ()
    truncated = True
    with suppress(HeadTooShortError):
        names = (_name(fields.number(_MAGIC_SIZE, 4)),)
        truncated = False
    return Binary(BinaryFormat.MACHO, HostOS.DARWIN, names, truncated=truncated)


def _universal(fields: Fields, size: int) -> Binary | None:
    names: list[str] = []
    truncated = True
    with suppress(HeadTooShortError):
        count = fields.number(_COUNT, 4)
        if not 0 < count < _JAVA:
            return None
        for index in range(count):
            names += [_name(fields.number(_PARTS + index * size, 4))]
        truncated = False
    return Binary(BinaryFormat.MACHO_UNIVERSAL, HostOS.DARWIN, tuple(dict.fromkeys(names)), truncated=truncated)


def _name(cpu: int) -> str:
    return _ARCHITECTURES.get(cpu, f"Mach-O CPU type {cpu:#x}")
