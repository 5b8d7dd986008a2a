"""What docker's client 28 and OpenSSH 9 say where there is no connection to an engine."""

from __future__ import annotations

import pytest

from dext_tasks import errors
from dext_tasks.engine.connection_faults import not_an_engine, unconnected
from dext_tasks.engine.faults import translate

_COPY = "error while Copy (stream to stdout): "
_OPEN = "failed to open the raw stream connection: "


def by_ssh(said: str, code: int = 255, options: str = "-l root ") -> str:
    return (
        f"{_COPY}command [ssh -o ConnectTimeout=30 -T {options}-- 192.0.2.7 docker system dial-stdio] has exited with "
        f"exit status {code}, make sure the URL is valid, and Docker 18.09 or later is installed on the remote host: "
        f"stderr={said}\n"
    )


_CHANGED = """@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @
@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
IT IS POSSIBLE THAT SOMEONE IS DOING SOMETHING NASTY!
Offending ED25519 key in /home/ada/.ssh/known_hosts:1
Host key for 192.0.2.7 has changed and you have requested strict checking.
Host key verification failed."""
_META = "open /home/ada/.docker/contexts/meta/8bfe/meta.json: no such file or directory"


@pytest.mark.parametrize(
    ("said", "error", "message", "remedy"),
    [
        (f'context "gone": context not found: {_META}', errors.EngineContextError, "no context gone", "context ls"),
        ('context "gone" does not exist', errors.EngineContextError, "no context gone", "context create"),
        (
            f'Failed to initialize: unable to resolve docker endpoint: context "gone": context not found: {_META}',
            errors.EngineContextError,
            "no context gone",
            "context ls",
        ),
        ("invalid bind address format: htp://x", errors.EngineContextError, "htp://x", "tcp://HOST:2376"),
        (
            "Failed to initialize: ssh host is not valid: invalid SSH URL: plain-text password is not supported",
            errors.EngineContextError,
            "plain-text password is not supported",
            "ssh://USER@HOST",
        ),
        (f"{_OPEN}dial tcp: address 99999999: invalid port", errors.EngineContextError, "invalid port", "tcp://HOST"),
        (
            "open /certs/ca.pem: no such file or directory",
            errors.EngineContextError,
            "open /certs/ca.pem: no such file",
            "DOCKER_CERT_PATH",
        ),
        (
            "Failed to initialize: failed to retrieve context tls info: ca.pem seems invalid",
            errors.EngineContextError,
            "ca.pem seems invalid",
            "context create",
        ),
        ("Failed to initialize: no valid private key found", errors.EngineContextError, "private key", "key.pem"),
        (
            "Failed to initialize: failed to retrieve context tls info: tls: private key does not match public key",
            errors.EngineContextError,
            "private key does not match",
            "key.pem",
        ),
        (
            f"{_OPEN}tls: first record does not look like a TLS handshake",
            errors.EngineContextError,
            "answers without",
            "without TLS",
        ),
        (
            'error during connect: Get "https://192.0.2.7:1/info": http: server gave HTTP response to HTTPS client',
            errors.EngineContextError,
            "answers without",
            "without TLS",
        ),
        (
            by_ssh(_CHANGED),
            errors.EngineUntrustedError,
            "not the one that ssh knows",
            "accept the new one: `ssh -l root 192.0.2.7`",
        ),
        (
            by_ssh("Host key verification failed.", options="-l ada -p 2222 "),
            errors.EngineUntrustedError,
            "does not know its host key",
            "`ssh -l ada -p 2222 192.0.2.7`",
        ),
        (
            by_ssh(
                "No ED25519 host key is known for 192.0.2.7 and you have requested strict checking.\n"
                "Host key verification failed."
            ),
            errors.EngineUntrustedError,
            "does not know its host key",
            "`ssh -l root 192.0.2.7`",
        ),
        (
            f"{_OPEN}tls: failed to verify certificate: x509: certificate signed by unknown authority",
            errors.EngineUntrustedError,
            "certificate signed by unknown authority",
            "ca.pem",
        ),
        (
            f"{_OPEN}tls: failed to verify certificate: x509: certificate has expired or is not yet valid: now",
            errors.EngineUntrustedError,
            "has expired",
            "today",
        ),
        (
            f"{_COPY}remote error: tls: certificate required",
            errors.EngineDeniedError,
            "refuses this client's certificate (tls: certificate required)",
            "context create",
        ),
        (
            f"{_COPY}remote error: tls: expired certificate",
            errors.EngineDeniedError,
            "tls: expired certificate",
            "today",
        ),
        (
            f"{_COPY}read tcp 192.0.2.1:38120->192.0.2.7:2376: read: connection reset by peer",
            errors.EngineUnreachableError,
            "closed by the engine, or on the way to it",
            "accepts this client's certificate",
        ),
        (
            by_ssh("root@192.0.2.7: Permission denied (publickey,password)."),
            errors.EngineDeniedError,
            "could not log in (Permission denied (publickey,password))",
            "`ssh-add`), so that `ssh -o BatchMode=yes -l root 192.0.2.7 docker version` works",
        ),
        (
            by_ssh("dial unix /var/run/docker.sock: connect: permission denied", code=1),
            errors.EngineDeniedError,
            "this user may not use the Docker engine",
            "group",
        ),
        (
            by_ssh("bash: line 1: docker: command not found", code=127),
            errors.EngineUnreachableError,
            "no docker client on that machine",
            "`ssh -l root 192.0.2.7 docker version`",
        ),
        (
            f'{_COPY}command [ssh -T -- x docker system dial-stdio]: exec: "ssh": executable file not found in $PATH',
            errors.EngineUnreachableError,
            "no ssh on PATH",
            "openssh-client",
        ),
        (
            by_ssh("ssh: Could not resolve hostname far.invalid: Name or service not known", options=""),
            errors.EngineUnreachableError,
            "cannot be resolved",
            "docker context inspect",
        ),
        (
            f"{_OPEN}dial tcp: lookup far.invalid on 192.0.2.53:53: no such host",
            errors.EngineUnreachableError,
            "cannot be resolved",
            "docker context inspect",
        ),
        (
            by_ssh("ssh: connect to host 192.0.2.7 port 9: Connection refused", options="-p 9 "),
            errors.EngineUnreachableError,
            "no Docker engine answers",
            "firewall",
        ),
        (
            f"{_OPEN}dial tcp 192.0.2.7:9: connect: connection refused",
            errors.EngineUnreachableError,
            "no Docker engine answers",
            "firewall",
        ),
        (
            f"{_OPEN}dial unix /x.sock: connect: no such file or directory",
            errors.EngineUnreachableError,
            "no Docker engine answers",
            "start one",
        ),
        (by_ssh("something new", code=1), errors.EngineUnreachableError, "no Docker engine answers", "start one"),
    ],
)
def test_why_there_is_no_connection(said: str, error: type[errors.DextError], message: str, remedy: str) -> None:
    translated = translate("docker version at ssh://192.0.2.7", 1, said)
    assert type(translated) is error
    assert translated.message.startswith("docker version at ssh://192.0.2.7: ")
    assert message in translated.message
    assert remedy in translated.remedy
    assert "…" not in translated.message + translated.remedy


@pytest.mark.parametrize(
    "said",
    [
        'Error response from daemon: Get "https://reg.lan/v2/": x509: certificate signed by unknown authority',
        'failed to do request: Head "https://reg.lan/v2/a/blobs/b": dial tcp 192.0.2.9:443: connect: no route to host',
        "ERROR: failed to solve: lookup reg.lan on 192.0.2.53:53: no such host",
        "denied: requested access to the resource is denied",
    ],
)
def test_what_others_say_is_not_about_the_engine(said: str) -> None:
    assert unconnected("docker push", said) is None


@pytest.mark.parametrize(
    ("said", "error", "message"),
    [
        ("Client sent an HTTP request to an HTTPS server.", errors.EngineContextError, "wants TLS"),
        ("<html>Access denied</html>", errors.EngineUnreachableError, "is not a Docker engine"),
        ("", errors.EngineUnreachableError, "is not a Docker engine"),
    ],
)
def test_what_answers_may_be_no_engine(said: str, error: type[errors.DextError], message: str) -> None:
    made = not_an_engine("tcp://ada:secret@192.0.2.7:2375", said)
    assert type(made) is error
    assert message in made.message
    assert "tcp://192.0.2.7:2375" in made.message
    assert "secret" not in made.message
    assert made.detail == said
