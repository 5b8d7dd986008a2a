"""One family of errors: each leaf has its own exit code, and each message ends with what to do next.

Codes 1 and 2 are left as the shell and invoke use them: 1 for "it ran and the answer is no"
(findings, a failed smoke test), 2 for wrong usage. docs/exit-codes.md has a row for each.
"""

from __future__ import annotations

import errno
import os
from typing import ClassVar, Final


class DextError(Exception):
    """What went wrong, in one line, and what to do next.

    Attributes:
        exit_code: The process exit code of this kind of failure.
        remedy: The next step for the person who reads it.
        detail: Captured output that explains the failure, possibly empty. Never a secret.
        detail_was_told: Whether people have been shown the detail already, as it came.
    """

    exit_code: ClassVar[int]
    detail_was_told: bool = False

    def __init__(self, message: str, *, remedy: str, detail: str = "") -> None:
        super().__init__(message)
        self.remedy = remedy
        self.detail = detail

    @property
    def message(self) -> str:
        """The headline, without the remedy."""
        return str(self.args[0])


class ChecksFailedError(DextError):
    """A check reported at least one finding at error level."""

    exit_code = 1


class UsageError(DextError):
    """A flag or argument has a value that cannot be used."""

    exit_code = 2


class ConfigError(DextError):
    """Settings have unknown keys or values of the wrong type; all problems are listed at once."""

    exit_code = 3


class ProjectNotFoundError(DextError):
    """No extension project in the given folder or above it."""

    exit_code = 4


class FileAccessError(DextError):
    """A file or folder cannot be read or written: its rights, a read-only or full disk, a folder that is gone."""

    exit_code = 6


def file_access(error: OSError) -> FileAccessError | None:
    """What an error of the system says of a file; None for an error that says something of us.

    Args:
        error: As Python raised it.
    """
    remedy = _REMEDIES.get(error.errno or 0)
    if remedy is None:
        return None
    names = [os.fsdecode(name) for name in (error.filename, error.filename2) if isinstance(name, str | bytes)]
    what = " and ".join(names) or "a file"
    return FileAccessError(f"{what} cannot be used: {os.strerror(error.errno or 0)}", remedy=remedy)


def why_failed(error: Exception) -> str:
    """Why the system or a network did not do what was asked, in words that are not those of Python.

    Args:
        error: As Python raised it.
    """
    from http import client

    if isinstance(error, TimeoutError):
        return "there was no answer in time"
    if isinstance(error, client.RemoteDisconnected):
        return "the connection was closed without an answer"
    if isinstance(error, client.IncompleteRead):
        return "the answer ends early"
    if isinstance(error, client.HTTPException) and not isinstance(error, client.InvalidURL):
        begin = f", it begins with {str(error)[:40]!r}" if isinstance(error, client.BadStatusLine) else ""
        return f"the answer is not HTTP{begin}"
    reason = os.strerror(error.errno) if isinstance(error, OSError) and error.errno else str(error)
    return f"{reason[:1].lower()}{reason[1:]}" if reason else "it failed"


_NO_RIGHT: Final = "see who may use it with `ls -ld`, then run this as that user, or give this one the right"
_NO_SPACE: Final = "free some space there, or name a place that has some"
# What the machine, its file systems and its rights are the reason of: https://man7.org/linux/man-pages/man3/errno.3.html
_REMEDIES: Final = {
    errno.EACCES: _NO_RIGHT,
    errno.EPERM: _NO_RIGHT,
    errno.EROFS: "name a place on a file system that can be written to",
    errno.ENOSPC: _NO_SPACE,
    errno.EDQUOT: _NO_SPACE,
    errno.EFBIG: _NO_SPACE,
    errno.ESTALE: "the file system was unmounted or changed elsewhere; enter the folder again",
    errno.ELOOP: "remove the loop of symbolic links",
    errno.ENAMETOOLONG: "choose a shorter path",
    errno.EMFILE: "raise the limit of open files (`ulimit -n`)",
    errno.ENFILE: "end some programs: the system has too many files open",
}


class OutsideProjectError(DextError):
    """A file that the project names is outside of it, through a symbolic link or a path; it is not read."""

    exit_code = 7


class NothingCheckedError(DextError):
    """No rule that was chosen could be asked of anything, so that nothing is known."""

    exit_code = 5


class DockerfileMissingError(DextError):
    """The project has no Dockerfile."""

    exit_code = 10


class MetadataMissingError(DextError):
    """The project or the image has no metadata.json."""

    exit_code = 11


class MetadataInvalidError(DextError):
    """metadata.json cannot be read as an extension's metadata.

    Attributes:
        line: Line of the file, from 1; 0 if unknown.
        column: Column in that line, from 1; 0 if unknown.
    """

    exit_code = 12

    def __init__(self, message: str, *, remedy: str, line: int = 0, column: int = 0) -> None:
        super().__init__(message, remedy=remedy)
        self.line = line
        self.column = column


class UnknownPlatformError(DextError):
    """A platform name that is not one an extension can be built for."""

    exit_code = 13


class ReferenceInvalidError(DextError):
    """An image reference that does not follow the grammar of references, or a missing image setting."""

    exit_code = 14


class DockerfileInvalidError(DextError):
    """The Dockerfile cannot be parsed the way BuildKit parses it."""

    exit_code = 15


class ConstraintError(DextError):
    """A version constraint that the grammar refuses."""

    exit_code = 16

    def __init__(self, message: str, *, remedy: str = "write a range such as >= 0.3.0 or >= 1.4.7, < 2.0.0") -> None:
        super().__init__(message, remedy=remedy)


class EngineUnreachableError(DextError):
    """The docker client is missing or no engine answers it."""

    exit_code = 20


class EngineUntrustedError(EngineUnreachableError):
    """What answers in place of an engine has not proved to be it: an unknown host key, or a certificate."""

    exit_code = 9


class EngineContextError(EngineUnreachableError):
    """The docker context or DOCKER_HOST cannot be used: there is none of that name, or address or TLS do not fit."""

    exit_code = 17


class NeedsWSLError(EngineUnreachableError):
    """Windows itself does not run this: it needs WSL, as everything does that works with an engine."""

    exit_code = 18


class EngineDeniedError(EngineUnreachableError):
    """An engine is there, and this user may not use it."""

    exit_code = 19


class EngineTooOldError(DextError):
    """The engine answers, with an API version below the minimum."""

    exit_code = 21


class BuildxMissingError(DextError):
    """The docker client has no buildx plugin."""

    exit_code = 22


class ComposeMissingError(DextError):
    """The docker client has no compose plugin."""

    exit_code = 23


class EmulatorMissingError(DextError):
    """The engine cannot run binaries of a platform."""

    exit_code = 24


class BuildFailedError(DextError):
    """A docker build ended with an error.

    Attributes:
        log: All that the build wrote, which was reported line by line; the detail is the end of it.
    """

    exit_code = 25

    def __init__(self, message: str, *, remedy: str, detail: str = "", log: str = "") -> None:
        super().__init__(message, remedy=remedy, detail=detail)
        self.log = log
        self.detail_was_told = bool(log)


class EngineCommandError(DextError):
    """A docker command failed for a reason that has no class of its own."""

    exit_code = 26


class EngineTimeoutError(DextError):
    """A docker command did not end within its bound."""

    exit_code = 27


ENGINE_UNUSABLE: Final = (EngineUnreachableError, EngineTooOldError, EngineTimeoutError)
"""For which an engine is of no use, whatever it is asked: none answers, not in time, or in an API that is too old."""


class ImageNotFoundError(DextError):
    """The image, or its platform, is missing from the engine or registry."""

    exit_code = 28


class EmulatorCrashedError(BuildFailedError):
    """The emulator crashed in a build, and again when the build was repeated."""

    exit_code = 29


class RegistryUnreachableError(DextError):
    """The registry could not be asked; nothing is known about what it holds."""

    exit_code = 30


class LoginMissingError(DextError):
    """The registry wants a login, or the login given may not do this."""

    exit_code = 31


class RegistryResponseError(DextError):
    """The registry answered with something that is not a valid response.

    Attributes:
        is_answer: Whether it says something of what the registry holds, such as that a part of an image is gone.
    """

    exit_code = 32
    is_answer: bool = True

    @classmethod
    def unclear(cls, message: str, *, remedy: str, detail: str = "") -> RegistryResponseError:
        """The error for what may have been said by anybody on the way; it proves nothing."""
        error = cls(message, remedy=remedy, detail=detail)
        error.is_answer = False
        return error


class NotAnImageError(DextError):
    """A reference names something else than an image, such as a Helm chart or a signature."""

    exit_code = 33


class VersionInvalidError(DextError):
    """A version that is not semver, or carries build metadata, which no tag can hold."""

    exit_code = 40


class VersionNotGreaterError(DextError):
    """A version that is not greater than the greatest one released."""

    exit_code = 41


class DirtyTreeError(DextError):
    """The working tree has changes that are not committed, or is not a git repository."""

    exit_code = 42


class AlreadyPublishedError(DextError):
    """The version tag is published with another digest, and a published tag never changes."""

    exit_code = 43


class NotConvergedError(DextError):
    """All steps ran, but what registry and git hold afterwards is not what was planned."""

    exit_code = 44


class ReleaseRacedError(DextError):
    """Another release of the same version got in between."""

    exit_code = 45


class GitError(DextError):
    """A git command failed."""

    exit_code = 46


class ConfirmationNeededError(DextError):
    """The plan was not confirmed, or there is no terminal to ask on."""

    exit_code = 47


class PreflightError(DextError):
    """Something that a later step of a release needs is missing; found before the build, and nothing was changed."""

    exit_code = 48


class HandoverError(DextError):
    """A file by which a job hands over prepared platforms was changed, is of another release, or lacks something."""

    exit_code = 58


class ReleaseUnprovenError(DextError):
    """A published release is not what a release of tested images would have published, or does not prove it."""

    exit_code = 49


class VersionOutsideLineError(DextError):
    """A version that is not of the line that is released, such as 2.0.0 where release.line is 1.0."""

    exit_code = 54


class SigningError(DextError):
    """What a release published cannot be signed."""

    exit_code = 38


class JournalError(DextError):
    """What a release has done cannot be written down: the disk is full, or its folder cannot be written to."""

    exit_code = 39


class ChangelogError(DextError):
    """The changelog is missing, or has no entry that can be released."""

    exit_code = 55


class NothingToReleaseError(DextError):
    """No commit since the last version is a reason for a release, by what the commits say."""

    exit_code = 56


class HistoryMissingError(DextError):
    """The commits since the last version are not known: a shallow clone, or a version without a git tag."""

    exit_code = 57


class SmokeFailedError(DextError):
    """At least one platform failed its smoke test."""

    exit_code = 50


class BrowserMissingError(DextError):
    """The settings ask for the UI to be opened, and there is no browser or nothing to drive it."""

    exit_code = 51


class GrantMissingError(DextError):
    """The backend asks for what it was not granted, so that it was not started, and a release needs it tested."""

    exit_code = 52


class HelperImageMissingError(DextError):
    """A backend is reached through a helper container, whose image the engine does not have and cannot fetch."""

    exit_code = 53


class DirectoryNotEmptyError(DextError):
    """The folder to scaffold into is not empty."""

    exit_code = 60


class ScaffoldError(DextError):
    """The template could not be rendered with these answers."""

    exit_code = 61


class ConflictsLeftError(DextError):
    """An upgrade left conflicts in files, or files have some of before; each is marked inline."""

    exit_code = 62


class NotScaffoldedError(DextError):
    """A project cannot be upgraded, because dext new did not make it, or nothing says which version did."""

    exit_code = 63


class TemplateVersionError(DextError):
    """A project has a template that is newer than that of this dext-tasks, or of no known version."""

    exit_code = 64


class AdoptionUnclearError(DextError):
    """Something that an adoption needs cannot be told from the repository, and there is nobody to ask."""

    exit_code = 66


class DockerfileUnclearError(AdoptionUnclearError):
    """Several Dockerfiles may be the one that an extension to be adopted is built from."""

    exit_code = 67


class ImageUnclearError(AdoptionUnclearError):
    """What an extension to be adopted is published as is computed, or said differently at several places."""

    exit_code = 68


class PythonInvalidError(DextError):
    """A tasks.py or noxfile.py that an adoption would extend is not valid Python."""

    exit_code = 59


class NotAdoptedError(DextError):
    """There is nothing to undo: no adoption is recorded, or its record cannot be read."""

    exit_code = 37


class HalfWrittenError(DextError):
    """A run that was killed may have replaced some files of a folder and not the others; what they were is kept."""

    exit_code = 69


class DoctorFailedError(DextError):
    """At least one line of the doctor's report is FAIL."""

    exit_code = 65


class InternalError(DextError):
    """A defect of dext-tasks itself."""

    exit_code = 70


class InterruptedError(DextError):  # noqa: A001 - the standard term; the OSError of that name is never used here
    """Ctrl-C or SIGTERM; everything started was cleaned up."""

    exit_code = 130


def leaves(family: type[DextError] = DextError) -> list[type[DextError]]:
    """Every concrete error class of the family, by exit code."""
    found: list[type[DextError]] = []
    for child in family.__subclasses__():
        found.extend([child] if "exit_code" in vars(child) else [])
        found.extend(leaves(child))
    return sorted(found, key=lambda leaf: leaf.exit_code)
