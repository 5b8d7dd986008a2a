"""What one source of a COPY or ADD makes of a path of the image.

Behaviour as of BuildKit 0.13: ``docopy`` in https://github.com/moby/buildkit/blob/master/solver/llbsolver/file/backend.go
and ``prepareTargetDir`` in https://github.com/tonistiigi/fsutil/blob/master/copy/copy.go
"""

from __future__ import annotations

from dataclasses import dataclass
from posixpath import basename, dirname, join
from typing import TYPE_CHECKING, Protocol

from dext_tasks.formats.dockerfile.pathglob import PatternError, glob, has_wildcard
from dext_tasks.sources.context import PathKind, TooManyError, folder_of
from dext_tasks.sources.origin import FOLDER, NOTHING, Origin, OriginKind, below, doubtful

if TYPE_CHECKING:
    from dext_tasks.formats.dockerfile.copies import Copy
    from dext_tasks.formats.dockerfile.stages import Written
    from dext_tasks.sources.context import Context, ContextPath

# What people write by hand: nobody makes it just before the build.
_PICTURES = (".svg", ".png")
_TEXTS = (".yaml", ".yml", "metadata.json")
_ARCHIVES = (b"\x1f\x8b", b"BZh", b"\xfd7zXZ\x00", b"\x28\xb5\x2f\xfd")
_ARCHIVE_SUFFIXES = (".tar", ".tgz", ".gz", ".bz2", ".xz", ".tbz2", ".txz", ".zst")
_TAR_MAGIC = slice(257, 262)


class Around(Protocol):
    """What has to be known of everything around a COPY."""

    def inside(self, path: str) -> Origin:
        """What is at a path of the stage that is copied from."""

    def before(self, path: str) -> Origin:
        """What is at a path of the image just before the COPY."""


@dataclass(frozen=True)
class Copying:
    """One source of a COPY or ADD.

    Attributes:
        copy: The source and where it goes.
        context: The build context.
        around: What else has to be known.
        stage: Whether it is copied from an earlier stage of the Dockerfile.
    """

    copy: Copy
    context: Context
    around: Around
    is_of_stage: bool

    def effect(self, path: str) -> Origin | None:
        """What it makes of a path; None if it leaves it alone, what is absent with a doubt if it may not."""
        if path == self.copy.destination or below(path, self.copy.destination) is not None:
            return self._effect(path)
        is_above = below(self.copy.destination, path) is not None
        # Whatever is copied, the folders above it are made.
        return FOLDER if is_above and self._copies_something() else None

    def _copies_something(self) -> bool:
        if not has_wildcard(self.copy.source) or self.copy.written:
            return True
        try:
            return self.is_of_context and any(True for _ in self.context.matches(self.copy.source))
        except TooManyError:
            return False

    @property
    def is_of_context(self) -> bool:
        """Whether it is copied from the build context."""
        return not self.copy.origin

    def _effect(self, path: str) -> Origin | None:
        copy = self.copy
        if copy.doubt:
            return self._unknown(path, copy.doubt)
        if copy.origin and not self.is_of_stage:
            # An image, or a build context with a name.
            return self._unknown(path, f"line {copy.line} copies from {copy.origin}, into which nobody looks")
        if copy.written is not None:
            return self._file(path, copy.source, _made_by(copy.written))
        if copy.is_fetched:
            return self._file(path, copy.source, Origin(OriginKind.FILE, blur=f"line {copy.line} downloads it"))
        if has_wildcard(copy.source):
            return self._of_context(path) if self.is_of_context else self._of_stage(path)
        return self._copied(path, copy.source)

    def _unknown(self, path: str, why: str, source: str | None = None) -> Origin:
        """What something of which nobody knows whether it is a file or a folder makes of a path."""
        return doubtful(why, is_guess=not self._is_meant(path, self.copy.source if source is None else source))

    def _is_meant(self, path: str, source: str) -> bool:
        """Whether a path is where a file of that name would be copied to."""
        return path in {self.copy.destination, join(self.copy.destination, basename(source))}

    def _copied(self, path: str, source: str) -> Origin | None:
        """What a file, or the content of a folder, makes of a path."""
        found = self._named(path, source)
        if found.kind in {OriginKind.FILE, OriginKind.OTHER}:
            if self._is_unpacked(source, found):
                return self._unknown(path, f"line {self.copy.line} unpacks the archive {source}", source)
            return self._file(path, basename(source), found)
        if found.kind is OriginKind.FOLDER:
            rest = below(path, self.copy.destination)
            return self._inside(source, rest) if rest else found
        return self._unknown(path, found.doubt, source) if found.doubt else found

    def _named(self, path: str, source: str) -> Origin:
        """What a source is."""
        line = self.copy.line
        if not self.is_of_context:
            found = self.around.inside(f"/{source}")
            lacks = f"line {line} copies {source or '/'}, which nothing puts into stage {self.copy.origin}"
            return doubtful(lacks) if found.is_lacking and source else found
        found_here = self.context.find(source)
        if found_here.is_sent:
            return _sent(found_here)
        if found_here.ignored:
            return doubtful(f"line {line} copies {source}, which {self.context.ignore_name} leaves out")
        if found_here.why:
            # The build stops there, which is another rule's finding.
            return doubtful(f"line {line} copies {source}, but {found_here.why}")
        if self._is_written(path, source):
            return NOTHING
        return doubtful(f"line {line} copies {source}, which is not in the source tree yet")

    def _inside(self, source: str, rest: str) -> Origin | None:
        """What a path in a folder that is copied is; None if there is nothing."""
        path = join(source, rest)
        if not self.is_of_context:
            found = self.around.inside(f"/{path}")
            return None if found == NOTHING else found
        found_here = self.context.find(path)
        if found_here.is_sent:
            return self._unless_linked(source, rest, found_here)
        if found_here.ignored:
            why = f"line {found_here.ignored} of {self.context.ignore_name} leaves {path} out of the build context"
            return Origin(OriginKind.ABSENT, why=why)
        return Origin(OriginKind.ABSENT, why=found_here.why) if found_here.why else None

    def _unless_linked(self, source: str, rest: str, found: ContextPath) -> Origin:
        """What is found, unless through a link: within folders these are copied as links."""
        folder = self.context.find(source).file
        if found.file == folder / rest:
            return _sent(found)
        linked = f"line {self.copy.line} copies {join(source, rest)} as a symbolic link"
        is_itself = self.context.find(join(source, dirname(rest))).file == (folder / rest).parent
        return Origin(OriginKind.FILE, blur=linked) if is_itself else doubtful(linked)

    def _is_written(self, path: str, source: str) -> bool:
        """Whether a file that is not there is missing: programs and pages are made just before the build."""
        if source.endswith(_PICTURES):
            return basename(source) == basename(path)
        return source.endswith(_TEXTS) and self.context.find(dirname(source)).entry is PathKind.FOLDER

    def _is_unpacked(self, source: str, found: Origin) -> bool:
        if not self.copy.unpacks:
            return False
        if found.file is None:
            return source.endswith(_ARCHIVE_SUFFIXES)
        try:
            with found.file.open("rb") as file:
                head = file.read(_TAR_MAGIC.stop)
        except OSError:
            return True
        return head.startswith(_ARCHIVES) or head[_TAR_MAGIC] == b"ustar"

    def _file(self, path: str, name: str, made: Origin) -> Origin | None:
        """What one file makes of a path: it goes into a folder, and takes the place of anything else."""
        inside = join(self.copy.destination, name)
        if path not in {self.copy.destination, inside}:
            return None
        is_folder = self._is_folder()
        if is_folder is None:
            return doubtful(f"whether line {self.copy.line} copies {name} into a folder is not known")
        if path == (inside if is_folder else self.copy.destination):
            return made
        return FOLDER if is_folder else None

    def _is_folder(self) -> bool | None:
        """Whether the destination is a folder when the source is copied; None if that is not known."""
        if self.copy.is_folder or self.copy.destination == "/":
            return True
        if self.copy.is_linked:
            return False
        there = self.around.before(self.copy.destination)
        if there.is_sure:
            return there.kind is OriginKind.FOLDER
        # Nobody calls a folder metadata.json.
        return False if "." in basename(self.copy.destination) else None

    def _of_context(self, path: str) -> Origin | None:
        """What files of the context that match a pattern make of a path."""
        line, pattern = self.copy.line, self.copy.source
        folder = self.context.find(folder_of(pattern))
        if folder.is_sent and folder.fault:
            # BuildKit stops there, which is another rule's finding.
            return doubtful(f"line {line} copies {pattern}, but {folder.file.name} {folder.fault}")
        try:
            matches = list(self.context.matches(pattern))
        except TooManyError as error:
            return doubtful(f"of what line {line} copies, {error}")
        missed: Origin | None = None
        for match in reversed(matches):
            found = self._copied(path, match)
            if found is not None and found.kind is not OriginKind.ABSENT:
                return found.under(missed or NOTHING)
            missed = found.under(missed or NOTHING) if found else missed
        rest = below(path, self.copy.destination)
        if not path.endswith(_PICTURES) and (not rest or _may_match(rest, pattern)):
            later = doubtful(f"more that matches {pattern} in line {line} may be made before the build", is_guess=True)
            return later.under(missed or NOTHING)
        return missed

    def _of_stage(self, path: str) -> Origin | None:
        """The same of another stage, whose files cannot be listed."""
        folder, pattern = dirname(self.copy.source), self.copy.source
        rest = below(path, self.copy.destination)
        why = f"which files match {pattern} in line {self.copy.line} is not known before the build"
        unlisted = doubtful(why, is_guess=True)
        if rest and _may_match(rest, pattern) and not has_wildcard(folder):
            found = self.around.inside(f"/{join(folder, rest)}")
            made = self._file(path, rest, found) if found.kind is OriginKind.FILE else None
            # A folder that matches, too, may hold another one of that name; few have a dot in theirs.
            return unlisted if made is None else made if "." in basename(pattern) else made.under(doubtful(why))
        return unlisted


def _made_by(written: Written) -> Origin:
    names = " and ".join(f"${name}" for name in written.content.unresolved)
    blur = f"what line {written.line} makes it say depends on {names}" if names else ""
    return Origin(OriginKind.FILE, text=written.content.text.encode(errors="replace"), line=written.line, blur=blur)


def _sent(found: ContextPath) -> Origin:
    # BuildKit makes an empty file of one that it cannot read, and stops at such a folder; another rule's finding.
    doubt = f"{found.file.name} {found.fault}" if found.fault else ""
    match found.entry:
        case PathKind.FOLDER:
            return Origin(OriginKind.FOLDER, doubt=doubt)
        case PathKind.FILE:
            return Origin(OriginKind.FILE, file=found.file, doubt=doubt)
        case PathKind.UNSEEN:
            return doubtful(doubt)
    return Origin(OriginKind.OTHER, file=found.file)


def _may_match(name: str, pattern: str) -> bool:
    """Whether a name may be that of a file that matches a pattern."""
    try:
        return "/" not in name and glob(basename(pattern)).matches(name)
    except PatternError:
        return False
