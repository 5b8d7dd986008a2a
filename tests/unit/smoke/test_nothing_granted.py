"""No compose document that asks for nothing yields a container with anything of the machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from hypothesis import event, given, settings

from dext_tasks.extension.grants.machine import HostMachine
from dext_tasks.extension.grants.model import asked
from dext_tasks.formats.oci.platform import REQUIRED
from dext_tasks.smoke.composition import ContainerLimits, Installation, Names, installed, pinned
from tests.compose_models import documents, placed

if TYPE_CHECKING:
    from collections.abc import Iterator

AMD64 = REQUIRED[0]
OWN = "/tmp/dext-canary/project"
MACHINE = HostMachine(OWN)
INSTALLATION = Installation(
    Names.of("acme_demo", AMD64, AMD64), "Demo", "acme/demo:1", AMD64, "mark", limits=ContainerLimits("4g", 4096)
)
# What the engine gives without being asked:
# https://docs.docker.com/engine/containers/run/#runtime-privilege-and-linux-capabilities
USUAL: Final = frozenset(
    {
        *("AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE"),
        *("NET_RAW", "SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT"),
    }
)
# Keys whose mere presence gives something, whatever they say.
ALWAYS: Final = frozenset(
    {"cgroup_parent", "device_cgroup_rules", "devices", "oom_score_adj", "runtime", "sysctls"},
)
MODES: Final = ("pid", "ipc", "uts", "userns_mode", "cgroup", "network_mode")
MOST_REPLICAS = 10
PRIVATE: Final = frozenset({"", "private", "shareable", "none"})


def held(document: dict[str, Any]) -> set[str]:
    """What the containers of an installed document would have of the machine, in the document's own words."""
    services = document["services"]
    found = {f"{name}: {what}" for name, service in services.items() for what in _of_service(service, document)}
    found |= {f"volume {name}" for name, volume in document["volumes"].items() if set(volume) - {"labels", "name"}}
    found |= {
        f"network {name}" for name, net in document["networks"].items() if set(net) - {"labels", "name", "internal"}
    }
    for section in ("configs", "secrets"):
        for name, entry in (document.get(section) or {}).items():
            if "environment" in entry or not str(entry.get("file", OWN)).startswith(OWN):
                found.add(f"{section} {name}")
    names = {str(each.get("name", "")) for key in ("volumes", "networks") for each in document[key].values()}
    return found | {f"name {name}" for name in names if name and not name.startswith(INSTALLATION.names.project)}


def _of_service(service: dict[str, Any], document: dict[str, Any]) -> Iterator[str]:
    yield from ALWAYS & service.keys()
    if service.get("privileged"):
        yield "privileged"
    yield from (name for name in service.get("cap_add", ()) if name.removeprefix("CAP_") not in USUAL)
    yield from (f"{key}: {service[key]}" for key in MODES if service.get(key, "") not in PRIVATE)
    yield from (f"mounts {mount}" for mount in service.get("volumes", ()) if not _is_own(mount))
    yield from (f"{name} of others" for name in service.get("volumes_from", ()) if name not in document["services"])
    for name, value in service.get("environment", {}).items():
        if value is None or "$" in value.replace("$$", ""):
            yield f"a variable of the caller's as {name}"
    options = service.get("security_opt", ["nothing said of new privileges"])
    yield from (option for option in options if not option.startswith("no-new-privileges"))
    yield from (f"a port at {port['host_ip']}" for port in service.get("ports", ()) if port["host_ip"] != "127.0.0.1")
    yield from (f"the machine's {server}" for server in service.get("dns", ()) if server.startswith("127."))
    yield from _without_end(service)


def _is_own(mount: dict[str, Any]) -> bool:
    if mount["type"] != "bind":
        return True
    return mount["source"].startswith(f"{OWN}/") and ".." not in mount["source"] and "bind" not in mount


def _without_end(service: dict[str, Any]) -> Iterator[str]:
    logging, deploy = service["logging"], service["deploy"]
    if logging["driver"] != "json-file" or "max-size" not in logging["options"]:
        yield "logs"
    limits = deploy.get("resources", {}).get("limits", {})
    for key, other in (("mem_limit", "memory"), ("pids_limit", "pids")):
        said = {str(service.get(key, 0)), str(limits.get(other, 0))}
        if said <= {"0", "-1"}:
            yield key
    if deploy.get("replicas", 1) > MOST_REPLICAS:
        yield "containers"


@settings(max_examples=400)
@given(documents(["true"]))
def test_who_is_granted_nothing_has_nothing(document: dict[str, Any]) -> None:
    document = placed(document, OWN)
    asks = asked(document, MACHINE)
    event("asks" if asks else "asks for nothing")
    made = installed(pinned(document, MACHINE.real_path), INSTALLATION)
    assert asks or held(made) == set(), made
