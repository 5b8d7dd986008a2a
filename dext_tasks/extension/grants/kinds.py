"""The names of what can be granted, and what each gives."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from dext_tasks.wording import excerpt

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dext_tasks.extension.grants.machine import HostMachine

ALL: Final = "all"
"""Grants whatever is asked for."""
NEW_PRIVILEGES: Final = "new-privileges"
ENVIRONMENT: Final = "environment"
_MOST_TOLD = 12


@dataclass(frozen=True)
class GrantKind:
    """A kind of grant.

    Attributes:
        name: Of the grant, or what precedes the colon in it.
        value: What follows the colon, as a placeholder; empty if nothing does.
        gives: What an extension can do that has it.
        told: What users read about one of that kind, and about several if that differs; the values follow.
            Empty where it does nothing to their machine.
        is_path: Whether the value is a path of the machine.
    """

    name: str
    value: str
    gives: str
    told: tuple[str, ...]
    is_path: bool = False


KINDS: Final = (
    GrantKind(
        "engine-socket",
        "",
        "control the container engine, and with it the whole machine under it, as root",
        ("controls the container engine",),
    ),
    GrantKind(
        "api-socket",
        "",
        "the same by `use_api_socket`, with the registry logins of the user who runs the test",
        ("controls the container engine",),
    ),
    GrantKind(
        "privileged",
        "",
        "use every device and every system call: the container is no longer a boundary",
        ("runs privileged",),
    ),
    GrantKind(
        "host-mount",
        "PATH",
        "read a folder or file of the machine, and write to it unless it is mounted ro",
        ("mounts",),
        is_path=True,
    ),
    GrantKind(
        "volume-bind",
        "PATH",
        "the same by a volume that is a folder or a device of the machine",
        ("leads to",),
        is_path=True,
    ),
    GrantKind(
        "host-file",
        "PATH",
        "have a file of the machine read: by a config, a secret, `env_file`, `extends`, `include`, `label_file`",
        ("reads",),
        is_path=True,
    ),
    GrantKind("remote-file", "ADDRESS", "have a part of the compose file fetched from elsewhere", ("fetches",)),
    GrantKind("mount-option", "OPTION", "have a mount of the machine's propagate or be relabelled", ("mounts with",)),
    GrantKind("device", "PATH", "use a device of the machine", ("uses the device", "uses the devices"), is_path=True),
    GrantKind(
        "device-rule",
        "RULE",
        "use all devices of a kind",
        ("uses the devices of the rule", "uses the devices of the rules"),
    ),
    GrantKind("gpus", "", "use the machine's accelerators", ("uses the machine's accelerators",)),
    GrantKind(
        "capability",
        "NAME",
        "do with the kernel what containers cannot by default; `ALL` is nearly privileged",
        ("has the capability", "has the capabilities"),
    ),
    GrantKind(
        "security-opt",
        "OPTION",
        "run with another confinement, or none: seccomp, AppArmor, SELinux",
        ("has the security option", "has the security options"),
    ),
    GrantKind(
        NEW_PRIVILEGES,
        "",
        "gain rights by setuid programs, as in a desktop (never asked for: see below)",
        ("gains privileges",),
    ),
    GrantKind("runtime", "NAME", "run in another container runtime of the engine", ("runs in the runtime",)),
    GrantKind(
        "sysctl",
        "NAME",
        "set a parameter of the kernel",
        ("sets the kernel's parameter", "sets the kernel's parameters"),
    ),
    GrantKind("cgroup-parent", "NAME", "run in a control group of the machine", ("runs in the control group",)),
    GrantKind(
        "host-network", "", "use the machine's network, services on 127.0.0.1 included", ("shares the host's network",)
    ),
    GrantKind("host-pid", "", "see and signal every process of the machine", ("shares the host's processes",)),
    GrantKind("host-ipc", "", "use the machine's shared memory", ("shares the host's memory",)),
    GrantKind("host-uts", "", "change the machine's name", ("shares the host's name",)),
    GrantKind(
        "host-userns", "", "be root of the machine where the engine maps users otherwise", ("shares the host's users",)
    ),
    GrantKind("host-cgroup", "", "see the machine's control groups", ("shares the host's control groups",)),
    GrantKind(
        "container",
        "NAME",
        "join a container that is not the extension's: its network, processes or volumes",
        ("joins the container", "joins the containers"),
    ),
    GrantKind(
        "external-network",
        "NAME",
        "reach the containers of another network",
        ("joins the network", "joins the networks"),
    ),
    GrantKind(
        "external-volume",
        "NAME",
        "read and change a volume that is not the extension's",
        ("uses the volume", "uses the volumes"),
    ),
    GrantKind(
        "external-config",
        "NAME",
        "read a config that is not the extension's",
        ("reads the config", "reads the configs"),
    ),
    GrantKind(
        "external-secret",
        "NAME",
        "read a secret that is not the extension's",
        ("reads the secret", "reads the secrets"),
    ),
    GrantKind(
        "network-driver",
        "NAME",
        "have a network of another kind, such as macvlan on the machine's own",
        ("has a network of the driver",),
    ),
    GrantKind(
        "network-address",
        "RANGE",
        "have addresses of its choice routed into its network on this machine",
        ("has the addresses",),
    ),
    GrantKind("network-option", "OPTION", "set how the engine makes its network", ("sets of its network",)),
    GrantKind("volume-driver", "NAME", "use a plugin of the engine for its volumes", ("has a volume of the driver",)),
    GrantKind("volume-remote", "ADDRESS", "have the machine mount a share of a server", ("mounts",)),
    GrantKind(
        ENVIRONMENT,
        "NAME",
        "read a variable of the caller",
        ("reads the variable", "reads the variables"),
    ),
    GrantKind("dns", "ADDRESS", "have names asked at a server of this machine", ("asks for names at",)),
    GrantKind("replicas", "NUMBER", "run more than ten containers of one service", ("runs as often as",)),
    GrantKind("services", "NUMBER", "run more than fifty services", ("runs as many services as",)),
    GrantKind(
        "ports", "NUMBER", "listen on more than a hundred ports of this machine", ("publishes as many ports as",)
    ),
    GrantKind("build", "", "name a build; nothing is built, the image it names is used", ()),
    GrantKind(
        "hook",
        "KEY",
        "run commands in containers after their start or before their end, perhaps as root",
        ("runs commands as",),
    ),
    GrantKind(
        "provider", "TYPE", "run a program of the machine in place of a service", ("runs the machine's program",)
    ),
    GrantKind("models", "", "use the models of a desktop", ("uses the models of a desktop",)),
    GrantKind(
        "unknown",
        "KEY",
        "use a key of the compose file of which it is not known what it gives",
        ("has the unknown key", "has the unknown keys"),
    ),
)
BY_NAME: Final = {kind.name: kind for kind in KINDS}


@dataclass(frozen=True, order=True)
class Grant:
    """Something that can be granted.

    Attributes:
        kind: Name of its kind.
        value: What of that kind; empty where there is but one.
        is_read_only: Whether a mount is for reading only, which is granted by the same name.
    """

    kind: str
    value: str = ""
    is_read_only: bool = field(default=False, compare=False)

    def __str__(self) -> str:
        """The name it is granted by."""
        return f"{self.kind}:{self.value}" if self.value else self.kind

    @classmethod
    def parse(cls, name: str) -> Grant:
        """A grant by its name.

        Raises:
            ValueError: There is none of that name.
        """
        head, _, value = name.strip().partition(":")
        kind = BY_NAME.get(head)
        if kind is None or bool(kind.value) != bool(value):
            raise ValueError(name)
        return cls(head, value)

    @property
    def flag(self) -> str:
        """How it is granted on a command line."""
        return f"--allow {shlex.quote(str(self))}"


@dataclass(frozen=True)
class Asked:
    """A grant that an extension needs, and what of it.

    Attributes:
        grant: The grant.
        by: Such as ``service backend``.
        path: Keys and numbers that lead to it in the document.
    """

    grant: Grant
    by: str = field(compare=False, default="")
    path: tuple[str | int, ...] = field(compare=False, default=())


class Granted:
    """What was granted.

    Args:
        names: Of grants, ``all`` among them.
        machine: By which paths are compared.
    """

    def __init__(self, names: Iterable[str], machine: HostMachine) -> None:
        given = set(names)
        self.is_everything = ALL in given
        self._machine = machine
        self._grants = {self._same(Grant.parse(name)) for name in given - {ALL}}

    def __contains__(self, grant: Grant) -> bool:
        """Whether a grant is among them."""
        return self.is_everything or self._same(grant) in self._grants

    def _same(self, grant: Grant) -> Grant:
        """The one form of all spellings of a grant."""
        if grant.kind == "capability":
            return Grant(grant.kind, capability(grant.value))
        return Grant(grant.kind, self._machine.real_path(grant.value)) if BY_NAME[grant.kind].is_path else grant


def capability(name: str) -> str:
    """A capability in upper case, without ``CAP_``."""
    return name.strip().upper().removeprefix("CAP_")


def once(asked: Iterable[Asked]) -> tuple[Asked, ...]:
    """Each grant once, as the first asks for it."""
    found: dict[Grant, Asked] = {}
    for each in asked:
        found.setdefault(each.grant, each)
    return tuple(found.values())


def withheld(asked: Iterable[Asked], granted: Granted) -> tuple[Asked, ...]:
    """What is asked for and not granted, each once."""
    return once(each for each in asked if each.grant not in granted)


def refusal(lacking: Iterable[Asked]) -> str:
    """Why an extension is not started, with what grants it."""
    all_of_it = [*lacking]
    told, rest = all_of_it[:_MOST_TOLD], len(all_of_it) - _MOST_TOLD
    listed = ", ".join(f"{each.grant} ({each.by})" if each.by else str(each.grant) for each in told)
    more = f" and {rest} more" if rest > 0 else ""
    flags = " ".join(each.grant.flag for each in told)
    setting = ", ".join(f'"{each.grant}"' for each in told)
    return (
        f"not started, since it asks for what is not granted: {listed}{more}; "
        f"grant it with {flags}, or smoke.allow: [{setting}]"
    )


def told(grants: Iterable[Grant]) -> list[str]:
    """What users read about grants, in words that follow the name of who has them; the furthest-reaching first."""
    by_kind: dict[str, dict[str, None]] = {}
    for grant in grants:
        by_kind.setdefault(grant.kind, {})[_shown(grant)] = None
    phrases = [_phrase(kind, [*by_kind[kind.name]]) for kind in KINDS if kind.told and kind.name in by_kind]
    return list(dict.fromkeys(phrases))


def _phrase(kind: GrantKind, values: list[str]) -> str:
    verb = kind.told[0] if len(values) == 1 else kind.told[-1]
    return f"{verb} {', '.join(values)}" if kind.value else verb


def _shown(grant: Grant) -> str:
    suffix = (" read-only" if grant.is_read_only else " read-write") if grant.kind == "host-mount" else ""
    return f"{excerpt(grant.value)}{suffix}"


def kinds_table() -> str:
    """Every kind, as a Markdown table."""
    rows = [f"| `{kind.name}{f':{kind.value}' if kind.value else ''}` | {kind.gives} |\n" for kind in KINDS]
    return "".join(("| grant | with it an extension can |\n| --- | --- |\n", *rows))
