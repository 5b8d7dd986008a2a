"""Rules on host binaries: whether they are in the image, and whether the machines that get it can run them."""

from __future__ import annotations

from pathlib import PurePosixPath
from posixpath import basename
from typing import TYPE_CHECKING

from dext_tasks.checks.documentation import HOST_BINARY_DOCS, MULTI_ARCH_DOCS
from dext_tasks.checks.evidence import HostScript, at_key, file_sets, host_modes, host_scripts, metadata_documents
from dext_tasks.checks.named_paths import BINARIES, COPY, LONGEST, absent, nowhere
from dext_tasks.checks.rule import EVERY_DESKTOP, DockerStep, Problem, Repair, Severity, rule
from dext_tasks.extension.host_binaries import Fit, fit, gaps, is_env, is_there
from dext_tasks.formats.executable import HEAD, Binary, BinaryFormat, Flaw, identify
from dext_tasks.formats.executable.binary import HostOS
from dext_tasks.regex import regex
from dext_tasks.sources.facts import FileKind, FileSet, Place
from dext_tasks.wording import excerpt

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dext_tasks.extension.metadata import HostBinary
    from dext_tasks.sources.source import Source

_EXECUTABLE = 0o111
_MODE = 0o7777
_LISTED = ("host", "binaries")
_EXECVE = "https://man7.org/linux/man-pages/man2/execve.2.html#NOTES"
# Windows runs these through their interpreters: Docker's own guide ships a .cmd.
_WINDOWS_SCRIPTS = frozenset({".cmd", ".bat", ".ps1"})
_LIBRARY = regex(r"\.so(?:\.\d+)*")


@rule(
    code="binary-absent",
    title="every host binary is in the image",
    severity=Severity.ERROR,
    step=DockerStep.INSTALLATION,
    why="installation fails on that operating system",
    fix=COPY,
    source=HOST_BINARY_DOCS,
)
def _absent(source: Source) -> Iterator[Problem]:
    return absent(source, BINARIES)


@rule(
    code="binary-nowhere",
    title="the build puts every host binary into the image",
    severity=Severity.ERROR,
    step=DockerStep.INSTALLATION,
    why="installation fails on that operating system",
    fix=COPY,
    source=HOST_BINARY_DOCS,
    twin="binary-absent",
)
def _nowhere(source: Source) -> Iterator[Problem]:
    return nowhere(source, BINARIES)


@rule(
    code="binary-not-executable",
    title="every host binary for Linux and macOS is executable",
    severity=Severity.ERROR,
    why="desktops copy the file with the mode it has, so that running it is denied",
    fix="COPY --chmod=0755 it into the image",
    source=HOST_BINARY_DOCS,
    desktops=EVERY_DESKTOP,
    repair=Repair.SURE,
)
def _not_executable(source: Source) -> Iterator[Problem]:
    for path, mode, place in host_modes(source):
        if not mode & _EXECUTABLE:
            yield Problem(f"{excerpt(path, LONGEST)} has mode {mode & _MODE:04o}", place)


@rule(
    code="binary-name-clash",
    title="no two host binaries of one system have the same file name",
    severity=Severity.ERROR,
    why="desktops copy them into one folder, where the last one replaces the others, of whatever architecture",
    fix="give each its own name; for two architectures put each image's binary at one path",
    source=MULTI_ARCH_DOCS,
    desktops=EVERY_DESKTOP,
)
def _name_clash(source: Source) -> Iterator[Problem]:
    for files, metadata in file_sets(source):
        for os in HostOS:
            paths = dict.fromkeys(binary.path for binary in metadata.binaries if binary.os is os)
            names: dict[str, str] = {}
            for path in paths:
                first = names.setdefault(_file_name(path, os), path)
                if first != path:
                    what = f"{excerpt(path)} and {excerpt(first)} are both {excerpt(basename(path))} for {os}"
                    yield Problem(what, Place(path=path, platform=files.platform))


def _file_name(path: str, os: HostOS) -> str:
    # Only on Linux does case matter in file names, with the file systems these systems have by default.
    return basename(path) if os is HostOS.LINUX else basename(path).casefold()


def _binaries(source: Source) -> Iterator[tuple[FileSet, HostBinary, Binary]]:
    """Each binary once for each system it is listed under."""
    for files, metadata in file_sets(source):
        for listed in dict.fromkeys(metadata.binaries):
            fact = files.facts.get(listed.path)
            if fact and fact.kind is FileKind.FILE:
                yield files, listed, identify(files.read(listed.path, HEAD))


def _problem(files: FileSet, listed: HostBinary, what: str) -> Problem:
    said = f"{excerpt(listed.path)} for {listed.os} {what}"
    return Problem(said, Place(path=listed.path, platform=files.platform))


@rule(
    code="binary-wrong-os",
    title="every host binary is for the system it is listed under",
    severity=Severity.ERROR,
    why="the system cannot run it",
    fix="swap the paths in metadata.json, or build the binary for that system",
    source=HOST_BINARY_DOCS,
    desktops=EVERY_DESKTOP,
)
def _wrong_os(source: Source) -> Iterator[Problem]:
    for files, listed, binary in _binaries(source):
        if _is_program(binary) and binary.os is not listed.os:
            yield _problem(files, listed, f"is {_article(binary)} file for {binary.os or 'another system'}")


def _is_program(binary: Binary) -> bool:
    # What ends within its first header says too little.
    known = binary.format in {BinaryFormat.ELF, BinaryFormat.MACHO, BinaryFormat.MACHO_UNIVERSAL, BinaryFormat.PE}
    return known and not (binary.truncated and binary.os is None)


def _article(binary: Binary) -> str:
    return f"{'an' if binary.format is BinaryFormat.ELF else 'a'} {binary.format}"


def _architecture(source: Source, wanted: Fit) -> Iterator[Problem]:
    for files, listed, binary in _binaries(source):
        machine = files.platform.architecture
        if binary.os is listed.os and fit(listed.os, machine, binary.architectures) is wanted:
            has = " and ".join(binary.architectures)
            yield _problem(files, listed, f"is for {has} in the image for {machine}")


@rule(
    code="binary-wrong-architecture",
    title="every host binary runs on the architecture of its image",
    severity=Severity.ERROR,
    why="a machine gets the image of its own architecture, and cannot run what is in it",
    fix="build the binary for $TARGETARCH and put it at the same path in each image",
    source=MULTI_ARCH_DOCS,
    desktops=EVERY_DESKTOP,
)
def _wrong_architecture(source: Source) -> Iterator[Problem]:
    return _architecture(source, Fit.FAILS)


@rule(
    code="binary-emulated",
    title="no host binary depends on emulation",
    severity=Severity.WARNING,
    why="it is slow, and fails where the emulation is not installed",
    fix="build the binary for $TARGETARCH and put it at the same path in each image",
    source=MULTI_ARCH_DOCS,
)
def _emulated(source: Source) -> Iterator[Problem]:
    return _architecture(source, Fit.EMULATED)


@rule(
    code="binary-os-missing",
    title="host binaries are there for macOS, Windows and Linux, each for all of them",
    severity=Severity.WARNING,
    why="on the system left out every call of the binary fails; Docker asks for Windows binaries by name",
    fix="build it for that system, too, and list it in metadata.json",
    source="https://docs.docker.com/extensions/extensions-sdk/extensions/DISTRIBUTION/",
)
def _os_missing(source: Source) -> Iterator[Problem]:
    for document, metadata in metadata_documents(source):
        there = {binary.os for binary in metadata.binaries}
        for os in HostOS if there else ():
            if os not in there:
                has = " and ".join(sorted(there))
                yield at_key(document, _LISTED, f"there are host binaries for {has}, none for {os}")
        for gap in gaps(metadata.binaries):
            has = " and ".join(sorted(gap.there))
            what = f"there is a host binary {excerpt(gap.name)} for {has}, none for {gap.lacking}"
            yield at_key(document, _LISTED, what)


@rule(
    code="binary-empty",
    title="no host binary is empty",
    severity=Severity.ERROR,
    why="there is nothing to run",
    fix="look at the step of the Dockerfile that makes it: a failed download leaves an empty file",
    source=HOST_BINARY_DOCS,
    desktops=EVERY_DESKTOP,
)
def _empty(source: Source) -> Iterator[Problem]:
    for files, metadata in file_sets(source):
        for listed in dict.fromkeys(metadata.binaries):
            fact = files.facts.get(listed.path)
            if fact and fact.kind is FileKind.FILE and not fact.size:
                yield _problem(files, listed, "is empty")


@rule(
    code="binary-unrecognised",
    title="every host binary is a program or a script",
    severity=Severity.WARNING,
    why="systems start files by their first bytes; without a header or #! it depends on who starts it",
    fix="begin a script with #!/bin/sh; for anything else look at what was really copied or downloaded",
    source=_EXECVE,
)
def _unrecognised(source: Source) -> Iterator[Problem]:
    for files, listed, binary in _binaries(source):
        head = files.read(listed.path, HEAD)
        wrong = (
            _missing_shebang(listed, head) if binary.format is BinaryFormat.OTHER else _no_program(listed, binary, head)
        )
        if wrong:
            yield _problem(files, listed, wrong)


def _no_program(listed: HostBinary, binary: Binary, head: bytes) -> str:
    """What keeps a file from being a program whose first bytes are one's."""
    if binary.truncated and len(head) < HEAD:
        return f"is {_article(binary)} file that ends before its header does"
    # Libraries may well be there for the programs beside them.
    flaws = binary.flaws if binary.format is BinaryFormat.ELF and not _LIBRARY.search(listed.path) else ()
    return f"is {flaws[0]}" if flaws else ""


def _missing_shebang(listed: HostBinary, head: bytes) -> str:
    """What is wrong with a file that is neither a program nor a script by its first bytes."""
    suffix = PurePosixPath(listed.path).suffix.lower()
    if listed.os is HostOS.WINDOWS:
        return "" if suffix in _WINDOWS_SCRIPTS else "is not a program that Windows knows"
    return f"is not a {listed.os} program" if b"\0" in head else "is a text file without #!, which names no interpreter"


@rule(
    code="binary-script-carriage-return",
    title="no script's first line ends with a carriage return",
    severity=Severity.ERROR,
    why="the carriage return becomes part of the interpreter's name: no such file or directory",
    fix="save the script with Unix line ends, and hold git to it: *.sh text eol=lf in .gitattributes",
    source=_EXECVE,
    desktops=EVERY_DESKTOP,
    repair=Repair.SURE,
)
def _script_carriage_return(source: Source) -> Iterator[Problem]:
    for script in host_scripts(source):
        if Flaw.CARRIAGE_RETURN in script.facts.flaws:
            yield _script_problem(script, "is a script whose first line ends with a carriage return")


@rule(
    code="binary-script-flawed",
    title="every script's first line names its interpreter",
    severity=Severity.WARNING,
    why="the system does not find the interpreter, and whether the script runs depends on who starts it",
    fix="begin the file with #!/bin/sh, without anything before it",
    source=_EXECVE,
    repair=Repair.SURE,
)
def _script_flawed(source: Source) -> Iterator[Problem]:
    for script in host_scripts(source):
        for flaw in script.facts.flaws:
            if flaw is not Flaw.CARRIAGE_RETURN:
                yield _script_problem(script, f"is a script: {flaw}")


def _script_problem(script: HostScript, what: str) -> Problem:
    return Problem(f"{excerpt(script.listed.path)} for {script.listed.os} {what}", script.place)


@rule(
    code="binary-script-interpreter",
    title="every script's interpreter is part of the system, where the script says it is",
    severity=Severity.WARNING,
    why="users who have not installed the interpreter, or have it elsewhere, cannot run it",
    fix="ship a compiled program, or write it for /bin/sh",
    source=HOST_BINARY_DOCS,
)
def _script_interpreter(source: Source) -> Iterator[Problem]:
    for files, listed, binary in _binaries(source):
        is_script = binary.format is BinaryFormat.SCRIPT and binary.interpreter
        if is_script and listed.os is not HostOS.WINDOWS and not is_there(listed.os, binary):
            is_plain = binary.launcher == binary.interpreter or is_env(listed.os, binary.launcher)
            by = "" if is_plain else f", by {excerpt(binary.launcher)}"
            yield _problem(files, listed, f"is a script for {excerpt(binary.interpreter)}{by}")


@rule(
    code="binary-script-on-windows",
    title="no script with #! is listed for Windows",
    severity=Severity.WARNING,
    why="Windows does not know #!, and cannot start the file",
    fix="ship a .cmd or a program for Windows",
    source=HOST_BINARY_DOCS,
)
def _script_on_windows(source: Source) -> Iterator[Problem]:
    for files, listed, binary in _binaries(source):
        if listed.os is HostOS.WINDOWS and binary.format is BinaryFormat.SCRIPT:
            yield _problem(files, listed, f"is a script for {excerpt(binary.interpreter) or 'nothing'}")


@rule(
    code="binary-musl",
    title="no host binary for Linux needs musl's loader",
    severity=Severity.WARNING,
    why="most Linux desktops have glibc only, where starting it fails with: no such file or directory",
    fix="link it statically, or build it on an image with glibc",
    source="https://wiki.musl-libc.org/functional-differences-from-glibc.html",
)
def _musl(source: Source) -> Iterator[Problem]:
    for files, listed, binary in _binaries(source):
        if binary.format is BinaryFormat.ELF and "/ld-musl-" in binary.interpreter:
            yield _problem(files, listed, f"needs {excerpt(binary.interpreter)}")
