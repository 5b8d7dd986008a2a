"""Every spelling of what an extension can ask for, and the name it has to be granted by."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dext_tasks.extension.grants.kinds import KINDS, Asked, Grant, Granted, kinds_table, refusal, withheld
from dext_tasks.extension.grants.machine import HostMachine
from dext_tasks.extension.grants.model import asked

if TYPE_CHECKING:
    from collections.abc import Mapping

PROJECT = "/tmp/own"
LINKS = {"/home/u/here": "/", "/home/u/run": "/var/run", "/tmp/own/out": "/etc", "/var/run": "/run"}


def follow(path: str) -> str:
    """The links of a machine, part by part as a kernel follows them."""
    found = ""
    for part in path.split("/"):
        if part == "..":
            found = found.rpartition("/")[0]
        elif part not in {"", "."}:
            found = f"{found}/{part}"
            found = LINKS.get(found, found).rstrip("/")
    return found or "/"


MACHINE = HostMachine(PROJECT, follow, frozenset({"/srv/engine/e.sock"}))


def names(document: Mapping[str, Any], machine: HostMachine = MACHINE) -> set[str]:
    return {str(each.grant) for each in asked(document, machine)}


def of_service(**service: Any) -> set[str]:  # noqa: ANN401 - compose's
    return names({"services": {"a": {"image": "x", **service}, "b": {"image": "y"}}, "volumes": {"data": None}})


def of_bind(source: str, **more: Any) -> set[str]:  # noqa: ANN401 - compose's
    return of_service(volumes=[{"type": "bind", "source": source, "target": "/x", **more}])


def of_volume(**options: str) -> set[str]:
    return names({"volumes": {"data": {"driver_opts": options}}})


@pytest.mark.parametrize(
    ("services", "ports", "expected"),
    [
        (50, 2, set()),
        (51, 1, {"services:51"}),
        (1, 100, set()),
        (1, 101, {"ports:101"}),
        (3, 34, {"ports:102"}),
    ],
)
def test_what_each_may_have_is_asked_for_when_it_is_too_much_together(
    services: int, ports: int, expected: set[str]
) -> None:
    listed = [{"target": port, "published": str(port)} for port in range(ports)]
    assert names({"services": {f"s{each}": {"image": "x", "ports": listed} for each in range(services)}}) == expected


class TestEngine:
    @pytest.mark.parametrize(
        "source",
        [
            "/var/run/docker.sock",
            "/var/run/docker.sock/",
            "//var/run/docker.sock",
            "///var//run/./docker.sock",
            "/var/run/../run/docker.sock",
            "/var/lib/../../run/docker.sock",
            "/run/docker.sock",
            "/var/run/docker.sock.raw",
            "/VAR/RUN/DOCKER.SOCK",
            "/home/u/run/docker.sock",
            "/home/u/.docker/desktop/docker.sock",
            "/run/podman/podman.sock",
            "/run/user/1000/podman/podman.sock",
            "/run/containerd/containerd.sock",
            "/srv/engine/e.sock",
            "/srv/x/../engine/e.sock",
            "//./pipe/docker_engine",
            "\\\\.\\pipe\\docker_engine",
        ],
    )
    def test_its_socket_by_any_spelling(self, source: str) -> None:
        assert of_bind(source) == {"engine-socket"}

    @pytest.mark.parametrize(
        ("source", "real"),
        [
            ("/", "/"),
            ("//", "/"),
            ("/.", "/"),
            ("/var/..", "/"),
            ("/home/u/here", "/"),
            ("/home/u/here/", "/"),
            ("/run", "/run"),
            ("/var/run", "/run"),
            ("/var/run/", "/run"),
            ("/home/u/run", "/run"),
            ("/home/u/here/run", "/run"),
            ("/RUN", "/RUN"),
            ("/srv", "/srv"),
            ("/srv/engine", "/srv/engine"),
        ],
    )
    def test_a_folder_with_the_socket_in_it_is_both(self, source: str, real: str) -> None:
        assert of_bind(source) == {"engine-socket", f"host-mount:{real}"}

    @pytest.mark.parametrize("value", [True, "true", "yes"])
    def test_its_api(self, value: object) -> None:
        assert of_service(use_api_socket=value) == {"api-socket"}


class TestMounts:
    @pytest.mark.parametrize(
        ("source", "real"),
        [
            ("/etc", "/etc"),
            ("/etc/", "/etc"),
            ("/etc/../etc/./passwd", "/etc/passwd"),
            ("/home/u/here/etc", "/etc"),
            ("/var/run/x", "/run/x"),
            ("/run/dockerx", "/run/dockerx"),
            ("/tmp/own/../other", "/tmp/other"),
            ("/tmp/own/out", "/etc"),
            ("/tmp/own/out/passwd", "/etc/passwd"),
            ("/tmp/ownother", "/tmp/ownother"),
            ("/a$$b", "/a$b"),
            ("C:\\Users\\u", "C:/Users/u"),
        ],
    )
    def test_a_folder_of_the_machine_by_its_real_path(self, source: str, real: str) -> None:
        assert of_bind(source) == {f"host-mount:{real}"}

    def test_what_dots_behind_a_link_may_mean_is_all_asked_for(self) -> None:
        # The engine shortens first, a kernel follows first.
        assert of_bind("/tmp/own/out/../own/x") == {"host-mount:/own/x", "host-mount:/tmp/own/own/x"}

    @pytest.mark.parametrize(
        "source", [PROJECT, "/tmp/own/", "/tmp/own/data", "/tmp/own/./a/../data", "/tmp/x/../own/a"]
    )
    def test_the_extensions_own_files_are_its_own(self, source: str) -> None:
        assert of_bind(source) == set()

    def test_a_folder_in_which_another_container_can_put_a_link_is_not(self) -> None:
        def mounts(*sources: str, **more: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - compose's
            return [{"type": "bind", "source": source, "target": "/x", **more} for source in sources]

        outer, inner = "/tmp/own/data", "/tmp/own/data/in"
        for first, second in ((mounts(outer), mounts(inner)), (mounts(outer, inner), [])):
            document = {"services": {"a": {"volumes": first}, "b": {"volumes": second}}}
            assert names(document) == {f"host-mount:{inner}"}
        held = {"services": {"a": {"volumes": mounts(outer, read_only=True)}, "b": {"volumes": mounts(inner)}}}
        assert names(held) == set()

    @pytest.mark.parametrize("section", ["configs", "secrets"])
    def test_neither_is_a_file_in_a_folder_in_which_another_container_can_put_a_link(self, section: str) -> None:
        def asked_with(**more: object) -> set[str]:
            mount = {"type": "bind", "source": "/tmp/own/data", "target": "/x", **more}
            services = {"a": {"volumes": [5, mount]}, "b": {section: [{"source": "c"}]}}
            return names({"services": services, section: {"c": {"file": "/tmp/own/data/f"}}})

        assert asked_with() == {"unknown:volumes", "host-file:/tmp/own/data/f"}
        assert asked_with(read_only=True) == {"unknown:volumes"}

    @pytest.mark.parametrize(
        ("mount", "expected"),
        [
            ({"bind": {"create_host_path": True, "propagation": "rprivate"}}, set()),
            ({"bind": {"propagation": "rshared"}}, {"mount-option:propagation=rshared"}),
            ({"bind": {"propagation": "SLAVE"}}, {"mount-option:propagation=slave"}),
            ({"bind": {"selinux": "z"}}, set()),
            ({"bind": {"new": 1}}, {"mount-option:new"}),
            ({"newer": {"x": 1}}, {"unknown:volumes.newer"}),
            ({"read_only": True}, set()),
        ],
    )
    def test_options_of_own_mounts(self, mount: dict[str, Any], expected: set[str]) -> None:
        assert of_bind(f"{PROJECT}/data", **mount) == expected

    def test_files_of_the_machine_are_relabelled_only_by_name(self) -> None:
        assert of_bind("/srv/x", bind={"selinux": "Z"}) == {"host-mount:/srv/x", "mount-option:selinux=Z"}

    @pytest.mark.parametrize(
        ("mount", "expected"),
        [
            ({"type": "volume", "source": "data", "target": "/x", "volume": {"nocopy": True, "subpath": "a"}}, set()),
            ({"type": "volume", "target": "/x"}, set()),
            ({"type": "volume", "source": "theirs", "target": "/x"}, {"external-volume:theirs"}),
            ({"type": "tmpfs", "target": "/x", "tmpfs": {"size": 1, "mode": 7}}, set()),
            ({"type": "image", "source": "x", "target": "/x"}, {"unknown:volumes.type=image"}),
            ({"type": "cluster", "source": "x", "target": "/x"}, {"unknown:volumes.type=cluster"}),
            ({"source": "/etc", "target": "/x"}, {"unknown:volumes.type="}),
            ({"type": "BIND", "source": "/etc", "target": "/x"}, {"host-mount:/etc"}),
            ({"type": "npipe", "source": "//./pipe/x", "target": "/x"}, {"host-mount:/pipe/x"}),
            ("/etc:/x", {"unknown:volumes"}),
        ],
    )
    def test_other_kinds(self, mount: object, expected: set[str]) -> None:
        assert of_service(volumes=[mount]) == expected


class TestVolumes:
    @pytest.mark.parametrize(
        ("options", "expected"),
        [
            ({"type": "none", "o": "bind", "device": "/"}, {"engine-socket", "volume-bind:/"}),
            ({"type": "NONE", "o": "ro,Bind", "device": "/etc/"}, {"volume-bind:/etc"}),
            ({"type": "none", "o": "rbind", "device": "/home/u/here/etc"}, {"volume-bind:/etc"}),
            # A bind is one whatever type it says it is of.
            ({"type": "tmpfs", "o": "bind", "device": "/etc"}, {"volume-bind:/etc"}),
            ({"type": "nfs", "o": "bind", "device": "/etc"}, {"volume-bind:/etc"}),
            ({"O": "bind", "Device": "/etc"}, {"volume-bind:/etc"}),
            ({"device": "/dev/vda", "type": "ext4"}, {"volume-bind:/dev/vda"}),
            ({"type": "overlay", "o": "lowerdir=/,upperdir=/tmp/u", "device": "overlay"}, {"volume-bind:overlay"}),
            ({"type": "proc", "device": "proc"}, {"volume-bind:proc"}),
            ({"type": "overlay", "o": "lowerdir=/"}, {"unknown:driver_opts"}),
            ({"type": "none", "o": "bind", "device": "/var/run/docker.sock"}, {"engine-socket"}),
            ({"type": "tmpfs", "device": "tmpfs", "o": "size=100m,uid=1000"}, set()),
            ({"type": "tmpfs", "device": "tmpfs", "o": "remount"}, {"volume-bind:tmpfs"}),
            ({"type": "nfs", "o": "addr=10.0.0.1,rw", "device": ":/x"}, {"volume-remote::/x"}),
            ({"type": "nfs4", "device": ":/x"}, {"volume-remote::/x"}),
            ({"type": "cifs", "device": "//server/x"}, {"volume-remote://server/x"}),
            ({"other": "x"}, {"unknown:driver_opts"}),
        ],
    )
    def test_drivers_options(self, options: dict[str, str], expected: set[str]) -> None:
        assert of_volume(**options) == expected

    @pytest.mark.parametrize(
        ("volume", "expected"),
        [
            (None, set()),
            ({"name": "fixed", "labels": {"a": "b"}, "driver": "local"}, set()),
            ({"external": True}, {"external-volume:data"}),
            ({"external": True, "name": "theirs"}, {"external-volume:theirs"}),
            ({"external": {"name": "theirs"}}, {"external-volume:theirs"}),
            ({"external": False}, set()),
            ({"driver": "rclone"}, {"volume-driver:rclone"}),
            ({"new": 1}, {"unknown:new"}),
            ("data", {"unknown:volumes"}),
        ],
    )
    def test_volumes(self, volume: object, expected: set[str]) -> None:
        assert names({"volumes": {"data": volume}}) == expected


class TestNetworks:
    @pytest.mark.parametrize(
        ("network", "expected"),
        [
            (None, set()),
            ({"name": "fixed", "driver": "bridge", "internal": True, "ipam": {}}, set()),
            ({"ipam": {"driver": "default", "config": [{}]}}, set()),
            ({"external": True, "name": "theirs"}, {"external-network:theirs"}),
            ({"external": True, "name": "host"}, {"host-network"}),
            ({"external": True, "name": "bridge"}, {"external-network:bridge"}),
            ({"driver": "host"}, {"host-network"}),
            (
                {"driver": "macvlan", "driver_opts": {"parent": "eth0"}},
                {"network-driver:macvlan", "network-option:parent"},
            ),
            ({"driver_opts": {"com.docker.network.driver.mtu": "1400"}}, set()),
            (
                {"driver_opts": {"com.docker.network.bridge.host_binding_ipv4": "0.0.0.0"}},  # noqa: S104 - what is refused
                {"network-option:com.docker.network.bridge.host_binding_ipv4"},
            ),
            ({"ipam": {"config": [{"subnet": "8.8.8.0/24"}]}}, {"network-address:8.8.8.0/24"}),
            ({"ipam": {"config": [{"gateway": "8.8.8.1"}]}}, {"network-address:gateway"}),
            ({"ipam": {"driver": "dhcp", "options": {"a": "b"}}}, {"network-driver:dhcp", "network-option:ipam"}),
            ({"new": 1}, {"unknown:new"}),
        ],
    )
    def test_networks(self, network: object, expected: set[str]) -> None:
        assert names({"networks": {"default": network}}) == expected

    @pytest.mark.parametrize(
        ("mode", "expected"),
        [
            ("host", {"host-network"}),
            ("HOST", {"host-network"}),
            (" host ", {"host-network"}),
            ("none", set()),
            ("service:b", set()),
            ("service:theirs", {"container:theirs"}),
            ("container:theirs", {"container:theirs"}),
            ("container:b", {"container:b"}),
            ("bridge", {"external-network:bridge"}),
            ("default", {"external-network:bridge"}),
            ("theirs", {"external-network:theirs"}),
        ],
    )
    def test_modes(self, mode: str, expected: set[str]) -> None:
        assert of_service(network_mode=mode) == expected

    @pytest.mark.parametrize(
        ("networks", "expected"),
        [
            ({"default": None}, set()),
            ({"default": {"aliases": ["x"], "ipv4_address": "10.0.0.2", "priority": 1}}, set()),
            ({"theirs": None}, {"external-network:theirs"}),
            (["theirs"], {"external-network:theirs"}),
            ({"default": {"driver_opts": {"a": "b"}}}, {"network-option:driver_opts"}),
            ({"default": {"link_local_ips": ["169.254.1.1"]}}, {"network-option:link_local_ips"}),
        ],
    )
    def test_networks_of_a_service(self, networks: object, expected: set[str]) -> None:
        assert of_service(networks=networks) == expected


SERVICE: list[tuple[dict[str, Any], set[str]]] = [
    ({"privileged": True}, {"privileged"}),
    ({"privileged": "true"}, {"privileged"}),
    ({"privileged": False}, set()),
    ({"privileged": "false"}, set()),
    ({"cap_add": ["ALL"]}, {"capability:ALL"}),
    (
        {"cap_add": ["cap_sys_admin", "NET_ADMIN", "CHOWN", "CAP_NET_RAW"]},
        {"capability:SYS_ADMIN", "capability:NET_ADMIN"},
    ),
    ({"cap_drop": ["ALL"]}, set()),
    ({"devices": [{"source": "/dev/vda", "target": "/dev/x", "permissions": "rwm"}]}, {"device:/dev/vda"}),
    ({"devices": ["/dev/../dev/vda:/dev/x"]}, {"device:/dev/vda"}),
    ({"devices": [{"source": "vendor.com/gpu=0", "target": "x"}]}, {"device:vendor.com/gpu=0"}),
    ({"device_cgroup_rules": ["b *:* rwm"]}, {"device-rule:b *:* rwm"}),
    ({"gpus": [{"count": -1}]}, {"gpus"}),
    ({"gpus": "all"}, {"gpus"}),
    ({"deploy": {"resources": {"reservations": {"devices": [{"capabilities": ["gpu"]}]}}}}, {"gpus"}),
    (
        {"deploy": {"resources": {"reservations": {"generic_resources": [1]}}}},
        {"unknown:deploy.reservations.generic_resources"},
    ),
    ({"deploy": {"resources": {"limits": {"memory": "1"}, "reservations": {"cpus": 1}}, "placement": {}}}, set()),
    ({"deploy": {"resources": {"new": 1}, "newer": 1}}, {"unknown:deploy.resources.new", "unknown:deploy.newer"}),
    ({"deploy": {"replicas": 10}}, set()),
    ({"deploy": {"replicas": 11}}, {"replicas:11"}),
    ({"scale": 100000}, {"replicas:100000"}),
    ({"pid": "host"}, {"host-pid"}),
    ({"pid": "Host"}, {"host-pid"}),
    ({"pid": "service:b"}, set()),
    ({"pid": "container:theirs"}, {"container:theirs"}),
    ({"pid": "odd"}, {"unknown:pid"}),
    ({"ipc": "host"}, {"host-ipc"}),
    ({"ipc": "shareable"}, set()),
    ({"ipc": "container:theirs"}, {"container:theirs"}),
    ({"uts": "host"}, {"host-uts"}),
    ({"userns_mode": "host"}, {"host-userns"}),
    ({"userns_mode": "keep-id"}, {"unknown:userns_mode"}),
    ({"cgroup": "host"}, {"host-cgroup"}),
    ({"cgroup": "private"}, set()),
    ({"cgroup_parent": "/system.slice"}, {"cgroup-parent:/system.slice"}),
    (
        {"security_opt": ["seccomp=unconfined", "apparmor:unconfined"]},
        {"security-opt:seccomp:unconfined", "security-opt:apparmor:unconfined"},
    ),
    ({"security_opt": ["seccomp=/etc/shadow"]}, {"security-opt:seccomp:/etc/shadow"}),
    ({"security_opt": ["no-new-privileges:true", "no-new-privileges=false", "no-new-privileges"]}, set()),
    ({"security_opt": ["no-new-privilegesx"]}, {"security-opt:no-new-privilegesx"}),
    ({"sysctls": {"kernel.shmmax": "1"}}, {"sysctl:kernel.shmmax"}),
    ({"sysctls": ["net.core.somaxconn=1"]}, {"sysctl:net.core.somaxconn"}),
    ({"runtime": "nvidia"}, {"runtime:nvidia"}),
    ({"volumes_from": ["b:ro"]}, set()),
    ({"volumes_from": ["container:theirs:ro"]}, {"container:theirs"}),
    ({"volumes_from": ["theirs"]}, {"container:theirs"}),
    ({"links": ["b:x"]}, set()),
    ({"links": ["theirs:x"]}, {"container:theirs"}),
    ({"external_links": ["theirs:x"]}, {"container:theirs"}),
    ({"environment": {"A": "b", "B": "", "TOKEN": None}}, {"environment:TOKEN"}),
    ({"environment": ["A=b", "TOKEN"]}, {"environment:TOKEN"}),
    ({"command": ["echo", "$TOKEN ${OTHER:-x} $$HOME"]}, {"environment:TOKEN", "environment:OTHER"}),
    ({"labels": {"$KEY": "x"}}, {"environment:KEY"}),
    ({"env_file": [{"path": "/etc/hosts", "required": False}]}, {"host-file:/etc/hosts"}),
    ({"env_file": [f"{PROJECT}/a.env"]}, set()),
    ({"label_file": ["/etc/hosts"]}, {"host-file:/etc/hosts"}),
    ({"configs": [{"source": "theirs"}], "secrets": ["theirs"]}, {"external-config:theirs", "external-secret:theirs"}),
    ({"build": {"context": "."}}, {"build"}),
    ({"pull_policy": "build"}, {"build"}),
    ({"pull_policy": "always"}, set()),
    ({"post_start": [{"command": ["x"]}]}, {"hook:post_start"}),
    ({"pre_stop": [{"command": ["x"], "privileged": True}]}, {"hook:pre_stop", "privileged"}),
    ({"provider": {"type": "awesomecloud"}}, {"provider:awesomecloud"}),
    ({"models": {"llm": {}}}, {"models"}),
    ({"isolation": "default"}, set()),
    ({"isolation": "hyperv"}, {"unknown:isolation"}),
    ({"dns": ["8.8.8.8"]}, set()),
    ({"dns": "127.0.0.53"}, {"dns:127.0.0.53"}),
    ({"dns": ["169.254.169.253", "::1", "odd"]}, {"dns:169.254.169.253", "dns:::1", "dns:odd"}),
    ({"annotations": {"a": "b"}}, {"unknown:annotations"}),
    ({"oom_kill_disable": True}, {"unknown:oom_kill_disable"}),
    ({"oom_score_adj": -1000}, {"unknown:oom_score_adj"}),
    ({"oom_score_adj": 0}, {"unknown:oom_score_adj"}),
    ({"credential_spec": {"file": "x"}}, {"unknown:credential_spec"}),
    ({"storage_opt": {"size": "1G"}}, {"unknown:storage_opt"}),
    ({"blkio_config": {"weight": 1}}, {"unknown:blkio_config"}),
    ({"cpu_rt_runtime": "1ms"}, {"unknown:cpu_rt_runtime"}),
    ({"extends": {"file": "/etc/x"}}, {"unknown:extends"}),
    ({"tomorrows": {"host": True}}, {"unknown:tomorrows"}),
    ({"x-own": {"privileged": True}, "tomorrows": None, "later": {}}, set()),
    ({"PRIVILEGED": True}, {"unknown:PRIVILEGED"}),
    ({"ports": [{"published": "80", "target": 80, "host_ip": "0.0.0.0"}]}, set()),  # noqa: S104 - bound elsewhere
    (
        {
            "user": "0",
            "tty": True,
            "init": True,
            "tmpfs": ["/x"],
            "ulimits": {"nofile": 1},
            "extra_hosts": ["a=host-gateway"],
        },
        set(),
    ),
]


@pytest.mark.parametrize(("service", "expected"), SERVICE, ids=[json.dumps(row[0])[:60] for row in SERVICE])
def test_keys_of_services(service: dict[str, Any], expected: set[str]) -> None:
    assert of_service(**service) == expected


@pytest.mark.parametrize(
    ("key", "odd"),
    [
        *(("cap_add", odd) for odd in (5, {"a": 1}, [["ALL"]])),
        *(("devices", odd) for odd in (5, {"a": 1}, [["/dev/vda"]])),
        *(("network_mode", odd) for odd in (["host"], {"host": 1})),
        *(("pid", odd) for odd in (["host"], {"host": 1}, 5)),
        *(("security_opt", odd) for odd in (5, {"seccomp": "unconfined"}, [["seccomp=unconfined"]])),
        *(("volumes", odd) for odd in (5, {"/": "/x"}, "/:/x", ["/:/x"], [["/:/x"]])),
        *(("networks", odd) for odd in (5, {"default": "host"})),
        *(("environment", odd) for odd in (5, [["TOKEN"]])),
        *(("env_file", odd) for odd in (5, {"path": "/etc/hosts"}, [["/etc/hosts"]])),
        *(("deploy", odd) for odd in (5, [1], {"resources": [1]}, {"resources": {"reservations": [1]}})),
        *(("pull_policy", odd) for odd in (5, "text", ["build"])),
        *(("provider", odd) for odd in (5, ["x"], "x")),
        *(("runtime", odd) for odd in (["nvidia"], {"nvidia": 1})),
        *(("configs", odd) for odd in (5, {"source": "x"}, [["x"]])),
        *(("volumes_from", odd) for odd in (5, {"b": 1}, [["theirs"]])),
        *(("sysctls", odd) for odd in (5, [["net.x=1"]])),
        *(("dns", odd) for odd in (5, {"127.0.0.1": 1})),
    ],
)
def test_an_odd_shape_is_never_harmless(key: str, odd: object) -> None:
    assert of_service(**{key: odd}) == {f"unknown:{key}"}


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({"configs": {"c": {"file": "/etc/shadow"}}}, {"host-file:/etc/shadow"}),
        ({"secrets": {"c": {"file": "/var/run/docker.sock"}}}, {"engine-socket"}),
        ({"secrets": {"c": {"file": f"{PROJECT}/s"}}}, set()),
        ({"secrets": {"c": {"file": f"{PROJECT}/out/shadow"}}}, {"host-file:/etc/shadow"}),
        ({"secrets": {"c": {"environment": "TOKEN"}}}, {"environment:TOKEN"}),
        ({"configs": {"c": {"environment": "TOKEN"}}}, {"environment:TOKEN"}),
        ({"configs": {"c": {"content": "x", "name": "c"}}}, set()),
        ({"configs": {"c": {"content": "${TOKEN}"}}}, {"environment:TOKEN"}),
        ({"configs": {"c": {"external": True, "name": "theirs"}}}, {"external-config:theirs"}),
        ({"secrets": {"c": {"external": True}}}, {"external-secret:c"}),
        ({"secrets": {"c": {"driver": "x"}}}, {"unknown:driver"}),
        ({"models": {"llm": {"model": "x"}}}, {"models"}),
        ({"include": ["/etc/x"]}, {"unknown:include"}),
        ({"tomorrows": {"x": 1}}, {"unknown:tomorrows"}),
        ({"name": "x", "version": "3", "x-y": {"privileged": True}}, set()),
        ({"services": ["x"]}, {"unknown:services"}),
        ({"services": {"a": ["x"]}}, {"unknown:services"}),
    ],
)
def test_the_rest_of_a_document(document: dict[str, Any], expected: set[str]) -> None:
    assert names(document) == expected


def test_each_grant_is_asked_for_once_by_the_first_that_does() -> None:
    document = {"services": {"a": {"privileged": True, "pid": "host"}, "b": {"privileged": True}}}
    found = asked(document, MACHINE)
    assert [(str(each.grant), each.by) for each in found] == [("privileged", "service a"), ("host-pid", "service a")]


class TestGranting:
    def lacking(self, granted: list[str], *names_: str) -> list[str]:
        found = [Asked(Grant.parse(name)) for name in names_]
        return [str(each.grant) for each in withheld(found, Granted(granted, MACHINE))]

    def test_nothing_is_granted_unasked(self) -> None:
        assert self.lacking([], "privileged", "host-mount:/etc") == ["privileged", "host-mount:/etc"]

    def test_only_what_is_named(self) -> None:
        assert self.lacking(["host-mount:/etc"], "host-mount:/etc", "host-mount:/etc/x") == ["host-mount:/etc/x"]
        assert self.lacking(["host-mount:/"], "volume-bind:/", "engine-socket") == ["volume-bind:/", "engine-socket"]

    @pytest.mark.parametrize("spelling", ["/run/x", "/var/run/x", "/var/run/x/", "//run/./x", "/home/u/run/x"])
    def test_by_any_spelling_of_the_path(self, spelling: str) -> None:
        assert self.lacking([f"host-mount:{spelling}"], "host-mount:/run/x") == []

    @pytest.mark.parametrize("spelling", ["SYS_ADMIN", "sys_admin", "CAP_SYS_ADMIN"])
    def test_by_any_spelling_of_the_capability(self, spelling: str) -> None:
        assert self.lacking([f"capability:{spelling}"], "capability:SYS_ADMIN") == []

    def test_all_of_it(self) -> None:
        assert self.lacking(["all"], "privileged", "unknown:x") == []

    @pytest.mark.parametrize("name", ["", "priviledged", "host-mount", "host-mount:", "privileged:x", "all:x", ":x"])
    def test_what_is_no_grant(self, name: str) -> None:
        with pytest.raises(ValueError, match=name or "^$"):
            Grant.parse(name)

    def test_flags_can_be_pasted_into_a_shell(self) -> None:
        said = refusal([Asked(Grant("host-mount", "/a b;x"), "service a")])
        assert "host-mount:/a b;x (service a); grant it with --allow 'host-mount:/a b;x', or " in said

    def test_a_long_list_is_cut(self) -> None:
        said = refusal([Asked(Grant("environment", f"V{number}")) for number in range(1000)])
        assert "and 988 more" in said
        assert len(said) < 1500

    def test_the_table_has_every_kind_once(self) -> None:
        rows = kinds_table().splitlines()[2:]
        assert len(rows) == len(KINDS) == len({kind.name for kind in KINDS})
        assert "| `host-mount:PATH` | read a folder or file of the machine" in kinds_table()


# Documents in which everything has a value that compose could give it, for what a container must never have unasked.
_PATHS = st.lists(
    st.sampled_from(["etc", "..", ".", "", "run", "var", "tmp", "own", "out", "docker.sock", "home", "u", "here"])
).map(lambda parts: "/" + "/".join(parts))
_MODES = st.sampled_from(["host", "HOST", "private", "none", "service:a", "container:x", "bridge", ""])
_MOUNTS = st.fixed_dictionaries(
    {
        "type": st.sampled_from(["bind", "volume", "tmpfs", "npipe"]),
        "source": _PATHS | st.sampled_from(["data", "other"]),
    },
    optional={"read_only": st.booleans()},
)
_SERVICES = st.fixed_dictionaries(
    {"image": st.just("x")},
    optional={
        "privileged": st.booleans(),
        "cap_add": st.lists(st.sampled_from(["ALL", "sys_admin", "CAP_NET_ADMIN", "CHOWN"])),
        "devices": st.lists(st.fixed_dictionaries({"source": _PATHS})),
        "pid": _MODES,
        "ipc": _MODES,
        "uts": _MODES,
        "userns_mode": _MODES,
        "cgroup": _MODES,
        "network_mode": _MODES,
        "volumes": st.lists(_MOUNTS),
        "security_opt": st.lists(st.sampled_from(["seccomp=unconfined", "no-new-privileges:false", "label:disable"])),
        "environment": st.dictionaries(st.sampled_from(["A", "B"]), st.none() | st.just("x")),
        "runtime": st.sampled_from(["", "nvidia"]),
    },
)
_DOCUMENTS = st.fixed_dictionaries(
    {"services": st.dictionaries(st.sampled_from(["a", "b", "c"]), _SERVICES)},
    optional={
        "volumes": st.dictionaries(
            st.sampled_from(["data", "other"]),
            st.none()
            | st.fixed_dictionaries(
                {},
                optional={
                    "external": st.booleans(),
                    "driver_opts": st.dictionaries(st.sampled_from(["o", "device", "type"]), _PATHS),
                },
            ),
        )
    },
)
_HOST_KEYS = ("pid", "ipc", "uts", "userns_mode", "cgroup", "network_mode")


@given(_DOCUMENTS)
def test_what_asks_for_nothing_has_nothing_of_the_machine(document: dict[str, Any]) -> None:
    if asked(document, MACHINE):
        return
    for service in document["services"].values():
        assert not service.get("privileged")
        assert {name.upper() for name in service.get("cap_add", [])} <= {"CHOWN"}
        assert not service.get("devices")
        assert not {str(service.get(key, "")).lower().partition(":")[0] for key in _HOST_KEYS} & {
            "host",
            "container",
            "bridge",
        }
        assert service.get("runtime") != "nvidia"
        assert None not in service.get("environment", {}).values()
        assert not {"seccomp=unconfined", "label:disable"} & set(service.get("security_opt", []))
        for mount in service.get("volumes", []):
            if mount["type"] in {"bind", "npipe"}:
                assert f"{follow(mount['source'])}/".startswith(f"{PROJECT}/")
            elif mount["type"] == "volume":
                volume = document["volumes"][mount["source"]] or {}
                assert not volume.get("external")
                assert not volume.get("driver_opts")


_ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(["services", "volumes", "networks", "configs", "secrets", "models"]), _ANY))
def test_whatever_a_document_says_it_is_judged(document: dict[str, Any]) -> None:
    for each in asked(document, MACHINE):
        assert str(each.grant)


@given(st.dictionaries(st.sampled_from([key for row, _ in SERVICE for key in row]), _ANY, max_size=4))
def test_whatever_a_service_says_it_is_judged(service: dict[str, Any]) -> None:
    assert isinstance(of_service(**service), set)
