"""What a stranger's extension may try, as data: the tests run it, and docs/security.md lists it.

Nothing here needs an engine, as the documentation is made where there is none.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Mapping

IMAGE = "busybox:1.37"
IDLE = ["sh", "-c", "trap exit TERM; sleep 600 & wait"]
CANARY_FOLDER = "@CANARY@"
"""Stands for a folder of the machine that no extension may see."""
ABOVE = "@ABOVE@"
"""Stands for the folder that is two above the compose file."""
_SHOWN_FOLDER = "/home/you"
_WIDE = 1000


@dataclass(frozen=True)
class Attack:
    """A compose file that asks for more than it was granted.

    Attributes:
        document: The compose file.
        grants: Names of what it asks for, in order.
        beside: Files beside it, by name.
    """

    document: Mapping[str, Any]
    grants: tuple[str, ...]
    beside: Mapping[str, str] = field(default_factory=dict)


def service(**keys: object) -> dict[str, Any]:
    return {"services": {"a": {"image": IMAGE, "command": IDLE, **keys}}}


def mount(volume: object, **more: object) -> dict[str, Any]:
    return {**service(volumes=[volume]), **more}


@dataclass(frozen=True)
class Link:
    """A backend that puts something else in its socket's place once it has been asked for the first time.

    Attributes:
        script: Answers a request, in shell.
        command: What its container runs.
        outcome: What is said of the next request.
    """

    script: str
    command: list[str]
    outcome: str


LEADS_TO_THE_ENGINE = Link(
    """end=$(printf '\\r')
while read -r line && [ "$line" != "$end" ]; do :; done
ln -sf /var/run/docker.sock /run/guest-services/demo.sock
printf 'HTTP/1.0 200 OK\\r\\nContent-Length: 3\\r\\n\\r\\nok\\n'
""",
    ["socat", "UNIX-LISTEN:/run/guest-services/demo.sock,fork,unlink-early", "EXEC:sh /answer.sh"],
    "demo.sock is a symbolic link",
)

BIND = {"type": "none", "o": "bind", "device": "/"}
COMPOSE_FILES: Mapping[str, Attack] = {
    "socket": Attack(mount("/var/run/docker.sock:/s"), ("engine-socket",)),
    "socket-dots": Attack(mount("/var/run/../run/docker.sock:/s"), ("engine-socket",)),
    "socket-slashes": Attack(mount("//var/run/docker.sock:/s"), ("engine-socket",)),
    "socket-trailing-slash": Attack(mount("/var/run/docker.sock/:/s"), ("engine-socket",)),
    "socket-short": Attack(mount("/run/docker.sock:/s"), ("engine-socket",)),
    "socket-folder": Attack(mount("/var/run:/s"), ("engine-socket", "host-mount:/run")),
    "socket-folder-short": Attack(mount("/run:/s"), ("engine-socket", "host-mount:/run")),
    "root": Attack(mount("/:/host"), ("engine-socket", "host-mount:/")),
    "root-dots": Attack(mount("/tmp/..:/host"), ("engine-socket", "host-mount:/")),
    "root-long": Attack(mount({"type": "bind", "source": "/", "target": "/host"}), ("engine-socket", "host-mount:/")),
    "root-proc": Attack(mount("/proc/self/root:/host"), ("engine-socket", "host-mount:/")),
    "folder": Attack(mount("@CANARY@:/host"), ("host-mount:@CANARY@",)),
    "folder-above": Attack(mount("../../:/host"), (f"host-mount:{ABOVE}",)),
    "volume-bind": Attack(
        mount("vol:/host", volumes={"vol": {"driver_opts": BIND}}), ("engine-socket", "volume-bind:/")
    ),
    "volume-tmpfs-bind": Attack(
        mount("vol:/host", volumes={"vol": {"driver_opts": {**BIND, "type": "tmpfs"}}}),
        ("engine-socket", "volume-bind:/"),
    ),
    "volume-external": Attack(
        mount("vol:/x", volumes={"vol": {"external": True, "name": "theirs"}}), ("external-volume:theirs",)
    ),
    "network-external": Attack(
        {**service(networks=["n"]), "networks": {"n": {"external": True, "name": "theirs"}}},
        ("external-network:theirs",),
    ),
    "network-driver": Attack(
        {**service(networks=["n"]), "networks": {"n": {"driver": "macvlan"}}}, ("network-driver:macvlan",)
    ),
    "privileged": Attack(service(privileged=True), ("privileged",)),
    "pid": Attack(service(pid="host"), ("host-pid",)),
    "ipc": Attack(service(ipc="host"), ("host-ipc",)),
    "uts": Attack(service(uts="host"), ("host-uts",)),
    "userns": Attack(service(userns_mode="host"), ("host-userns",)),
    "cgroup": Attack(service(cgroup="host"), ("host-cgroup",)),
    "cgroup-parent": Attack(service(cgroup_parent="/x"), ("cgroup-parent:/x",)),
    "network": Attack(service(network_mode="host"), ("host-network",)),
    "network-of-another": Attack(service(network_mode="container:x"), ("container:x",)),
    "volumes-of-another": Attack(service(volumes_from=["container:x"]), ("container:x",)),
    "capabilities": Attack(service(cap_add=["ALL"]), ("capability:ALL",)),
    "device": Attack(service(devices=["/dev/null:/dev/x"]), ("device:/dev/null",)),
    "device-rule": Attack(service(device_cgroup_rules=["b 1:* rwm"]), ("device-rule:b 1:* rwm",)),
    "unconfined": Attack(service(security_opt=["seccomp=unconfined"]), ("security-opt:seccomp:unconfined",)),
    "sysctl": Attack(service(sysctls={"net.core.somaxconn": 1024}), ("sysctl:net.core.somaxconn",)),
    "runtime": Attack(service(runtime="runc"), ("runtime:runc",)),
    "config-file": Attack(
        {**service(configs=["c"]), "configs": {"c": {"file": "@CANARY@/secret.env"}}},
        ("host-file:@CANARY@/secret.env",),
    ),
    "secret-file": Attack(
        {**service(secrets=["c"]), "secrets": {"c": {"file": "@CANARY@/secret.env"}}},
        ("host-file:@CANARY@/secret.env",),
    ),
    # One container replaces it by a link before the engine starts the other one.
    "config-file-that-becomes-a-link": Attack(
        {**service(volumes=["./d:/d"], configs=["c"]), "configs": {"c": {"file": "./d/x"}}},
        (f"host-file:{ABOVE}/trial/project/d/x",),
    ),
    "secret-file-that-becomes-a-link": Attack(
        {**service(volumes=["./d:/d"], secrets=["c"]), "secrets": {"c": {"file": "./d/x"}}},
        (f"host-file:{ABOVE}/trial/project/d/x",),
    ),
    "secret-environment": Attack(
        {**service(secrets=["c"]), "secrets": {"c": {"environment": "DEXT_CANARY"}}}, ("environment:DEXT_CANARY",)
    ),
    "environment": Attack(service(environment=["DEXT_CANARY"]), ("environment:DEXT_CANARY",)),
    "environment-null": Attack(service(environment={"DEXT_CANARY": None}), ("environment:DEXT_CANARY",)),
    "variable": Attack(service(environment={"A": "${DEXT_CANARY}"}), ("environment:DEXT_CANARY",)),
    "variable-of-the-home": Attack(service(environment={"A": "${HOME:-x}"}), ("environment:HOME",)),
    "variable-by-env": Attack(
        service(environment={"A": "${B}"}), ("environment:DEXT_CANARY",), {".env": "B=${DEXT_CANARY}\n"}
    ),
    "variable-bare-in-env": Attack(service(env_file="a.env"), ("environment:DEXT_CANARY",), {"a.env": "DEXT_CANARY\n"}),
    "env-file": Attack(service(env_file="@CANARY@/secret.env"), ("host-file:@CANARY@/secret.env",)),
    "env-file-optional": Attack(
        service(env_file=[{"path": "@CANARY@/secret.env", "required": False}]), ("host-file:@CANARY@/secret.env",)
    ),
    "env-file-by-env": Attack(
        service(env_file="${B:-a.env}"),
        ("host-file:${B:-a.env}",),
        {".env": "B=@CANARY@/secret.env\n", "a.env": "A=a\n"},
    ),
    "env-file-in-base64": Attack(service(env_file=b"/etc/passwd"), ("host-file:/etc/passwd",)),
    "env-file-that-is-not-reset": Attack(
        {"include": ["b.yaml"]},
        ("host-file:@CANARY@/secret.env",),
        {"b.yaml": "services: !override {a: {image: x, env_file: !reset ['@CANARY@/secret.env']}}\n"},
    ),
    "project-folder-by-env": Attack(
        {"include": [{"path": "b.yaml", "project_directory": "${B:-.}"}]},
        ("host-file:${B:-.}",),
        {".env": "B=@CANARY@\n", "b.yaml": "services: {a: {image: x, env_file: secret.env}}\n"},
    ),
    "variable-in-base64": Attack(service(environment={"A": b"${HOME}"}), ("environment:HOME",)),
    "extends": Attack(
        {"services": {"a": {"extends": {"file": "@CANARY@/secret.env", "service": "x"}}}},
        ("host-file:@CANARY@/secret.env",),
    ),
    "include": Attack({"include": ["@CANARY@/secret.env"]}, ("host-file:@CANARY@/secret.env",)),
    "include-by-include": Attack(
        {"include": ["b.yaml"]}, ("host-file:@CANARY@/secret.env",), {"b.yaml": 'include: ["@CANARY@/secret.env"]\n'}
    ),
    "include-remote": Attack({"include": ["https://example.com/x.git"]}, ("remote-file:https://example.com/x.git",)),
    "hook": Attack(service(annotations={"run.oci.hooks": "x"}), ("unknown:annotations",)),
    "replicas": Attack(service(deploy={"replicas": 5000}), ("replicas:5000",)),
    "ports": Attack(service(ports=["20000-20999:20000-20999"]), ("ports:1000",)),
}


ASKS_FOR_EVERYTHING = Attack(
    {
        "services": {
            "a": {
                "image": "${DESKTOP_PLUGIN_IMAGE}",
                "privileged": True,
                "pid": "host",
                "environment": {"A": "${SECRET_TOKEN}", "SECRET_TOKEN": None},
                "secrets": ["s"],
                "volumes": ["/var/run/../run/docker.sock:/s", "/etc/..:/host", "vol:/v"],
            }
        },
        "secrets": {"s": {"environment": "SECRET_TOKEN"}},
        "volumes": {"vol": {"driver_opts": BIND}},
    },
    ("privileged", "host-pid", "environment:SECRET_TOKEN", "engine-socket", "host-mount:/", "volume-bind:/"),
)
"""What is tried as every user, and with every image store of an engine."""


def table() -> str:
    """Every attack and what comes of it, in Markdown."""
    rows = [f"| `{_shown(attack)}` | {_listed(attack.grants)} |\n" for attack in COMPOSE_FILES.values()]
    link = next(line for line in LEADS_TO_THE_ENGINE.script.splitlines() if line.startswith("ln "))
    return "".join(
        (
            "| compose file | missing grant |\n| --- | --- |\n",
            *rows,
            "\n| backend, once it has answered | what is said of the next request |\n| --- | --- |\n",
            f"| `{link}` | {LEADS_TO_THE_ENGINE.outcome} |\n",
        )
    )


def _shown(attack: Attack) -> str:
    """What of a compose file matters, in one line."""
    service = attack.document.get("services", {}).get("a", {})
    said = {key: value for key, value in service.items() if key not in {"image", "command"}}
    parts = [said, {key: value for key, value in attack.document.items() if key != "services"}]
    lines = [_line(part) for part in parts if part]
    lines += [f"{name}: {text.strip()}" for name, text in attack.beside.items()]
    return "; ".join(lines).replace(CANARY_FOLDER, _SHOWN_FOLDER).replace("|", "\\|")


def _line(part: Mapping[str, Any]) -> str:
    return yaml.safe_dump(part, default_flow_style=True, width=_WIDE, sort_keys=False).strip()[1:-1]


def _listed(grants: tuple[str, ...]) -> str:
    shown = [each.replace(CANARY_FOLDER, _SHOWN_FOLDER).replace(ABOVE, "…") for each in grants]
    return ", ".join(f"`{each}`" for each in shown)
