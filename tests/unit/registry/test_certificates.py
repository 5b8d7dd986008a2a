from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from dext_tasks.errors import RegistryUnreachableError
from dext_tasks.registry.certificates import context, folders, unverified

HOST = "reg.lan:5000"
# Made for these tests, valid until 2126:
#   openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 36500 -subj /CN=reg.lan
CERTIFICATE = """-----BEGIN CERTIFICATE-----
MIIBezCCASGgAwIBAgIUZbY9jAVs1nGobviMwiUDbsROqTswCgYIKoZIzj0EAwIw
EjEQMA4GA1UEAwwHcmVnLmxhbjAgFw0yNjExMjcxMzM4MDBaGA8yMTI2MTEwMzEz
MzgwMFowEjEQMA4GA1UEAwwHcmVnLmxhbjBZMBMGByqGSM49AgEGCCqGSM49AwEH
A0IABB8EQc3PYondPLPU2lgMSr83OSXNIj7qXmlcIXJeD/QD/emZQ4u/Gw1iTV/r
5HVajn7Mf3NjUg6a8uhacx/FwcqjUzBRMB0GA1UdDgQWBBR7t3M5UU5CPX0Joo4b
93Q7v2crHDAfBgNVHSMEGDAWgBR7t3M5UU5CPX0Joo4b93Q7v2crHDAPBgNVHRMB
Af8EBTADAQH/MAoGCCqGSM49BAMCA0gAMEUCIQCO+mkos8iXQ7i7Ma+9QhwyeEVI
qz5K2vKWT413TsyckQIgIyIpC1rAefd6C2R3eGS7GhuIOfDyPoXlQ3xcHH7UC9A=
-----END CERTIFICATE-----
"""
KEY = """-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg5vfJYofeuMt3eIPj
mXVuexD0ont2l3RvRhrOAGALxoahRANCAAQfBEHNz2KJ3Tyz1NpYDEq/NzklzSI+
6l5pXCFyXg/0A/3pmUOLvxsNYk1f6+R1Wo5+zH9zY1IOmvLoWnMfxcHK
-----END PRIVATE KEY-----
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "certs.d" / HOST
    made.mkdir(parents=True)
    return made


def authorities(made: ssl.SSLContext | None) -> set[str]:
    assert made is not None
    return {str(each["subject"]) for each in made.get_ca_certs()}


def test_where_docker_looks() -> None:
    home, config = Path("/home/ann"), Path("/home/ann/.docker")
    assert folders({}, home, config) == (
        Path("/etc/docker/certs.d"),
        Path("/home/ann/.config/docker/certs.d"),
        Path("/home/ann/.docker/certs.d"),
    )
    assert Path("/xdg/docker/certs.d") in folders({"XDG_CONFIG_HOME": "/xdg"}, home, config)


def test_where_there_is_none_the_system_decides(tmp_path: Path, folder: Path) -> None:
    assert context([], HOST) is None
    assert context([tmp_path / "nowhere"], HOST) is None
    assert context([folder.parent], HOST) is None
    (folder / "notes.txt").write_text("none", encoding="utf-8")
    (folder / "ca.pem").write_text(CERTIFICATE, encoding="utf-8")
    assert context([folder.parent], HOST) is None


@pytest.mark.parametrize("name", ["ca.crt", "corporate.crt"])
def test_an_authority_of_this_host(folder: Path, name: str) -> None:
    (folder / name).write_text(CERTIFICATE, encoding="utf-8")
    made = context([folder.parent], HOST)
    assert any("reg.lan" in each for each in authorities(made))
    # Beside the system's own.
    assert authorities(made) >= authorities(ssl.create_default_context())
    assert made is not None
    assert (made.verify_mode, made.check_hostname) == (ssl.CERT_REQUIRED, True)
    for other in ("reg.lan", "reg.lan:5001", "other.lan:5000"):
        assert context([folder.parent], other) is None


def test_a_certificate_of_its_own_with_the_key_of_the_same_name(folder: Path) -> None:
    (folder / "client.cert").write_text(CERTIFICATE, encoding="utf-8")
    (folder / "client.key").write_text(KEY, encoding="utf-8")
    assert context([folder.parent], HOST) is not None


@pytest.mark.parametrize(
    ("files", "why"),
    [
        ({"ca.crt": "junk"}, r"ca\.crt, .* not a PEM certificate"),
        ({"ca.crt": ""}, r"ca\.crt, .* not a PEM certificate"),
        ({"client.cert": CERTIFICATE}, r"client\.cert, .* No such file"),
        ({"client.cert": CERTIFICATE, "client.key": "junk"}, r"client\.cert, .* not a PEM certificate"),
        ({"client.cert": "junk", "client.key": KEY}, r"client\.cert, .* not a PEM certificate"),
    ],
)
def test_what_cannot_be_used_is_named(folder: Path, files: dict[str, str], why: str) -> None:
    for name, content in files.items():
        (folder / name).write_text(content, encoding="utf-8")
    with pytest.raises(RegistryUnreachableError, match=why):
        context([folder.parent], HOST)


def test_what_must_not_be_read_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def closed(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    (folder / "ca.crt").write_text(CERTIFICATE, encoding="utf-8")
    monkeypatch.setattr(ssl.SSLContext, "load_verify_locations", closed)
    with pytest.raises(RegistryUnreachableError, match=r"ca\.crt, .* Permission denied") as caught:
        context([folder.parent], HOST)
    assert "readable" in caught.value.remedy


def test_unverified_takes_any_certificate() -> None:
    made = unverified()
    assert (made.verify_mode, made.check_hostname) == (ssl.CERT_NONE, False)
