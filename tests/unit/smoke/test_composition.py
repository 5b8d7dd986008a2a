from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest

from dext_tasks.formats.oci.platform import REQUIRED, Platform
from dext_tasks.smoke.composition import (
    ContainerLimits,
    Installation,
    Names,
    ProxyContainer,
    awaited,
    images,
    installed,
    main_service,
    of_image,
    pinned,
    published,
    substitute,
)

AMD64, ARM64 = REQUIRED
MARK = "host/0123abcd"
LOG = {"driver": "json-file", "options": {"max-size": "10m", "max-file": "2"}}
MARKED = {"labels": {"dev.dext-tasks.run": MARK}}
OWN = "dext-build/acme_demo:linux-amd64"


def installation(platform: Platform = AMD64, guest_services: str = "/tmp/x/guest") -> Installation:
    return Installation(Names.of("acme_demo", platform, AMD64), "Demo", OWN, platform, MARK, guest_services)


def service(document: dict[str, Any], platform: Platform = AMD64, **services: Any) -> dict[str, Any]:  # noqa: ANN401 - compose's
    """The first service of the installed document."""
    made = installed({"services": services or document}, installation(platform))
    first: dict[str, Any] = next(iter(made["services"].values()))
    return first


class TestInstalled:
    def test_an_image_becomes_one_service_as_docker_desktop_starts_it(self) -> None:
        assert installed(of_image(OWN), installation()) == {
            "name": "acme_demo-desktop-extension",
            "services": {
                "service": {
                    "image": OWN,
                    "platform": "linux/amd64",
                    "pull_policy": "never",
                    "container_name": "acme_demo-desktop-extension-service",
                    "deploy": {"restart_policy": {"condition": "always"}},
                    "logging": LOG,
                    "security_opt": ["no-new-privileges:true"],
                    "labels": {
                        "com.docker.desktop.extension": "true",
                        "com.docker.desktop.extension.name": "Demo",
                        "dev.dext-tasks.run": MARK,
                    },
                    "volumes": [{"type": "bind", "source": "/tmp/x/guest", "target": "/run/guest-services"}],
                }
            },
            "networks": {"default": MARKED},
            "volumes": {},
        }

    def test_the_authors_document_is_kept_and_not_changed(self) -> None:
        document = {
            "name": "another",
            "networks": {"default": {"name": "another_default"}},
            "services": {
                "backend": {"image": OWN, "command": ["serve"], "labels": {"a": "b"}, "deploy": {"replicas": 2}},
                "helper": {"image": "redis", "volumes": [{"type": "volume", "source": "data", "target": "/data"}]},
            },
        }
        before = deepcopy(document)
        made = installed(document, installation(ARM64))
        assert document == before
        # What has that name already would be used, and removed at the end.
        assert made["networks"] == {"default": {"name": "acme_demo-desktop-extension-linux-arm64_default", **MARKED}}
        backend, helper = made["services"]["backend"], made["services"]["helper"]
        assert backend["command"] == ["serve"]
        assert backend["labels"]["a"] == "b"
        assert backend["deploy"] == {"replicas": 2, "restart_policy": {"condition": "always"}}
        assert helper["volumes"][0] == {"type": "volume", "source": "data", "target": "/data"}
        assert helper["volumes"][1]["target"] == "/run/guest-services"

    @pytest.mark.parametrize("nothing", [None, {}, []])
    def test_empty_parts_are_no_trouble(self, nothing: object) -> None:
        made = service({"backend": {"image": OWN, "labels": nothing, "deploy": nothing, "volumes": nothing}})
        assert made["labels"]["com.docker.desktop.extension"] == "true"
        assert len(made["volumes"]) == 1

    @pytest.mark.parametrize("document", [{}, {"services": None}, {"services": {}}])
    def test_a_document_without_services_has_none(self, document: dict[str, Any]) -> None:
        assert installed(document, installation())["services"] == {}

    def test_without_a_socket_nothing_is_mounted(self) -> None:
        made = installed(of_image(OWN), installation(guest_services=""))
        assert made["services"]["service"]["volumes"] == []

    def test_a_platform_of_the_authors_is_kept(self) -> None:
        assert service({"helper": {"image": "redis", "platform": "linux/amd64"}}, ARM64)["platform"] == "linux/amd64"
        assert service({"helper": {"image": "redis"}}, ARM64)["platform"] == "linux/arm64"

    def test_only_the_extensions_own_service_gets_a_name(self) -> None:
        made = installed({"services": {"helper": {"image": "redis"}, "backend": {"image": OWN}}}, installation())
        assert "container_name" not in made["services"]["helper"]
        assert made["services"]["backend"]["container_name"] == "acme_demo-desktop-extension-service"

    def test_networks_and_volumes_tell_whose_they_are_but_for_those_of_others(self) -> None:
        networks = {"own": {"labels": {"a": "b"}}, "listed": {"labels": ["a=b"]}, "theirs": {"external": True}}
        made = installed({"networks": networks, "volumes": {"data": None}}, installation())
        both = {"labels": {"a": "b", "dev.dext-tasks.run": MARK}}
        assert made["networks"] == {"default": MARKED, "own": both, "listed": both, "theirs": {"external": True}}
        assert made["volumes"] == {"data": MARKED}

    @pytest.mark.parametrize(
        ("image", "own", "policy"),
        [
            ("acme/demo", "acme/demo:latest", "never"),
            ("docker.io/acme/demo:1.0.0", "acme/demo:1.0.0", "never"),
            ("acme/demo:2.0.0", "acme/demo:1.0.0", None),
            ("redis", "acme/demo:1.0.0", None),
            ("Not An Image", "acme/demo:1.0.0", None),
        ],
    )
    def test_only_the_own_image_is_never_pulled(self, image: str, own: str, policy: str | None) -> None:
        made = installed({"services": {"a": {"image": image}}}, replace(installation(), image=own))
        assert made["services"]["a"].get("pull_policy") == policy

    @pytest.mark.parametrize(
        ("given", "there", "policy"),
        [
            ({}, {"a"}, "never"),
            ({"pull_policy": "missing"}, {"a"}, "never"),
            ({"pull_policy": "if_not_present"}, {"a"}, "never"),
            ({"pull_policy": "always"}, {"a"}, "always"),
            ({}, {"b"}, None),
        ],
    )
    def test_what_the_engine_has_for_the_platform_is_not_pulled(
        self, given: dict[str, str], there: set[str], policy: str | None
    ) -> None:
        made = installed({"services": {"a": {"image": "redis", **given}}}, replace(installation(), there=there))
        assert made["services"]["a"].get("pull_policy") == policy


class TestProxy:
    def made(self, platform: Platform = AMD64) -> dict[str, Any]:
        proxied = replace(installation(platform, ""), proxy=ProxyContainer("acme/socat", AMD64))
        return installed(of_image(OWN), proxied)

    def test_it_has_nothing_that_a_link_could_lead_to(self) -> None:
        proxy = self.made()["services"]["dext-proxy"]
        assert proxy["network_mode"] == "none"
        assert "ports" not in proxy
        assert proxy["read_only"]
        assert [mount["target"] for mount in proxy["volumes"]] == ["/run/guest-services"]
        assert (proxy["cap_drop"], proxy["cap_add"]) == (["ALL"], ["DAC_OVERRIDE"])
        assert (proxy["image"], proxy["platform"]) == ("acme/socat", "linux/amd64")

    def test_a_volume_takes_the_place_of_the_folder(self) -> None:
        made = self.made()
        mount = {"type": "volume", "source": "dext-guest-services", "target": "/run/guest-services"}
        assert made["services"]["service"]["volumes"] == [mount]
        assert made["services"]["dext-proxy"]["volumes"] == [{**mount, "read_only": True}]
        assert made["volumes"] == {"dext-guest-services": MARKED}

    def test_it_runs_natively_beside_an_emulated_backend(self) -> None:
        made = self.made(platform=ARM64)["services"]
        assert (made["service"]["platform"], made["dext-proxy"]["platform"]) == ("linux/arm64", "linux/amd64")
        assert made["dext-proxy"]["container_name"] == "acme_demo-desktop-extension-linux-arm64-proxy"


class TestBesideTheNativePlatform:
    @pytest.mark.parametrize(("platform", "name"), [(AMD64, "mine"), (ARM64, "mine-linux-arm64")])
    def test_a_fixed_name_gets_a_suffix(self, platform: Platform, name: str) -> None:
        made = service({"backend": {"image": OWN, "container_name": "mine"}}, platform)
        assert made["container_name"] == name

    def test_the_own_containers_name_too(self) -> None:
        names = Names.of("acme_demo", ARM64, AMD64)
        assert service({"backend": {"image": OWN}}, ARM64)["container_name"] == names.container

    @pytest.mark.parametrize(("platform", "published"), [(AMD64, "8080"), (ARM64, "")])
    def test_a_fixed_port_is_left_to_the_engine(self, platform: Platform, published: str) -> None:
        port = {"mode": "ingress", "target": 80, "published": "8080", "protocol": "tcp"}
        made = service({"backend": {"image": OWN, "ports": [port]}}, platform)
        assert made["ports"] == [{**port, "published": published, "host_ip": "127.0.0.1"}]


class TestMainService:
    @pytest.mark.parametrize(
        ("services", "main"),
        [
            ({"helper": {"image": "redis"}, "backend": {"image": OWN}}, "backend"),
            ({"first": {"image": OWN}, "second": {"image": OWN}}, "first"),
            ({"first": {"image": "redis"}, "second": {"image": "nginx"}}, "first"),
            ({"built": {"build": "."}}, "built"),
            ({}, ""),
        ],
    )
    def test_it_runs_the_extensions_image_or_is_the_first(self, services: dict[str, Any], main: str) -> None:
        assert main_service({"services": services}, OWN) == main


def mounting(source: object) -> dict[str, Any]:
    volumes = [{"type": "bind", "source": source, "target": "/var/run/docker.sock"}]
    return {"services": {"helper": {"image": "redis"}, "backend": {"image": OWN, "volumes": volumes}}}


class TestEngineSocket:
    @pytest.mark.parametrize(
        "source", ["/var/run/docker.sock.raw", "/run/docker.sock.raw", "/var/run/../run/docker.sock.raw"]
    )
    def test_docker_desktops_raw_socket_is_mapped_to_the_one_there_is(self, source: str) -> None:
        made = installed(mounting(source), installation())
        assert made["services"]["backend"]["volumes"][0]["source"] == "/var/run/docker.sock"


class TestLimits:
    def limited(self, limits: ContainerLimits | None = None, **said: Any) -> dict[str, Any]:  # noqa: ANN401 - compose's
        document = {"services": {"backend": {"image": OWN, **said}}}
        made = installed(document, replace(installation(), limits=limits or ContainerLimits("4g", 4096)))
        backend: dict[str, Any] = made["services"]["backend"]
        return backend

    def test_what_says_nothing_has_the_limits_of_the_settings(self) -> None:
        made = self.limited()
        assert (made["mem_limit"], made["pids_limit"]) == ("4g", 4096)
        assert made["security_opt"] == ["no-new-privileges:true"]

    @pytest.mark.parametrize(
        "said",
        [
            {"mem_limit": "1073741824", "pids_limit": 100},
            {"deploy": {"resources": {"limits": {"memory": "1073741824", "pids": 100}}}},
        ],
    )
    def test_limits_of_its_own_are_kept(self, said: dict[str, Any]) -> None:
        made = self.limited(**said)
        assert (made.get("mem_limit"), made.get("pids_limit")) == (said.get("mem_limit"), said.get("pids_limit"))

    @pytest.mark.parametrize("none", [0, -1, "0", "-1", None])
    def test_no_limit_is_none(self, none: object) -> None:
        made = self.limited(mem_limit=none, pids_limit=none)
        assert (made["mem_limit"], made["pids_limit"]) == ("4g", 4096)

    def test_a_deployment_without_limit_says_the_same_as_the_service(self) -> None:
        deploy = {"resources": {"limits": {"pids": -1, "cpus": 1}}}
        made = self.limited(deploy=deploy)
        assert made["deploy"]["resources"]["limits"] == {"pids": made["pids_limit"], "cpus": 1}
        assert deploy["resources"]["limits"]["pids"] == -1

    def test_the_settings_can_take_them_away(self) -> None:
        made = self.limited(ContainerLimits("0", 0, new_privileges=True))
        assert not {"mem_limit", "pids_limit", "security_opt"} & set(made)

    @pytest.mark.parametrize("option", ["no-new-privileges:false", "no-new-privileges=false", "no-new-privileges"])
    def test_who_says_whether_rights_can_be_gained_is_heard(self, option: str) -> None:
        assert self.limited(security_opt=[option])["security_opt"] == [option]

    def test_other_options_stay(self) -> None:
        made = self.limited(security_opt=["label:disable"])
        assert made["security_opt"] == ["label:disable", "no-new-privileges:true"]

    def test_what_is_privileged_gains_whatever_it_likes(self) -> None:
        assert "security_opt" not in self.limited(privileged=True)

    @pytest.mark.parametrize("logging", [None, {"driver": "syslog"}, {"options": {"max-size": "100g"}}])
    def test_logs_are_bounded(self, logging: object) -> None:
        assert self.limited(logging=logging)["logging"] == LOG


class TestPorts:
    def test_they_are_reached_from_this_machine_only(self) -> None:
        port = {"mode": "ingress", "target": 80, "published": "8080", "protocol": "tcp"}
        given = [port, {**port, "host_ip": "0.0.0.0"}, {**port, "host_ip": "::"}, {"target": 90}]  # noqa: S104 - what is replaced
        made = installed({"services": {"a": {"image": OWN, "ports": given}}}, installation())
        assert made["services"]["a"]["ports"] == [
            {**port, "host_ip": "127.0.0.1"},
            {"target": 90, "host_ip": "127.0.0.1"},
        ]
        assert published(made) == ["8080"]

    def test_there_are_none(self) -> None:
        assert published(installed({"services": {"a": {"image": OWN, "ports": None}}}, installation())) == []


class TestPinned:
    def test_paths_are_as_they_were_judged(self) -> None:
        mounts = [
            {"type": "bind", "source": "/link/a$$b", "target": "/x"},
            {"type": "bind", "source": "/var/run/docker.sock", "target": "/s"},
            {"type": "volume", "source": "link", "target": "/y"},
        ]
        document = {
            "services": {"a": {"image": OWN, "volumes": mounts}},
            "configs": {"c": {"file": "/link/c"}, "d": {"content": "x"}},
        }
        before = deepcopy(document)
        made = pinned(document, lambda path: path.replace("/link", "/real"))
        assert document == before
        assert [mount["source"] for mount in made["services"]["a"]["volumes"]] == [
            "/real/a$$b",
            "/var/run/docker.sock",
            "link",
        ]
        assert made["configs"] == {"c": {"file": "/real/c"}, "d": {"content": "x"}}
        assert "secrets" not in made


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        ("${DESKTOP_PLUGIN_IMAGE}", OWN),
        ("$DESKTOP_PLUGIN_IMAGE", OWN),
        ("redis:7", "redis:7"),
        ("$OTHER", "$OTHER"),
    ],
)
def test_the_extensions_own_image_is_filled_in(image: str, expected: str) -> None:
    assert substitute(image, OWN) == expected


def test_services_that_others_wait_for_until_they_have_ended() -> None:
    done, up = {"condition": "service_completed_successfully"}, {"condition": "service_healthy"}
    document = {
        "services": {
            "web": {"depends_on": {"migrate": done, "db": up}},
            "seed": {"depends_on": ["db"]},
            "db": {"depends_on": None},
            "odd": {"depends_on": {"x": None}},
        }
    }
    assert awaited(document) == {"migrate"}
    assert awaited({}) == frozenset()


def test_images_of_all_services() -> None:
    document = {"services": {"a": {"image": "x:1"}, "b": {"image": "y"}, "c": {"image": "x:1"}, "d": {}}}
    assert images(document) == ["x:1", "y"]


@pytest.mark.parametrize(
    ("platform", "project", "container"),
    [
        ("linux/amd64", "acme_demo-desktop-extension", "acme_demo-desktop-extension-service"),
        (
            "linux/arm64",
            "acme_demo-desktop-extension-linux-arm64",
            "acme_demo-desktop-extension-service-linux-arm64",
        ),
        (
            "linux/arm/v6",
            "acme_demo-desktop-extension-linux-arm-v6",
            "acme_demo-desktop-extension-service-linux-arm-v6",
        ),
    ],
)
def test_only_the_native_platform_has_docker_desktops_own_names(platform: str, project: str, container: str) -> None:
    names = Names.of("acme_demo", Platform.parse(platform), AMD64)
    assert (names.project, names.container) == (project, container)
    assert names.own_container == "acme_demo-desktop-extension-service"


def test_two_platforms_never_share_a_name() -> None:
    first, second = (Names.of("acme_demo", platform, ARM64) for platform in REQUIRED)
    assert first.project != second.project
    assert first.container != second.container
