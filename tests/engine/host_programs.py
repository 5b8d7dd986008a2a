"""The smallest files that each operating system takes for programs: headers, and little behind them."""

from __future__ import annotations

import struct

from dext_tasks.doctor.emulator import program
from dext_tasks.formats.oci.platform import Platform

ARCHITECTURES = ("amd64", "arm64")
_CPUS = {"amd64": 0x01000007, "arm64": 0x0100000C}
_MACHINES = {"amd64": 0x8664, "arm64": 0xAA64}
_ELF_MACHINES = {"amd64": 62, "arm64": 183}


def elf(architecture: str) -> bytes:
    """A program of Linux that needs no loader."""
    return program(Platform("linux", architecture))


def elf_with_loader(architecture: str, loader: str) -> bytes:
    """A program of Linux with nothing but the name of its loader: one program header, PT_INTERP."""
    name = loader.encode() + b"\0"
    identity = b"\x7fELF" + bytes((2, 1, 1)) + bytes(9)
    header = struct.pack("<HHIQQQIHHHHHH", 2, _ELF_MACHINES[architecture], 1, 0, 64, 0, 0, 64, 56, 1, 0, 0, 0)
    entry = struct.pack("<IIQQQQQQ", 3, 4, 120, 0, 0, len(name), len(name), 1)
    return identity + header + entry + name


def mach_o(architecture: str) -> bytes:
    """A program of macOS."""
    return struct.pack("<8I", 0xFEEDFACF, _CPUS[architecture], 0, 2, 0, 0, 0x85, 0)


def pe(architecture: str) -> bytes:
    """A program of Windows."""
    start = b"MZ".ljust(0x3C, b"\0") + struct.pack("<I", 0x40)
    return start + b"PE\0\0" + struct.pack("<H", _MACHINES[architecture]) + bytes(18)
