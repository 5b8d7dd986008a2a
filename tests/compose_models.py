"""Compose documents at random, of parts that give something of the machine and of parts that do not.

In the form that compose itself writes, so that what unit tests hand to the model as resolved, engine tests hand to
compose as written.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

OWN: Final = "@OWN@"
"""Stands for the folder of the compose file."""
IMAGE: Final = "busybox:1.37"
VARIABLE: Final = "DEXT_CANARY"
# Nothing is mounted here that a program needs.
_TARGETS: Final = ("/a", "/b")


def _bind(source: str, **more: object) -> dict[str, object]:
    return {"type": "bind", "source": source, "target": _TARGETS[0], **more}


def _volume(source: str) -> dict[str, object]:
    return {"type": "volume", "source": source, "target": _TARGETS[1]}


# By key, the values it may have.
_SERVICE: Final[Mapping[str, tuple[object, ...]]] = {
    "cap_add": (["CHOWN"], ["NET_RAW", "CAP_KILL"], ["ALL"], ["CAP_SYS_ADMIN"], ["NET_ADMIN"]),
    "cap_drop": (["ALL"], ["MKNOD"]),
    "cgroup": ("private", "host"),
    "cgroup_parent": ("/dext-canary",),
    "configs": ([{"source": "mine"}], [{"source": "file"}]),
    "deploy": ({"resources": {"limits": {"memory": "64M", "pids": 90}}}, {"replicas": 2}, {"replicas": 5000}),
    "device_cgroup_rules": (["b 1:* rwm"],),
    "devices": ([{"source": "/dev/null", "target": "/dev/canary", "permissions": "rwm"}],),
    "dns": (["203.0.113.53"], ["127.0.0.53"]),
    "environment": ({"A": "b"}, {"A": "$$HOME"}, {VARIABLE: None}, {"A": f"${{{VARIABLE}}}"}, {"A": "${HOME}"}),
    "extra_hosts": (["a=203.0.113.1"],),
    "group_add": (["0"],),
    "init": (True,),
    "ipc": ("private", "shareable", "host", "container:theirs"),
    "labels": ({"a": "b"}, {"com.docker.desktop.extension": "false"}),
    "logging": ({"driver": "none"}, {"driver": "json-file", "options": {"max-size": "9g"}}),
    "mem_limit": ("0", "67108864"),
    "network_mode": ("none", "host", "bridge", "container:theirs"),
    "networks": ({"default": None}, {"other": None}, {"strange": None}),
    "oom_score_adj": (-1000,),
    "pid": ("host", "container:theirs"),
    "pids_limit": (0, -1, 50),
    "ports": (
        [{"target": 80, "protocol": "tcp", "mode": "ingress"}],
        [{"target": 80, "protocol": "udp", "mode": "host", "host_ip": "0.0.0.0"}],  # noqa: S104 - what is to be replaced
    ),
    "privileged": (False, True),
    "read_only": (True,),
    "restart": ("no", "always"),
    "runtime": ("runc", "canary"),
    "secrets": ([{"source": "mine"}], [{"source": "file"}], [{"source": "variable"}]),
    "security_opt": (
        ["no-new-privileges:true"],
        ["no-new-privileges:false"],
        ["seccomp=unconfined"],
        ["label:disable"],
    ),
    "shm_size": ("1048576",),
    "sysctls": ({"net.core.somaxconn": "1024"},),
    "tmpfs": (["/c"],),
    "ulimits": ({"nofile": {"soft": 100, "hard": 100}},),
    "user": ("1000", "0"),
    "userns_mode": ("", "host"),
    "uts": ("host",),
    "volumes": (
        [_bind(f"{OWN}/data")],
        [_bind(f"{OWN}/data", read_only=True), _volume("mine")],
        [_volume("mine")],
        [_volume("fixed")],
        [_volume("bound")],
        [_volume("theirs")],
        [{"type": "tmpfs", "target": "/d", "tmpfs": {"size": 1024}}],
        [_bind("/etc")],
        [_bind("/")],
        [_bind("/var/run/../run/docker.sock")],
        [_bind(f"{OWN}/data", bind={"propagation": "rshared"})],
        [_bind(f"{OWN}/../..")],
    ),
    "volumes_from": (["b"], ["container:theirs"]),
    "working_dir": ("/tmp",),
}
PARTS: Final = tuple((key, value) for key, values in _SERVICE.items() for value in values)
"""Everything that a service may have, a key and a value each."""
# By section, everything that services name in it.
_SECTIONS: Final[Mapping[str, Mapping[str, object]]] = {
    "configs": {"mine": {"content": "x"}, "file": {"file": "/etc/hostname"}},
    "networks": {"other": {"internal": True}, "strange": {"external": True, "name": "theirs"}},
    "secrets": {
        "mine": {"file": f"{OWN}/mine"},
        "file": {"file": "/etc/hostname"},
        "variable": {"environment": VARIABLE},
    },
    "volumes": {
        "mine": {},
        "fixed": {"name": "dext-canary-fixed"},
        "bound": {"driver_opts": {"type": "none", "o": "bind", "device": "/"}},
        "theirs": {"external": True, "name": "theirs"},
    },
}


def documents(
    command: list[str], parts: Sequence[tuple[str, object]] = PARTS, least: int = 0
) -> st.SearchStrategy[dict[str, Any]]:
    """Documents of one or two services, each with a few keys and with what these keys name.

    Args:
        command: What the services run.
        parts: What they may have.
        least: How many parts are drawn for each of them; of two with the same key one is taken.
    """
    drawn = st.lists(st.sampled_from(parts), min_size=least, max_size=least + 4)
    service = drawn.map(lambda found: {"image": IMAGE, "command": command, **dict(found)})
    return st.fixed_dictionaries({"a": service}, optional={"b": service}).map(_with_sections)


def with_part(part: tuple[str, object]) -> dict[str, Any]:
    """A document whose first service has one of the parts."""
    return _with_sections({"a": {"image": IMAGE, **dict([part])}, "b": {"image": IMAGE}})


def _with_sections(services: dict[str, Any]) -> dict[str, Any]:
    for service in services.values():
        if "network_mode" in service:
            # Compose refuses both.
            service.pop("networks", None)
    # Compose leaves out what no service names.
    named = {each for service in services.values() for each in _named(service)}
    sections = {
        section: {name: entry for name, entry in entries.items() if (section, name) in named}
        for section, entries in _SECTIONS.items()
    }
    return {"services": services, **{section: entries for section, entries in sections.items() if entries}}


def _named(service: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for key in ("configs", "secrets", "volumes"):
        yield from ((key, each["source"]) for each in service.get(key, ()) if "source" in each)
    yield from (("networks", each) for each in service.get("networks", ()))


def placed(value: Any, folder: str) -> Any:  # noqa: ANN401 - any part of a document
    """The same with the folder of the compose file in it."""
    if isinstance(value, str):
        return value.replace(OWN, folder)
    if isinstance(value, dict):
        return {key: placed(item, folder) for key, item in value.items()}
    return [placed(item, folder) for item in value] if isinstance(value, list) else value
