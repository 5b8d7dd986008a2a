"""Programs that keep logins for docker: https://github.com/docker/docker-credential-helpers."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import dataclass

SECONDS = 30.0
"""How long a helper may take, which may be waiting for somebody to unlock a key ring."""

_NOT_FOUND = "credentials not found in native keychain"
_LONGEST = 200


class HelperError(Exception):
    """A helper cannot be asked, or gave no answer; the text says why and holds no secret."""


@dataclass(frozen=True)
class Kept:
    """What a helper keeps for a key.

    Attributes:
        username: ``<token>`` where the secret is an identity token.
        secret: Never part of an error.
    """

    username: str
    secret: str


def get(helper: str, key: str) -> Kept | None:
    """What a helper keeps under a key; None if nothing.

    Args:
        helper: The part of its program's name that config.json gives.
        key: A registry's host, or whatever else docker may have stored a login under.

    Raises:
        HelperError: It is missing, fails, takes too long, or answers nonsense.
    """
    name = f"docker-credential-{helper}"
    program = shutil.which(name)
    if program is None:
        raise HelperError(f"{name} is not on PATH")
    try:
        done = subprocess.run(  # noqa: S603 - a list; the key goes in by standard input, as the protocol wants
            [program, "get"], input=key.encode(), capture_output=True, check=False, timeout=SECONDS
        )
    except subprocess.TimeoutExpired:
        raise HelperError(f"{name} gave no answer within {SECONDS:g} s") from None
    except OSError as error:
        raise HelperError(f"{name} cannot be run: {error.strerror}") from None
    if done.returncode == 0:
        return _kept(name, done.stdout)
    said = done.stdout.decode(errors="replace").strip() or done.stderr.decode(errors="replace").strip()
    if said == _NOT_FOUND:
        return None
    raise HelperError(f"{name} failed with exit code {done.returncode}{_quoted(said)}")


def _kept(name: str, answer: bytes) -> Kept | None:
    try:
        data = json.loads(answer)
        username, secret = data["Username"], data["Secret"]
    except (ValueError, KeyError, TypeError, RecursionError):
        username = secret = None
    if not isinstance(username, str) or not isinstance(secret, str):
        raise HelperError(f"{name} gave an answer that holds no login")
    # docker takes an empty secret for none, too.
    return Kept(username, secret) if secret else None


def _quoted(said: str) -> str:
    """The first line of what a failed helper said, unless it may be the answer it should have given."""
    line = next(iter(said.splitlines()), "")
    is_shown = line.isprintable() and "{" not in line and "Secret" not in said
    return f": {line[:_LONGEST]}" if line and is_shown else ""
