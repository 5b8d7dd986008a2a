"""Platforms: what an image is built for, in the notation of the OCI image index."""

from __future__ import annotations

from dataclasses import dataclass

from dext_tasks.architectures import ARCHITECTURES, BY_ALIAS
from dext_tasks.errors import UnknownPlatformError
from dext_tasks.regex import regex

# https://github.com/containerd/platforms/blob/main/platforms.go allows these in each part.
_SPECIFIER = regex(r"[A-Za-z0-9_.-]+")


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
        known = ARCHITECTURES.get(machine.architecture)
        runs = {machine.architecture, *(known.runs if known else ())}
        return self.os == machine.os and self.architecture in runs

    @classmethod
    def of(cls, os: str, architecture: str, variant: str = "") -> Platform:
        """The normal form of what an engine, an image configuration or an index says."""
        name, variant = architecture.lower(), variant.lower()
        known = BY_ALIAS.get(name)
        if known is None:
            return cls(os.lower(), name, variant)
        told = known.aliases.get(name)
        said = variant if told is None else told
        return cls(os.lower(), known.name, known.variants.get(said, said))

    @classmethod
    def parse(cls, text: str) -> Platform:
        """Read ``os/architecture[/variant]`` or an architecture alone.

        Raises:
            UnknownPlatformError: The text names no Linux platform an extension can be built for.
        """
        parts = text.strip().lower().split("/")
        os, names = ("linux", parts) if len(parts) == 1 else (parts[0], parts[1:])
        known = os == "linux" and len(names) in (1, 2) and names[0] in BY_ALIAS
        if not known or not all(map(_SPECIFIER.fullmatch, names)):
            raise UnknownPlatformError(
                f"unknown platform {text!r}",
                remedy=f"name one such as {REQUIRED[0]} or {REQUIRED[1]}; "
                f"known architectures: {', '.join(sorted(ARCHITECTURES))}",
            )
        return cls.of(os, *names)


# Docker's validator asks for both: "the image for platform "linux/arm64" is not pushed to DockerHub"
# https://github.com/docker/extensions-submissions/issues/40
REQUIRED = (Platform("linux", "amd64"), Platform("linux", "arm64"))
