"""A certificate authority of the tests, and what it signs."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
_SECONDS = 60


@dataclass(frozen=True)
class Pair:
    """A certificate with its key.

    Attributes:
        certificate: PEM file.
        key: PEM file, not encrypted.
    """

    certificate: Path
    key: Path


def self_signed(folder: Path, name: str, *extensions: str) -> Pair:
    """A certificate that only its own file vouches for, such as that of an authority.

    Args:
        folder: Where it is made.
        name: Of its files, and of whom it is for.
        extensions: Of X.509, as ``openssl req -addext`` takes them.
    """
    made = Pair(folder / f"{name}.crt", folder / f"{name}.key")
    added = [word for each in extensions for word in ("-addext", each)]
    _openssl("req", "-x509", *_KEY, "-days", "2", "-subj", f"/CN={name}", *added, *_files(made))
    return made


def signed(authority: Pair, name: str, *extensions: str, days: int = 2) -> Pair:
    """A certificate that an authority vouches for, beside the authority's.

    Args:
        authority: Who signs.
        name: Of its files, and of whom it is for.
        extensions: Of X.509, as in a configuration of openssl.
        days: It is good for; one that is over for -1.
    """
    folder = authority.certificate.parent
    made, request, file = (
        Pair(folder / f"{name}.crt", folder / f"{name}.key"),
        folder / "request",
        folder / "extensions",
    )
    _openssl("req", "-new", *_KEY, "-subj", f"/CN={name}", "-keyout", str(made.key), "-out", str(request))
    file.write_text("\n".join(extensions), encoding="utf-8")
    by = ("-CA", str(authority.certificate), "-CAkey", str(authority.key), "-CAcreateserial")
    _openssl(
        *("x509", "-req", "-in", str(request), *by, "-days", str(days)),
        *("-extfile", str(file), "-out", str(made.certificate)),
    )
    return made


def _files(pair: Pair) -> tuple[str, ...]:
    return ("-keyout", str(pair.key), "-out", str(pair.certificate))


def _openssl(*args: str) -> None:
    subprocess.run(["openssl", *args], check=True, capture_output=True, timeout=_SECONDS)
