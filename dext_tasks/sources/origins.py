"""Where the files of an image come from: COPY and ADD followed back through stages to the build context."""

from __future__ import annotations

from dataclasses import dataclass
from posixpath import basename, join
from typing import TYPE_CHECKING

from dext_tasks.formats.dockerfile.copies import Copy, Folder, Unknown, history_of
from dext_tasks.formats.dockerfile.pathglob import has_wildcard
from dext_tasks.sources.context import PathKind, folder_of
from dext_tasks.sources.copying import Copying
from dext_tasks.sources.origin import FOLDER, NOTHING, Origin, OriginKind, below, doubtful

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from dext_tasks.formats.dockerfile.copies import Change, History
    from dext_tasks.formats.dockerfile.document import Dockerfile
    from dext_tasks.formats.dockerfile.stages import Stage
    from dext_tasks.sources.context import Context

    # What a change makes of a path: None if it leaves it alone, what is absent if it may or may not.
    Effect = Callable[[str], Origin | None]

# What a file of text may cost: instructions looked at, and stages gone through on the way.
_MOST_LOOKS = 2000
_MOST_STAGES = 50
# What looking for the place of a misplaced file may cost.
_MOST_LANDINGS = 100
_UNFOLLOWED = doubtful("the Dockerfile is too winding to be followed")


class Origins:
    """Follows COPY and ADD back to the tree.

    Docker's official images are taken to hold none of an extension's files; what others hold is not known.

    Args:
        context: The build context.
        document: The Dockerfile.
        target: Name of the stage that is built; empty for the last one.
    """

    def __init__(self, context: Context, document: Dockerfile, target: str) -> None:
        self.context = context
        self._document = document
        self._stage = document.target(target or None)
        self._histories: dict[int, History] = {}
        self._effects: dict[int, tuple[Effect, ...]] = {}
        # One rule after another asks for the same few files.
        self._known: dict[str, Origin] = {}
        self._looks = 0

    @property
    def history(self) -> History:
        """What makes the files of the image."""
        return self._history_of(self._stage)

    def of(self, path: str) -> Origin:
        """Where a path comes from.

        Args:
            path: Absolute, in the image.
        """
        if path not in self._known:
            self._looks = 0
            self._known[path] = self._find(path, self._stage) if path else NOTHING
        return self._known[path]

    def landing(self, source: str) -> str:
        """Where a file of the build context certainly is in the image, by its first copy; empty if it is nowhere.

        Args:
            source: Relative to the context.
        """
        file = self.context.find(source).file
        for copy in self.history.changes[:_MOST_LANDINGS]:
            if isinstance(copy, Copy) and copy.is_plain:
                inside = below(f"/{source}", f"/{copy.source}") or basename(source)
                for path in (copy.destination, join(copy.destination, inside)):
                    found = self.of(path)
                    if found.is_sure and found.kind is OriginKind.FILE and found.file == file:
                        return path
        return ""

    def folders(self, path: str) -> Iterator[str]:
        """The folders of the build context that are copied to a folder of the image, or with it.

        Args:
            path: Absolute, in the image.
        """
        self._looks = 0
        yield from dict.fromkeys(self._folders(path, self._stage))

    def _folders(self, path: str, stage: Stage) -> Iterator[str]:
        for change in self._history_of(stage).changes:
            self._looks += 1
            if self._looks > _MOST_LOOKS or len(self._histories) > _MOST_STAGES:
                return
            rest = below(path, change.destination) if isinstance(change, Copy) else None
            if rest is None or not isinstance(change, Copy) or has_wildcard(change.source):
                continue
            copied = join(change.source, rest).rstrip("/")
            source = self._source(change, stage)
            if source is not None and not change.doubt:
                yield from self._folders(f"/{copied}", source)
            elif change.is_plain and self.context.find(copied).entry is PathKind.FOLDER:
                yield copied

    def unsent(self) -> Iterator[tuple[Copy, str]]:
        """Each source that a build of the image certainly fails to find, and why."""
        for stage in self._needed():
            for copy in self._copies(stage):
                if why := self._why_unsent(copy, stage):
                    yield copy, why

    def absent(self) -> Iterator[str]:
        """Each source, pattern or not, at which the context has nothing: a build certainly fails to find it.

        Raises:
            TooManyError: There is too much to look through.
        """
        for copy in (copy for stage in self._needed() for copy in self._copies(stage) if copy.is_plain):
            if has_wildcard(copy.source):
                is_there = any(True for _ in self.context.matches(copy.source))
            else:
                is_there = self.context.find(copy.source).entry is not PathKind.NOTHING
            if not is_there:
                yield copy.source

    def unreadable(self) -> Iterator[tuple[str, str]]:
        """Each file and folder of the context that a build copies and cannot read: its path, and words that follow it.

        Raises:
            TooManyError: There is too much to look through.
        """
        stages = self._needed()
        plain = [copy.source for stage in stages for copy in self._copies(stage) if copy.is_plain]
        for folder in sorted({folder_of(source) for source in plain if has_wildcard(source)}):
            found = self.context.find(folder)
            if found.is_sent and found.fault:
                yield folder, found.fault
        yield from self.context.unreadable({source for stage in stages for source in self._copied(stage)})

    def sources(self) -> frozenset[str]:
        """Paths in the context of all that a build is made of; the context itself if that is not known.

        Raises:
            TooManyError: There is too much to look through.
        """
        stages = self._needed()
        if not all(_is_followed(stage, self._copies(stage)) for stage in stages):
            return frozenset({""})
        return frozenset(source for stage in stages for source in self._copied(stage))

    def _needed(self) -> list[Stage]:
        return self._document.needed(self._stage)[:_MOST_STAGES]

    def _copies(self, stage: Stage) -> list[Copy]:
        history = self._history_of(stage)
        return [each for each in history.changes[history.inherited :] if isinstance(each, Copy)]

    def _copied(self, stage: Stage) -> Iterator[str]:
        """Paths in the context that a stage copies."""
        for copy in self._copies(stage):
            if copy.is_plain and has_wildcard(copy.source):
                yield from self.context.matches(copy.source)
            elif copy.is_plain:
                yield copy.source

    def _why_unsent(self, copy: Copy, stage: Stage) -> str:
        if has_wildcard(copy.source) or not copy.source:
            return ""
        if copy.is_plain:
            found = self.context.find(copy.source)
            if found.why:
                return f"but {found.why}"
            return f"which line {found.ignored} of {self.context.ignore_name} leaves out" if found.ignored else ""
        source = self._source(copy, stage)
        if source is None or copy.doubt:
            return ""
        self._looks = 0
        there = self._find(f"/{copy.source}", source)
        is_certain = there.is_lacking and not there.is_presumed
        return f"which nothing puts into stage {copy.origin}" if is_certain else ""

    def _history_of(self, stage: Stage) -> History:
        if stage.index not in self._histories:
            self._histories[stage.index] = history_of(self._document.chain(stage))
        return self._histories[stage.index]

    def _source(self, copy: Copy, stage: Stage) -> Stage | None:
        """The earlier stage that is copied from."""
        if not copy.origin:
            return None
        origin, earlier = copy.origin.lower(), self._document.stages[: stage.index]
        return next((each for each in reversed(earlier) if origin in {each.name, str(each.index)}), None)

    def _find(self, path: str, stage: Stage) -> Origin:
        if len(self._histories) > _MOST_STAGES:
            return _UNFOLLOWED
        return self._before(path, stage, len(self._history_of(stage).changes))

    def _before(self, path: str, stage: Stage, end: int) -> Origin:
        """What is at a path before a change of a stage, or at the stage's end."""
        so_far = NOTHING
        # What is copied last replaces what was there.
        for effect in reversed(self._effects_of(stage)[:end]):
            self._looks += 1
            if self._looks > _MOST_LOOKS:
                return _UNFOLLOWED
            found = effect(path)
            if found is not None:
                so_far = found.under(so_far)
            if so_far.kind is not OriginKind.ABSENT:
                return so_far
        return self._in_base(path, stage).under(so_far)

    def _effects_of(self, stage: Stage) -> tuple[Effect, ...]:
        """What each change of a stage makes of a path."""
        if stage.index not in self._effects:
            changes = enumerate(self._history_of(stage).changes)
            self._effects[stage.index] = tuple(self._effect_of(change, stage, number) for number, change in changes)
        return self._effects[stage.index]

    def _effect_of(self, change: Change, stage: Stage, number: int) -> Effect:
        match change:
            case Folder():
                return lambda path: FOLDER if below(change.path, path) is not None else None
            case Unknown():
                doubt = doubtful(change.what)
                return lambda path: doubt if change.reach.touches(path) else None
            case Copy():
                source = self._source(change, stage)
                around = _Around(self, source, stage, number)
                return Copying(change, self.context, around, is_of_stage=source is not None).effect

    def _in_base(self, path: str, stage: Stage) -> Origin:
        base = self._history_of(stage).base
        if path == "/":
            return FOLDER
        if base.may_hold(path):
            return doubtful(f"the base image {base.name} may hold it")
        return Origin(OriginKind.ABSENT, is_presumed=not (base.is_empty or base.is_plain))


def _is_followed(stage: Stage, copies: Sequence[Copy]) -> bool:
    """Whether it is known which files of the context a stage copies, and no command gets the context itself."""
    lines = {copy.line for copy in copies if not copy.doubt or copy.origin}
    for instruction in stage.instructions:
        is_copy = instruction.keyword in {"COPY", "ADD"} and not instruction.flag("from")
        if (is_copy and instruction.line not in lines) or any(map(_is_mounted, instruction.flags)):
            return False
    return True


def _is_mounted(flag: str) -> bool:
    """Whether a flag of RUN mounts the context: https://docs.docker.com/reference/dockerfile/#run---mounttypebind."""
    if not flag.startswith("--mount="):
        return False
    fields = dict(field.partition("=")[::2] for field in flag.removeprefix("--mount=").split(","))
    return fields.get("type", "bind") == "bind" and not fields.get("from")


@dataclass(frozen=True)
class _Around:
    """What a COPY has around it."""

    origins: Origins
    source: Stage | None
    stage: Stage
    number: int

    def inside(self, path: str) -> Origin:
        """See copying.Around."""
        return self.origins._find(path, self.source) if self.source else _UNFOLLOWED  # noqa: SLF001 - its own module

    def before(self, path: str) -> Origin:
        """See copying.Around."""
        return self.origins._before(path, self.stage, self.number)  # noqa: SLF001 - as above
