"""Layers of an image: their archives, and the file system they make one upon the other.

Format: https://github.com/opencontainers/image-spec/blob/main/layer.md
"""

from dext_tasks.formats.oci.layers.archive import Archive, ArchiveMember, MemberKind
from dext_tasks.formats.oci.layers.bounds import ArchiveError, Bounds, Read, TooLargeError, bounded
from dext_tasks.formats.oci.layers.compression import decompressed
from dext_tasks.formats.oci.layers.tree import (
    Layer,
    LayerEntry,
    LayerFileKind,
    LayerOrigin,
    LayerPath,
    Missing,
    Tree,
    parts,
)

__all__ = [
    "Archive",
    "ArchiveError",
    "ArchiveMember",
    "Bounds",
    "Layer",
    "LayerEntry",
    "LayerFileKind",
    "LayerOrigin",
    "LayerPath",
    "MemberKind",
    "Missing",
    "Read",
    "TooLargeError",
    "Tree",
    "bounded",
    "decompressed",
    "parts",
]
