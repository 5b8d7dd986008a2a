"""What a verb says where there is no connection to an engine, with the real docker client, ssh and TLS."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from .certificates import self_signed, signed
from .counting import reply, serving
from .extension import REGISTRY
from .far_engine import create_context
from .program import Program, environment
from .secure_shell import make_key

if TYPE_CHECKING:
    from collections.abc import Mapping
    from http.server import BaseHTTPRequestHandler
    from pathlib import Path

    from .far_engine import FarEngine
    from .program import Done
    from .sandbox import Sandbox
    from .secure_shell import SecureShell

UNTRUSTED, CONTEXT, DENIED, UNREACHABLE = 9, 17, 19, 20


@dataclass(frozen=True)
class Bad:
    """A verb with bad settings of docker's.

    Attributes:
        folder: Of files.
        engine: An engine that would answer.
        dext: The verb's program, in an extension.
    """

    folder: Path
    engine: FarEngine
    dext: Program

    def build(self, settings: Mapping[str, str]) -> Done:
        return self.dext("build", **{**self.engine.docker.settings, **settings})

    def build_in(self, host: str, **files: Path) -> Done:
        """With a context of this host and these TLS files, in a configuration of the test's own."""
        settings = {"DOCKER_CONFIG": str(self.folder / "docker"), "DOCKER_CONTEXT": "bad"}
        create_context(settings, host, **files)
        return self.build(settings)


@pytest.fixture
def bad(shell: SecureShell, scaffold: Path, shared_sandbox: Sandbox, tmp_path: Path) -> Bad:
    return Bad(tmp_path, shell.engine, Program(scaffold, environment(shared_sandbox.folder)))


def require_said(done: Done, code: int, *texts: str) -> None:
    assert done.code == code, done
    for text in texts:
        assert text in done.err
    said = done.err.splitlines()
    assert [sum(line.startswith(word) for line in said) for word in ("error: ", "  next: ")] == [1, 1], done


def require_refused(done: Done, host: str, why: str) -> None:
    """Require what is said where the engine refuses a client's certificate.

    TLS 1.3 lets a client speak before the engine has looked at it, and what is on its way back then may be lost with
    the connection: https://www.rfc-editor.org/rfc/rfc8446#section-4.4.2.4
    """
    if done.code == DENIED:
        require_said(done, DENIED, host, why)
    else:
        require_said(done, UNREACHABLE, host, "closed by the engine, or on the way to it", "this client's certificate")


def test_no_such_context_by_variable(bad: Bad) -> None:
    require_said(bad.build({"DOCKER_CONTEXT": "gone"}), CONTEXT, "docker has no context gone", "docker context ls")


def test_no_such_context_in_use(bad: Bad) -> None:
    (bad.folder / "config.json").write_text(json.dumps({"currentContext": "gone"}), encoding="utf-8")
    done = bad.build({"DOCKER_CONFIG": str(bad.folder), "DOCKER_CONTEXT": ""})
    require_said(done, CONTEXT, "docker has no context gone")


def test_no_such_context_by_setting(bad: Bad) -> None:
    done = bad.build({"DEXT_CONTEXTS": "linux/arm64=gone"})
    require_said(done, CONTEXT, "docker has no context gone", "docker context ls")


def test_no_address(bad: Bad) -> None:
    require_said(bad.build({"DOCKER_HOST": "htp://x"}), CONTEXT, "invalid bind address format: htp://x", "tcp://HOST")


def test_a_host_key_that_is_not_known(bad: Bad, shell: SecureShell) -> None:
    known = bad.folder / "known_hosts"
    known.touch()
    done = bad.build(shell.configured(bad.folder / "config", UserKnownHostsFile=str(known)))
    require_said(done, UNTRUSTED, shell.engine.address, f"`ssh -l root {shell.engine.address}`")


def test_a_host_key_that_has_changed(bad: Bad, shell: SecureShell) -> None:
    make_key(bad.folder / "other")
    known = bad.folder / "known_hosts"
    key = (bad.folder / "other.pub").read_text(encoding="utf-8")
    known.write_text(f"{shell.engine.address} {key}", encoding="utf-8")
    done = bad.build(shell.configured(bad.folder / "config", UserKnownHostsFile=str(known)))
    require_said(done, UNTRUSTED, shell.engine.address, "not the one that ssh knows", "is new")


def test_a_key_that_wants_a_passphrase(bad: Bad, shell: SecureShell) -> None:
    make_key(bad.folder / "key", passphrase="secret")  # noqa: S106 - of a key that lives as long as the test
    shell.allow(bad.folder / "key")
    done = bad.build(shell.configured(bad.folder / "config", IdentityFile=str(bad.folder / "key")))
    require_said(done, DENIED, shell.engine.address, "ssh-add", "BatchMode=yes")


def test_a_host_without_docker(bad: Bad, shell: SecureShell) -> None:
    make_key(bad.folder / "key")
    shell.allow(bad.folder / "key", 'command="PATH=/nonexistent; docker system dial-stdio" ')
    done = bad.build(shell.configured(bad.folder / "config", IdentityFile=str(bad.folder / "key")))
    require_said(done, UNREACHABLE, shell.engine.address, "no docker client on that machine")


def test_tls_files_that_are_missing(bad: Bad) -> None:
    settings = {"DOCKER_HOST": bad.engine.host, "DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": str(bad.folder)}
    require_said(bad.build(settings), CONTEXT, f"open {bad.folder}/ca.pem: no such file", "DOCKER_CERT_PATH")


def test_another_authority(bad: Bad) -> None:
    other = self_signed(bad.folder, "other")
    client = bad.engine.client
    done = bad.build_in(bad.engine.host, ca=other.certificate, cert=client.certificate, key=client.key)
    require_said(done, UNTRUSTED, bad.engine.host, "certificate signed by unknown authority")


def test_a_client_that_the_engine_does_not_know(bad: Bad) -> None:
    other = signed(self_signed(bad.folder, "other"), "client", "extendedKeyUsage=clientAuth")
    done = bad.build_in(bad.engine.host, ca=bad.engine.authority.certificate, cert=other.certificate, key=other.key)
    require_refused(done, bad.engine.host, "refuses this client's certificate")


def test_a_certificate_that_has_expired(bad: Bad) -> None:
    old = signed(bad.engine.authority, "old", "extendedKeyUsage=clientAuth", days=0)
    done = bad.build_in(bad.engine.host, ca=bad.engine.authority.certificate, cert=old.certificate, key=old.key)
    require_refused(done, bad.engine.host, "expired certificate")


def test_no_tls_where_the_engine_wants_it(bad: Bad) -> None:
    require_said(bad.build_in(bad.engine.host), CONTEXT, bad.engine.host, "wants TLS")


def test_tls_where_nobody_speaks_it(bad: Bad) -> None:
    done = bad.build_in(f"tcp://{REGISTRY}", ca=bad.engine.authority.certificate)
    require_said(done, CONTEXT, f"tcp://{REGISTRY}", "answers without", "correct the port")


def test_a_name_that_nobody_knows(bad: Bad) -> None:
    # What is said of the name is the resolver's, which may not answer at all.
    require_said(bad.build_in("tcp://far.invalid:2375"), UNREACHABLE, "tcp://far.invalid:2375")


def test_a_port_where_nobody_listens(bad: Bad) -> None:
    host = f"tcp://{bad.engine.address}:9"
    require_said(bad.build_in(host), UNREACHABLE, f"{host}: no Docker engine answers", "firewall")


def test_a_proxy_s_page(bad: Bad) -> None:
    def refuse(handler: BaseHTTPRequestHandler) -> None:
        reply(handler, 403, {"Content-Type": "text/html"}, b"<html>Access denied</html>")

    with serving(refuse) as address:
        require_said(bad.build_in(f"tcp://{address}"), UNREACHABLE, f"tcp://{address}", "is not a Docker engine")
