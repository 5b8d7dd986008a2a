"""The facts of a compose file."""

from __future__ import annotations

from dataclasses import dataclass
from posixpath import normpath
from typing import TYPE_CHECKING

from dext_tasks.formats.compose.tree import Scalar, Sequence, Value
from dext_tasks.formats.compose.variables import with_defaults

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dext_tasks.formats.compose import ComposeFaultKind, Restart


@dataclass(frozen=True)
class ComposeText:
    """A value with its line; variables that have defaults are replaced."""

    value: str
    line: int


@dataclass(frozen=True)
class ComposeFault:
    """Why Compose would refuse the file.

    Attributes:
        kind: Whether it can be read at all.
        what: In words, with the path of keys.
        line: From 1; 0 if unknown.
    """

    kind: ComposeFaultKind
    what: str
    line: int


@dataclass(frozen=True)
class Mount:
    """Something mounted into a container.

    Attributes:
        source: Path on the host or name of a volume; empty for an anonymous one.
        target: Path in the container.
        read_only: Whether it cannot be written to.
        is_bind: Whether the source is a path on the host.
        is_short: Whether it is written as ``source:target``.
        line: From 1.
        is_named: Whether the source is the name of a volume.
    """

    source: str
    target: str
    read_only: bool
    is_bind: bool
    is_short: bool
    line: int
    is_named: bool = False

    @property
    def is_relative(self) -> bool:
        """Whether the source is looked for from the folder of the compose file."""
        return self.is_bind and self.source.startswith(".")

    @property
    def path(self) -> str:
        """The source with forward slashes, and without ``.``, ``..`` and slashes that change nothing."""
        return normpath(self.source.replace("\\", "/"))


@dataclass(frozen=True)
class Port:
    """A published port.

    Attributes:
        published: Port or range on the host; empty if any free one will do.
        target: Port or range in the container.
        host_ip: Address it is published on; empty for all of them.
        line: From 1.
    """

    published: str
    target: str
    host_ip: str
    line: int


@dataclass(frozen=True)
class Service:
    """A service; parts that are absent are empty or None.

    Attributes:
        name: Its key.
        line: Of the key.
        image: What it runs, as written.
        build: What it is built from.
        container_name: Its fixed name.
        mounts: Volumes and binds.
        ports: Published ones.
        starting: Its command and entrypoint, each word.
        program: The path that its entrypoint begins with; None without one, if that is not a path, if something else
            may put a file there, or if nothing starts the service.
        side_files: Files beside the compose file that it needs.
        restart: What its file says of starting it again; None if nothing, which means never.
        is_active: Whether it is started at all: one with a profile is not.
        completes_for: A service that is started once this one has completed; empty if none is.
    """

    name: str
    line: int
    image: ComposeText | None = None
    build: ComposeText | None = None
    container_name: ComposeText | None = None
    mounts: tuple[Mount, ...] = ()
    ports: tuple[Port, ...] = ()
    starting: tuple[ComposeText, ...] = ()
    program: ComposeText | None = None
    side_files: tuple[ComposeText, ...] = ()
    restart: Restart | None = None
    is_active: bool = True
    completes_for: str = ""


@dataclass(frozen=True)
class External:
    """Something that is used and not made, as it is to be on the machine already.

    Attributes:
        kind: ``volume``, ``network``, ``secret``, ``config`` or ``container``.
        name: What it is called there.
        line: Of the entry that says so.
    """

    kind: str
    name: str
    line: int


@dataclass(frozen=True)
class VariableGap:
    """A variable that is not set on some systems.

    Attributes:
        name: Of the variable.
        text: The value it is in, as written.
        systems: Where it is not set, in words.
        line: From 1.
        is_required: Whether Compose stops there; it is empty there otherwise.
        fix: What to write in its place.
    """

    name: str
    text: str
    systems: str
    line: int
    is_required: bool
    fix: str


@dataclass(frozen=True)
class Compose:
    """A compose file.

    Attributes:
        services: In order.
        faults: Why Compose would refuse it.
        plugin_image_uses: Every value with the variable of the extension's own image, as written.
        side_files: Files beside it that it needs as a whole.
        externals: What it takes for granted on the machine.
        gaps: Variables that not all systems set.
    """

    services: tuple[Service, ...] = ()
    faults: tuple[ComposeFault, ...] = ()
    plugin_image_uses: tuple[ComposeText, ...] = ()
    side_files: tuple[ComposeText, ...] = ()
    externals: tuple[External, ...] = ()
    gaps: tuple[VariableGap, ...] = ()


def text_of(value: Value | None, *, resolved: bool = True) -> ComposeText | None:
    """A single value, variables that have defaults replaced if asked for; None if there is none."""
    if not isinstance(value, Scalar) or value.kind == "null":
        return None
    return ComposeText(with_defaults(value.text) if resolved else value.text, value.line)


def string_of(value: Value | None) -> str:
    """The same as a string; empty for what is not a single value."""
    return with_defaults(value.text) if isinstance(value, Scalar) else ""


def texts_of(value: Value | None) -> Iterator[ComposeText]:
    """A single value, or each of a list."""
    for item in value.items if isinstance(value, Sequence) else (value,):
        if (found := text_of(item)) is not None:
            yield found


def items_of(value: Value | None) -> tuple[Value, ...]:
    """A single value, or those of a list, of any shape."""
    if isinstance(value, Sequence):
        return value.items
    return (value,) if value else ()
