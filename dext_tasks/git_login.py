"""A password in a remote's address, on its way to the remote.

git hands the address on to a helper of its own as an argument, which every user of the machine can read:
``git-remote-https origin https://me:PASSWORD@host/…``. Here it gets the address without, and the login as a header.
Both are settings in variables: https://git-scm.com/docs/git-config#Documentation/git-config.txt-GITCONFIGCOUNT
"""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


def without_login(addresses: Iterable[tuple[str, str]], env: Mapping[str, str]) -> dict[str, str]:
    """The variables that keep passwords out of arguments; none where no address has one.

    Args:
        addresses: Each address as the settings have it, and as git would use it.
        env: The variables that git has already, which may hold settings, too.
    """
    settings = [setting for written, used in addresses for setting in _settings(written, used)]
    if not settings:
        return {}
    first = int(env.get("GIT_CONFIG_COUNT") or 0)
    found = {"GIT_CONFIG_COUNT": str(first + len(settings))}
    for number, (key, value) in enumerate(settings, first):
        found |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
    return found


def _settings(written: str, used: str) -> list[tuple[str, str]]:
    parts = urlsplit(used)
    login, at, host = parts.netloc.rpartition("@")
    user, colon, password = login.partition(":")
    # A name alone is no secret, and whoever has a credential helper for it needs it there.
    if not (at and colon and parts.scheme in ("http", "https")):
        return []
    bare = parts._replace(netloc=host).geturl()
    word = b64encode(f"{unquote(user)}:{unquote(password)}".encode()).decode()
    return [
        # The longest match wins, so that the address as it is written goes before any rule of the user's.
        # https://git-scm.com/docs/git-config#Documentation/git-config.txt-urlltbasegtinsteadOf
        (f"url.{bare}.insteadOf", written),
        (f"url.{bare}.pushInsteadOf", written),
        (f"http.{parts.scheme}://{host}/.extraHeader", f"Authorization: Basic {word}"),
    ]
