"""The browser: one that is already on the machine. Nothing is ever downloaded."""

from __future__ import annotations

import os
import shutil
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from dext_tasks.systems import is_root

if TYPE_CHECKING:
    from collections.abc import Sequence

    from playwright.async_api import ProxySettings

NAMES: Final = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "microsoft-edge",
    "brave-browser",
)
"""Programs that are looked for on PATH, in this order."""

# Where Playwright keeps its own builds, newest last: https://playwright.dev/python/docs/browsers#managing-browser-binaries
_CACHES: Final = ("~/.cache/ms-playwright", "~/Library/Caches/ms-playwright")
_BUILDS: Final = (
    "chromium-*/chrome-linux*/chrome",
    "chromium_headless_shell-*/chrome-linux*/headless_shell",
    "chromium_headless_shell-*/chrome-headless-shell-linux*/chrome-headless-shell",
    "chromium-*/chrome-mac*/*.app/Contents/MacOS/*",
)


class BrowserUnavailableError(Exception):
    """A page cannot be looked at.

    Attributes:
        what: What is missing or broken, in one line.
        remedy: What to do about it.
    """

    def __init__(self, what: str, *, remedy: str) -> None:
        super().__init__(f"{what}; {remedy}")
        self.what = what
        self.remedy = remedy


def find_executable(explicit: str = "") -> str:
    """Path of a browser of the Chromium family.

    Args:
        explicit: The one to use, a path or a name on PATH; looked for if empty.

    Raises:
        BrowserUnavailableError: There is none, or nothing to drive it with.
    """
    require_driver()
    if explicit:
        return _required(explicit)
    found = next(filter(None, map(shutil.which, NAMES)), None) or _downloaded()
    if found is None:
        raise BrowserUnavailableError(
            f"there is no Chromium: none of {', '.join(NAMES)} is on PATH, and Playwright has downloaded none",
            remedy="apt-get install chromium, or playwright install chromium",
        )
    return found


def require_driver() -> None:
    """Require what drives a browser.

    Raises:
        BrowserUnavailableError: It is missing.
    """
    if find_spec("playwright") is None:
        raise BrowserUnavailableError("the Python package playwright is missing", remedy="pip install 'dext-tasks[ui]'")


def _required(explicit: str) -> str:
    found = shutil.which(os.path.expanduser(explicit))  # noqa: PTH111 - a Path would make "./name" a name on PATH
    if found is None:
        raise BrowserUnavailableError(
            f"{explicit} is not a program that can be run",
            remedy="give the path of a Chromium, or none to look for one",
        )
    return found


def _downloaded() -> str | None:
    given = os.environ.get("PLAYWRIGHT_BROWSERS_PATH")
    folders: Sequence[Path] = (
        [Path(given)]
        if given
        else [
            # Not Path.expanduser(), which raises where this user has no home.
            Path(os.path.expanduser(each))  # noqa: PTH111
            for each in _CACHES
        ]
    )
    for folder in folders:
        for pattern in _BUILDS:
            builds = sorted(folder.glob(pattern), key=lambda path: path.stat().st_mtime)
            runnable = [str(path) for path in builds if os.access(path, os.X_OK)]
            if runnable:
                return runnable[-1]
    return None


def launch_options(executable: str, *arguments: str) -> dict[str, object]:
    """How that browser is launched: without a window, without calling home.

    Args:
        executable: Its path.
        arguments: More of its own.
    """
    return {
        "executable_path": executable,
        "headless": True,
        "args": [*_ARGUMENTS, *arguments, *(_ROOT_ARGUMENTS if is_root() else ())],
        # Ctrl-C reaches the driver, too, which then clears away before it ends; without handlers it would just end.
        "handle_sigint": True,
        "handle_sigterm": True,
        "handle_sighup": True,
        "timeout": 30_000,
    }


def through(address: str, page: str) -> ProxySettings:
    """How a page's context gets a proxy for all that it asks of others; this machine's own servers need none otherwise.

    The page's own server is asked directly: Chromium gives up whatever is being connected by a proxy while an address
    of the machine changes (ERR_NETWORK_CHANGED), as each network does that an engine makes.

    Args:
        address: Of the proxy.
        page: An address of the page's own server.

    https://chromium.googlesource.com/chromium/src/+/HEAD/net/docs/proxy.md#overriding-the-implicit-bypass-rules
    """
    return {"server": address, "bypass": f"<-loopback>,{urlsplit(page).netloc}"}


_ARGUMENTS: Final = (
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-domain-reliability",
    "--disable-sync",
    "--no-default-browser-check",
    "--no-first-run",
    "--no-pings",
    # Containers often have a /dev/shm of 64 MB, with which pages crash.
    "--disable-dev-shm-usage",
    # What does not go through the proxy does not go at all: datagrams of WebRTC and of HTTP/3, and looking up names,
    # which the proxy does.
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--disable-quic",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)
# Chromium's sandbox refuses root: https://crbug.com/638180
_ROOT_ARGUMENTS: Final = ("--no-sandbox",)
