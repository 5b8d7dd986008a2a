"""The file system of an image, read without running it."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

from dext_tasks.engine.client import RUN_LABEL
from dext_tasks.engine.faults import tail
from dext_tasks.errors import DextError, EngineCommandError
from dext_tasks.formats.oci.layers import PIECE, Archive, ArchiveError, MemberKind
from dext_tasks.limits import ENGINE_ANSWER, FILES_TRANSFER

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dext_tasks.engine.client import Client
    from dext_tasks.formats.oci.platform import Platform

_ABSENT = (
    "could not find the file",
    "no such file or directory",
    "not a directory",
    "no such container:path",
    "too many links",
)


@dataclass(frozen=True)
class ImageFiles:
    """A container that was created, never started, so that files can be copied out of it."""

    client: Client
    container: str

    @contextmanager
    def archive(self, path: str) -> Iterator[Archive | None]:
        """What is at an absolute path, as a tar stream whose members start with its base name; None if nothing is.

        A symbolic link at the path itself is followed inside the image, links below it are not.
        """
        args = ("cp", "--follow-link", f"{self.container}:{path}", "-")
        archive: Archive | None = None
        broken = ""
        try:
            with self.client.stream(*args, what=f"docker cp {path}", seconds=FILES_TRANSFER) as stream:
                try:
                    archive = _opened(stream)
                    yield archive
                except ArchiveError as error:
                    # It broke off; docker's exit status, which comes after the rest of the stream, says why.
                    stream.read()
                    broken = str(error)
        except DextError as error:
            if archive is not None or not any(text in error.detail.lower() for text in _ABSENT):
                raise
        if broken:
            raise EngineCommandError(
                f"docker cp {path} gave a broken archive: {broken}", remedy="run the same command again"
            )

    def head(self, path: str, most: int) -> bytes | None:
        """The first bytes of a file, following links inside the image; None if there is no file."""
        head: bytes | None = None
        with suppress(_EnoughError), self.archive(path) as archive:
            member = next(iter(archive), None) if archive else None
            if archive and member and member.kind is MemberKind.FILE:
                head = archive.content(most)
                # The rest may be a hundred megabytes: the copy is ended.
                raise _EnoughError
        return head


class _EnoughError(Exception):
    """Ends a copy before its end."""


def _opened(stream: IO[bytes]) -> Archive | None:
    """The archive that is streamed; None for an empty stream, as there is when docker refuses."""
    beginning = [stream.read(PIECE)]
    return Archive(lambda most: beginning.pop() if beginning else stream.read(most)) if beginning[0] else None


@contextmanager
def image_files(client: Client, reference: str, platform: Platform) -> Iterator[ImageFiles]:
    """Open an image's file system; the container it takes is removed in any case.

    Args:
        client: The docker client.
        reference: The image.
        platform: Which of its platforms.

    Raises:
        ImageNotFoundError: The engine does not have it.
    """
    client.cancellation.check()
    # Shielded: a client that is ended may leave a container behind whose name it has not printed yet.
    with client.cancellation.shielded():
        # An image from scratch without CMD needs some command to be created at all; it is never run.
        created = client.run(
            *(
                "create",
                "--pull",
                "never",
                "--platform",
                str(platform),
                "--label",
                f"{RUN_LABEL}={client.mark}",
                "--network",
                "none",
            ),
            *("--entrypoint", "/", reference, "never-run"),
            what=f"docker create {reference}",
            seconds=ENGINE_ANSWER,
        )
    container = created.decode().strip().splitlines()[-1:]
    if not container:
        raise EngineCommandError(
            f"docker create {reference} named no container",
            remedy="check `docker create` by hand",
            detail=tail(created.decode(errors="replace")),
        )
    try:
        yield ImageFiles(client, container[0])
    finally:
        with client.cancellation.shielded():
            client.run("rm", "--force", "--volumes", container[0], what="docker rm", seconds=ENGINE_ANSWER)
