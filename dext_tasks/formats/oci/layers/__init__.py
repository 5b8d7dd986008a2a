"""Layers of an image: their archives, and the file system they make one upon the other.

Format: https://github.com/opencontainers/image-spec/blob/main/layer.md
"""

from dext_tasks.formats.oci.layers.archive import Archive, Member, MemberKind
from dext_tasks.formats.oci.layers.bounds import ArchiveError, Bounds, Read, TooLargeError, bounded
from dext_tasks.formats.oci.layers.compression import decompressed
from dext_tasks.formats.oci.layers.tree import Entry, Found, Kind, Layer, Origin, Tree, Verdict, parts

__all__ = [
    "Archive",
    "ArchiveError",
    "Bounds",
    "Entry",
    "Found",
    "Kind",
    "Layer",
    "Member",
    "MemberKind",
    "Origin",
    "Read",
    "TooLargeError",
    "Tree",
    "Verdict",
    "bounded",
    "decompressed",
    "parts",
]
