"""The variables an instruction can use: build arguments and environment variables share one name space.

Follows https://github.com/moby/buildkit/blob/master/frontend/dockerfile/dockerfile2llb/convert.go
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dext_tasks.architectures import ARCHITECTURES
from dext_tasks.formats.dockerfile.substitution import Expansion

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dext_tasks.formats.oci.platform import Platform

# The automatic arguments that differ from platform to platform.
OF_TARGET = frozenset({"TARGETPLATFORM", "TARGETOS", "TARGETARCH", "TARGETVARIANT"})
# https://github.com/moby/buildkit/blob/master/util/system/path.go
_DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class Environment:
    """The variables of one stage.

    The last of ARG and ENV wins inside a stage. A stage built on this one sees both, contrary to what the
    reference says of ARG, with the ENV values put back in front:
    https://github.com/moby/buildkit/issues/1977

    Args:
        is_open: Whether it may have variables that are not known here: those of a base image.
    """

    def __init__(self, *, is_open: bool = True) -> None:
        self._visible: dict[str, Expansion] = {}
        self._exported: dict[str, Expansion] = {}
        self._awaited: set[str] = set()
        self._is_open = is_open

    @classmethod
    def of_scratch(cls) -> Environment:
        """What a stage FROM scratch starts with."""
        environment = cls(is_open=False)
        environment.export("PATH", Expansion(_DEFAULT_PATH))
        return environment

    def get(self, name: str) -> Expansion | None:
        """The value of a variable, nothing when it is not set."""
        return self._visible.get(name)

    def declare(self, name: str, value: Expansion) -> None:
        """Set a build argument."""
        self._visible[name] = value

    def await_value(self, name: str) -> None:
        """Take a build argument that has no value unless a build gives it one."""
        self._awaited.add(name)

    def may_be_given(self, name: str) -> bool:
        """Whether a variable without a value here can have one in a build: an argument, or the base image's."""
        # $1 and its like are never set.
        return (self._is_open and name.isidentifier()) or self._is_awaited(name)

    def lacks(self, name: str) -> bool:
        """Whether nothing in the stage so far declares or sets a variable; a base image may have."""
        return name not in self._visible and not self._is_awaited(name)

    def _is_awaited(self, name: str) -> bool:
        # An argument from before the first FROM is known here only by what was made of it.
        return name in self._awaited or any(
            name in (*value.unresolved, *value.optional) for value in self._visible.values()
        )

    def export(self, name: str, value: Expansion) -> None:
        """Set an environment variable."""
        self._visible[name] = self._exported[name] = value

    def child(self) -> Environment:
        """What a stage built on this one starts with."""
        environment = Environment(is_open=self._is_open)
        environment._awaited = set(self._awaited)
        environment._exported = dict(self._exported)
        environment._visible = self._visible | self._exported
        return environment


class GlobalArguments:
    """The arguments FROM can use, and from which a stage takes those it declares without a value.

    These are the ARGs before the first FROM and the predefined ones of
    https://docs.docker.com/reference/dockerfile/#automatic-platform-args-in-the-global-scope
    """

    def __init__(
        self, build_args: Mapping[str, str], platform: Platform, target: str, builder: Platform | None = None
    ) -> None:
        self._build_args = build_args
        predefined = _predefined(platform, target, builder)
        self._values = {name: Expansion(build_args.get(name, value)) for name, value in predefined.items()}
        self._automatic = {name: value for name, value in predefined.items() if name in OF_TARGET}
        self._known = set(predefined)

    def get(self, name: str) -> Expansion | None:
        """The value of a global argument, nothing when it has none."""
        return self._values.get(name)

    def automatic(self, name: str) -> str | None:
        """What BuildKit sets of itself for the platform that is built; nothing for any other name."""
        return self._automatic.get(name)

    def given(self, name: str) -> Expansion | None:
        """The value given with ``--build-arg``, which is used as it is."""
        return Expansion(self._build_args[name]) if name in self._build_args else None

    def knows(self, name: str) -> bool:
        """Whether there is such an argument, with a value or without, for stages that repeat it."""
        return name in self._known

    def declare(self, name: str, value: Expansion | None) -> None:
        """Take a global argument, without a value if None."""
        self._known.add(name)
        if value is not None:
            self._values[name] = value


def _predefined(platform: Platform, target: str, builder: Platform | None) -> dict[str, str]:
    sides = {"TARGET": platform, "BUILD": builder or platform}
    values = {f"{side}{name}": value for side, of in sides.items() for name, value in _parts(of).items()}
    return values | {"TARGETSTAGE": target or "default"}


def _parts(platform: Platform) -> dict[str, str]:
    known = ARCHITECTURES.get(platform.architecture)
    variant = platform.variant or (known.written_variant if known else "")
    full = "/".join(part for part in (platform.os, platform.architecture, variant) if part)
    return {
        "PLATFORM": full,
        "OS": platform.os,
        "OSVERSION": "",
        "ARCH": platform.architecture,
        "VARIANT": variant,
    }
