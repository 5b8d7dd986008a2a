"""Which paths of an image metadata.json names."""

from __future__ import annotations

import os
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from dext_tasks.extension.metadata import Metadata, read_or_none

if TYPE_CHECKING:
    from collections.abc import Iterator

# https://github.com/torvalds/linux/blob/master/include/uapi/linux/limits.h, bytes
_LONGEST_PATH = 4095
_LONGEST_NAME = 255


def named(content: bytes | None) -> list[str]:
    """Files, and folders that count with everything below them, by absolute path."""
    metadata = read_or_none(content)
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
