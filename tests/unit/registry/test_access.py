from __future__ import annotations

import json
import ssl
from pathlib import Path
from typing import TYPE_CHECKING

from dext_tasks.registry import access as access_module
from dext_tasks.registry.access import Access
from dext_tasks.registry.credentials import Login
from dext_tasks.registry.endpoint import Insecure

if TYPE_CHECKING:
    import pytest

WORD = "sesame-7f3a"
CONFIG = {
    "auths": {"ghcr.io": {"username": "ann", "password": WORD}},
    "proxies": {"default": {"httpsProxy": "http://no:1"}},
}


def access(folder: Path, **env: str) -> Access:
    (folder / "config.json").write_text(json.dumps(CONFIG), encoding="utf-8")
    return Access.of(folder, env, Path("/home/ann"), Insecure)


def test_a_transport_has_what_docker_has(tmp_path: Path) -> None:
    made = access(tmp_path).transport("ghcr.io", "acme/demo", push=True)
    assert (made.registry, made.repository, made.push, made.trouble) == ("ghcr.io", "acme/demo", True, "")
    assert made.login == Login("ann", WORD)


def test_trouble_is_handed_on(tmp_path: Path) -> None:
    made = access(tmp_path, DOCKER_AUTH_CONFIG="{").transport("quay.io", "acme/demo", push=False)
    assert made.login is None
    assert "DOCKER_AUTH_CONFIG" in made.trouble


def test_the_variable_goes_before_the_file(tmp_path: Path) -> None:
    variable = json.dumps({"auths": {"ghcr.io": {"username": "bob", "password": WORD}}})
    made = access(tmp_path, DOCKER_AUTH_CONFIG=variable).transport("ghcr.io", "acme/demo", push=False)
    assert made.login == Login("bob", WORD)


def test_who_pushes_is_told_if_the_variable_alone_has_the_login(tmp_path: Path) -> None:
    auths = {name: {"username": "bob", "password": WORD} for name in ("ghcr.io", "quay.io")}
    made = access(tmp_path, DOCKER_AUTH_CONFIG=json.dumps({"auths": auths}))
    assert made.transport("quay.io", "acme/demo", push=True).is_login_given
    assert not made.transport("quay.io", "acme/demo", push=False).is_login_given
    assert not made.transport("ghcr.io", "acme/demo", push=True).is_login_given


def test_proxies_are_the_environments_and_not_those_of_containers(tmp_path: Path) -> None:
    # https://docs.docker.com/engine/cli/proxy/
    assert access(tmp_path).proxies.of_url("https://ghcr.io/") is None
    found = access(tmp_path, https_proxy="one:3128").proxies.of_url("https://ghcr.io/")
    assert found is not None
    assert found.url == "http://one:3128"


def test_certificates_are_where_docker_keeps_them(tmp_path: Path) -> None:
    places = access(tmp_path, XDG_CONFIG_HOME="/xdg").certificates
    assert places == (Path("/etc/docker/certs.d"), Path("/xdg/docker/certs.d"), tmp_path / "certs.d")


def test_nothing_of_it_shows_a_secret(tmp_path: Path) -> None:
    variable = json.dumps({"auths": {"quay.io": {"username": "bob", "password": WORD}}})
    made = access(tmp_path, DOCKER_AUTH_CONFIG=variable, HTTPS_PROXY=f"http://ann:{WORD}@one:1")
    transport = made.transport("quay.io", "acme/demo", push=False)
    assert WORD not in f"{made!r}{transport!r}{made.logins.of('quay.io')!r}"


def test_a_certificate_is_for_its_own_registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "certs.d" / "reg.lan:5000"
    folder.mkdir(parents=True)
    authority = ssl.create_default_context().get_ca_certs(binary_form=True)[0]
    (folder / "ca.crt").write_text(ssl.DER_cert_to_PEM_cert(authority), encoding="utf-8")
    made = access(tmp_path)
    trusts: list[object] = []
    monkeypatch.setattr(access_module, "Wire", lambda _proxies, trust, _admit: trusts.append(trust))
    for registry in ("reg.lan:5000", "ghcr.io"):
        made.transport(registry, "acme/demo", push=False)
    assert [trust is not None for trust in trusts] == [True, False]
