from __future__ import annotations

import errno
import http.client

import pytest

from dext_tasks import errors
from dext_tasks.errors import DextError, leaves

LEAVES = leaves()
NAMES = [leaf.__name__ for leaf in LEAVES]
# Scripts compare with these: a code that was published never changes its meaning.
PUBLISHED = {
    1: "ChecksFailedError",
    2: "UsageError",
    3: "ConfigError",
    4: "ProjectNotFoundError",
    6: "FileAccessError",
    7: "OutsideProjectError",
    10: "DockerfileMissingError",
    11: "MetadataMissingError",
    12: "MetadataInvalidError",
    13: "UnknownPlatformError",
    14: "ReferenceInvalidError",
    15: "DockerfileInvalidError",
    16: "ConstraintError",
    19: "EngineDeniedError",
    20: "EngineUnreachableError",
    21: "EngineTooOldError",
    22: "BuildxMissingError",
    23: "ComposeMissingError",
    24: "EmulatorMissingError",
    25: "BuildFailedError",
    26: "EngineCommandError",
    27: "EngineTimeoutError",
    28: "ImageNotFoundError",
    29: "EmulatorCrashedError",
    30: "RegistryUnreachableError",
    31: "LoginMissingError",
    32: "RegistryResponseError",
    40: "VersionInvalidError",
    41: "VersionNotGreaterError",
    42: "DirtyTreeError",
    43: "AlreadyPublishedError",
    44: "NotConvergedError",
    45: "ReleaseRacedError",
    46: "GitError",
    47: "ConfirmationNeededError",
    50: "SmokeFailedError",
    53: "HelperImageMissingError",
    60: "DirectoryNotEmptyError",
    61: "ScaffoldError",
    65: "DoctorFailedError",
    70: "InternalError",
    130: "InterruptedError",
}


@pytest.mark.parametrize(("code", "name"), PUBLISHED.items(), ids=PUBLISHED.values())
def test_a_published_code_keeps_its_meaning(code: int, name: str) -> None:
    assert getattr(errors, name).exit_code == code


def test_codes_are_unique() -> None:
    codes = [leaf.exit_code for leaf in LEAVES]
    assert codes == sorted(set(codes))


def test_every_error_class_of_the_module_has_a_code() -> None:
    declared = {name for name, each in vars(errors).items() if isinstance(each, type) and issubclass(each, DextError)}
    assert declared - {"DextError"} == {leaf.__name__ for leaf in LEAVES if leaf.__module__ == errors.__name__}


@pytest.mark.parametrize("leaf", LEAVES, ids=NAMES)
def test_a_code_fits_a_process(leaf: type[DextError]) -> None:
    # 126 and 127 are the shell's, above 128 are signals: 130 is the one Ctrl-C stands for.
    assert 0 < leaf.exit_code < 126 or leaf.exit_code == 130


@pytest.mark.parametrize("leaf", LEAVES, ids=NAMES)
def test_an_error_says_what_it_means(leaf: type[DextError]) -> None:
    assert vars(leaf).get("__doc__"), f"{leaf.__name__} has no docstring of its own"
    assert str(leaf.__doc__).splitlines()[0].endswith(".")


def test_an_error_keeps_its_parts() -> None:
    error = errors.GitError("it broke", remedy="fix it", detail="fatal: no")
    assert (error.message, error.remedy, error.detail, str(error)) == ("it broke", "fix it", "fatal: no", "it broke")


def test_the_family_is_told_apart_from_pythons_own() -> None:
    assert not issubclass(errors.InterruptedError, OSError)


@pytest.mark.parametrize(
    ("code", "says", "remedy"),
    [
        (errno.EACCES, "Permission denied", "ls -ld"),
        (errno.EPERM, "Operation not permitted", "ls -ld"),
        (errno.EROFS, "Read-only file system", "can be written"),
        (errno.ENOSPC, "No space left on device", "free some space"),
        (errno.ELOOP, "Too many levels of symbolic links", "loop"),
        (errno.ENAMETOOLONG, "File name too long", "shorter"),
        (errno.EMFILE, "Too many open files", "ulimit"),
    ],
)
def test_what_the_machine_refuses_names_the_file(code: int, says: str, remedy: str) -> None:
    told = errors.file_access(OSError(code, "whatever Python says", "/a/file"))
    assert told is not None
    assert told.message == f"/a/file cannot be used: {says}"
    assert remedy in told.remedy


def test_two_files_are_both_named_and_none_is_no_matter() -> None:
    two = errors.file_access(PermissionError(errno.EACCES, "", "/a", None, b"/b"))
    none = errors.file_access(OSError(errno.ENOSPC, ""))
    assert two is not None
    assert none is not None
    assert two.message.startswith("/a and /b cannot be used: ")
    assert none.message.startswith("a file cannot be used: ")


@pytest.mark.parametrize(
    "error", [FileNotFoundError(errno.ENOENT, "", "/a"), OSError("x"), ConnectionResetError(104, "")]
)
def test_what_may_be_a_defect_stays_one(error: OSError) -> None:
    assert errors.file_access(error) is None


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ConnectionRefusedError(errno.ECONNREFUSED, "whatever Python says"), "connection refused"),
        (TimeoutError("timed out"), "there was no answer in time"),
        (http.client.RemoteDisconnected("Remote end"), "the connection was closed without an answer"),
        (http.client.IncompleteRead(b"x", 9), "the answer ends early"),
        (http.client.BadStatusLine("SSH-2.0"), "the answer is not HTTP, it begins with 'SSH-2.0'"),
        (http.client.LineTooLong("header line"), "the answer is not HTTP"),
        (OSError("It says so"), "it says so"),
        (OSError(), "it failed"),
    ],
)
def test_why_something_failed_is_said_without_names_of_classes(error: Exception, said: str) -> None:
    assert errors.why_failed(error) == said
