"""The file system that layers make, put together from the newest layer down.

What a newer layer says of a path hides what older ones say, so that most questions are answered before the
oldest and largest layers are read. Rules: https://github.com/opencontainers/image-spec/blob/main/layer.md
(whiteouts) and, where archives are odd,
https://github.com/containerd/containerd/blob/main/pkg/archive/tar.go (applyNaive).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, StrEnum
from typing import TYPE_CHECKING

from dext_tasks.formats.oci.layers.archive import MemberKind
from dext_tasks.formats.oci.layers.compression import TooLargeError
from dext_tasks.limits import LONGEST_PATH, MOST_LINKS, LayerLimits

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dext_tasks.formats.oci.layers.archive import ArchiveMember

_WHITEOUT = ".wh."
_OPAQUE = ".wh..wh..opq"
_AUFS = ".wh..wh."


class LayerFileKind(StrEnum):
    """What is at a path."""

    FILE = "file"
    FOLDER = "folder"
    SYMLINK = "symlink"
    HARDLINK = "hardlink"  # to a file of an older layer
    OTHER = "other"
    ABSENT = "absent"  # removed by this layer


_KINDS = {
    MemberKind.FILE: LayerFileKind.FILE,
    MemberKind.FOLDER: LayerFileKind.FOLDER,
    MemberKind.SYMLINK: LayerFileKind.SYMLINK,
    MemberKind.HARDLINK: LayerFileKind.HARDLINK,
    MemberKind.OTHER: LayerFileKind.OTHER,
}


class Missing(Enum):
    """Why nothing is found at a path."""

    ABSENT = "it is not in the image"
    UNKNOWN = "older layers decide"


@dataclass(frozen=True, slots=True, order=True)
class LayerOrigin:
    """Where a file's bytes are: the number of its layer, newest first, and of the member in it."""

    layer: int
    member: int


@dataclass(slots=True)
class LayerEntry:
    """One path, with what is below it.

    Attributes:
        kind: What it is.
        mode: Permission bits.
        size: Bytes of a file.
        link: Where a link points.
        origin: Where a file's bytes are; None for what has none, and for sparse files.
        children: By name, of a folder.
        opaque: Whether older layers add nothing to this folder.
    """

    kind: LayerFileKind
    mode: int = 0o755
    size: int = 0
    link: str = ""
    origin: LayerOrigin | None = None
    children: dict[str, LayerEntry] = field(default_factory=dict)
    opaque: bool = False


def parts(path: str) -> list[str]:
    """Names on a path from the root; ``..`` never leads above it."""
    found: list[str] = []
    for name in path.split("/"):
        if name == "..":
            del found[-1:]
        elif name not in ("", "."):
            found.append(name)
    return found


class Layer:
    """What one layer says.

    Args:
        number: Of the layer, the newest is 0.
        bounds: How much of it is taken up.
    """

    def __init__(self, number: int, bounds: LayerLimits = LayerLimits()) -> None:  # noqa: B008 - frozen
        self.root = LayerEntry(LayerFileKind.FOLDER)
        self._bounds = bounds
        self._number = number
        self._members = 0
        self._nodes = 0
        self._steps = 0

    def add(self, member: ArchiveMember) -> LayerOrigin | None:
        """Take up the next member; gives what its bytes are known by, if it brings any.

        Raises:
            TooLargeError: The layer has too many paths.
        """
        number, self._members = self._members, self._members + 1
        self._count()
        # No file system holds a longer path, so no engine can have unpacked it.
        *above, name = parts(member.name[: LONGEST_PATH + 1]) or [""]
        if not name or max(len(member.name), len(member.link)) > LONGEST_PATH:
            return None
        folder = self._folder(above)
        if name.startswith(_WHITEOUT):
            self._remove(folder, name)
            return None
        origin = LayerOrigin(self._number, number)
        entry = self._entry(member, origin)
        self._put(folder, name, entry)
        # The bytes of a hard link came with another member.
        return origin if entry.origin == origin else None

    def _entry(self, member: ArchiveMember, origin: LayerOrigin) -> LayerEntry:
        kind = _KINDS[member.kind]
        if kind is LayerFileKind.HARDLINK:
            return self._hard_link(member)
        given = origin if kind is LayerFileKind.FILE and member.whole else None
        return LayerEntry(kind, member.mode, member.size if kind is LayerFileKind.FILE else 0, member.link, given)

    def _hard_link(self, member: ArchiveMember) -> LayerEntry:
        """The file that came before under another name; where it did not, an older layer has it."""
        found = _walk(self.root, parts(member.link), follow=False)
        if not isinstance(found, LayerPath):
            return LayerEntry(LayerFileKind.HARDLINK, member.mode, link="/" + "/".join(parts(member.link)))
        same = found.entry
        if same.kind is LayerFileKind.FOLDER:
            return LayerEntry(LayerFileKind.OTHER)
        return LayerEntry(same.kind, same.mode, same.size, same.link, same.origin)

    def _folder(self, names: Sequence[str]) -> LayerEntry:
        """The folder of a member, made where no member stands for it; links on the way are followed."""
        stack, todo, links = [self.root], list(reversed(names)), 0
        while todo:
            self._steps += 1
            name = todo.pop()
            if name == "..":
                del stack[max(1, len(stack) - 1) :]
                continue
            child = stack[-1].children.get(name)
            if child and child.kind is LayerFileKind.SYMLINK and links < MOST_LINKS:
                links += 1
                todo += reversed(_names(child.link))
                stack = stack[:1] if child.link.startswith("/") else stack
                continue
            if child is None or child.kind is not LayerFileKind.FOLDER:
                child = LayerEntry(LayerFileKind.FOLDER)
                self._put(stack[-1], name, child)
            stack.append(child)
        return stack[-1]

    def _put(self, folder: LayerEntry, name: str, entry: LayerEntry) -> None:
        before = folder.children.get(name)
        if before and before.kind is LayerFileKind.FOLDER and entry.kind is LayerFileKind.FOLDER:
            before.mode = entry.mode
            return
        # A folder in the place of what this layer removed starts empty.
        entry.opaque = before is not None
        folder.children[name] = entry
        self._count()

    def _count(self) -> None:
        self._nodes += 1
        if self._nodes > 2 * self._bounds.nodes:
            raise TooLargeError(f"more than {self._bounds.nodes} paths")
        if self._steps > self._bounds.steps:
            raise TooLargeError("paths that lead from link to link")

    def _remove(self, folder: LayerEntry, name: str) -> None:
        if name == _OPAQUE:
            folder.opaque = True
            return
        hidden = name.removeprefix(_WHITEOUT)
        if name.startswith(_AUFS) or hidden in ("", ".", ".."):
            return
        # Whiteouts concern older layers only, wherever they stand in the archive.
        if hidden in folder.children:
            folder.children[hidden].opaque = True
        else:
            self._put(folder, hidden, LayerEntry(LayerFileKind.ABSENT))


@dataclass(frozen=True)
class LayerPath:
    """What is at a path.

    Attributes:
        entry: The entry.
        real: Its path without links.
    """

    entry: LayerEntry
    real: str


class Tree:
    """The file system of the layers added so far."""

    def __init__(self) -> None:
        self.root = LayerEntry(LayerFileKind.FOLDER)
        self.complete = False

    def add(self, layer: Layer) -> None:
        """Lay what is known upon the next older layer."""
        pending = [(self.root, layer.root)]
        while pending:
            newer, older = pending.pop()
            if newer.kind is not LayerFileKind.FOLDER or newer.opaque:
                continue
            newer.opaque = older.opaque or older.kind is not LayerFileKind.FOLDER
            for name, child in older.children.items():
                known = newer.children.setdefault(name, child)
                if known is not child:
                    pending.append((known, child))

    def find(self, path: str, *, follow: bool = True) -> LayerPath | Missing:
        """What is at an absolute path, links on the way followed inside the image.

        Args:
            path: Absolute path.
            follow: Whether to follow links at all; hard links always are.
        """
        found = _walk(self.root, parts(path), follow=follow)
        return Missing.ABSENT if found is Missing.UNKNOWN and self.complete else found

    def below(self, found: LayerPath) -> Iterator[LayerPath]:
        """Everything known below a folder, links not followed."""
        pending = [found]
        while pending:
            at = pending.pop()
            for name, child in at.entry.children.items():
                if child.kind is not LayerFileKind.ABSENT:
                    each = LayerPath(child, f"{at.real.rstrip('/')}/{name}")
                    yield each
                    pending.append(each)


def _names(path: str) -> list[str]:
    return [name for name in path.split("/") if name not in ("", ".")]


def _walk(root: LayerEntry, names: Sequence[str], *, follow: bool) -> LayerPath | Missing:
    stack: list[tuple[str, LayerEntry]] = [("", root)]
    todo, links = list(reversed(names)), 0
    while todo:
        name = todo.pop()
        if name == "..":
            del stack[max(1, len(stack) - 1) :]
            continue
        at = stack[-1][1]
        child = at.children.get(name)
        if child is None:
            closed = at.kind is not LayerFileKind.FOLDER or any(entry.opaque for _, entry in stack)
            return Missing.ABSENT if closed else Missing.UNKNOWN
        if child.kind is LayerFileKind.ABSENT:
            return Missing.ABSENT
        if child.kind is LayerFileKind.HARDLINK or (child.kind is LayerFileKind.SYMLINK and follow):
            links += 1
            if links > MOST_LINKS or len(todo) > LONGEST_PATH:
                return Missing.ABSENT
            todo += reversed(_names(child.link))
            stack = stack[:1] if child.link.startswith("/") else stack
            continue
        stack.append((name, child))
    return LayerPath(stack[-1][1], "/" + "/".join(name for name, _ in stack[1:]))
