"""Every option of dext-tasks, declared once."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, TypeVar

from dext_tasks.config.kind import (
    BOOL,
    COUNT,
    EXCHANGES,
    FILLED,
    GRANTS,
    HOSTS,
    IMAGE,
    NAMES,
    PAIRS,
    PLATFORMS,
    PREFIX,
    REASONS,
    RUNNERS,
    SECONDS,
    SIZE,
    TEXT,
    TEXTS,
    WHEN,
    OptionKind,
    When,
)
from dext_tasks.config.runners import Runners
from dext_tasks.formats.oci.platform import REQUIRED, Platform

if TYPE_CHECKING:
    from dext_tasks.extension.exchange import Exchange

T = TypeVar("T")
_METADATA = "dext"
# Options whose flag takes one value at a time, and is called after one.
_SINGULAR = {
    "platforms": "platform",
    "build_args": "build_arg",
    "check_select": "select",
    "check_ignore": "ignore",
    "check_runtimes": "runtime",
    "smoke_binary_arguments": "smoke_binary_argument",
    "smoke_allow": "allow",
    "smoke_ui_allow_hosts": "smoke_ui_allow_host",
}
# The one address of socat's own image for many platforms: https://hub.docker.com/r/alpine/socat
_PROXY = "alpine/socat:1.8.0.3"
# Options whose flag is shorter than their name, since only one verb has it.
_SHORT = {
    "check_strict": "strict",
    "check_online": "online",
    "check_private_addresses": "private_addresses",
    "smoke_engine_socket": "allow_engine_socket",
    "smoke_ui_run": "ui",
    "matrix_runs_on": "runs_on",
}


@dataclass(frozen=True)
class Option:
    """One setting and all its spellings.

    Attributes:
        key: Dotted key in a settings file: ``smoke.timeout``.
        name: Attribute of ``Settings``: ``smoke_timeout``.
        kind: What values it takes.
        help: One line for flags and documentation.
        default: The value when nothing else says so.
        parameter: Name of the flag's parameter: ``smoke_timeout``, but ``platform`` where a flag is given once a value.
    """

    key: str
    name: str
    kind: OptionKind[Any]
    help: str
    default: object
    parameter: str

    @property
    def repeated(self) -> bool:
        """Whether its flag is given once a value."""
        return self.kind.from_flags is not None

    @property
    def plural(self) -> str:
        """Another name of its parameter, ``platforms`` of ``platform``; empty if there is none."""
        return self.name if self.name == f"{self.parameter}s" else ""

    @property
    def env(self) -> str:
        """The environment variable: ``DEXT_SMOKE_TIMEOUT``."""
        return f"DEXT_{self.name.upper()}"

    @property
    def flag(self) -> str:
        """The command line flag: ``--smoke-timeout``."""
        return f"--{self.parameter.replace('_', '-')}"


def _option(kind: OptionKind[T], default: T, help: str, *, section: str = "") -> T:  # noqa: A002 - the field's term
    made: T = field(default=default, metadata={_METADATA: (kind, section, help)})
    return made


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The effective values, typed."""

    image: str = _option(IMAGE, "", "image the extension is published as: [HOST[:PORT]/]ORG/NAME, without a tag")
    platforms: tuple[Platform, ...] = _option(PLATFORMS, REQUIRED, "platforms to build, check, smoke-test and publish")
    dockerfile: str = _option(FILLED, "Dockerfile", "path of the Dockerfile, relative to the project")
    metadata: str = _option(
        FILLED, "metadata.json", "path of metadata.json, for where the Dockerfile does not tell which file is shipped"
    )
    allow_dirty: bool = _option(
        BOOL,
        True,  # noqa: FBT003 - a default, not an argument
        "build and smoke-test what git has not committed, too, and say so; false refuses it, as a release always does",
    )
    build_args: tuple[tuple[str, str], ...] = _option(PAIRS, (), "values for ARG instructions", section="build")
    build_target: str = _option(TEXT, "", "stage to build, the last one if empty", section="build")
    build_builder: str = _option(TEXT, "", "buildx builder, the current one if empty", section="build")
    build_provenance: bool = _option(
        BOOL,
        False,  # noqa: FBT003 - a default, not an argument
        "attach provenance attestations (their unknown/unknown entries confuse some validators)",
        section="build",
    )
    build_timeout: float = _option(
        SECONDS, 3600.0, "longest time one platform's build may take, seconds", section="build"
    )
    check_select: tuple[str, ...] = _option(
        NAMES, (), "rules to ask, by code or pattern such as label-*; all if empty", section="check"
    )
    check_ignore: tuple[tuple[str, str], ...] = _option(
        REASONS, (), "rules whose findings are accepted, each with its reason", section="check"
    )
    check_strict: bool = _option(
        BOOL,
        False,  # noqa: FBT003 - a default, not an argument
        "fail on warnings, too",
        section="check",
    )
    check_online: bool = _option(
        BOOL,
        False,  # noqa: FBT003 - a default, not an argument
        "ask the network whether icons, links and images are there",
        section="check",
    )
    check_private_addresses: bool = _option(
        BOOL,
        False,  # noqa: FBT003 - a default, not an argument
        "with check.online, ask hosts at loopback and private addresses, too",
        section="check",
    )
    check_runtimes: tuple[str, ...] = _option(
        NAMES,
        (),
        "desktops to check for, too: docker-desktop, rancher-desktop, podman-desktop",
        section="check",
    )
    smoke_timeout: float = _option(
        SECONDS,
        30.0,
        "longest wait for the backend to answer, seconds (four times that when emulated)",
        section="smoke",
    )
    smoke_settle: float = _option(
        SECONDS,
        2.0,
        "time for which the backend must then stay up without a restart, seconds",
        section="smoke",
    )
    smoke_engine_socket: bool = _option(
        BOOL,
        False,  # noqa: FBT003 - a default, not an argument
        "grant engine-socket, as smoke.allow does; the older name",
        section="smoke",
    )
    smoke_allow: tuple[str, ...] = _option(
        GRANTS,
        (),
        "what the backend is given of this machine, by name; if it asks for more, it is not started",
        section="smoke",
    )
    smoke_start_optional: bool = _option(
        BOOL,
        False,  # noqa: FBT003 - a default, not an argument
        "release a backend that was not started, since it asks for what is not granted",
        section="smoke",
    )
    smoke_memory: str = _option(
        SIZE, "4g", "most memory of a container that sets no limit itself; 0 for no limit", section="smoke"
    )
    smoke_pids: int = _option(
        COUNT,
        4096,
        "most processes and threads of a container that sets no limit itself; 0 for no limit",
        section="smoke",
    )
    smoke_requests: tuple[Exchange, ...] = _option(
        EXCHANGES, (), "requests to the backend, and what each must answer", section="smoke"
    )
    smoke_proxy: When = _option(  # noqa: RUF009 - a field, as all others
        WHEN,
        When.AUTO,
        "reach the backend's socket through a proxy container on 127.0.0.1 (auto: unless this is root)",
        section="smoke",
    )
    smoke_proxy_image: str = _option(FILLED, _PROXY, "image of that proxy, whose entry point is socat", section="smoke")
    smoke_binary_arguments: tuple[tuple[str, str], ...] = _option(
        PAIRS,
        (),
        "harmless argument each host binary is run with, by file name; --version, then --help for any other",
        section="smoke",
    )
    smoke_host_image: str = _option(
        TEXT,
        "",
        "image that stands for the user's machine when host binaries are run; the extension's own if empty",
        section="smoke",
    )
    smoke_ui_run: When = _option(  # noqa: RUF009 - as above
        WHEN, When.AUTO, "open the UI in a browser (auto: where there is one)", section="smoke_ui"
    )
    smoke_ui_browser: str = _option(TEXT, "", "path of a Chromium; looked for on PATH if empty", section="smoke_ui")
    smoke_ui_timeout: float = _option(
        SECONDS, 20.0, "longest wait until the page is shown, seconds (twice that when emulated)", section="smoke_ui"
    )
    smoke_ui_script: str = _option(
        TEXT, "", "Playwright test file that is run against the page, relative to the project", section="smoke_ui"
    )
    smoke_ui_dialog: tuple[str, ...] = _option(
        TEXTS, (), "paths that the page's file dialogs answer; cancelled if there are none", section="smoke_ui"
    )
    smoke_ui_allow_hosts: tuple[str, ...] = _option(
        HOSTS,
        (),
        "hosts besides public ones that a page may ask, by itself and by vm.service: HOST or HOST:PORT",
        section="smoke_ui",
    )
    release_tag_prefix: str = _option(PREFIX, "v", "what precedes the version in the git tag", section="release")
    release_remote: str = _option(FILLED, "origin", "git remote the tag is pushed to", section="release")
    release_latest: bool = _option(
        BOOL,
        True,  # noqa: FBT003 - a default, not an argument
        "move the latest tag to the greatest stable version",
        section="release",
    )
    matrix_runs_on: Runners = _option(  # noqa: RUF009 - as above
        RUNNERS,
        Runners(),
        "runners that jobs of inv ci.matrix run on; GitHub's own for each platform if empty",
        section="matrix",
    )


def _declared() -> tuple[Option, ...]:
    options = []
    for each in fields(Settings):
        kind, section, help_text = each.metadata[_METADATA]
        bare = each.name.removeprefix(f"{section}_").replace("_", "-")
        key = f"{section.replace('_', '.')}.{bare}" if section else bare
        parameter = _SINGULAR.get(each.name) or _SHORT.get(each.name, each.name)
        options.append(Option(key, each.name, kind, help_text, each.default, parameter))
    return tuple(options)


OPTIONS = _declared()
