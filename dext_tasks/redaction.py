"""What may be a secret, and text without it.

Every line that is logged, and every word of another program that is shown, goes through here.
"""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

from dext_tasks.regex import regex

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_HIDDEN = "***"
_SECRET_NAME = regex(
    r"token|secret|passw|passphrase|credential|apikey|(?:^|_)(?:key|auth|pat|pass|pwd?)(?:_|$)", re.IGNORECASE
)
# Shorter values, such as 1.2.0 or true, stand in every line of a log.
_LONG = 8
# A password may hold an `@`: the last one before the path counts.
# Each pattern begins at the beginning of a word, or a long one would take the square of its length.
_LOGIN = regex(r"(?<!\w)(\w+://)[^/\s]+@")
# Before an image as somebody wrote it, where a digest follows an `@`, too.
_LOGIN_OF_IMAGE = regex(r"(?<![^\s'\"])([^\s/:@'\"]+):\S+@(?!sha\d+:)")
# https://datatracker.ietf.org/doc/html/rfc3986#section-3.2
_USER = regex(r"//[^/]*@")
# Fields of a request that hold a login: https://www.rfc-editor.org/rfc/rfc9110#section-11.6.2,
# https://docs.docker.com/reference/api/engine/#section/Authentication,
# and what many APIs take: https://docs.gitlab.com/api/rest/authentication/
_FIELD = regex(
    r"\b((?:proxy-)?authorization|(?:set-)?cookie|x-registry-(?:auth|config)|(?:x|private|job)-[\w-]{0,40}(?:key|token))"
    r"(\s*[:=]\s*).*",
    re.IGNORECASE | re.DOTALL,
)
# One that is hidden already keeps the comma after it.
_ASSIGNMENT = regex(r"(?<!\w)([A-Za-z_]\w*)=(?!\*{3}(?:[,\s]|$))\S+")
# In the text of a script, where each is one word of ours: a flag with its value, and NAME:PASSWORD of curl, which a
# user and group of docker's `--user` may look like.
_FLAG_IN_SCRIPT = regex(r"(?<![^\s=])(--?[A-Za-z][\w-]*)([ =]+)(?!-)(\S+)")
_ACCOUNT = regex(r"([^\s:]+):(?!\d+$)\S+")
_ACCOUNT_FLAGS = frozenset({"-u", "--user"})
# Flags of docker whose value is NAME=VALUE.
_ASSIGNING = frozenset({"--build-arg", "--env", "-e"})


def redact(text: str, secrets: Iterable[str]) -> str:
    """The text without any of the secrets, longest first so that none hides a part of another."""
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        text = text.replace(secret, _HIDDEN)
    return text


def secret_values(arguments: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """The values that nobody else is to read: those that are long, or whose name says so."""
    return tuple(value for name, value in arguments if value and (len(value) >= _LONG or _SECRET_NAME.search(name)))


def names_secret(name: str) -> bool:
    """Whether a variable of that name may hold a secret."""
    return _SECRET_NAME.search(name) is not None


def masked(arguments: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Build arguments as they may be shown to anybody."""
    return tuple((name, redact(value, secret_values([(name, value)]))) for name, value in arguments)


def without_logins(text: str) -> str:
    """The text with its addresses, but without the names and passwords in these."""
    return _LOGIN.sub(rf"\1{_HIDDEN}@", text)


def image(written: str) -> str:
    """The text with image references, but without logins that somebody wrote before them."""
    return _LOGIN_OF_IMAGE.sub(rf"\1:{_HIDDEN}@", written)


def command_line(words: Sequence[str], secrets: Iterable[str] = ()) -> str:
    """A command as a shell would take it, without secrets: the run's, passwords, logins and values of variables.

    Args:
        words: The program and its arguments.
        secrets: Values that are known to be secret.
    """
    known = tuple(secrets)
    # Before they are quoted, which changes a value with a quotation mark in it.
    return shlex.join(redact(word, known) for word in _shown(words))


def _shown(words: Sequence[str]) -> Iterator[str]:
    flag = ""
    for word in words:
        if flag and not word.startswith("-"):
            yield _value(flag, word)
        else:
            yield _HIDDEN if _is_secret_flag(flag) else _flag(word)
        is_open = word.startswith("-") and "=" not in word and not _is_secret_flag(flag)
        flag = word if is_open else ""


def _flag(word: str) -> str:
    """A word that is not a value of the flag before it."""
    name, equals, value = word.partition("=")
    if not equals or not word.startswith("-"):
        return without_secrets(word)
    # `-eNAME=VALUE` is one word.
    return f"-e{_assigned(word[2:])}" if name.startswith("-e") else f"{name}={_value(name, value)}"


def _value(flag: str, word: str) -> str:
    # What follows a switch is a word of its own.
    return _of_flag(flag, word) or without_secrets(word)


def _of_flag(flag: str, value: str) -> str:
    """The value of a flag that may take a secret, without it; empty for any other flag."""
    if _is_secret_flag(flag):
        return _HIDDEN
    if flag in _ACCOUNT_FLAGS and (found := _ACCOUNT.fullmatch(value)):
        return f"{found[1]}:{_HIDDEN}"
    return _assigned(value) if flag in _ASSIGNING else ""


def _is_secret_flag(flag: str) -> bool:
    return flag.startswith("-") and bool(_SECRET_NAME.search(flag.strip("-").replace("-", "_")))


def _assigned(word: str) -> str:
    """``NAME=VALUE``, the value masked as that of a build argument is."""
    name, equals, value = word.partition("=")
    return f"{name}{equals}{masked([(name, value)])[0][1]}"


def without_secrets(word: str) -> str:
    """A text without what may be a secret: logins in addresses, fields of requests, and flags and variables."""
    name, equals, _ = word.partition("=")
    if equals and name.isidentifier() and _SECRET_NAME.search(name):
        return f"{name}={_HIDDEN}"
    flagged = _FLAG_IN_SCRIPT.sub(_without_secret, word)
    named = _ASSIGNMENT.sub(
        lambda found: f"{found[1]}={_HIDDEN}" if _SECRET_NAME.search(found[1]) else found[0], flagged
    )
    return _FIELD.sub(rf"\1\2{_HIDDEN}", without_logins(named))


def _without_secret(found: re.Match[str]) -> str:
    flag, between, value = found.groups()
    return f"{flag}{between}{_of_flag(flag, value) or value}"


def address(url: str) -> str:
    """A URL without its login, and without its query, which may be a signature."""
    host, mark, rest = url.partition("//")
    begin = min((at for at in map(rest.find, "/?#") if at >= 0), default=len(rest))
    # A password may hold what ends a host's name; which is which cannot be known.
    if rest[begin : begin + 1] in {"?", "#"} and "@" in rest[begin:]:
        return f"{host}{mark}{_HIDDEN}"
    bare, _, query = url.partition("#")[0].partition("?")
    return _USER.sub("//", bare, count=1) + (f"?{_HIDDEN}" if query else "")
