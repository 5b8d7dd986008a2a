"""Logins as `docker login` stores them.

Format: https://github.com/docker/cli/blob/master/cli/config/configfile/file.go and
https://github.com/docker/docker-credential-helpers
"""

from __future__ import annotations

import base64
import json
import logging
import re
import shutil
import subprocess
import threading
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from dext_tasks import calls
from dext_tasks.formats.oci.reference import DOCKER_HUB, HUB_INDEX, HUB_REGISTRY
from dext_tasks.limits import HELPER_ANSWER

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

_LOG = logging.getLogger(__name__)

VARIABLE = "DOCKER_AUTH_CONFIG"
"""Environment variable with logins, which go before stored ones; docker's client reads it since 28.3.

https://github.com/docker/cli/blob/master/cli/config/configfile/file.go (GetCredentialsStore)
"""

_HUB_KEY = f"https://{HUB_INDEX}/v1/"
_HUB_HOSTS = (HUB_INDEX, DOCKER_HUB, HUB_REGISTRY)
# What `docker login` keeps beside the login itself when it was made in a browser:
# https://github.com/docker/cli/blob/master/cli/internal/oauth/manager/manager.go
_NOT_LOGINS = ("/access-token", "/refresh-token")
_HELPER_NAME = re.compile(r"[A-Za-z0-9_.-]+")
# What a helper answers as user name when it stores an OAuth refresh token instead of a password.
_TOKEN_USER = "<token>"  # noqa: S105 - a marker, not a secret


@dataclass(frozen=True)
class Login:
    """A user name with a password, or a token.

    Attributes:
        username: Empty with a token.
        secret: The password or token; never part of the representation.
        is_token: Whether the secret is an OAuth refresh token, which docker calls an identity token.
        is_access: Whether it is a token that the registry itself takes, which docker calls a registry token.
    """

    username: str
    secret: str = field(repr=False)
    is_token: bool = False
    is_access: bool = False

    @property
    def is_password(self) -> bool:
        """Whether it is a user name and a password."""
        return not (self.is_token or self.is_access)

    @property
    def basic(self) -> str:
        """The value of an Authorization header."""
        return "Basic " + base64.b64encode(f"{self.username}:{self.secret}".encode()).decode()


@dataclass(frozen=True)
class Lookup:
    """What was found for a registry.

    Attributes:
        login: None if there is none.
        trouble: Why one that may well be there could not be read; empty if there is one, or surely none.
        is_given: Whether it is the variable's, which older clients of docker do not read.
    """

    login: Login | None = None
    trouble: str = ""
    is_given: bool = False


class Logins:
    """The logins docker has; each registry's is looked up once, for a helper may ask somebody to unlock it.

    Args:
        folder: Docker's configuration folder, ``~/.docker`` or what ``DOCKER_CONFIG`` names.
        variable: Value of ``DOCKER_AUTH_CONFIG``.
    """

    def __init__(self, folder: Path, variable: str = "") -> None:
        self._folder = folder
        self._variable = variable
        self._known: dict[str, Lookup] = {}
        self._lock = threading.Lock()

    def of(self, registry: str) -> Lookup:
        """The login for a registry host, with port if it has one."""
        with self._lock:
            if registry not in self._known:
                self._known[registry] = self._look_up(registry)
            return self._known[registry]

    def is_only_given(self, registry: str) -> bool:
        """Whether the variable alone has a login for a registry."""
        return self.of(registry).is_given and self._in_folder(registry).login is None

    def _look_up(self, registry: str) -> Lookup:
        given = self._in_variable(registry)
        if given.login:
            return replace(given, is_given=True)
        stored = self._in_folder(registry)
        return stored if stored.login else Lookup(None, "; ".join(filter(None, (given.trouble, stored.trouble))))

    def _in_variable(self, registry: str) -> Lookup:
        if not self._variable.strip():
            return Lookup()
        try:
            config = _object(self._variable)
        except ValueError:
            return Lookup(None, f"the environment variable {VARIABLE} does not hold a JSON object")
        return _stored(config, registry, VARIABLE)

    def _in_folder(self, registry: str) -> Lookup:
        file = self._folder / "config.json"
        try:
            config = _object(file.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return Lookup()
        except OSError as error:
            return Lookup(None, f"{file} cannot be read: {error.strerror}")
        except ValueError:
            return Lookup(None, f"{file} is not a JSON object")
        return _configured(config, registry, str(file))


def _object(text: str) -> Mapping[str, Any]:
    try:
        data = json.loads(text)
    except RecursionError as error:
        raise ValueError from error
    if not isinstance(data, dict):
        raise ValueError  # noqa: TRY004 - about its content, not about what was passed
    return data


def _configured(config: Mapping[str, Any], registry: str, file: str) -> Lookup:
    stored = _stored(config, registry, file)
    setting, name = _helper(config, registry)
    if not name:
        return stored
    try:
        return Lookup(_ask(name, registry))
    except HelperError as error:
        # As docker, which then takes what is in the file:
        # https://github.com/docker/cli/blob/master/cli/config/credentials/native_store.go
        return stored if stored.login else Lookup(None, f"{error}, which {setting} in {file} names")


def _helper(config: Mapping[str, Any], registry: str) -> tuple[str, str]:
    """Where the helper of a registry is set, and its name; the name is empty if there is none."""
    helpers = config.get("credHelpers")
    entries = helpers if isinstance(helpers, dict) else {}
    own = next(_entries(entries, registry), None)
    setting, name = ("credsStore", config.get("credsStore")) if own is None else ("credHelpers", own)
    return setting, name if isinstance(name, str) and _HELPER_NAME.fullmatch(name) else ""


def _ask(name: str, registry: str) -> Login | None:
    for key in _keys(registry):
        kept = get(name, key)
        if kept:
            return _login(kept.username, kept.secret)
    return None


def _keys(registry: str) -> tuple[str, ...]:
    """What a login may have been stored under, the most usual first."""
    if registry in _HUB_HOSTS:
        return (_HUB_KEY, *_HUB_HOSTS)
    return (registry, f"https://{registry}", f"http://{registry}", f"https://{registry}/", f"https://{registry}/v2/")


def _stored(config: Mapping[str, Any], registry: str, where: str) -> Lookup:
    auths = config.get("auths")
    entries = [each for each in _entries(auths, registry) if isinstance(each, dict)] if isinstance(auths, dict) else []
    login = next((login for entry in entries if (login := _of_entry(entry))), None)
    is_garbled = login is None and any(entry.get("auth") for entry in entries)
    return Lookup(login, f"what {where} holds for {registry} is not user and password in base64" if is_garbled else "")


def _entries(by_key: Mapping[str, Any], registry: str) -> Iterator[Any]:
    """What is stored for a host, under exactly its name before any other spelling of it."""
    keys = _keys(registry)
    yield from (by_key[key] for key in keys if key in by_key)
    yield from (entry for key, entry in by_key.items() if key not in keys and _is_of(key, registry))


def _is_of(key: str, registry: str) -> bool:
    # https://github.com/docker/cli/blob/master/cli/config/credentials/file_store.go (ConvertToHostname)
    if key.rstrip("/").endswith(_NOT_LOGINS):
        return False
    if "*" in key:
        return _matches(key.lower().split("."), registry.lower().split("."))
    host = _host(key)
    return host in _HUB_HOSTS if registry in _HUB_HOSTS else host == _host(registry)


def _matches(pattern: list[str], host: list[str]) -> bool:
    """Asterisks stand for parts of labels, never in the last two.

    https://github.com/docker/cli/blob/master/cli/config/internal/hostmatch/hostmatch.go
    """
    if len(pattern) < 3 or len(pattern) != len(host) or "*" in "".join(pattern[-2:]):  # noqa: PLR2004 - as there
        return False
    pieces = (".*".join(map(re.escape, label.split("*"))) for label in pattern)
    return all(re.fullmatch(piece, label) for piece, label in zip(pieces, host, strict=True))


def _host(key: str) -> str:
    """Host and port of a key, without scheme, path, and the port that goes without saying."""
    scheme, separator, rest = key.lower().partition("://")
    host = (rest if separator and scheme in ("http", "https") else key.lower()).partition("/")[0]
    return host.removesuffix(":80" if scheme == "http" else ":443")


def _of_entry(entry: Mapping[str, Any]) -> Login | None:
    token, access = entry.get("identitytoken"), entry.get("registrytoken")
    if isinstance(token, str) and token:
        return Login("", token, is_token=True)
    if isinstance(access, str) and access:
        return Login("", access, is_access=True)
    if entry.get("auth"):
        return _decoded(entry["auth"])
    user, password = entry.get("username"), entry.get("password")
    return _login(user, password) if isinstance(user, str) and user and isinstance(password, str) else None


def _decoded(auth: object) -> Login | None:
    if not isinstance(auth, str):
        return None
    try:
        user, colon, password = base64.b64decode(auth.strip()).decode().partition(":")
    except ValueError:
        return None
    # docker pads what it stored long ago with NUL bytes.
    return _login(user, password.strip("\0")) if colon else None


def _login(user: str, secret: str) -> Login:
    return Login("", secret, is_token=True) if user == _TOKEN_USER else Login(user, secret)


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
        with calls.command(_LOG, [name, "get"]) as call:
            done = subprocess.run(  # noqa: S603 - a list; the key goes in by standard input, as the protocol wants
                [program, "get"], input=key.encode(), capture_output=True, check=False, timeout=HELPER_ANSWER
            )
            call.exited(done.returncode)
    except subprocess.TimeoutExpired:
        raise HelperError(f"{name} gave no answer within {HELPER_ANSWER:g} s") from None
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
