"""The file system of an image, read without running it."""

from __future__ import annotations

import base64
import json
import posixpath
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Final

from dext_tasks.engine.api_request import ApiRequest, named
from dext_tasks.engine.own_container import created
from dext_tasks.errors import DextError, EngineCommandError
from dext_tasks.formats.oci.layers import PIECE, Archive, ArchiveError, MemberKind
from dext_tasks.limits import FILES_TRANSFER

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dext_tasks.engine.api import Answer
    from dext_tasks.engine.client import Client
    from dext_tasks.formats.oci.platform import Platform
    from dext_tasks.runtime.parallel import Clearing

# What the engine says of a path beside its copy: JSON in base 64.
_STAT = "X-Docker-Container-Path-Stat"
_NO_STAT = base64.b64encode(b"{}").decode()
_ABSENT = (
    "could not find the file",
    "no such file or directory",
    "not a directory",
    "no such container:path",
    "too many links",
)


MOUNTED: Final = "/run/dext-volume"
"""Where a volume is whose files are written."""
# https://pkg.go.dev/io/fs#FileMode
GO_LINK: Final = 1 << 27
"""In a mode: it is a symbolic link."""
GO_SOCKET: Final = 1 << 24
"""In a mode: it is a unix socket."""


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
        with ExitStack() as stack:
            answer = None
            try:
                answer = stack.enter_context(self._copied(path))
            except DextError as error:
                if not any(text in error.detail.lower() for text in _ABSENT):
                    raise
            try:
                yield _opened(answer) if answer else None
                if answer:
                    # What pads the last block is left.
                    _drain(answer)
            except ArchiveError as error:
                raise EngineCommandError(
                    f"{self.client.located(f'docker cp {path}')} gave a broken archive: {error}",
                    remedy="run the same command again",
                ) from None

    def write(self, folder: str, archive: IO[bytes]) -> None:
        """Unpack an archive in a folder that is there."""
        target = f"/containers/{named(self.container)}/archive"
        what = f"docker cp - {folder}"
        self.client.api.ask(ApiRequest("PUT", target, what, {"path": folder}, archive=archive, seconds=FILES_TRANSFER))

    def mode(self, path: str) -> int | None:
        """Kind and permissions of what is at an absolute path, as Go writes them; None if nothing is.

        A symbolic link at the path is not followed: https://github.com/moby/moby/blob/v26.1.5/daemon/archive_unix.go
        """
        target = f"/containers/{named(self.container)}/archive"
        question = ApiRequest("HEAD", target, f"docker cp {path}", {"path": path}, settled=frozenset({404}))
        with self.client.api.answered(question) as answer:
            answer.read()
            said = answer.headers[_STAT]
        with self.client.api.understood(f"docker cp {path}"):
            return int(json.loads(base64.b64decode(said))["mode"]) if said else None

    @contextmanager
    def _copied(self, path: str) -> Iterator[Answer]:
        """A copy of what is at a path, or of what a symbolic link there leads to, which the engine says.

        https://github.com/docker/cli/blob/v28.2.2/cli/command/container/cp.go (copyFromContainer)
        """
        with ExitStack() as stack:
            answer = stack.enter_context(self.client.api.answered(self._question(path)))
            with self.client.api.understood(f"docker cp {path}"):
                found = json.loads(base64.b64decode(answer.headers[_STAT] or _NO_STAT))
                target = str(found.get("linkTarget") or "")
            if target:
                _drain(answer)
                target = posixpath.join(posixpath.dirname(path), target)
                answer = stack.enter_context(self.client.api.answered(self._question(target)))
            yield answer

    def _question(self, path: str) -> ApiRequest:
        target = f"/containers/{named(self.container)}/archive"
        return ApiRequest("GET", target, f"docker cp {path}", {"path": path}, seconds=FILES_TRANSFER)

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


def _drain(answer: Answer) -> None:
    while answer.read(PIECE):
        pass


def _opened(stream: Answer) -> Archive | None:
    """The archive that is streamed; None for an empty stream, as there is when docker refuses."""
    beginning = [stream.read(PIECE)]
    return Archive(lambda most: beginning.pop() if beginning else stream.read(most)) if beginning[0] else None


def _mount(volume: str) -> dict[str, object]:
    return {"Type": "volume", "Source": volume, "Target": MOUNTED, "VolumeOptions": {"NoCopy": True}}


@contextmanager
def image_files(
    client: Client, reference: str, platform: Platform, volume: str = "", clearing: Clearing | None = None
) -> Iterator[ImageFiles]:
    """Open an image's file system; the container it takes is removed in any case.

    Args:
        client: The docker client.
        reference: The image.
        platform: Which of its platforms.
        volume: What is at ``MOUNTED`` in it; nothing if empty.
        clearing: As of ``created``.

    Raises:
        ImageNotFoundError: The engine does not have it.
    """
    # An image from scratch without CMD needs some command to be created at all; it is never run.
    process = {"Entrypoint": ["/"], "Cmd": ["never-run"]}
    with created(client, reference, platform, process, [_mount(volume)] if volume else (), clearing) as container:
        yield ImageFiles(client, container)
