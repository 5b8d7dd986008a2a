"""Layers of an image: their archives, and the file system they make one upon the other.

Format: https://github.com/opencontainers/image-spec/blob/main/layer.md
"""

from dext_tasks.formats.oci.layers.archive import Archive, ArchiveMember, MemberKind
from dext_tasks.formats.oci.layers.compression import PIECE, ArchiveError, Read, TooLargeError, bounded, decompressed
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
    "PIECE",
    "Archive",
    "ArchiveError",
    "ArchiveMember",
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
