"""Probe of the host binaries: those for this image's own Linux are run, the others are recognised by their format."""

from __future__ import annotations

import csv
import io
import time
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from dext_tasks.engine.client import RUN_LABEL, heard
from dext_tasks.engine.emulator import is_crash
from dext_tasks.engine.facts import ContainerProcess
from dext_tasks.engine.faults import passing, translate
from dext_tasks.engine.services import GUEST_OF
from dext_tasks.extension.host_binaries import Fit, fit
from dext_tasks.extension.programs import first_line_fault, missing_interpreter
from dext_tasks.formats.executable import HEAD, Binary, BinaryFormat, identify
from dext_tasks.formats.executable.binary import HostOS
from dext_tasks.limits import BINARIES_RUN, BINARY_RUN
from dext_tasks.smoke.composition import LOG_SIZE
from dext_tasks.smoke.granting import Granting
from dext_tasks.smoke.outcome import ProbeFailedError, ProbeSkippedError, Seen
from dext_tasks.smoke.upload import packed
from dext_tasks.wording import excerpt

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dext_tasks.errors import DextError
    from dext_tasks.extension.metadata import HostBinary
    from dext_tasks.smoke.installation import Trial

_TRIED = ("--version", "--help")
_EMULATED_FACTOR = 4
# Formats that a system starts by themselves; scripts are started by what their first line names.
_FORMATS = {
    HostOS.LINUX: {BinaryFormat.ELF},
    HostOS.DARWIN: {BinaryFormat.MACHO, BinaryFormat.MACHO_UNIVERSAL},
    HostOS.WINDOWS: {BinaryFormat.PE},
}
# Of docker itself, not of the program: https://docs.docker.com/engine/containers/run/#exit-status
_NOT_STARTED = 125
# Before docker pulls an image, and after it did, both on standard error:
# https://github.com/docker/cli/blob/v28.2.2/cli/command/container/create.go (createContainer)
_NOT_FOUND, _PULLED = "Unable to find image", "\nStatus: "
_MOUNTED = "/run/dext-host"


@dataclass(frozen=True)
class _Verdict:
    """What came of one binary; strings that do not apply are empty."""

    ran: str = ""
    skipped: str = ""
    failed: str = ""
    evidence: str = ""
    crashed: bool = False


def binaries(trial: Trial) -> Seen:
    """Those for linux start and end well with a harmless argument; those for other systems are of their format."""
    listed = trial.metadata.binaries
    if not listed:
        raise ProbeSkippedError("metadata.json lists no host binaries")
    there = [each for each in dict.fromkeys(listed) if not trial.candidate.absent([each.path])]
    if not there:
        trial.require_files(*(each.path for each in listed))
    verdicts = _verdicts(trial, there)
    failed = [verdict for verdict in verdicts if verdict.failed]
    if failed:
        evidence = "\n".join(filter(None, (verdict.evidence for verdict in failed)))
        crashed = any(verdict.crashed for verdict in failed)
        raise ProbeFailedError("; ".join(verdict.failed for verdict in failed), evidence, emulator=crashed)
    ran = [verdict.ran for verdict in verdicts if verdict.ran]
    skipped = [verdict.skipped for verdict in verdicts if verdict.skipped]
    return Seen("; ".join([*ran, *skipped, f"{len(there)} of their system's format"]))


def _verdicts(trial: Trial, listed: Sequence[HostBinary]) -> list[_Verdict]:
    """One of each; of those that there was no time for, one that says so."""
    seconds = BINARIES_RUN * (_EMULATED_FACTOR if trial.candidate.emulated else 1)
    end = time.monotonic() + seconds
    verdicts: list[_Verdict] = []
    for each in listed:
        if time.monotonic() > end:
            left = len(listed) - len(verdicts)
            return [*verdicts, _Verdict(failed=f"{left} more were not run, as the others took {seconds:.0f} s")]
        verdicts.append(_verdict(trial, each))
    return verdicts


def _verdict(trial: Trial, listed: HostBinary) -> _Verdict:
    head = trial.candidate.snapshot.read(listed.path, HEAD)
    binary = identify(head)
    fault = _format_fault(trial, listed, binary)
    if fault:
        return _Verdict(failed=f"{listed.path} {fault}")
    if listed.os is not HostOS.LINUX:
        return _Verdict()
    missing = _missing_interpreter(trial, binary)
    if missing:
        return _Verdict(skipped=f"{listed.path} was not run: {missing}")
    return _run(trial, listed)


def _format_fault(trial: Trial, listed: HostBinary, binary: Binary) -> str:
    machine = trial.candidate.platform.architecture
    if binary.format in (
        BinaryFormat.EMPTY,
        BinaryFormat.ELF,
        BinaryFormat.MACHO,
        BinaryFormat.MACHO_UNIVERSAL,
        BinaryFormat.PE,
    ):
        if binary.format not in _FORMATS[listed.os]:
            return f"is listed for {listed.os} and is {binary.format}"
        if fit(listed.os, machine, binary.architectures) is Fit.FAILS:
            return f"is for {' and '.join(binary.architectures)} in the image for {machine}"
    if listed.os is HostOS.LINUX and binary.format is BinaryFormat.OTHER:
        return "is not a program that Linux knows"
    # Windows starts scripts by their names.
    return "" if listed.os is HostOS.WINDOWS else first_line_fault(binary, splits=listed.os is HostOS.DARWIN)


def _missing_interpreter(trial: Trial, binary: Binary) -> str:
    """Why it cannot be run where it would be; only the extension's own image is looked into."""
    if trial.tools.settings.smoke_host_image:
        return ""
    process = ContainerProcess(path=trial.candidate.image.path)
    missing = missing_interpreter(binary, lambda name: _is_in_image(trial, *process.places(name)))
    return (
        f"the image has no {missing}; name one that stands for a user's machine with smoke.host-image"
        if missing
        else ""
    )


def _is_in_image(trial: Trial, *paths: str) -> bool:
    """Whether any of the paths is a file of the image."""
    from dext_tasks.engine.files import image_files

    image = trial.candidate.image
    with image_files(trial.tools.engine.client, image.reference, trial.candidate.platform) as files:
        return any(files.head(path, 1) is not None for path in paths)


def _run(trial: Trial, listed: HostBinary) -> _Verdict:
    configured = dict(trial.tools.settings.smoke_binary_arguments).get(PurePosixPath(listed.path).name)
    if configured == "":
        return _Verdict(skipped=f"{listed.path} was not run: smoke.binary-arguments says so")
    tried = []
    for argument in (configured,) if configured else _TRIED:
        code, said = _call(trial, listed, argument)
        if code == 0:
            first = next(iter(said.strip().splitlines()), "")
            return _Verdict(ran=f"{listed.path} {argument} said {excerpt(first, 60)!r}")
        tried.append(f"{listed.path} {argument} ended with exit code {code}\n{said}".rstrip())
        if trial.candidate.emulated and is_crash(said, code):
            return _Verdict(failed=f"{listed.path} crashed the emulator", evidence="\n".join(tried), crashed=True)
    arguments = " and ".join((configured,) if configured else _TRIED)
    return _Verdict(failed=f"{listed.path} does not end well with {arguments}", evidence="\n".join(tried))


def _call(trial: Trial, listed: HostBinary, argument: str) -> tuple[int, str]:
    client = trial.tools.engine.client
    seconds = BINARY_RUN * (_EMULATED_FACTOR if trial.candidate.emulated else 1)

    def once() -> tuple[int, str]:
        process = client.start("run", *container_arguments(trial, listed.path), argument, seconds=seconds)
        with process:
            out, err = heard(process)
        client.cancellation.check()
        said = (out + err).decode(errors="replace")
        fault = translate("docker run", process.returncode, said)
        if process.returncode == _NOT_STARTED and passing(fault):
            raise fault
        _require_host_image(trial, process.returncode, said, fault)
        return process.returncode, said

    return client.again(f"docker run {listed.path}", once)


def _require_host_image(trial: Trial, code: int, said: str, fault: DextError) -> None:
    """Blame no binary for an image that stands for a user's machine and that the engine cannot get.

    Args:
        trial: The installation.
        code: How ``docker run`` ended.
        said: What it and the binary said.
        fault: The error that it would be as docker's own.

    Raises:
        ProbeFailedError: The image is not there.
    """
    host = trial.tools.settings.smoke_host_image
    if host and code == _NOT_STARTED and said.startswith(_NOT_FOUND) and _PULLED not in said:
        by_hand = trial.services.client.by_hand
        raise ProbeFailedError(
            f"no host binary was run: the engine cannot get the image of smoke.host-image ({fault.message}); load it "
            f"into the engine by hand ({by_hand} load, {by_hand} pull {host}), or name another one",
            said,
        )


def container_arguments(trial: Trial, path: str, *options: str) -> list[str]:
    """Arguments of ``docker run`` or ``docker create`` for a container of a host binary, up to the binary's own ones.

    Args:
        trial: The installation.
        path: Of the binary in the extension's image.
        options: More options of docker's.
    """
    client, settings = trial.tools.engine.client, trial.tools.settings
    host = settings.smoke_host_image
    labels = ["--label", f"{RUN_LABEL}={client.mark}", "--label", f"{GUEST_OF}={trial.names.project}"]
    # Of docker's own limits 0 is none: https://docs.docker.com/reference/cli/docker/container/run/
    limits = ["--memory", settings.smoke_memory, "--pids-limit", str(settings.smoke_pids)]
    log = ["--log-driver", "json-file", "--log-opt", f"max-size={LOG_SIZE}", "--log-opt", "max-file=2"]
    gives = Granting.of(trial.tools, trial.project_folder).gives_new_privileges
    rights = [] if gives else ["--security-opt", "no-new-privileges:true"]
    base = ["--rm", *labels, *limits, *rights, *log, "--platform", str(trial.candidate.platform)]
    if not host:
        return [*base, "--pull", "never", *options, "--entrypoint", path, trial.candidate.image.reference]
    if trial.tools.engine.is_here:
        target = f"{_MOUNTED}/{PurePosixPath(path).name}"
        mount = ("type=bind", f"source={trial.candidate.snapshot.path(path)}", f"target={target}", "readonly")
    else:
        target = f"{_MOUNTED}{path}"
        mount = ("type=volume", f"source={_volume(trial)}", f"target={_MOUNTED}", "readonly")
    return [*base, "--pull", "missing", *options, "--mount", _fields(mount), "--entrypoint", target, host]


def _volume(trial: Trial) -> str:
    """A volume with all of the binaries by their paths, for an engine that does not have this machine's folders."""
    if not trial.host_volume:
        listed = [each.path for each in trial.metadata.binaries if each.os is HostOS.LINUX]
        files = {path.lstrip("/"): trial.candidate.snapshot.path(path) for path in listed}
        with packed({name: file for name, file in files.items() if file.is_file()}) as archive:
            trial.host_volume = trial.services.fill_guest(trial.candidate.image, archive)
    return trial.host_volume


def _fields(fields: Sequence[str]) -> str:
    """Fields as docker reads them, so that a comma in a path begins no other one.

    https://docs.docker.com/engine/storage/bind-mounts/#options-for---mount
    """
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(fields)
    return line.getvalue()
