"""What a source offers to the rules: facets, each of which it may be unable to answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar, overload

from dext_tasks.sources.facts import (
    DockerfileFacet,
    Document,
    EntryPage,
    FileEntry,
    FileMode,
    FileSet,
    LabelSet,
    PlatformSet,
    Refusal,
    Sourced,
    SourceScope,
    Start,
    UIBuild,
    Unsent,
    Web,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from dext_tasks.extension.tags import Resolution
    from dext_tasks.formats.oci.platform import Platform
    from dext_tasks.formats.oci.reference import Reference
    from dext_tasks.sources.origin import OriginKind


A = TypeVar("A")


class NotOfferedError(Exception):
    """The source cannot answer; the text says why, for the report."""


class PartNotOfferedError(NotOfferedError):
    """The source cannot answer for a part of what was asked; what was found in the rest is valid."""


class facet(Generic[A]):  # noqa: N801 - a decorator, as property is
    """A property that is asked once, whether it has an answer or not: one rule after another wants to know.

    Args:
        ask: Gives the answer.
    """

    def __init__(self, ask: Callable[[Any], A]) -> None:
        self._ask = ask
        self._kept = f"_{ask.__name__}_answered"
        self.__doc__ = ask.__doc__

    @overload
    def __get__(self, instance: None, owner: type) -> Self: ...
    @overload
    def __get__(self, instance: object, owner: type) -> A: ...
    def __get__(self, instance: object | None, owner: type) -> Self | A:
        """The answer.

        Raises:
            NotOfferedError: There is none.
        """
        if instance is None:
            return self
        kept: dict[str, A | NotOfferedError] = vars(instance)
        if self._kept not in kept:
            try:
                kept[self._kept] = self._ask(instance)
            except NotOfferedError as silence:
                kept[self._kept] = silence
        answer = kept[self._kept]
        if isinstance(answer, NotOfferedError):
            raise answer.with_traceback(None)
        return answer


class Source:
    """A source of answers. A source overrides what it can say; everything else is not offered.

    Attributes:
        name: What is checked, for people.
        silence: Why this source cannot say the rest.
        network: What rules may ask of the network; None if they may not.
        version: What it is or will be published as; empty if that is not known.
    """

    name: str = "nothing"
    silence: str = "this source cannot say"
    network: Web | None = None
    version: str = ""

    @property
    def scope(self) -> SourceScope:
        """What exactly is looked at."""
        return SourceScope()

    @property
    def note(self) -> str:
        """What people should know of how the source was found; empty if there is nothing to it."""
        return ""

    @property
    def resolution(self) -> Resolution | None:
        """How the tag was found; None where one was named, or none is looked for."""
        return None

    @property
    def labels(self) -> Sequence[LabelSet]:
        """Labels, one set a platform or one for all."""
        raise NotOfferedError(self.silence)

    @property
    def dockerfile(self) -> DockerfileFacet:
        """The Dockerfile the labels come from."""
        raise NotOfferedError(self.silence)

    @property
    def refusal(self) -> Refusal | None:
        """Why BuildKit refuses the Dockerfile; None if it does not."""
        raise NotOfferedError(self.silence)

    @property
    def declared(self) -> frozenset[str]:
        """Keys of the labels that the build itself sets, so that others come from the base image."""
        raise NotOfferedError(self.silence)

    @property
    def documents(self) -> Sequence[Document]:
        """metadata.json, one per platform or one for all."""
        raise NotOfferedError(self.silence)

    @property
    def files(self) -> Sequence[FileSet]:
        """Files in the image, one set a platform."""
        raise NotOfferedError(self.silence)

    @property
    def compose(self) -> Sequence[Document]:
        """Compose files that metadata.json names; none if it names none."""
        raise NotOfferedError(self.silence)

    @property
    def scripts(self) -> Sequence[Document]:
        """Pages and scripts of the UI, as source or as bundled."""
        raise NotOfferedError(self.silence)

    @property
    def packages(self) -> Sequence[Document]:
        """package.json and lock files of the UI, where there is more than what was made with them."""
        raise NotOfferedError(self.silence)

    @property
    def entry_page(self) -> EntryPage:
        """The entry page of the UI, where it is known before anything is built."""
        raise NotOfferedError(self.silence)

    @property
    def ui_build(self) -> UIBuild:
        """What will build the entry page of the UI."""
        raise NotOfferedError(self.silence)

    def origins(self, path: str) -> Sequence[Sourced]:  # noqa: ARG002 - asked for by sources that know
        """Where a path of the image comes from, once for all platforms or once for each.

        Args:
            path: Absolute, in the image.
        """
        raise NotOfferedError(self.silence)

    def document(self, path: str) -> Document:  # noqa: ARG002 - as above
        """The file that the image will have at a path, if it is the same for every platform.

        Args:
            path: Absolute, in the image.
        """
        raise NotOfferedError(self.silence)

    def mode(self, path: str) -> FileMode | None:  # noqa: ARG002 - as above
        """The permission bits that the file at a path of the image has in the source tree.

        None where the Dockerfile sets bits itself.

        Args:
            path: Absolute, in the image.
        """
        raise NotOfferedError(self.silence)

    def absence(self, path: str, sourced: Sourced, kind: OriginKind) -> str:  # noqa: ARG002 - as above
        """Why a path is not in the image as what it should be, in words that follow its name.

        Args:
            path: Absolute, in the image.
            sourced: What ``origins`` says of it.
            kind: What it should be.
        """
        raise NotOfferedError(self.silence)

    def entries(self, folder: str) -> Sequence[FileEntry]:  # noqa: ARG002 - as above
        """Links, and folders called node_modules, that are certainly below a folder of the image.

        Args:
            folder: Absolute, in the image.
        """
        raise NotOfferedError(self.silence)

    @property
    def dockerfiles(self) -> Mapping[Platform, DockerfileFacet]:
        """The Dockerfile as it is read for each platform that is built."""
        raise NotOfferedError(self.silence)

    @property
    def unsent(self) -> Sequence[Unsent]:
        """What a build certainly fails to find."""
        raise NotOfferedError(self.silence)

    @property
    def unreadable(self) -> Sequence[Unsent]:
        """What a build copies or needs, and cannot read."""
        raise NotOfferedError(self.silence)

    @property
    def starts(self) -> Sequence[Start]:
        """The program that the image starts, once for all platforms or once for each; none if it names none."""
        raise NotOfferedError(self.silence)

    @property
    def ignore_fault(self) -> Unsent | None:
        """Why BuildKit refuses .dockerignore; None if it does not."""
        raise NotOfferedError(self.silence)

    @property
    def own_image(self) -> Reference:
        """Where the extension is published; tag and digest do not matter."""
        raise NotOfferedError(self.silence)

    @property
    def changelog(self) -> Document:
        """CHANGELOG.md."""
        raise NotOfferedError(self.silence)

    @property
    def platforms(self) -> PlatformSet:
        """Which platforms are there."""
        raise NotOfferedError(self.silence)

    @property
    def tag(self) -> str:
        """The tag users install by."""
        raise NotOfferedError(self.silence)

    @property
    def tags(self) -> frozenset[str]:
        """Every tag of the repository."""
        raise NotOfferedError(self.silence)

    @property
    def web(self) -> Web:
        """The network, if it may be asked."""
        if self.network is None:
            raise NotOfferedError("only `inv check --online` asks the network")
        return self.network


class AbsentSource(Source):
    """Every facet raises NotOfferedError.

    Args:
        name: What would have been checked.
        reason: Why it cannot be.
    """

    def __init__(self, name: str, reason: str) -> None:
        self.name = name
        self.silence = reason

    @property
    def note(self) -> str:
        """See Source."""
        return f"{self.name} were not checked: {self.silence}"
