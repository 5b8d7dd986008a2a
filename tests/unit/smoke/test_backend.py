from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from dext_tasks.config import Settings
from dext_tasks.config.kind import When
from dext_tasks.engine.facts import ContainerFacts, ContainerProcess, Store
from dext_tasks.errors import EmulatorMissingError, EngineCommandError
from dext_tasks.extension.exchange import Exchange
from dext_tasks.formats.oci.platform import REQUIRED
from dext_tasks.smoke.images import Loans
from dext_tasks.smoke.installation import Patience
from dext_tasks.smoke.outcome import ProbeFailedError, ProbeSkippedError, ProbeWithheldError
from dext_tasks.smoke.probes.backend import answer, requests, start, uninstall

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from dext_tasks.engine.client import Client
    from dext_tasks.engine.engine import Engine
    from dext_tasks.formats.oci.platform import Platform
    from dext_tasks.smoke.installation import Candidate, Trial
    from tests.unit.conftest import MakeImage
    from tests.unit.smoke.conftest import MakeCandidate, MakeTrial, World

AMD64, ARM64 = REQUIRED
COMPOSE = {
    "icon": "/icon.svg",
    "vm": {"composefile": "/compose/docker-compose.yaml", "exposes": {"socket": "demo.sock"}},
}
COMPOSE_FILES = ("/icon.svg", "/compose/docker-compose.yaml")
REFUSED = EngineCommandError("docker compose up failed", remedy="", detail="no such network")


def written(candidate: Candidate, text: str) -> None:
    """The compose file of a candidate, on disk."""
    file = candidate.snapshot.path("/compose/docker-compose.yaml")
    file.parent.mkdir(parents=True)
    file.write_text(text, encoding="utf-8")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "trial"


@pytest.mark.parametrize(("emulated", "answer", "page"), [(False, 30.0, 20.0), (True, 120.0, 40.0)])
def test_what_is_emulated_has_more_time(emulated: bool, answer: float, page: float) -> None:  # noqa: FBT001 - a row
    assert Patience.of(Settings(smoke_settle=3.0), emulated=emulated) == Patience(
        answer, 3.0, page, 4.0 if emulated else 1.0
    )


class TestStart:
    @pytest.mark.parametrize(("store", "held"), [(Store.CLASSIC, True), (Store.CONTAINERD, False)])
    def test_a_store_of_one_platform_a_name_fetches_for_one_test_at_a_time(
        self, world: World, make_trial: MakeTrial, make_candidate: MakeCandidate, store: Store, *, held: bool
    ) -> None:
        candidate = make_candidate(COMPOSE, files=COMPOSE_FILES)
        written(candidate, "services: {}")
        world.store = store
        world.resolved = {"services": {"backend": {"image": "busybox:1.37"}}}
        start(make_trial(candidate))
        assert world.names_held == [held]

    def test_nobody_waits_where_only_the_extension_s_own_image_is_run(
        self, world: World, make_trial: MakeTrial, make_candidate: MakeCandidate
    ) -> None:
        candidate = make_candidate(COMPOSE, files=COMPOSE_FILES)
        written(candidate, "services: {}")
        world.store = Store.CLASSIC
        world.resolved = {"services": {"backend": {"image": candidate.image.reference}}}
        start(make_trial(candidate))
        assert world.names_held == [False]

    def test_an_image_is_started_as_docker_desktop_would(
        self,
        world: World,
        folder: Path,
        make_trial: MakeTrial,
        make_candidate: MakeCandidate,
        make_image: MakeImage,
    ) -> None:
        image = make_image(labels={"org.opencontainers.image.title": "Demo"})
        assert start(make_trial(make_candidate(image=image))).detail == "project acme_demo-desktop-extension"
        service = world.started["services"]["service"]
        assert (service["image"], service["platform"]) == (image.reference, "linux/amd64")
        assert service["labels"]["com.docker.desktop.extension.name"] == "Demo"
        assert service["volumes"] == [
            {"type": "bind", "source": str(folder / "guest"), "target": "/run/guest-services"},
        ]
        assert (folder / "guest").is_dir()

    def test_the_same_name_is_taken_on_two_engines_at_once(
        self, make_trial: MakeTrial, make_candidate: MakeCandidate, make_far: Callable[[Platform], Engine]
    ) -> None:
        candidate = make_candidate({"vm": {"image": "x"}})
        trials = [make_trial(candidate), make_trial(candidate, engine=make_far(AMD64))]
        for each in trials:
            start(each)
        assert [each.lease and each.lease.is_held for each in trials] == [True, True]

    def test_a_compose_file_is_resolved_first(
        self, world: World, folder: Path, make_trial: MakeTrial, make_candidate: MakeCandidate
    ) -> None:
        candidate = make_candidate(COMPOSE, files=COMPOSE_FILES)
        world.resolved = {"services": {"backend": {"image": candidate.image.reference}}}
        start(make_trial(candidate))
        assert world.calls == ["resolve", "up"]
        compose = world.folders[0]
        # A copy: what containers do to it changes nothing that is read later.
        assert compose == folder / "project" / "docker-compose.yaml"
        assert list(world.started["services"]) == ["backend"]

    def test_variables_beside_the_compose_file_count(
        self, world: World, folder: Path, make_trial: MakeTrial, make_candidate: MakeCandidate
    ) -> None:
        candidate = make_candidate(COMPOSE, files=COMPOSE_FILES)
        beside = candidate.snapshot.folder / "compose" / ".env"
        beside.parent.mkdir(parents=True)
        beside.write_text("TAG=1\n", encoding="utf-8")
        start(make_trial(candidate))
        assert world.folders[1:3] == [folder / "project" / ".env", folder / "variables.env"]

    def test_a_compose_file_that_is_refused(
        self, world: World, make_trial: MakeTrial, make_candidate: MakeCandidate
    ) -> None:
        world.failures["resolve"] = EngineCommandError("docker compose config failed", remedy="", detail="yaml: line 3")
        with pytest.raises(ProbeFailedError) as raised:
            start(make_trial(make_candidate(COMPOSE, files=COMPOSE_FILES)))
        assert raised.value.evidence == "yaml: line 3"
        assert "up" not in world.calls

    def test_what_an_earlier_run_left_is_swept(
        self, world: World, make_trial: MakeTrial, make_candidate: MakeCandidate
    ) -> None:
        world.there = True
        start(make_trial(make_candidate()))
        assert world.calls == ["down", "up"]

    def test_a_real_installation_is_left_alone(
        self, world: World, make_trial: MakeTrial, make_candidate: MakeCandidate
    ) -> None:
        world.there, world.foreign = True, ["c1"]
        attempt = make_trial(make_candidate())
        with pytest.raises(ProbeFailedError, match="is installed already"):
            start(attempt)
        with pytest.raises(ProbeSkippedError):
            uninstall(attempt)
        assert world.calls == []

    @pytest.mark.parametrize(("busy", "waits"), [(0.0, False), (61.0, True)])
    def test_what_another_machine_tests_is_waited_for_before_it_is_removed(
        self,
        busy: float,
        waits: bool,  # noqa: FBT001 - a row
        world: World,
        make_trial: MakeTrial,
        make_candidate: MakeCandidate,
    ) -> None:
        world.there, world.busy_until = True, busy
        start(make_trial(make_candidate()))
        assert (world.now >= 61.0) == waits
        assert world.calls[:2] == ["down", "up"]

    def test_what_another_machine_tests_for_too_long(
        self, world: World, make_trial: MakeTrial, make_candidate: MakeCandidate
    ) -> None:
        world.there, world.busy_until = True, 1e9
        with pytest.raises(ProbeFailedError, match="another machine has been testing acme_demo-desktop-extension"):
            start(make_trial(make_candidate()))
        assert world.calls == []

    @pytest.mark.parametrize(
        "allowed", [{}, {"smoke_engine_socket": True}, {"smoke_allow": ("engine-socket",)}, {"smoke_allow": ("all",)}]
    )
    def test_the_engines_socket_is_given_only_where_it_is_allowed(
        self, allowed: dict[str, Any], world: World, make_trial: MakeTrial, make_candidate: MakeCandidate
    ) -> None:
        candidate = make_candidate(COMPOSE, files=COMPOSE_FILES)
        volume = {"type": "bind", "source": "/var/run/docker.sock.raw", "target": "/var/run/docker.sock"}
        world.resolved = {"services": {"backend": {"image": candidate.image.reference, "volumes": [volume]}}}
        attempt = make_trial(candidate, **allowed)
        if allowed:
            assert start(attempt).detail == "project acme_demo-desktop-extension; granted: engine-socket"
            assert world.started["services"]["backend"]["volumes"][0]["source"] == "/var/run/docker.sock"
        else:
            with pytest.raises(ProbeWithheldError, match="--allow engine-socket") as caught:
                start(attempt)
            assert caught.value.grants == ("engine-socket",)
            assert "up" not in world.calls

    def test_everything_that_lacks_is_told_at_once(
        self, world: World, make_trial: MakeTrial, make_candidate: MakeCandidate
    ) -> None:
        candidate = make_candidate(COMPOSE, files=COMPOSE_FILES)
        written(candidate, "services: {a: {image: x, environment: [TOKEN]}}")
        world.resolved = {"services": {"a": {"image": "x", "environment": {"TOKEN": None}, "privileged": True}}}
        with pytest.raises(ProbeWithheldError) as caught:
            start(make_trial(candidate))
        assert caught.value.grants == ("environment:TOKEN", "privileged")
        assert world.environments == [{}]
        assert str(caught.value).endswith(
            "grant it with --allow environment:TOKEN --allow privileged, "
            'or smoke.allow: ["environment:TOKEN", "privileged"]'
        )

    def test_files_of_the_machine_are_not_even_read(
        self, world: World, make_trial: MakeTrial, make_candidate: MakeCandidate
    ) -> None:
        candidate = make_candidate(COMPOSE, files=COMPOSE_FILES)
        written(candidate, "include: [/etc/hosts]")
        with pytest.raises(ProbeWithheldError) as caught:
            start(make_trial(candidate))
        assert caught.value.grants == ("host-file:/etc/hosts",)
        assert world.calls == []

    def test_what_cannot_be_judged_is_not_given_to_compose(
        self, world: World, make_trial: MakeTrial, make_candidate: MakeCandidate
    ) -> None:
        candidate = make_candidate(COMPOSE, files=COMPOSE_FILES)
        written(candidate, "a: [")
        with pytest.raises(ProbeFailedError, match=r"docker-compose\.yaml cannot be read"):
            start(make_trial(candidate))
        assert world.calls == []

    def test_only_granted_variables_of_the_caller_are_there(
        self,
        world: World,
        make_trial: MakeTrial,
        make_candidate: MakeCandidate,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setenv("TOKEN", "t")
        monkeypatch.setenv("OTHER", "o")
        candidate = make_candidate(COMPOSE, files=COMPOSE_FILES)
        written(candidate, "services: {a: {image: x, environment: [TOKEN]}}")
        world.resolved = {"services": {"a": {"image": "x", "environment": {"TOKEN": "t"}}}}
        start(make_trial(candidate, smoke_allow=("environment:TOKEN",)))
        assert world.environments == [{"TOKEN": "t"}, {"TOKEN": "t"}]

    def test_a_variable_in_the_name_of_an_image_is_the_callers_too(
        self, world: World, make_trial: MakeTrial, make_candidate: MakeCandidate
    ) -> None:
        candidate = make_candidate({"vm": {"image": "example.com/x:${HTTP_PROXY}"}})
        with pytest.raises(ProbeWithheldError) as caught:
            start(make_trial(candidate))
        assert caught.value.grants == ("environment:HTTP_PROXY",)
        assert world.calls == []

    def test_limits_are_those_of_the_settings(
        self, world: World, make_trial: MakeTrial, make_candidate: MakeCandidate
    ) -> None:
        start(make_trial(make_candidate(), smoke_memory="1g", smoke_pids=0))
        service = world.started["services"]["service"]
        assert (service["mem_limit"], "pids_limit" in service) == ("1g", False)

    def test_where_published_ports_listen_is_said(
        self, world: World, make_trial: MakeTrial, make_candidate: MakeCandidate
    ) -> None:
        candidate = make_candidate(COMPOSE, files=COMPOSE_FILES)
        ports = [{"target": 80, "published": "8080"}, {"target": 81, "published": "8081"}]
        world.resolved = {"services": {"a": {"image": "x", "ports": ports}}}
        said = start(make_trial(candidate)).detail
        assert said == "project acme_demo-desktop-extension; on 127.0.0.1 only: ports 8080, 8081"

    @pytest.mark.parametrize(
        ("service", "store", "policy"),
        [
            ({}, Store.CONTAINERD, "never"),
            ({"platform": "arm64"}, Store.CONTAINERD, None),
            ({"platform": "of no machine"}, Store.CONTAINERD, None),
            ({}, Store.CLASSIC, None),
        ],
    )
    def test_an_image_that_the_engine_has_is_not_pulled(  # noqa: PLR0913, PLR0917 - a row, and what it is tried on
        self,
        world: World,
        make_trial: MakeTrial,
        make_candidate: MakeCandidate,
        service: dict[str, str],
        store: Store,
        policy: str | None,
    ) -> None:
        world.images.add(("x", AMD64))
        world.resolved = {"services": {"a": {"image": "x", **service}}}
        world.store = store
        start(make_trial(make_candidate(COMPOSE, files=COMPOSE_FILES)))
        assert world.started["services"]["a"].get("pull_policy") == policy

    def test_a_start_that_fails_shows_state_and_logs(
        self, world: World, make_trial: MakeTrial, make_candidate: MakeCandidate
    ) -> None:
        world.failures["up"] = REFUSED
        world.running = [[ContainerFacts("backend", "created", 127, 0)]]
        with pytest.raises(ProbeFailedError) as raised:
            start(make_trial(make_candidate()))
        assert raised.value.evidence.splitlines() == [
            "no such network",
            "backend is created, exit code 127, restarted 0 times",
            "listening",
        ]

    def test_a_missing_emulator_keeps_its_own_error(
        self, world: World, make_trial: MakeTrial, make_candidate: MakeCandidate
    ) -> None:
        world.failures["up"] = EmulatorMissingError("the engine cannot run them", remedy="install one")
        with pytest.raises(EmulatorMissingError):
            start(make_trial(make_candidate(platform=ARM64)))

    @pytest.mark.parametrize("platform", REQUIRED)
    def test_a_script_that_no_kernel_starts_is_no_missing_emulator(
        self, platform: Platform, world: World, make_trial: MakeTrial, make_candidate: MakeCandidate
    ) -> None:
        world.failures["up"] = EmulatorMissingError("no emulator", remedy="", detail="exec format error")
        world.files = {"/entry.sh": b"echo hello\n"}
        world.running = [[ContainerFacts("a", "created", 0, 0, process=ContainerProcess(("/entry.sh",)))]]
        with pytest.raises(ProbeFailedError, match=r"/entry\.sh is a text file without #!"):
            start(make_trial(make_candidate(platform=platform)))

    def test_an_image_of_the_helper_that_is_no_socat_is_named(
        self, world: World, make_trial: MakeTrial, make_candidate: MakeCandidate
    ) -> None:
        said = 'unable to start container process: exec: "-u": executable file not found in $PATH: unknown'
        world.failures["up"] = EngineCommandError("docker compose up failed", remedy="", detail=said)
        with pytest.raises(ProbeFailedError, match=r"the image in smoke\.proxy-image is not socat"):
            start(make_trial(make_candidate()))

    def test_nothing_native_misses_an_emulator(
        self, world: World, make_trial: MakeTrial, make_candidate: MakeCandidate
    ) -> None:
        world.failures["up"] = EmulatorMissingError("no emulator", remedy="", detail="exec format error")
        with pytest.raises(ProbeFailedError):
            start(make_trial(make_candidate()))

    def test_a_service_that_waits_for_another_s_health_in_vain(
        self, world: World, make_trial: MakeTrial, make_candidate: MakeCandidate
    ) -> None:
        detail = "Container db  Error\ndependency failed to start: container db is unhealthy"
        world.failures["up"] = EngineCommandError("docker compose up failed", remedy="", detail=detail)
        with pytest.raises(ProbeFailedError) as raised:
            start(make_trial(make_candidate()))
        assert str(raised.value) == (
            "a service waits for the health of another one: dependency failed to start: container db is unhealthy"
        )


class Counted(Loans):
    """What was said to be fetched."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine)
        self.said: list[object] = []

    def remember(self, references: Iterable[str]) -> None:
        self.said.append({*references})

    def fetched(self, ids: Iterable[str]) -> None:
        self.said.append([*ids])

    def keep(self) -> None:
        self.said.append("keep")


class TestLoans:
    @pytest.fixture
    def lend(self, make_trial: MakeTrial, make_candidate: MakeCandidate, world: World) -> tuple[Trial, Counted]:
        candidate = make_candidate(COMPOSE, files=COMPOSE_FILES)
        own = candidate.image.reference
        world.resolved = {"services": {"a": {"image": own}, "b": {"image": "postgres:17"}, "c": {"image": "redis"}}}
        world.running = [
            [ContainerFacts("a", "running", 0, 0, image="i1"), ContainerFacts("b", "running", 0, 0, image="i2")]
        ]
        trial = make_trial(candidate)
        loans = Counted(trial.tools.engine)
        trial.tools = replace(trial.tools, loans=loans)
        return trial, loans

    def test_what_compose_may_pull_is_counted(self, lend: tuple[Trial, Counted]) -> None:
        trial, loans = lend
        start(trial)
        assert loans.said == [{"postgres:17", "redis"}, ["i1", "i2"]]

    def test_also_if_it_fails(self, lend: tuple[Trial, Counted], world: World) -> None:
        trial, loans = lend
        world.failures["up"] = REFUSED
        with pytest.raises(ProbeFailedError):
            start(trial)
        assert loans.said[-1] == ["i1", "i2"]

    def test_also_after_an_interruption(self, lend: tuple[Trial, Counted], world: World) -> None:
        trial, loans = lend
        world.failures["up"] = KeyboardInterrupt()
        with pytest.raises(KeyboardInterrupt):
            start(trial)
        assert loans.said[-1] == ["i1", "i2"]

    def test_the_proxy_counts_too(self, lend: tuple[Trial, Counted]) -> None:
        trial, loans = lend
        trial.tools = replace(trial.tools, settings=replace(trial.tools.settings, smoke_proxy=When.ALWAYS))
        start(trial)
        assert loans.said[0] == {"postgres:17", "redis", trial.tools.settings.smoke_proxy_image}


class TestAnswer:
    def started(self, make_trial: MakeTrial, candidate: Candidate) -> Trial:
        made = make_trial(candidate)
        start(made)
        return made

    @pytest.mark.parametrize("status", [200, 404, 500])
    def test_any_status_is_an_answer(
        self,
        status: int,
        world: World,
        make_trial: MakeTrial,
        make_candidate: MakeCandidate,
    ) -> None:
        world.answers = [FileNotFoundError(), status]
        said = answer(self.started(make_trial, make_candidate()))
        assert said.detail.startswith(f"GET / over demo.sock answered {status} after ")

    @pytest.mark.usefixtures("world")
    def test_without_a_socket_there_is_nothing_to_ask(
        self, make_trial: MakeTrial, make_candidate: MakeCandidate
    ) -> None:
        candidate = make_candidate({"vm": {"image": "${DESKTOP_PLUGIN_IMAGE}"}})
        with pytest.raises(ProbeSkippedError, match="exposes no socket"):
            answer(self.started(make_trial, candidate))

    @pytest.mark.usefixtures("world")
    @pytest.mark.parametrize("name", ["/var/run/docker.sock", "../docker.sock", "..", "a/b", "a\0b", "\ud800"])
    def test_a_socket_of_this_machine_is_never_asked(
        self, name: str, make_trial: MakeTrial, make_candidate: MakeCandidate
    ) -> None:
        candidate = make_candidate({"vm": {"image": "${DESKTOP_PLUGIN_IMAGE}", "exposes": {"socket": name}}})
        with pytest.raises(ProbeFailedError, match="not the name of a file"):
            answer(self.started(make_trial, candidate))

    @pytest.mark.usefixtures("folder")
    def test_through_a_proxy(self, world: World, make_trial: MakeTrial, make_candidate: MakeCandidate) -> None:
        attempt = make_trial(make_candidate(), smoke_proxy=When.ALWAYS)
        start(attempt)
        assert answer(attempt).detail.startswith("GET / over demo.sock answered 200")
        assert "dext-proxy" in world.started["services"]
        assert attempt.channel
        assert attempt.channel.folder is None

    def test_who_is_not_root_takes_a_proxy(
        self, monkeypatch: pytest.MonkeyPatch, world: World, make_trial: MakeTrial, make_candidate: MakeCandidate
    ) -> None:
        monkeypatch.setattr("os.geteuid", lambda: 1001)
        start(make_trial(make_candidate()))
        assert "dext-proxy" in world.started["services"]

    def test_an_engine_elsewhere_is_reached_by_a_proxy(
        self, monkeypatch: pytest.MonkeyPatch, world: World, make_trial: MakeTrial, make_candidate: MakeCandidate
    ) -> None:
        monkeypatch.setattr("dext_tasks.engine.api.endpoint", lambda _client: "tcp://192.0.2.1:2375")
        start(make_trial(make_candidate()))
        assert "dext-proxy" in world.started["services"]


class TestOwnFiles:
    """Files of the extension's own that its compose file mounts."""

    def mounted(self, world: World, make_trial: MakeTrial, make_candidate: MakeCandidate) -> Trial:
        candidate = make_candidate(COMPOSE, files=COMPOSE_FILES)
        trial = make_trial(candidate)
        written(candidate, "services: {}")
        mount = {"type": "bind", "source": f"{trial.project_folder.resolve()}/data", "target": "/data"}
        made = {**mount, "bind": {"create_host_path": True}}
        world.resolved = {"services": {"a": {"image": candidate.image.reference, "volumes": [made]}}}
        return trial

    def volumes(self, world: World) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = world.started["services"]["a"]["volumes"]
        return found

    def test_are_mounted_here(self, world: World, make_trial: MakeTrial, make_candidate: MakeCandidate) -> None:
        start(self.mounted(world, make_trial, make_candidate))
        assert self.volumes(world)[0]["type"] == "bind"
        assert world.filled == {}

    def test_are_uploaded_elsewhere_before_anything_is_started(
        self, monkeypatch: pytest.MonkeyPatch, world: World, make_trial: MakeTrial, make_candidate: MakeCandidate
    ) -> None:
        monkeypatch.setattr("dext_tasks.engine.api.endpoint", lambda _client: "tcp://192.0.2.1:2375")
        start(self.mounted(world, make_trial, make_candidate))
        assert self.volumes(world)[0]["volume"]["subpath"] == "project/data"
        assert world.started["volumes"]["dext-files"]["labels"]["dev.dext-tasks.run"]
        assert world.filled == {"dext-files": ["project", "project/data", "project/docker-compose.yaml"]}
        assert world.calls == ["resolve", "fill", "up"]

    @pytest.mark.parametrize("address", ["tcp://192.0.2.1:2375", "unix:///run/docker.sock"])
    def test_an_engine_that_mounts_no_parts_of_volumes(
        self,
        address: str,
        monkeypatch: pytest.MonkeyPatch,
        world: World,
        make_trial: MakeTrial,
        make_candidate: MakeCandidate,
    ) -> None:
        world.api = "1.44"
        monkeypatch.setattr("dext_tasks.engine.api.endpoint", lambda _client: address)
        monkeypatch.setattr("dext_tasks.engine.engine.is_here", lambda *_: False)
        trial = self.mounted(world, make_trial, make_candidate)
        if address.startswith("unix:"):
            # It may be on this machine, although that is not proven.
            start(trial)
            assert self.volumes(world)[0]["type"] == "bind"
        else:
            with pytest.raises(ProbeFailedError, match=r"the compose file mounts data, .* from Docker 26 on"):
                start(trial)
        assert world.filled == {}


class TestRequests:
    def test_each_is_asked_as_the_settings_say(
        self, world: World, make_trial: MakeTrial, make_candidate: MakeCandidate
    ) -> None:
        wanted = (Exchange(path="/a", json='{"ok": true}'), Exchange("POST", "/b?c=d", b"x", "text/plain", text="ok"))
        attempt = make_trial(make_candidate(), smoke_requests=wanted)
        world.body = b'{"ok": true, "more": 1}'
        start(attempt)
        answer(attempt)
        assert requests(attempt).detail == "2 answered as expected"
        assert world.asked[1:] == [("GET", "/a", None), ("POST", "/b?c=d", b"x")]

    def test_the_first_wrong_answer_is_told_and_the_others_are_evidence(
        self, world: World, make_trial: MakeTrial, make_candidate: MakeCandidate
    ) -> None:
        wanted = (Exchange(path="/a", status=404), Exchange(path="/b"), Exchange(path="/c"))
        attempt = make_trial(make_candidate(), smoke_requests=wanted)
        start(attempt)
        answer(attempt)
        world.answers = [200, ConnectionResetError("reset"), 200]
        with pytest.raises(ProbeFailedError) as raised:
            requests(attempt)
        assert str(raised.value) == "GET /a answered 200, not 404:  (and 1 more)"
        assert raised.value.evidence.startswith("GET /b got no answer: reset\n")

    def test_none_are_wanted(self, make_trial: MakeTrial, make_candidate: MakeCandidate) -> None:
        with pytest.raises(ProbeSkippedError, match=r"smoke\.requests"):
            requests(make_trial(make_candidate()))


class TestUninstall:
    def test_nothing_is_left(self, world: World, make_trial: MakeTrial, make_candidate: MakeCandidate) -> None:
        attempt = make_trial(make_candidate())
        start(attempt)
        assert uninstall(attempt).detail == "nothing left behind"
        assert not world.there

    def test_what_comes_up_after_an_interruption_is_removed_too(
        self,
        client: Client,
        world: World,
        make_trial: MakeTrial,
        make_candidate: MakeCandidate,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        attempt = make_trial(make_candidate())
        start(attempt)
        client.cancellation.cancel()

        def sleep(seconds: float) -> None:
            # The engine finishes what the client asked for before it was ended.
            world.there = world.there or not world.sleeps
            world.sleeps.append(seconds)
            world.now += seconds

        monkeypatch.setattr(client.cancellation, "sleep", sleep)
        with client.cancellation.shielded():
            assert uninstall(attempt).detail == "nothing left behind"
        assert not world.there
        assert world.calls.count("down") == 2

    def test_host_binaries_that_still_run_are_ended(
        self, world: World, make_trial: MakeTrial, make_candidate: MakeCandidate
    ) -> None:
        metadata = {"icon": "/icon.svg", "host": {"binaries": [{"linux": [{"path": "/tool"}]}]}}
        with pytest.raises(ProbeSkippedError):
            uninstall(make_trial(make_candidate(metadata)))
        assert world.calls == ["remove guests"]

    def test_what_is_kept_is_looked_at_where_it_is(
        self, make_trial: MakeTrial, make_candidate: MakeCandidate, make_far: Callable[[Platform], Engine]
    ) -> None:
        trial = make_trial(make_candidate(), engine=make_far(AMD64))
        trial.kept = True
        with pytest.raises(
            ProbeSkippedError, match=r"docker --context far compose -p acme_demo-desktop-extension logs; "
        ):
            uninstall(trial)

    def test_what_was_never_started_is_not_removed(
        self, world: World, make_trial: MakeTrial, make_candidate: MakeCandidate
    ) -> None:
        with pytest.raises(ProbeSkippedError, match="no backend was started"):
            uninstall(make_trial(make_candidate()))
        assert world.calls == []
