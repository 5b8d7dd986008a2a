"""All that is known of each processor architecture that an extension can be built for: one table.

Nothing but names, numbers and bytes, for whoever has to do with platforms: the notation of images, files of programs,
runners of a CI system, the doctor. It is below all of them, as each may import it and it needs nothing.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

ByteOrder = Literal["little", "big"]


@dataclass(frozen=True)
class ElfMachine:
    """How ELF files name a processor.

    Attributes:
        number: ``e_machine``: https://refspecs.linuxfoundation.org/elf/gabi4+/ch4.eheader.html#e_machine and, for the
            later ones, https://github.com/torvalds/linux/blob/master/include/uapi/linux/elf-em.h
        bits: Of an address, 32 or 64.
        order: Of its bytes.
        flags: ``e_flags`` that Linux requires: the EABI of arm, the ABI of ppc64le.
    """

    number: int
    bits: Literal[32, 64] = 64
    order: ByteOrder = "little"
    flags: int = 0


@dataclass(frozen=True)
class Architecture:
    """One architecture.

    Attributes:
        name: As Go and the OCI image index call it: https://go.dev/doc/install/source#environment
        elf: As ELF files call it.
        exits: Machine code that ends a Linux process with status 0.
        aliases: Other names, each with the variant that it says; None if it says none.
        variants: Normal form of what is written as variant. What an omitted one means is empty, and never written.
        written_variant: What BuildKit writes for an omitted one, as in ``TARGETVARIANT``; nothing for most.
        runs: Other architectures whose programs its processors run themselves.
        informal: Names that only file names, tags and labels of runners have.
        node: Node's name, if it has another one: https://nodejs.org/api/os.html#osarch
        hosted_suffix: What the labels of GitHub's own runners with such a processor end with; None if there are none.
        pe: As Windows programs call it: https://learn.microsoft.com/en-us/windows/win32/debug/pe-format#machine-types
        macho: As programs of macOS call it, the ABI in the high byte; None if there are none:
            https://github.com/apple-oss-distributions/xnu/blob/main/osfmk/mach/machine.h
    """

    name: str
    elf: ElfMachine
    exits: bytes
    aliases: Mapping[str, str | None] = field(default_factory=dict)
    variants: Mapping[str, str] = field(default_factory=dict)
    written_variant: str = ""
    runs: frozenset[str] = frozenset()
    informal: tuple[str, ...] = ()
    node: str = ""
    hosted_suffix: str | None = None
    pe: tuple[int, ...] = ()
    macho: int | None = None

    @property
    def node_name(self) -> str:
        """As Node's ``os.arch()`` and ``process.arch`` call it."""
        return self.node or self.name

    @property
    def names(self) -> frozenset[str]:
        """Every name that people write for it."""
        return frozenset({self.name, *self.aliases, *self.informal})


def _words(*words: int) -> bytes:
    """Instructions of four bytes, as little-endian processors have them."""
    return struct.pack(f"<{len(words)}I", *words)


# Names and variants are normalised as containerd does: https://github.com/containerd/platforms/blob/main/database.go
# exit is system call 60 on amd64, 93 on arm64 and riscv64, 1 on the others.
ARCHITECTURES: Final[Mapping[str, Architecture]] = {
    each.name: each
    for each in (
        Architecture(
            "amd64",
            ElfMachine(62),
            exits=bytes.fromhex("31ff b83c000000 0f05"),
            aliases={"x86_64": None, "x86-64": None},
            variants={"v1": ""},
            # Which containerd also picks: https://github.com/containerd/platforms/blob/main/compare.go
            runs=frozenset({"386"}),
            informal=("x64",),
            node="x64",
            hosted_suffix="",
            pe=(0x8664,),
            macho=0x01000007,
        ),
        Architecture(
            "arm64",
            ElfMachine(183),
            exits=_words(0xD2800000, 0xD2800BA8, 0xD4000001),
            aliases={"aarch64": None},
            variants={"v8": "", "8": ""},
            # Not arm, which newer processors have no 32-bit mode for; nor have those of GitHub.
            hosted_suffix="-arm",
            # ARM64EC and ARM64X are for emulation on ARM: https://learn.microsoft.com/en-us/windows/arm/arm64ec
            pe=(0xAA64, 0xA641, 0xA64E),
            macho=0x0100000C,
        ),
        Architecture(
            "arm",
            ElfMachine(40, bits=32, flags=0x5000000),
            exits=_words(0xE3A00000, 0xE3A07001, 0xEF000000),
            aliases={"armv7l": None, "armhf": "v7", "armel": "v6"},
            variants={"v7": "", "7": "", "5": "v5", "6": "v6", "8": "v8"},
            written_variant="v7",
            pe=(0x01C0, 0x01C2, 0x01C4),
            macho=0x0000000C,
        ),
        Architecture(
            "386",
            ElfMachine(3, bits=32),
            exits=bytes.fromhex("31db b801000000 cd80"),
            aliases={"i386": "", "i686": ""},
            node="ia32",
            pe=(0x014C,),
            macho=0x00000007,
        ),
        Architecture(
            "ppc64le",
            ElfMachine(21, flags=2),
            exits=_words(0x38600000, 0x38000001, 0x44000002),
            node="ppc64",
        ),
        Architecture("s390x", ElfMachine(22, order="big"), exits=bytes.fromhex("a7290000 0a01")),
        Architecture("riscv64", ElfMachine(243), exits=_words(0x00000513, 0x05D00893, 0x00000073), pe=(0x5064,)),
    )
}
"""By name."""

BY_ALIAS: Final[Mapping[str, Architecture]] = {
    name: each for each in ARCHITECTURES.values() for name in (each.name, *each.aliases)
}
"""By every name that an engine, an image or a person gives it."""
