"""Which paths of an image metadata.json names."""

from __future__ import annotations

import os
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

from dext_tasks.errors import MetadataInvalidError
from dext_tasks.extension.metadata import Metadata, parse

if TYPE_CHECKING:
    from collections.abc import Iterator

# https://github.com/torvalds/linux/blob/master/include/uapi/linux/limits.h, bytes
_LONGEST_PATH = 4095
_LONGEST_NAME = 255
MOST_METADATA: Final = 1 << 20
"""The most of a metadata.json that is read, bytes; the largest of 134 public extensions has 2375."""
MOST_BINARIES: Final = 300
"""The most host binaries that are looked for, one by one; of 134 public extensions the one with most names 30."""


def read(content: bytes | None) -> Metadata | None:
    """What metadata.json names; None if it is absent or cannot be read."""
    try:
        return bounded(content) if content is not None else None
    except MetadataInvalidError:
        return None


def bounded(content: bytes) -> Metadata:
    """What metadata.json names, where that is no more than can be looked at.

    Raises:
        MetadataInvalidError: It is not a JSON object, or too large.
    """
    if len(content) > MOST_METADATA:
        raise _too_large(f"metadata.json is larger than {MOST_METADATA >> 20} MiB")
    metadata = parse(content)
    if len(metadata.binaries) > MOST_BINARIES:
        raise _too_large(f"metadata.json names {len(metadata.binaries)} host binaries, more than {MOST_BINARIES}")
    return metadata


def _too_large(what: str) -> MetadataInvalidError:
    return MetadataInvalidError(what, remedy="name only what a desktop installs")


def named(content: bytes | None) -> list[str]:
    """Files, and folders that count with everything below them, by absolute path."""
    metadata = read(content)
    return sorted(filter(_is_possible, set(_paths(metadata)))) if metadata else []


def _is_possible(path: str) -> bool:
    """Whether a Linux file system can hold the path; docker cannot even be asked for any other."""
    try:
        encoded = os.fsencode(path)
    except UnicodeEncodeError:
        return False
    fits = len(encoded) <= _LONGEST_PATH and all(len(name) <= _LONGEST_NAME for name in encoded.split(b"/"))
    return fits and b"\0" not in encoded


def _paths(metadata: Metadata) -> Iterator[str]:
    if metadata.icon:
        yield metadata.icon
    if metadata.ui:
        yield metadata.ui.root
        yield metadata.ui.entry
    if metadata.vm and metadata.vm.composefile:
        yield metadata.vm.composefile
        # Files beside it may be used by it; a compose file at the root would mean the whole image:
        # https://github.com/rancher-sandbox/rancher-desktop/issues/4577
        parent = str(PurePosixPath(metadata.vm.composefile).parent)
        if parent != "/":
            yield parent
    yield from (binary.path for binary in metadata.binaries)
