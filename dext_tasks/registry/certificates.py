"""Private certificates of a registry, where docker looks for them.

https://docs.docker.com/engine/security/certificates/: every ``*.crt`` of ``certs.d/HOST:PORT`` is an authority, every
``*.cert`` with the ``*.key`` of the same name is the client's own certificate.
"""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import TYPE_CHECKING

from dext_tasks.errors import RegistryUnreachableError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_OF_ENGINE = "/etc/docker/certs.d"


def folders(env: Mapping[str, str], home: Path, docker_config: Path) -> tuple[Path, ...]:
    """Where docker keeps certificates of registries: the engine's, a rootless engine's, Docker Desktop's."""
    rootless = Path(env.get("XDG_CONFIG_HOME") or home / ".config")
    return (Path(_OF_ENGINE), rootless / "docker" / "certs.d", docker_config / "certs.d")


def context(places: Iterable[Path], registry: str) -> ssl.SSLContext | None:
    """What TLS to a registry trusts besides the system's authorities; None if that is nothing.

    Args:
        places: Folders as ``folders`` gives them.
        registry: Host as in a reference.

    Raises:
        RegistryUnreachableError: A certificate is there and cannot be used.
    """
    files = [file for place in places for file in _files(place / registry) if file.suffix in (".crt", ".cert")]
    if not files:
        return None
    made = ssl.create_default_context()
    for file in files:
        _load(made, file, registry)
    return made


def unverified() -> ssl.SSLContext:
    """TLS to whoever answers, as docker speaks it to an insecure registry."""
    made = ssl.create_default_context()
    made.check_hostname = False
    made.verify_mode = ssl.CERT_NONE
    return made


def _files(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError:
        # Most often there is none; in one that is closed to this user there is nothing to use.
        return []


def _load(made: ssl.SSLContext, file: Path, registry: str) -> None:
    try:
        if file.suffix == ".crt":
            made.load_verify_locations(cafile=file)
        else:
            # Without a password of ours OpenSSL asks for one on the terminal.
            made.load_cert_chain(file, file.with_suffix(".key"), password="")
    except OSError as error:
        why = "it is not a PEM certificate" if isinstance(error, ssl.SSLError) else error.strerror
        raise RegistryUnreachableError(
            f"registry {registry} is not asked: {file}, which docker uses for it, cannot be used: {why}",
            remedy="make the file readable for this user, or correct it: "
            "https://docs.docker.com/engine/security/certificates/",
        ) from None
