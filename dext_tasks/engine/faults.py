"""What docker's error messages mean: one class of error each, with what to do next."""

from __future__ import annotations

import re
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dext_tasks import errors
from dext_tasks.engine.connection_faults import ANOTHER_ENGINE, KnownFault, unconnected
from dext_tasks.formats.oci.reference import DOCKER_HUB, HUB_REGISTRY, Reference
from dext_tasks.redaction import image
from dext_tasks.regex import regex

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dext_tasks.errors import DextError

# Exit codes of coreutils' timeout and of watchdog.py: the bound was reached, or the command had to be killed for it.
# The signal is sent to the whole group, so that these themselves may end by it (-9).
TIMED_OUT_CODE = 124
TIMED_OUT = frozenset({TIMED_OUT_CODE, 137, -9})
_TAIL_LINES = 40


_LOGIN = "`docker login`"
_GET_EMULATOR = (
    "install an emulator: apt-get install qemu-user-static binfmt-support, "
    "or docker run --privileged --rm tonistiigi/binfmt --install all"
)


_GET_PERMISSION = (
    "add the user to the group of the engine's socket (`sudo usermod -aG docker $USER`, then log in again), use an "
    f"engine of your own (https://docs.docker.com/engine/security/rootless/), or {ANOTHER_ENGINE}"
)


# In this order: the first text found decides.
_FAULTS = (
    # Before the next one: docker says in one line that it cannot connect and that it is for want of a permission.
    KnownFault.of(
        r"permission denied while trying to connect|connect: permission denied",
        errors.EngineDeniedError,
        "this user may not use the Docker engine",
        _GET_PERMISSION,
    ),
    KnownFault.of(
        r"cannot connect to the docker daemon|is the docker daemon running|failed to connect to the docker api|"
        r"error during connect|failed to open the raw stream connection|error while Copy \(stream",
        errors.EngineUnreachableError,
        "no Docker engine answers",
        f"start one (https://docs.docker.com/engine/install/ has one for each system), or {ANOTHER_ENGINE}",
    ),
    KnownFault.of(
        r"client version \S+ is too (old|new)|api version .* is not supported",
        errors.EngineTooOldError,
        "docker client and engine do not speak the same API version",
        "update the older of the two to Docker 24 or newer",
    ),
    KnownFault.of(
        r"'?(docker )?buildx'? is not a docker command|unknown command: docker buildx|--platform.*unknown flag",
        errors.BuildxMissingError,
        "the docker client has no buildx plugin",
        "install docker-buildx (docker-buildx-plugin in Docker's own packages)",
    ),
    KnownFault.of(
        r"'?(docker )?compose'? is not a docker command|unknown command: docker compose|"
        r"unknown shorthand flag: 'p' in -p",
        errors.ComposeMissingError,
        "the docker client has no compose plugin",
        "install docker-compose v2 (docker-compose-plugin in Docker's own packages)",
    ),
    KnownFault.of(
        r"exec format error",
        errors.EmulatorMissingError,
        "the engine cannot run binaries of this platform",
        _GET_EMULATOR,
    ),
    KnownFault.of(
        # The last two are of `docker push`, of one store each.
        r"no such image|no such object|reference does not exist|tag does not exist|"
        r"image does not exist locally with the tag",
        errors.ImageNotFoundError,
        "the engine has no such image",
        "build it first: inv build; or fetch a published one: docker pull",
    ),
    KnownFault.of(
        r"no matching manifest for|manifest unknown|manifest for \S+ not found|"
        r"failed to resolve reference \S+ \S+ not found|"
        r"name unknown",
        errors.ImageNotFoundError,
        "the registry has no such image for this platform",
        "check the name and the tag, and for which platforms it is published: inv check --remote REF",
    ),
    KnownFault.of(
        # https://github.com/docker/docker-credential-helpers/blob/master/client/client.go
        r"error getting credentials",
        errors.LoginMissingError,
        "docker cannot read its login, for its credential helper is missing or fails",
        "install the helper that credHelpers or credsStore in docker's config.json names, or remove that setting",
    ),
    KnownFault.of(
        r"unauthorized|authentication required|no basic auth credentials|access denied|denied:|401 |403 ",
        errors.LoginMissingError,
        "the registry refused the login, or there is none",
        f"run {_LOGIN} with an account that may do this",
    ),
    KnownFault.of(
        r"connection refused|no such host|x509: |i/o timeout|tls handshake|connection reset|server gave http response|"
        r"network is unreachable|temporary failure in name resolution|service unavailable|bad gateway",
        errors.RegistryUnreachableError,
        "the registry could not be reached",
        "check the address and the network, then run the same command again",
    ),
    # Last, as docker warns of a config.json that it cannot read and goes on.
    KnownFault.of(
        r"(open|stat|lstat|mkdir|chmod|rename) \S*\.docker(/\S*)?: (permission denied|read-only file system)|"
        # Of buildx, in a home that is not there or is another user's.
        r"(?m:^)ERROR: mkdir \S+: (permission denied|read-only file system|no such file or directory)",
        errors.FileAccessError,
        "docker may not read or write its own folder",
        "give the folder named above back to this user (a docker under sudo makes files of root): "
        "`sudo chown -R $USER ~/.docker`; or point DOCKER_CONFIG at a folder that this user may write to",
    ),
)


@dataclass(frozen=True)
class _Passing:
    pattern: re.Pattern[str]
    cause: str


def _passing(pattern: str, cause: str) -> _Passing:
    return _Passing(regex(pattern, re.IGNORECASE | re.MULTILINE), cause)


# Faults of engines that come and go: the same call passes the next time. In this order, as above.
_PASSING = (
    # By the collector of containerd's garbage, or by parallel builds of layers in common; seen on 26.1 and 29:
    # https://github.com/containerd/containerd/issues/3787, https://github.com/ddev/ddev/issues/8136
    _passing(r"parent snapshot \S+ does not exist", "the engine lost a parent snapshot for a moment"),
    # Of the containerd store, which lists what is being removed.
    _passing(r"^docker image ls\b(?s:.*)content digest \S+ not found", "an image was removed while they were listed"),
    # https://github.com/containerd/containerd/issues/1041, https://github.com/moby/moby/issues/44450
    _passing(r"\bsnapshot .*already exists", "somebody else unpacked the same layer at that moment"),
    # https://github.com/containerd/containerd/issues/1545
    _passing(r"\bref \S+ locked\b.*\bunavailable", "somebody else fetched the same layer at that moment"),
    # https://github.com/moby/moby/blob/v26.1.5/daemon/delete.go
    _passing(r"\balready in progress", "the engine was still doing the same"),
    # Of a network that goes while a container comes: https://github.com/moby/moby/pull/41011
    _passing(r"network \S+ not found|failed to get network during CreateEndpoint", "a network was just being removed"),
    # https://github.com/moby/moby/issues/17555
    _passing(r"has active endpoints", "the last container was still leaving the network"),
    # https://github.com/docker/compose/issues/10668
    _passing(r"is not connected to the network", "a container had not joined its network yet"),
    # https://github.com/moby/moby/issues/20648
    _passing(r"network with name \S+ already exists", "somebody else made the same network at that moment"),
    # What Go's net and net/http, and grpc below BuildKit, say of a connection that ends under way:
    # https://pkg.go.dev/net#ErrClosed, https://pkg.go.dev/io#ErrUnexpectedEOF
    _passing(
        r"use of closed network connection|unexpected EOF|connection reset by peer|: EOF$|transport is closing|"
        r"^(?:.*: )?the connection was closed without an answer$|^(?:.*: )?the answer ends early$",
        "the connection broke",
    ),
)
# Others mean what they say: a refusal, or something that is not there.
_MAY_PASS = (
    errors.BuildFailedError,
    errors.EngineCommandError,
    errors.EngineUnreachableError,
    errors.RegistryUnreachableError,
)


def passing(error: DextError) -> str:
    """What came and went in the engine, so that a call that is safe to repeat may pass now; empty if nothing did."""
    if type(error) not in _MAY_PASS:
        return ""
    said = _of_buildkit(error) if isinstance(error, errors.BuildFailedError) else f"{error.message}\n{error.detail}"
    return next((fault.cause for fault in _PASSING if fault.pattern.search(said)), "")


# What a registry in trouble makes docker say; a refusal has a class of its own and is not looked for here.
_TROUBLE = (
    # https://github.com/docker/build-push-action/issues/1194, https://github.com/docker/hub-feedback/issues/1907
    _passing(r"toomanyrequests|too many requests|HTTP 429\b", "the registry takes no more requests for now"),
    # https://github.com/goreleaser/goreleaser/pull/4265, https://github.com/moby/moby/issues/17506
    _passing(
        r"(?:\bstatus\b[^\n]*:|parsing HTTP) (?:408|425|50[0234])\b|internal server error|bad gateway|"
        r"service unavailable|gateway timeout",
        "the registry is in trouble",
    ),
    _passing(
        r"i/o timeout|TLS handshake timeout|timeout awaiting response|deadline exceeded|connection timed out",
        "the registry did not answer in time",
    ),
    _passing(
        r"connection refused|connection reset|broken pipe|server closed|stream error|GOAWAY|unexpected EOF|\bEOF$|"
        r"use of closed network connection|temporary failure in name resolution",
        "the connection to the registry broke",
    ),
)
_RETRY_AFTER = regex(r"retry[- ]after:? *((?:\d+(?:\.\d+)?[^\d\s,.]*)+)", re.IGNORECASE)
_DURATION = regex(r"(\d+(?:\.\d+)?)([^\d\s,.]*)")
_UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0, "": 1.0, "ms": 1e-3}


def trouble(error: DextError) -> str:
    """What came and went in a registry that was pushed to; empty if it refused, or something else is wrong."""
    if type(error) not in (errors.EngineCommandError, errors.RegistryUnreachableError):
        return ""
    return next((fault.cause for fault in _TROUBLE if fault.pattern.search(error.detail)), "")


def asked_pause(error: DextError) -> float:
    """Seconds for which a registry asks to be left alone, as far as docker hands on what it says; 0 if it does not.

    It writes them as Go does, such as ``retry-after: 1m2.5s``: https://pkg.go.dev/time#Duration.String
    """
    asked = _RETRY_AFTER.search(error.detail)
    return sum(float(number) * _UNITS.get(unit, 0.0) for number, unit in _DURATION.findall(asked[1])) if asked else 0.0


def _of_buildkit(error: errors.BuildFailedError) -> str:
    """What BuildKit says of a build that failed, without what its steps say, which may be anything."""
    last = [line for line in error.log.splitlines() if line.startswith("ERROR: ")]
    return "\n".join(line for line in last if "did not complete successfully" not in line)


# What BuildKit says of an image that it cannot find or get, as buildx hands it on at the end.
_UNRESOLVED = regex(r"^ERROR: failed to solve: .*source metadata for (\S+): ", re.MULTILINE)


def is_unresolved(reference: str, log: str) -> bool:
    """Whether a build failed because BuildKit could not fetch an image that it needs for it.

    Args:
        reference: The image as the settings have it; BuildKit writes it in full.
        log: What the build wrote.
    """
    return any(reference in named for named in _UNRESOLVED.findall(log))


# Where docker, buildx and BuildKit name the image, or the registry's API, that refused.
_REFUSED_IMAGE = regex(r'(?:access denied for|source metadata for|resolve reference) "?([^\s",]+)')
_REFUSED_HOST = regex(r'https?://([^/\s"]+)/v2/')


def translate(what: str, code: int, stderr: str) -> DextError:
    """The error a failed docker command stands for.

    Args:
        what: The command in a few words, for the message.
        code: Its exit code.
        stderr: What it said, already free of secrets.
    """
    what, detail = image(what), image(tail(stderr))
    if code in TIMED_OUT:
        return errors.EngineTimeoutError(
            f"{what} did not end in time",
            remedy="look at the engine's load (docker ps, docker stats), then run the same command again",
            detail=detail,
        )
    return _known(what, stderr) or errors.EngineCommandError(
        f"{what} failed with exit code {code}", remedy="see what docker said above", detail=detail
    )


def refused(what: str, status: int, message: str) -> DextError:
    """The error that the engine's own answer stands for, as if the docker client had handed it on.

    Args:
        what: The question in a few words, for the message.
        status: Of HTTP.
        message: What it said, already free of secrets.
    """
    said = f"Error response from daemon: {message}"
    return _known(what, said) or errors.EngineCommandError(
        f"{what} failed: {message or f'the engine answered {status}'}",
        remedy="see what the engine said",
        detail=tail(said),
    )


def _known(what: str, said: str) -> DextError | None:
    if error := unconnected(what, tail(said)):
        return error
    for fault in _FAULTS:
        if fault.pattern.search(said):
            return fault.error(f"{what}: {fault.message}", remedy=_naming_host(fault.remedy, said), detail=tail(said))
    return None


@contextmanager
def naming(image: str) -> Iterator[None]:
    """Errors of the block about a login name the registry of an image, where docker named none itself."""
    try:
        yield
    except errors.LoginMissingError as error:
        remedy = _naming_host(error.remedy, error.detail, image)
        raise errors.LoginMissingError(error.message, remedy=remedy, detail=error.detail) from None


def _naming_host(remedy: str, said: str, image: str = "") -> str:
    host = _host(said, image)
    return remedy.replace(_LOGIN, f"`docker login {host}`") if host else remedy


def _host(said: str, image: str) -> str:
    """The registry to log in to; empty for Docker Hub, which docker assumes, and where nobody knows."""
    named = [each.rstrip(":.") for each in _REFUSED_IMAGE.findall(said)]
    hosts = [f"{host.replace(HUB_REGISTRY, DOCKER_HUB)}/any" for host in _REFUSED_HOST.findall(said)]
    for each in (*named, *hosts, image):
        with suppress(errors.ReferenceInvalidError):
            registry = Reference.parse(each).registry
            return "" if registry == DOCKER_HUB else registry
    return ""


def no_emulator(detail: str, what: str = "the engine cannot run binaries of this platform") -> DextError:
    """The error for a platform whose programs the kernel refuses to run."""
    return errors.EmulatorMissingError(what, remedy=_GET_EMULATOR, detail=detail)


def tail(text: str, lines: int = _TAIL_LINES) -> str:
    """The last lines of an output."""
    return "\n".join(text.rstrip().splitlines()[-lines:])
