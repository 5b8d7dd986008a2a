"""Why there is no connection to an engine: what docker's client says of contexts, addresses, TLS and ssh."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from dext_tasks import errors
from dext_tasks.redaction import address
from dext_tasks.regex import regex

if TYPE_CHECKING:
    from dext_tasks.errors import DextError

# Others talk of TLS and of names, too: an engine that pulls, and BuildKit. What is below comes from the client itself:
# https://github.com/docker/cli/blob/v28.2.2/cli/command/system/dial_stdio.go,
# https://github.com/docker/cli/blob/v28.2.2/cli/connhelper/commandconn/commandconn.go,
# https://github.com/docker/cli/blob/v28.2.2/cli/command/cli.go
_OF_A_CONNECTION = regex(
    r"error during connect: |failed to open the raw stream connection: |error while Copy \(stream|command \[ssh "
    r"|Failed to initialize: |^context \"|^open \S+\.pem: |^invalid bind address",
    re.MULTILINE,
)
_SSH = regex(r"command \[ssh (?:-o ConnectTimeout=\S+ )?(?:-T )?(?P<options>(?:-[lp] \S+ )*)-- (?P<host>\S+) ")
ANOTHER_ENGINE = (
    "choose another engine by DOCKER_HOST, by `docker context use` or, for a platform of its own, by --platform-context"
)
_CONTEXTS = "choose one that `docker context ls` lists, or make it with `docker context create`"
_TLS_FILES = (
    "make the context again with `docker context create NAME --docker host=...,ca=FILE,cert=FILE,key=FILE`, or let "
    "DOCKER_CERT_PATH name the folder of ca.pem, cert.pem and key.pem"
)
_NO_QUESTIONS = (
    "nobody can be asked for a passphrase or a password here: add the key to an agent (`ssh-add`), so that "
    "`ssh -o BatchMode=yes … docker version` works"
)


class KnownFault(NamedTuple):
    """What a text of docker's means.

    Attributes:
        pattern: Found in the text.
        error: Its class.
        message: Of the error, after what was asked.
        remedy: What to do next.
    """

    pattern: re.Pattern[str]
    error: type[DextError]
    message: str
    remedy: str

    @classmethod
    def of(cls, pattern: str, error: type[DextError], message: str, remedy: str) -> KnownFault:
        """By a pattern that is found in either case."""
        return cls(regex(pattern, re.IGNORECASE), error, message, remedy)


# In this order: the first text found decides. In a message … stands for what the pattern calls "why", in a remedy for
# the words by which ssh reaches the host.
_ANYTHING = "…"
_OBSTACLES = (
    KnownFault.of(
        r'context "(?P<why>[^"]*)"(?:: context not found| does not exist)',
        errors.EngineContextError,
        "docker has no context …",
        _CONTEXTS,
    ),
    KnownFault.of(
        r"(?P<why>invalid bind address[^\n]*|invalid SSH URL[^\n]*|address \S+ invalid port)",
        errors.EngineContextError,
        "docker cannot read the engine's address (…)",
        "set DOCKER_HOST, or the host of the context, to one such as unix:///var/run/docker.sock, tcp://HOST:2376 or "
        "ssh://USER@HOST",
    ),
    KnownFault.of(
        r"(?P<why>open \S+\.pem: [^\n]*|\S+\.pem seems invalid|no valid private key found"
        r"|private key does not match public key)",
        errors.EngineContextError,
        "docker cannot read the TLS files for this engine (…)",
        _TLS_FILES,
    ),
    KnownFault.of(
        r"first record does not look like a TLS handshake|server gave HTTP response to HTTPS client",
        errors.EngineContextError,
        "docker speaks TLS to it, and it answers without",
        "correct the port, or make a context without TLS files (and unset DOCKER_TLS_VERIFY)",
    ),
    KnownFault.of(
        r'exec: "ssh": executable file not found',
        errors.EngineUnreachableError,
        "there is no ssh on PATH, by which docker reaches it",
        "install the ssh client (Debian: openssh-client)",
    ),
    KnownFault.of(
        r"REMOTE HOST IDENTIFICATION HAS CHANGED",
        errors.EngineUntrustedError,
        "the host key is not the one that ssh knows",
        "ask who runs the host whether its key is new; only then remove the old one, as ssh says above, "
        "and accept the new one: `ssh …`",
    ),
    KnownFault.of(
        r"host key verification failed",
        errors.EngineUntrustedError,
        "ssh does not know its host key",
        "connect once by hand, and accept the key if its fingerprint is the host's: `ssh …`",
    ),
    KnownFault.of(
        r"x509: (?P<why>[^\n]*)",
        errors.EngineUntrustedError,
        "the engine's certificate is refused (…)",
        f"the authority of ca.pem must have signed it, for this host and for today; {_TLS_FILES}",
    ),
    KnownFault.of(
        r"remote error: (?P<why>tls: [^\n]*)",
        errors.EngineDeniedError,
        "the engine refuses this client's certificate (…)",
        f"the engine's authority must have signed it, for today; {_TLS_FILES}",
    ),
    KnownFault.of(
        r"(?P<why>permission denied \([^\n]*?\)|too many authentication failures)",
        errors.EngineDeniedError,
        "ssh could not log in (…)",
        _NO_QUESTIONS,
    ),
    KnownFault.of(
        r"exited with exit status 127",
        errors.EngineUnreachableError,
        "ssh finds no docker client on that machine",
        "install one there, where `ssh … docker version` finds it: the PATH of ssh is shorter than a terminal's",
    ),
    KnownFault.of(
        r"could not resolve hostname|no such host|temporary failure in name resolution|server misbehaving",
        errors.EngineUnreachableError,
        "its name cannot be resolved",
        "correct its address, in the context (`docker context inspect`) or in DOCKER_HOST",
    ),
    KnownFault.of(
        r"connection refused|no route to host|timed out|network is unreachable|i/o timeout",
        errors.EngineUnreachableError,
        "no Docker engine answers",
        "start it, look at the firewall in between, or correct its address, in the context (`docker context inspect`) "
        "or in DOCKER_HOST",
    ),
    KnownFault.of(
        # With TLS 1.3 a client speaks before its certificate was looked at, and an engine that refuses it closes a
        # connection with something unread in it: the refusal may get lost.
        # https://www.rfc-editor.org/rfc/rfc8446#section-4.4.2.4
        r"connection reset by peer|broken pipe",
        errors.EngineUnreachableError,
        "the connection was closed by the engine, or on the way to it",
        f"see that it runs, and that it accepts this client's certificate, if it asks for one; {_TLS_FILES}",
    ),
)


def unconnected(what: str, said: str) -> DextError | None:
    """The error of a connection that could not be made; None if the text is about something else.

    Args:
        what: What was asked, and of which engine.
        said: What the docker client said.
    """
    if not _OF_A_CONNECTION.search(said):
        return None
    for obstacle in _OBSTACLES:
        if found := obstacle.pattern.search(said):
            message = obstacle.message.replace(_ANYTHING, found.groupdict().get("why") or "")
            remedy = obstacle.remedy.replace(_ANYTHING, _by_ssh(said))
            return obstacle.error(f"{what}: {message}", remedy=remedy, detail=said)
    return None


def _by_ssh(said: str) -> str:
    """The words of ssh's command line that say which host docker called it for."""
    found = _SSH.search(said)
    return found["options"] + found["host"] if found else "HOST"


def not_an_engine(where: str, said: str) -> DextError:
    """The error for an answer that no engine gives, such as the page of a proxy.

    Args:
        where: The engine's address.
        said: The answer, without secrets.
    """
    # https://github.com/golang/go/blob/go1.24.3/src/net/http/server.go
    if "HTTP request to an HTTPS server" in said:
        return errors.EngineContextError(
            f"what listens at {address(where)} wants TLS, and docker's context has none",
            remedy=_TLS_FILES,
            detail=said,
        )
    return errors.EngineUnreachableError(
        f"what answers at {address(where)} is not a Docker engine",
        remedy=f"{ANOTHER_ENGINE}; if a proxy answers in its place, name the host in NO_PROXY",
        detail=said,
    )
