from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from dext_tasks.engine.engine import Listed
from dext_tasks.engine.facts import Store
from dext_tasks.errors import (
    BuildxMissingError,
    ComposeMissingError,
    DextError,
    EngineCommandError,
    EngineUnreachableError,
    ImageNotFoundError,
    LoginMissingError,
    PreflightError,
    RegistryUnreachableError,
)
from dext_tasks.errors import (
    InterruptedError as Interrupted,
)
from dext_tasks.formats.oci.platform import REQUIRED, Platform
from dext_tasks.runtime.cancellation import Cancellation

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.unit.engine.conftest import FakeDocker

pytestmark = pytest.mark.allow_processes

AMD64, ARM64 = REQUIRED
PLUGINS = {"Plugins": [{"Name": "buildx", "Version": "v0.29.1"}, {"Name": "compose", "Version": "v2.40.0"}]}
CONTAINERD = [["driver-type", "io.containerd.snapshotter.v1"]]
OVERLAY = [["Backing Filesystem", "extfs"], ["Supports d_type", "true"]]


def silent(_: str) -> None:
    """Who hears of no line."""


def be(docker: FakeDocker, api: str = "1.52", client: object = None, **info: Any) -> None:  # noqa: ANN401 - any field
    """Have an engine answer."""
    said = {"OSType": "linux", "Architecture": "x86_64", "DriverStatus": OVERLAY}
    docker.engine_says(
        {"Version": "29.0.1", "ApiVersion": api}, {**said, **info}, PLUGINS if client is None else client
    )


class TestLoginVariable:
    @pytest.mark.parametrize("version", ["28.3.0", "28.10.1", "29.0.1", "28.3.0-rc.1", ""])
    def test_that_the_client_reads(self, docker: FakeDocker, version: str) -> None:
        be(docker, client={"Version": version})
        docker.engine().require_login_variable("ghcr.io")

    @pytest.mark.parametrize("version", ["26.1.5+dfsg1", "28.2.2", "28.0.0", "20.10.24"])
    def test_that_it_does_not_read(self, docker: FakeDocker, version: str) -> None:
        be(docker, client={"Version": version})
        with pytest.raises(PreflightError, match="DOCKER_AUTH_CONFIG alone") as caught:
            docker.engine().require_login_variable("ghcr.io")
        assert version in caught.value.message
        assert "docker login ghcr.io" in caught.value.remedy


class TestFacts:
    def test_of_a_usual_engine(self, docker: FakeDocker) -> None:
        be(docker)
        facts, client = docker.engine().facts, docker.engine().client_facts
        assert (facts.version, facts.api, facts.platform) == ("29.0.1", "1.52", AMD64)
        assert (client.buildx, client.compose) == ("v0.29.1", "v2.40.0")

    @pytest.mark.parametrize(
        ("status", "store"),
        [(CONTAINERD, Store.CONTAINERD), (OVERLAY, Store.CLASSIC), ([], Store.CLASSIC), (None, Store.CLASSIC)],
    )
    def test_the_store_is_told_by_the_driver(self, docker: FakeDocker, status: object, store: Store) -> None:
        be(docker, DriverStatus=status)
        assert docker.engine().facts.store is store

    @pytest.mark.parametrize(
        ("architecture", "platform"),
        [("x86_64", AMD64), ("aarch64", ARM64), ("arm64", ARM64), ("s390x", Platform("linux", "s390x"))],
    )
    def test_the_platform_is_in_its_normal_form(
        self, docker: FakeDocker, architecture: str, platform: Platform
    ) -> None:
        be(docker, Architecture=architecture)
        assert docker.engine().facts.platform == platform

    @pytest.mark.parametrize("client", [{"Plugins": None}, {}])
    def test_a_client_without_plugins_has_none(self, docker: FakeDocker, client: Mapping[str, Any]) -> None:
        be(docker, client=client)
        facts = docker.engine().client_facts
        assert (facts.buildx, facts.compose) == ("", "")

    def test_are_asked_for_once(self, docker: FakeDocker) -> None:
        be(docker)
        engine = docker.engine()
        assert engine.facts is engine.facts
        engine.require_buildx()
        engine.require_compose()
        assert docker.calls == [["info", "--format", "{{json .ClientInfo}}"]]
        assert docker.api.asked == ["GET /version", "GET /info"]

    def test_no_engine(self, docker: FakeDocker) -> None:
        be(docker)
        docker.api.reply("GET /version", refusal="Is the docker daemon running?")
        with pytest.raises(EngineUnreachableError):
            _ = docker.engine().facts

    def test_what_it_was_told_of_registries(self, docker: FakeDocker) -> None:
        told = {"IndexConfigs": {"reg.lan:5000": {"Secure": False}}, "InsecureRegistryCIDRs": ["127.0.0.0/8"]}
        be(docker, RegistryConfig=told)
        assert docker.engine().registry_configuration() == told

    @pytest.mark.parametrize("said", [{}, {"RegistryConfig": None}, {"RegistryConfig": []}, {"ServerErrors": ["no"]}])
    def test_an_engine_that_says_nothing_of_registries(self, docker: FakeDocker, said: Mapping[str, Any]) -> None:
        docker.api.reply("GET /info", out=said)
        assert docker.engine().registry_configuration() == {}

    def test_no_engine_was_told_nothing(self, docker: FakeDocker) -> None:
        docker.api.reply("GET /info", refusal="Is the docker daemon running?")
        assert docker.engine().registry_configuration() == {}

    def test_an_interrupted_run_asks_no_further(self, docker: FakeDocker) -> None:
        engine = docker.engine()
        engine.client.cancellation.cancel()
        with pytest.raises(Interrupted):
            engine.registry_configuration()

    @pytest.mark.parametrize("out", [b"", b"Client: 29", b"{", b"\xff", b"[]", b"7"])
    def test_what_is_no_json_is_an_error(self, docker: FakeDocker, out: bytes) -> None:
        be(docker)
        docker.answer("info", out=out)
        with pytest.raises(EngineCommandError, match="docker info gave no JSON"):
            _ = docker.engine().client_facts


@pytest.mark.parametrize(
    ("plugins", "buildx", "compose"),
    [([], False, False), (PLUGINS["Plugins"][:1], True, False), (PLUGINS["Plugins"], True, True)],
)
def test_plugins_are_required_by_those_who_need_them(
    docker: FakeDocker, plugins: object, *, buildx: bool, compose: bool
) -> None:
    be(docker, client={"Plugins": plugins})
    engine = docker.engine()
    assert raises(BuildxMissingError, engine.require_buildx) is not buildx
    assert raises(ComposeMissingError, engine.require_compose) is not compose


def raises(error: type[DextError], call: Any) -> bool:  # noqa: ANN401 - any call
    try:
        call()
    except error:
        return True
    return False


@pytest.mark.parametrize(
    ("out", "driver"),
    [
        ("Name:   default\nDriver: docker\n\nNodes:\nName: x\n", "docker"),
        ("Name: b\nDriver:        docker-container\n", "docker-container"),
        ("", "unknown"),
    ],
)
def test_builder_driver(docker: FakeDocker, out: str, driver: str) -> None:
    docker.answer("buildx", "inspect", out=out)
    assert docker.engine().builder_driver() == driver


class TestImage:
    @pytest.mark.parametrize("out", [b"", {}, [], None, "x", [{}], {"Id": "x", "Os": 5}])
    def test_what_describes_no_image_is_an_error(self, docker: FakeDocker, out: object) -> None:
        docker.api.reply("GET /images/acme/demo:1/json", out=out)
        with pytest.raises(EngineCommandError, match="docker image inspect acme/demo:1 in context far described"):
            docker.engine(context="far").image("acme/demo:1")

    def test_says_what_the_engine_says(self, docker: FakeDocker) -> None:
        docker.image("acme/demo:1", "linux/arm64", Config={"Labels": {"k": "v"}})
        facts = docker.engine().image("acme/demo:1")
        assert (facts.reference, facts.id, facts.platform) == ("acme/demo:1", f"sha256:{'a' * 64}", ARM64)
        assert (dict(facts.labels), facts.size) == ({"k": "v"}, 7)

    @pytest.mark.parametrize("config", [{"Labels": None}, {}, {"Labels": {}}, None])
    def test_without_labels_has_none(self, docker: FakeDocker, config: object) -> None:
        docker.image("acme/demo:1", Config=config)
        assert dict(docker.engine().image("acme/demo:1").labels) == {}

    def test_that_is_not_there(self, docker: FakeDocker) -> None:
        docker.api.reply("GET /images/", refusal="No such image: acme/demo:1")
        with pytest.raises(ImageNotFoundError):
            docker.engine().image("acme/demo:1")

    def test_not_there_and_could_not_ask_differ(self, docker: FakeDocker) -> None:
        docker.api.reply("GET /images/", refusal="Is the docker daemon running?")
        with pytest.raises(EngineUnreachableError):
            docker.engine().image("acme/demo:1")


def test_what_is_there_is_found(docker: FakeDocker) -> None:
    docker.image("acme/demo:1", RepoTags=["acme/demo:1", "acme/demo:latest"])
    docker.api.reply("GET /images/absent/json", refusal="No such image: absent")
    found = docker.engine().find("acme/demo:1")
    assert found
    assert found.tags == ("acme/demo:1", "acme/demo:latest")
    assert docker.engine().find("absent") is None


def test_ids_of_all_images(docker: FakeDocker) -> None:
    docker.api.reply("GET /images/json", out=[{"Id": "sha256:a"}, {"Id": "sha256:b"}, {"Id": "sha256:a"}])
    assert docker.engine().image_ids() == {"sha256:a", "sha256:b"}
    assert docker.api.asked == ["GET /images/json?all=1"]


def test_one_platform_of_an_image_is_removed(docker: FakeDocker) -> None:
    docker.api.reply("DELETE", out=[])
    docker.engine().remove_platform("acme/demo:1", Platform("linux", "arm", "v7"))
    platform = '{"os": "linux", "architecture": "arm", "variant": "v7"}'
    assert docker.api.asked == [f"DELETE /images/acme/demo:1?platforms={platform}"]


def test_tag(docker: FakeDocker) -> None:
    docker.api.reply("POST")
    docker.engine().tag("dext-build/demo:linux-amd64", "localhost:5000/acme/demo:staging-x")
    wanted = "repo=localhost:5000/acme/demo&tag=staging-x"
    assert docker.api.asked == [f"POST /images/dext-build/demo:linux-amd64/tag?{wanted}"]


def test_tagged_lists_what_the_engine_has_of_a_repository(docker: FakeDocker) -> None:
    names = {"a": ["acme/demo:1.0.0"], "b": ["acme/demo:x"], "c": None}
    said = [{"Id": image, "RepoTags": tags} for image, tags in names.items()]
    docker.api.reply("GET /images/json", '{"reference": {"acme/demo": true}}', out=said)
    assert docker.engine().tagged("acme/demo") == {"acme/demo:1.0.0", "acme/demo:x"}


def test_untag_takes_off_the_name_and_forces_nothing(docker: FakeDocker) -> None:
    docker.api.reply("DELETE", out=[{"Untagged": "acme/demo:staging-x"}])
    docker.engine().untag("acme/demo:staging-x")
    assert docker.api.asked == ["DELETE /images/acme/demo:staging-x"]


class TestPush:
    def test_hands_on_the_log(self, docker: FakeDocker) -> None:
        docker.answer("push", out=b"preparing\n", err="warn \xff\n".encode("latin-1"))
        lines: list[str] = []
        docker.engine().push("acme/demo:x", lines.append)
        assert sorted(lines) == ["preparing", "warn \ufffd"]
        (call,) = docker.called("push")
        assert call[-1] == "acme/demo:x"
        assert "--all-tags" not in call

    @pytest.mark.parametrize(
        ("said", "error"),
        [
            ("denied: requested access to the resource is denied", LoginMissingError),
            ("unauthorized: authentication required", LoginMissingError),
            ("dial tcp 127.0.0.1:5000: connect: connection refused", RegistryUnreachableError),
            ("received unexpected HTTP status: 503 Service Unavailable", RegistryUnreachableError),
            ("something else", EngineCommandError),
        ],
    )
    def test_that_fails(
        self, docker: FakeDocker, said: str, error: type[DextError], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(Cancellation, "sleep", lambda *_: None)
        docker.answer("push", out="Layer pushed\n", err=f"{said}\n", code=1)
        with pytest.raises(error, match="docker push acme/demo:x") as caught:
            docker.engine().push("acme/demo:x", silent)
        assert said in caught.value.detail

    def test_of_what_is_not_there(self, docker: FakeDocker) -> None:
        docker.answer("push", err="An image does not exist locally with the tag: acme/demo", code=1)
        with pytest.raises(DextError, match="docker push acme/demo:x"):
            docker.engine().push("acme/demo:x", silent)


class TestPrefetch:
    def test_the_question_is_asked_once(self, docker: FakeDocker) -> None:
        be(docker)
        engine = docker.engine()
        engine.prefetch()
        engine.prefetch()
        assert engine.facts.platform == AMD64
        assert (len(docker.calls), len(docker.api.asked)) == (0, 2)

    def test_a_failure_is_told_who_asks_for_the_facts(self, docker: FakeDocker) -> None:
        be(docker)
        docker.api.reply("GET /version", refusal="Is the docker daemon running?")
        engine = docker.engine()
        engine.prefetch()
        with pytest.raises(EngineUnreachableError):
            _ = engine.facts

    def test_tags_are_asked_ahead_once(self, docker: FakeDocker) -> None:
        docker.api.reply("GET /images/json", out=[{"Id": "a", "RepoTags": ["acme/demo:1.0.0"]}])
        engine = docker.engine()
        engine.prefetch_tagged("acme/demo")
        assert engine.tagged("acme/demo") == {"acme/demo:1.0.0"}
        assert len(docker.api.asked) == 1
        assert engine.tagged("acme/demo") == {"acme/demo:1.0.0"}
        assert len(docker.api.asked) == 2


class TestNames:
    def test_every_name_is_listed_with_its_image(self, docker: FakeDocker) -> None:
        names = {"aa": ["acme/demo:1.0.0"], "bb": ["localhost:5000/acme/demo:x"], "cc": ["<none>:<none>"], "dd": None}
        said = [{"Id": f"sha256:{name}", "RepoTags": tags} for name, tags in names.items()]
        docker.api.reply("GET /images/json", out=said)
        assert docker.engine().listed() == [
            Listed("acme/demo", "1.0.0", "sha256:aa"),
            Listed("localhost:5000/acme/demo", "x", "sha256:bb"),
        ]

    def test_a_name_is_what_docker_takes(self) -> None:
        assert Listed("localhost:5000/acme/demo", "x", "sha256:bb").reference == "localhost:5000/acme/demo:x"

    def test_what_has_none_is_listed_by_id(self, docker: FakeDocker) -> None:
        said = [{"Id": "sha256:aa"}, {"Id": "sha256:bb"}]
        docker.api.reply("GET /images/json", '{"dangling": {"true": true}}', out=said)
        assert docker.engine().nameless() == {"sha256:aa", "sha256:bb"}

    def test_every_size_is_asked_for(self, docker: FakeDocker) -> None:
        docker.api.reply("GET /images/sha256:aa/json", out={"Id": "sha256:aa", "Size": 5})
        docker.api.reply("GET /images/sha256:bb/json", out={"Id": "sha256:bb"})
        assert docker.engine().sizes({"sha256:bb", "sha256:aa"}) == {"sha256:aa": 5, "sha256:bb": 0}

    def test_nothing_has_no_size_and_no_question(self, docker: FakeDocker) -> None:
        assert docker.engine().sizes(set()) == {}
        assert docker.api.asked == []
