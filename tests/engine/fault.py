"""What it takes to break a rule on purpose, and what is then found."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING, Any

from .build_context import COMPOSE, METADATA, OWN_IMAGE, PAGE, BuildContext
from .extension import PLATFORMS
from .host_programs import ARCHITECTURES

if TYPE_CHECKING:
    from collections.abc import Iterable

Change = Callable[[BuildContext], object]
VERSION = "1.0.0"
# What parts of an extension cannot be seen without.
_DOCUMENT = frozenset({METADATA})
_BACKEND = frozenset({METADATA, COMPOSE})
_TAB = frozenset({METADATA, PAGE})


@dataclass(frozen=True)
class Fault:
    """A change of an extension that breaks one rule.

    Attributes:
        where: Label or path that the finding names.
        change: What is changed.
        owns: What no other fault of the same extension may have to do with.
        shares: What others may change too, but not own.
        says: What is in the text of the finding.
        tag: Of the image.
        platforms: Where it is found; the empty text for what is not a platform's.
        also: Rules that the same change cannot help but break, with their places.
    """

    where: str
    change: Change = lambda _: None
    owns: frozenset[str] = frozenset()
    shares: frozenset[str] = frozenset()
    says: str = ""
    tag: str = VERSION
    platforms: tuple[str, ...] = PLATFORMS
    also: tuple[tuple[str, str], ...] = ()

    def goes_with(self, other: Fault) -> bool:
        """Whether one extension can have both."""
        return not (self.owns & (other.owns | other.shares) or self.shares & other.owns)

    def findings(self, code: str) -> list[tuple[str, str, str]]:
        """Rule, platform and place of everything that is found."""
        broken = [(code, self.where), *self.also]
        return [(each, platform, where) for each, where in broken for platform in self.platforms]


def together(faults: Mapping[str, Fault]) -> list[dict[str, Fault]]:
    """As few extensions as it takes for all faults, so that not each of them is built and looked into by itself."""
    extensions: list[dict[str, Fault]] = []
    for code, fault in faults.items():
        fits = (each for each in extensions if all(map(fault.goes_with, each.values())))
        found = next(fits, None)
        if found is None:
            extensions.append(found := {})
        found[code] = fault
    return extensions


def flawed(faults: Iterable[Fault]) -> BuildContext:
    """The build context with these faults."""
    context = BuildContext()
    for fault in faults:
        fault.change(context)
    return context


def tag_of(faults: Iterable[Fault]) -> str:
    """What an image with these faults is tagged as."""
    return next((fault.tag for fault in faults if fault.tag != VERSION), VERSION)


def label(key: str, value: str) -> Fault:
    """A label says something else."""
    return Fault(key, lambda context: context.labels.update({key: value}), owns=frozenset({key}))


def tagged(tag: str) -> Fault:
    """The image has another tag."""
    return Fault("", owns=frozenset({"tag"}), tag=tag, platforms=("",))


def metadata(path: str, value: object) -> Fault:
    """A key of metadata.json says something else; its path is that of all keys above it."""
    *above, key = path.split("/")
    return _metadata_fault(path, key, lambda context: reduce(_child, above, context.metadata).update({key: value}))


def no_metadata(path: str) -> Fault:
    """A key of metadata.json is missing."""
    *above, key = path.split("/")
    return _metadata_fault(path, key, lambda context: reduce(_child, above, context.metadata).pop(key))


def _metadata_fault(path: str, key: str, change: Change) -> Fault:
    return Fault(METADATA, change, owns=frozenset({path}), shares=_DOCUMENT, says=key)


def _child(parent: Any, key: str) -> Any:  # noqa: ANN401 - whatever a JSON document holds
    return parent[int(key) if key.isdigit() else key]


def file(path: str, content: str | bytes) -> Fault:
    """A file has another content."""
    own = frozenset({path})
    return Fault(path, lambda context: context.files.update({path: content}), owns=own, shares=_DOCUMENT - own)


def absent(path: str, *others: str, where: str = "", also: tuple[tuple[str, str], ...] = ()) -> Fault:
    """Files are missing."""
    paths = frozenset({path, *others})
    shares = _DOCUMENT - paths
    return Fault(where or path, lambda context: context.absent.update(paths), owns=paths, shares=shares, also=also)


def page(tag: str, says: str) -> Fault:
    """The entry page has one more tag."""

    def change(context: BuildContext) -> None:
        context.files[PAGE] = f"{context.files[PAGE]!s}{tag}\n"

    return Fault(PAGE, change, shares=_TAB, says=says)


def binary(os: str, name: str, content: bytes | Mapping[str, bytes]) -> Fault:
    """There is one more host binary, the same on both architectures or its own on each."""
    path = f"/host/{os}/{name}"

    def change(context: BuildContext) -> None:
        context.metadata["host"]["binaries"][0][os].append({"path": path})
        for each in ARCHITECTURES:
            context.binaries[each][path] = content if isinstance(content, bytes) else content[each]

    return Fault(path, change, shares=_DOCUMENT | {f"binaries of {os}"})


def service(name: str, **keys: object) -> Fault:
    """There is one more service, of the extension's own image unless something else is said; None removes a key."""
    said = {key: value for key, value in {"image": OWN_IMAGE, **keys}.items() if value is not None}

    def change(context: BuildContext) -> None:
        context.compose["services"][name] = said

    return Fault(COMPOSE, change, shares=_BACKEND, says=name)
