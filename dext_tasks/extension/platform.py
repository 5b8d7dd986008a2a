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
    "386": "386",
    "i386": "386",
    "i686": "386",
    "ppc64le": "ppc64le",
    "s390x": "s390x",
    "riscv64": "riscv64",
}
# https://github.com/containerd/platforms/blob/main/platforms.go allows these in each part.
_SPECIFIER = re.compile(r"[A-Za-z0-9_.-]+")
# What an omitted variant means, and what is therefore never written.
_DEFAULT_VARIANTS = {"arm64": "v8", "arm": "v7"}


@dataclass(frozen=True, order=True)
class Platform:
    """An operating system, an architecture and, where one is needed, a variant of it.

    Attributes:
        os: ``linux``; the engine under an extension is always a Linux one.
        architecture: Go's name of the architecture, such as ``amd64`` or ``arm64``.
        variant: Empty when it is the default of the architecture (``v8`` of arm64, ``v7`` of arm).
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

    @classmethod
    def of(cls, os: str, architecture: str, variant: str = "") -> Platform:
        """The normal form of what an engine, an image configuration or an index says."""
        normal = _ARCHITECTURES.get(architecture.lower(), architecture.lower())
        explicit = "" if variant == _DEFAULT_VARIANTS.get(normal) else variant
        return cls(os.lower(), normal, explicit)

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
