"""Logins as `docker login` stores them.

Format: https://github.com/docker/cli/blob/master/cli/config/configfile/file.go and
https://github.com/docker/docker-credential-helpers
"""

from __future__ import annotations

import base64
import json
import re
import shutil
import subprocess
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dext_tasks.extension.reference import DOCKER_HUB

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_HUB_KEY = "https://index.docker.io/v1/"
_HELPER_NAME = re.compile(r"[A-Za-z0-9_.-]+")
_HELPER_TIMEOUT = 30.0
# What a helper answers as user name when it stores an OAuth refresh token instead of a password.
_TOKEN_USER = "<token>"  # noqa: S105 - a marker, not a secret


@dataclass(frozen=True)
class Login:
    """A user name with a password, or an identity token.

    Attributes:
        username: Empty with a token.
        secret: The password or token; never part of the representation.
        is_token: Whether the secret is an OAuth refresh token.
    """

    username: str
    secret: str = field(repr=False)
    is_token: bool = False

    @property
    def basic(self) -> str:
        """The value of an Authorization header."""
        return "Basic " + base64.b64encode(f"{self.username}:{self.secret}".encode()).decode()


def find_login(config_dir: Path, registry: str) -> Login | None:
    """The login for a registry host, or None if there is none.

    Args:
        config_dir: Docker's configuration folder, ``~/.docker`` or what ``DOCKER_CONFIG`` names.
        registry: Host, with port if it has one.
    """
    config = _read(config_dir / "config.json")
    keys = _keys(registry)
    helper = _helper(config, keys)
    if helper:
        return next((login for key in keys if (login := _ask(helper, key))), None)
    auths = config.get("auths")
    entries = auths if isinstance(auths, dict) else {}
    return next((login for key in keys if (login := _stored(entries.get(key)))), None)


def _keys(registry: str) -> tuple[str, ...]:
    if registry == DOCKER_HUB:
        return (_HUB_KEY, "index.docker.io", DOCKER_HUB, "registry-1.docker.io")
    return (registry, f"https://{registry}", f"http://{registry}", f"https://{registry}/")


def _read(file: Path) -> Mapping[str, Any]:
    try:
        data = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return data if isinstance(data, dict) else {}


def _helper(config: Mapping[str, Any], keys: tuple[str, ...]) -> str:
    helpers = config.get("credHelpers")
    named = next((helpers[key] for key in keys if key in helpers), "") if isinstance(helpers, dict) else ""
    name = named or config.get("credsStore", "")
    return name if isinstance(name, str) and _HELPER_NAME.fullmatch(name) else ""


def _ask(helper: str, key: str) -> Login | None:
    program = shutil.which(f"docker-credential-{helper}")
    if program is None:
        return None
    try:
        done = subprocess.run(  # noqa: S603 - a list; the key goes in by standard input, as the protocol wants
            [program, "get"], input=key.encode(), capture_output=True, check=False, timeout=_HELPER_TIMEOUT
        )
        answer = json.loads(done.stdout) if done.returncode == 0 else {}
        user, secret = answer["Username"], answer["Secret"]
    except (OSError, ValueError, KeyError, TypeError, subprocess.TimeoutExpired):
        return None
    if not isinstance(user, str) or not isinstance(secret, str) or not secret:
        return None
    return Login("", secret, is_token=True) if user == _TOKEN_USER else Login(user, secret)


def _stored(entry: object) -> Login | None:
    if not isinstance(entry, dict):
        return None
    token = entry.get("identitytoken")
    if isinstance(token, str) and token:
        return Login("", token, is_token=True)
    try:
        user, colon, password = base64.b64decode(entry.get("auth", "")).decode().partition(":")
    except (ValueError, TypeError):
        return None
    # docker pads what it stored long ago with NUL bytes.
    return Login(user, password.rstrip("\0")) if colon else None
