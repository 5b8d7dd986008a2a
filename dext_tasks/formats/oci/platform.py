"""Platforms: what an image is built for, in the notation of the OCI image index."""

from __future__ import annotations

import re
from dataclasses import dataclass

from dext_tasks.errors import UnknownPlatformError

# https://github.com/containerd/platforms/blob/main/database.go normalises the same names.
_ARCHITECTURES = {
    "amd64": "amd64",
    "x86_64": "amd64",
    "x86-64": "amd64",
    "arm64": "arm64",
    "aarch64": "arm64",
    "arm": "arm",
    "armv7l": "arm",
    "armhf": "arm",
    "armel": "arm",
    "386": "386",
    "i386": "386",
    "i686": "386",
    "ppc64le": "ppc64le",
    "s390x": "s390x",
    "riscv64": "riscv64",
}
# https://github.com/containerd/platforms/blob/main/platforms.go allows these in each part.
_SPECIFIER = re.compile(r"[A-Za-z0-9_.-]+")
# Names of architectures that say the variant, too: https://github.com/containerd/platforms/blob/main/database.go
_NAMED_VARIANTS = {"i386": "", "i686": "", "armhf": "v7", "armel": "v6"}
# What an omitted variant means, and what is therefore never written.
_DEFAULT_VARIANTS = {
    "amd64": frozenset({"v1"}),
    "arm64": frozenset({"v8", "8"}),
    "arm": frozenset({"v7", "7"}),
}
_BARE_ARM_VARIANTS = frozenset({"5", "6", "8"})
# What a processor runs itself besides its own: 32-bit programs, which containerd also picks for amd64. Not arm on
# arm64, whose newer processors have no 32-bit mode. https://github.com/containerd/platforms/blob/main/compare.go
_ALSO_NATIVE = {"amd64": frozenset({"386"})}


@dataclass(frozen=True, order=True)
class Platform:
    """An operating system, an architecture and, where one is needed, a variant of it.

    Attributes:
        os: ``linux``; the engine under an extension is always a Linux one.
        architecture: Go's name of the architecture, such as ``amd64`` or ``arm64``.
        variant: Empty when it is the default of the architecture (``v1`` of amd64, ``v8`` of arm64, ``v7`` of arm).
    """

    os: str
    architecture: str
    variant: str = ""

    def __str__(self) -> str:
        return "/".join(part for part in (self.os, self.architecture, self.variant) if part)

    @property
    def slug(self) -> str:
        """The platform as part of a file, container or tag name: ``linux-arm64``."""
        return str(self).replace("/", "-")

    def is_native_on(self, machine: Platform) -> bool:
        """Whether a machine runs it without an emulator.

        An emulator stands in for another instruction set, never for a variant of the machine's own: where the
        processor is older than the variant asks for, the program ends with an illegal instruction.
        """
        is_own = self.architecture == machine.architecture
        return self.os == machine.os and (is_own or self.architecture in _ALSO_NATIVE.get(machine.architecture, ()))

    @classmethod
    def of(cls, os: str, architecture: str, variant: str = "") -> Platform:
        """The normal form of what an engine, an image configuration or an index says."""
        name = architecture.lower()
        normal = _ARCHITECTURES.get(name, name)
        said = _NAMED_VARIANTS.get(name, variant.lower())
        if said in _DEFAULT_VARIANTS.get(normal, ()):
            said = ""
        elif normal == "arm" and said in _BARE_ARM_VARIANTS:
            said = f"v{said}"
        return cls(os.lower(), normal, said)

    @classmethod
    def parse(cls, text: str) -> Platform:
        """Read ``os/architecture[/variant]`` or an architecture alone.

        Raises:
            UnknownPlatformError: The text names no Linux platform an extension can be built for.
        """
        parts = text.strip().lower().split("/")
        os, names = ("linux", parts) if len(parts) == 1 else (parts[0], parts[1:])
        known = os == "linux" and len(names) in (1, 2) and names[0] in _ARCHITECTURES
        if not known or not all(map(_SPECIFIER.fullmatch, names)):
            raise UnknownPlatformError(
                f"unknown platform {text!r}",
                remedy=f"name one such as {REQUIRED[0]} or {REQUIRED[1]}; "
                f"known architectures: {', '.join(sorted(set(_ARCHITECTURES.values())))}",
            )
        return cls.of(os, *names)


# Docker's validator asks for both: "the image for platform "linux/arm64" is not pushed to DockerHub"
# https://github.com/docker/extensions-submissions/issues/40
REQUIRED = (Platform("linux", "amd64"), Platform("linux", "arm64"))
