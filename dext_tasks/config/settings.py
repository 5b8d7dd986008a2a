"""Every option of dext-tasks, declared once."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, TypeVar

from dext_tasks.config.kind import (
    BOOL,
    CONTEXTS,
    COUNT,
    EXCHANGES,
    FILLED,
    FLOATING,
    GRANTS,
    HOSTS,
    IMAGE,
    LINE_OF_VERSIONS,
    NAMES,
    PAIRS,
    PLATFORMS,
    PREFIX,
    REASONS,
    RUNNERS,
    SECONDS,
    SIZE,
    TAG_PATTERNS,
    TEXT,
    TEXTS,
    WHEN,
    OptionKind,
    When,
)
from dext_tasks.config.repository import own_tag_prefix
from dext_tasks.config.runners import Runners
from dext_tasks.extension.desktops import Desktop
from dext_tasks.formats.oci.platform import REQUIRED, Platform

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from dext_tasks.extension.exchange import Exchange
    from dext_tasks.extension.version_line import Floating

T = TypeVar("T")
_METADATA = "dext"
# The one address of socat's own image for many platforms: https://hub.docker.com/r/alpine/socat
_PROXY = "alpine/socat:1.8.0.3"


@dataclass(frozen=True)
class Group:
    """Settings that belong together.

    Attributes:
        key: What their dotted keys begin with; empty for those at the top.
        title: Their heading in the documentation.
    """

    key: str
    title: str


EXTENSION = Group("", "The extension")
BUILD = Group("build", "Build")
CHECK = Group("check", "Check")
SMOKE = Group("smoke", "Smoke test")
SMOKE_UI = Group("smoke.ui", "UI of a smoke test")
RELEASE = Group("release", "Release")
MATRIX = Group("matrix", "CI matrix")


@dataclass(frozen=True, kw_only=True)
class Option:
    """One setting and all its spellings.

    Attributes:
        name: Attribute of ``Settings``: ``smoke_timeout``.
        kind: What values it takes, and whether its flag is given once per value.
        default: The value when nothing else says so.
        help: One line for flags and documentation.
        parameter: Name of the flag's parameter: ``smoke_timeout``, but ``platform`` where a flag is given once per
            value.
        group: What it belongs to.
        note: A sentence more for the documentation.
        is_secret: Whether its values are masked wherever they are shown.
        decides_build: Whether a build of the same commit with another value is another build.
        marks_extension: Whether a folder with this setting is an extension, whatever its files are called.
        default_in: The default in a folder, from the general one; None if it is the same everywhere.
    """

    name: str
    kind: OptionKind[Any]
    default: object
    help: str
    parameter: str
    group: Group = EXTENSION
    note: str = ""
    is_secret: bool = False
    decides_build: bool = False
    marks_extension: bool = False
    default_in: Callable[[Path, str], str] | None = None

    @property
    def key(self) -> str:
        """Dotted key in a settings file: ``smoke.timeout``."""
        section = self.group.key
        bare = self.name.removeprefix(f"{section.replace('.', '_')}_").replace("_", "-")
        return f"{section}.{bare}" if section else bare

    @property
    def repeated(self) -> bool:
        """Whether its flag is given once per value."""
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


def _option(  # noqa: PLR0913 - all that is said of an option is said where it is declared
    kind: OptionKind[T],
    *,
    default: T,
    help: str,  # noqa: A002 - the field's term
    flag: str = "",
    group: Group = EXTENSION,
    note: str = "",
    is_secret: bool = False,
    decides_build: bool = False,
    marks_extension: bool = False,
    default_in: Callable[[Path, str], str] | None = None,
) -> T:
    """A field of ``Settings``: what ``Option`` has but its name, which is the field's.

    ``flag`` has no dashes in front, and is given where the flag is not called after the setting.
    """

    def declared(name: str) -> Option:
        return Option(
            name=name,
            kind=kind,
            default=default,
            help=help,
            parameter=flag.replace("-", "_") or name,
            group=group,
            note=note,
            is_secret=is_secret,
            decides_build=decides_build,
            marks_extension=marks_extension,
            default_in=default_in,
        )

    made: T = field(default=default, metadata={_METADATA: declared})
    return made


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The effective values, typed."""

    image: str = _option(
        IMAGE,
        default="",
        help="image the extension is published as: [HOST[:PORT]/]ORG/NAME, without a tag",
        marks_extension=True,
    )
    platforms: tuple[Platform, ...] = _option(
        PLATFORMS,
        default=REQUIRED,
        help="platforms to build, check, smoke-test and publish",
        flag="platform",
    )
    contexts: tuple[tuple[Platform, str], ...] = _option(
        CONTEXTS,
        default=(),
        help="docker context that a platform is built, checked, smoke-tested and pushed in; the current one for others",
        flag="platform-context",
        note="`dext manual engines` shows how.",
    )
    dockerfile: str = _option(
        FILLED,
        default="Dockerfile",
        help="path of the Dockerfile, relative to the project",
        marks_extension=True,
        decides_build=True,
    )
    metadata: str = _option(
        FILLED,
        default="metadata.json",
        help="path of metadata.json, if the Dockerfile does not show which file is shipped",
        marks_extension=True,
    )
    allow_dirty: bool = _option(
        BOOL,
        default=True,
        help="build and smoke-test uncommitted changes, too, and say so; false refuses them, as a release always does",
    )
    build_args: tuple[tuple[str, str], ...] = _option(
        PAIRS,
        default=(),
        help="values for ARG instructions",
        flag="build-arg",
        group=BUILD,
        decides_build=True,
        is_secret=True,
    )
    build_target: str = _option(
        TEXT,
        default="",
        help="stage to build, the last one if empty",
        group=BUILD,
        decides_build=True,
    )
    build_builder: str = _option(
        TEXT,
        default="",
        help="buildx builder, the current one if empty",
        group=BUILD,
        decides_build=True,
    )
    build_provenance: bool = _option(
        BOOL,
        default=False,
        help="attach provenance attestations (their unknown/unknown entries confuse some validators)",
        group=BUILD,
        note="`inv release` publishes them with the images. The engine needs the containerd image store.",
        decides_build=True,
    )
    build_sbom: bool = _option(
        BOOL,
        default=False,
        help="attach a software bill of materials to each image, as an attestation",
        group=BUILD,
        note="As for `build.provenance`.",
        decides_build=True,
    )
    build_sbom_generator: str = _option(
        FILLED,
        default="docker/buildkit-syft-scanner:stable-1",
        help="image that makes the software bill of materials",
        group=BUILD,
        decides_build=True,
    )
    build_timeout: float = _option(
        SECONDS,
        default=3600.0,
        help="time limit for the build of one platform, seconds",
        group=BUILD,
    )
    check_select: tuple[str, ...] = _option(
        NAMES,
        default=(),
        help="rules to ask, by code or pattern such as label-*; all if empty",
        flag="select",
        group=CHECK,
    )
    check_ignore: tuple[tuple[str, str], ...] = _option(
        REASONS,
        default=(),
        help="rules whose findings are accepted, each with its reason",
        flag="ignore",
        group=CHECK,
    )
    check_strict: bool = _option(
        BOOL,
        default=False,
        help="fail on warnings, too",
        flag="strict",
        group=CHECK,
    )
    check_online: bool = _option(
        BOOL,
        default=False,
        help="request icons, links and compose images over the network",
        flag="online",
        group=CHECK,
    )
    check_private_addresses: bool = _option(
        BOOL,
        default=False,
        help="with check.online, ask hosts at loopback and private addresses, too",
        flag="private-addresses",
        group=CHECK,
    )
    check_runtimes: tuple[str, ...] = _option(
        NAMES,
        default=(),
        help=f"desktops to check for, too: {', '.join(Desktop)}",
        flag="runtime",
        group=CHECK,
        note="`--runtime` names a desktop; `--desktop` of `inv check` takes a version of Docker Desktop.",
    )
    smoke_timeout: float = _option(
        SECONDS,
        default=30.0,
        help="longest wait for the backend to answer, seconds (four times that when emulated)",
        group=SMOKE,
    )
    smoke_settle: float = _option(
        SECONDS,
        default=2.0,
        help="time for which the backend must then stay up without a restart, seconds",
        group=SMOKE,
    )
    smoke_engine_socket: bool = _option(
        BOOL,
        default=False,
        help="grant engine-socket, as smoke.allow does; the older name",
        flag="allow-engine-socket",
        group=SMOKE,
    )
    smoke_allow: tuple[str, ...] = _option(
        GRANTS,
        default=(),
        help="parts of this machine that the backend may use, by name; if it asks for others, it is not started",
        flag="allow",
        group=SMOKE,
    )
    smoke_start_optional: bool = _option(
        BOOL,
        default=False,
        help="release a backend that was not started because it asks for more than is granted",
        group=SMOKE,
    )
    smoke_memory: str = _option(
        SIZE,
        default="4g",
        help="memory limit of a container that sets none itself; 0 for no limit",
        group=SMOKE,
    )
    smoke_pids: int = _option(
        COUNT,
        default=4096,
        help="limit of processes and threads of a container that sets none itself; 0 for no limit",
        group=SMOKE,
    )
    smoke_requests: tuple[Exchange, ...] = _option(
        EXCHANGES,
        default=(),
        help="requests to the backend, and what each must answer",
        group=SMOKE,
    )
    smoke_proxy: When = _option(  # noqa: RUF009 - a field, as all others
        WHEN,
        default=When.AUTO,
        help="reach the backend's socket through a helper container (auto: unless this is root and the engine is here)",
        group=SMOKE,
    )
    smoke_proxy_image: str = _option(
        FILLED,
        default=_PROXY,
        help="image of that helper container, whose entry point is socat",
        group=SMOKE,
    )
    smoke_binary_arguments: tuple[tuple[str, str], ...] = _option(
        PAIRS,
        default=(),
        help="harmless argument each host binary is run with, by file name; --version, then --help for any other",
        flag="smoke-binary-argument",
        group=SMOKE,
    )
    smoke_host_image: str = _option(
        TEXT,
        default="",
        help="image that stands for the user's machine when host binaries are run; the extension's own if empty",
        group=SMOKE,
    )
    smoke_ui_run: When = _option(  # noqa: RUF009 - as above
        WHEN,
        default=When.AUTO,
        help="open the UI in a browser (auto: where there is one)",
        flag="ui",
        group=SMOKE_UI,
    )
    smoke_ui_browser: str = _option(
        TEXT,
        default="",
        help="path of a Chromium; looked for on PATH if empty",
        group=SMOKE_UI,
    )
    smoke_ui_timeout: float = _option(
        SECONDS,
        default=20.0,
        help="longest wait until the page is shown, seconds (twice that when emulated)",
        group=SMOKE_UI,
    )
    smoke_ui_script: str = _option(
        TEXT,
        default="",
        help="Playwright test file that is run against the page, relative to the project",
        group=SMOKE_UI,
    )
    smoke_ui_dialog: tuple[str, ...] = _option(
        TEXTS,
        default=(),
        help="paths that the page's file dialogs return; without any, they are cancelled",
        group=SMOKE_UI,
    )
    smoke_ui_allow_hosts: tuple[str, ...] = _option(
        HOSTS,
        default=(),
        help="hosts that a page may reach besides public ones, also by vm.service: HOST or HOST:PORT",
        flag="smoke-ui-allow-host",
        group=SMOKE_UI,
    )
    release_tag_prefix: str = _option(
        PREFIX,
        default="v",
        help="text before the version in the git tag",
        group=RELEASE,
        note="Below the root of a git repository, the default begins with the folder: `extensions/a/v`.",
        default_in=own_tag_prefix,
    )
    release_remote: str = _option(
        FILLED,
        default="origin",
        help="git remote the tag is pushed to",
        group=RELEASE,
    )
    release_latest: bool = _option(
        BOOL,
        default=True,
        help="move the latest tag to the greatest stable version",
        group=RELEASE,
    )
    release_sign: bool = _option(
        BOOL,
        default=False,
        help="sign the published index by its digest, with the program cosign",
        group=RELEASE,
        note="cosign takes passwords and tokens from its own variables, such as `COSIGN_PASSWORD`.",
    )
    release_sign_key: str = _option(
        TEXT,
        default="",
        help="key that cosign signs with: a file, env://NAME or the address of a key service; none to sign as a person "
        "or CI job",
        group=RELEASE,
    )
    release_floating: tuple[Floating, ...] = _option(
        FLOATING,
        default=(),
        help="move a tag to the greatest stable version of each major, or minor, version, too: latest-1, latest-1.2",
        flag="floating",
        group=RELEASE,
        note="No desktop takes these tags for versions.",
    )
    release_changelog: str = _option(
        TEXT,
        default="CHANGELOG.md",
        help="changelog whose entry of a version becomes its changelog label and its git tag's text; none if empty",
        flag="changelog",
        group=RELEASE,
        note="A path relative to the project.",
    )
    release_line: str = _option(
        LINE_OF_VERSIONS,
        default="",
        help="continue these versions beside greater ones, such as 1.0 when 2.0.0 is out; all versions if empty",
        flag="line",
        group=RELEASE,
        note="Set it on a maintenance branch.",
    )
    release_ignore_tags: tuple[str, ...] = _option(
        TAG_PATTERNS,
        default=(),
        help="tags that are no versions of this extension though they look so, as patterns such as *-amd64",
        flag="ignore-tag",
        group=RELEASE,
        note="A git tag is compared without `release.tag-prefix`.",
    )
    matrix_runs_on: Runners = _option(  # noqa: RUF009 - as above
        RUNNERS,
        default=Runners(),
        help="runners that jobs of inv ci.matrix run on; GitHub's own for each platform if empty",
        flag="runs-on",
        group=MATRIX,
    )


OPTIONS: tuple[Option, ...] = tuple(each.metadata[_METADATA](each.name) for each in fields(Settings))
"""Every option, in the order of their declarations."""


def names_in(*groups: Group) -> tuple[str, ...]:
    """Names of the settings of some groups."""
    return tuple(option.name for option in OPTIONS if option.group in groups)
